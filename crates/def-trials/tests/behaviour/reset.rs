//! `ADM|RESET` (D9): a new epoch, by the authority's word, when nothing can be lost by it.

use def_protocol::token::{HandOver, NewState, Newest, Policy, Reset};
use def_trials::{Authority, Sale, authority::at};
use fiscal::{Epoch, InvoiceNumber, RecordHash};
use serde_json::{Value, json};

use crate::shop::{Shop, newest, number, text};

const DAY: &str = "2026-03-14";

/// Sold, closed and acknowledged.
fn ready(shop: &mut Shop) -> (Sale, Value) {
    shop.sell();
    let (sale, seal) = shop.sell();
    shop.close(DAY);
    assert_eq!(shop.acknowledge(&seal)["status"], "OK");
    (sale, seal)
}

#[test]
fn a_new_epoch_begins_at_one_and_says_where_the_old_one_ended() {
    let mut shop = Shop::open();
    let (sale, seal) = ready(&mut shop);
    let head = shop.status()["head_hash"].clone();
    let token = shop.authority.reset(3, Some(newest(&seal)));
    let answer = shop.obeyed("ADM|RESET", &token);
    assert_eq!(
        (&answer["message"], &answer["device_id"]),
        (&json!("Counters reset to zero"), &json!("DEF-000001"))
    );
    let body: Value = serde_json::from_str(&text(&answer["body"])).expect("JSON");
    assert_eq!((&body["previous_epoch"], &body["previous_number"]), (&json!(0), &json!(2)));
    assert_eq!(body["previous_hash"], head);
    let status = shop.status();
    assert_eq!((&status["epoch"], &status["next_invoice_seq"]), (&json!(3), &json!(1)));
    assert_eq!((&status["last_position"], &status["closures"]), (&json!(1), &json!(0)));
    assert_eq!(status["lifecycle"], "active");
    shop.not_prepared(&sale.payload(), "REPLAY_DETECTED");
    let (_, first) = shop.sell();
    assert_eq!((&first["epoch"], &first["invoice_seq"]), (&json!(3), &json!(1)));
    assert_eq!(first["fiscal_number"], "KING-3-00000001");
    shop.reboot();
    let (_, second) = shop.sell();
    assert_eq!(second["invoice_seq"], 2);
    assert_eq!(shop.log("1")["sealed"]["record_hash"], first["record_hash"]);
}

#[test]
fn a_repeated_order_gets_its_first_answer_also_after_a_reboot() {
    let mut shop = Shop::open();
    let (_, seal) = ready(&mut shop);
    let token = shop.authority.reset(1, Some(newest(&seal)));
    let answer = shop.obeyed("ADM|RESET", &token);
    shop.sell();
    assert_eq!(shop.obeyed("ADM|RESET", &token), answer);
    shop.reboot();
    assert_eq!(shop.obeyed("ADM|RESET", &token), answer);
    assert_eq!(shop.status()["epoch"], 1);
}

#[test]
fn what_was_sold_before_is_not_sold_again_after() {
    let mut shop = Shop::open();
    let (sale, seal) = ready(&mut shop);
    let token = shop.authority.reset(1, Some(newest(&seal)));
    shop.obeyed("ADM|RESET", &token);
    for _ in 0..40 {
        let large = Sale { lines: Sale::of("X", at("2026-03-14T07:15:00"), 100, 9).lines, ..shop.sale() };
        shop.pass(1_000);
        shop.seal(&large.payload());
        let day = shop.close(DAY);
        assert_eq!(day["status"], "OK");
        let refused = shop.ask(&format!("TXN|PREPARE {}", sale.payload()));
        let code = text(&refused["code"]);
        assert!(["REPLAY_DETECTED", "STALE_TIMESTAMP"].contains(&code.as_str()), "{refused}");
        shop.reboot();
    }
}

#[test]
fn an_order_names_the_newest_invoice_and_a_higher_epoch() {
    let mut shop = Shop::open();
    let (_, seal) = ready(&mut shop);
    let good = newest(&seal);
    let wrong = [
        (0, Some(good)),
        (1, None),
        (1, Some(Newest { number: InvoiceNumber::FIRST, ..good })),
        (1, Some(Newest { epoch: Epoch(1), ..good })),
        (1, Some(Newest { hash: RecordHash([1; 32]), ..good })),
    ];
    for (epoch, newest) in wrong {
        let token = shop.authority.reset(epoch, newest);
        shop.disobeyed("ADM|RESET", &token, "UNAUTHORIZED");
    }
    assert_eq!(shop.status()["epoch"], 0);
}

#[test]
fn an_order_is_the_authoritys_for_this_device_and_now() {
    let mut shop = Shop::open();
    let (_, seal) = ready(&mut shop);
    let order = Reset { epoch: Epoch(1), newest: Some(newest(&seal)) };
    let (dgi, operator) = (shop.authority.dgi.clone(), shop.authority.operator.clone());
    let by_operator = shop.authority.token(&operator, &order);
    let of_other = Authority::new("DEF-000002").token(&dgi, &order);
    let late = shop.authority.token_valid(&dgi, &order, at("2026-01-01T00:00:00"), at("2026-03-14T07:14:59"));
    let early =
        shop.authority.token_valid(&dgi, &order, at("2026-03-14T07:15:01"), at("2026-04-01T00:00:00"));
    for token in [by_operator, of_other, late, early] {
        shop.disobeyed("ADM|RESET", &token, "UNAUTHORIZED");
    }
    let wrong_kind = shop.authority.state(NewState::Revoked);
    shop.disobeyed("ADM|RESET", &wrong_kind, "UNAUTHORIZED");
    shop.disobeyed("ADM|RESET", "AAAA", "SCHEMA_INVALID");
    let edge = shop.authority.token_valid(&dgi, &order, at("2026-03-14T07:15:00"), at("2026-03-14T07:15:00"));
    shop.obeyed("ADM|RESET", &edge);
}

#[test]
fn nothing_unclosed_and_nothing_unacknowledged_is_given_free() {
    let mut shop = Shop::open();
    let (_, first) = shop.sell();
    let (_, seal) = shop.sell();
    let token = shop.authority.reset(1, Some(newest(&seal)));
    shop.disobeyed("ADM|RESET", &token, "CLOSURE_REQUIRED");
    shop.close(DAY);
    shop.disobeyed("ADM|RESET", &token, "SYNC_REQUIRED");
    shop.acknowledge(&first);
    shop.disobeyed("ADM|RESET", &token, "SYNC_REQUIRED");
    shop.acknowledge(&seal);
    shop.obeyed("ADM|RESET", &token);
}

#[test]
fn a_device_that_sold_nothing_is_reset_without_an_invoice_to_name() {
    let mut shop = Shop::open();
    let token = shop.authority.reset(1, None);
    shop.obeyed("ADM|RESET", &token);
    let token = shop.authority.reset(2, None);
    shop.obeyed("ADM|RESET", &token);
    assert_eq!(shop.sell().1["epoch"], 2);
}

#[test]
fn two_resets_in_a_row_leave_nothing_unacknowledged() {
    let policy = Policy { days: 0, invoices: 2, cdf: fiscal::Amount::ZERO };
    let mut shop = Shop::with(64, Authority { policy, ..Authority::default() });
    let (_, seal) = ready(&mut shop);
    let token = shop.authority.reset(1, Some(newest(&seal)));
    shop.obeyed("ADM|RESET", &token);
    let token = shop.authority.reset(2, None);
    shop.obeyed("ADM|RESET", &token);
    for _ in 0..2 {
        assert_eq!(shop.status()["offline"]["invoices"], 0);
        shop.reboot();
    }
    shop.sell();
}

#[test]
fn a_reset_lets_go_of_open_payloads() {
    let mut shop = Shop::open();
    let (_, seal) = ready(&mut shop);
    let payload = shop.sale().payload();
    let nonce = shop.prepare(&payload);
    let token = shop.authority.reset(1, Some(newest(&seal)));
    shop.obeyed("ADM|RESET", &token);
    shop.refused(&crate::shop::commit(&nonce), "NONCE_EXPIRED");
    assert_eq!(shop.status()["nonce_pool"], 8);
}

#[test]
fn after_a_reset_the_device_may_enter_a_line_of_numbers_that_others_began() {
    let mut shop = Shop::open();
    let (_, seal) = ready(&mut shop);
    let token = shop.authority.reset(1, Some(newest(&seal)));
    shop.obeyed("ADM|RESET", &token);
    let enter = HandOver::Enter {
        epoch: Epoch(1),
        next_number: InvoiceNumber::new(41).expect("a number"),
        previous: RecordHash([7; 32]),
        floor: at("2026-03-14T07:15:00"),
    };
    let token = shop.authority.hand_over(enter);
    shop.obeyed("CFG|HANDOVER", &token);
    let (_, seal) = shop.sell();
    assert_eq!((&seal["epoch"], &seal["invoice_seq"]), (&json!(1), &json!(41)));
}

#[test]
fn records_that_were_given_free_are_erased_and_the_journal_goes_round() {
    let mut shop = Shop::with(32, Authority::default());
    let mut seal = Value::Null;
    for epoch in 1..6 {
        for _ in 0..12 {
            let large = Sale { lines: Sale::of("X", at("2026-03-14T07:15:00"), 100, 9).lines, ..shop.sale() };
            shop.pass(1_000);
            seal = shop.seal(&large.payload());
        }
        shop.close(DAY);
        shop.acknowledge(&seal);
        let before = number(&shop.status()["free_memory_bytes"]);
        let token = shop.authority.reset(epoch, Some(newest(&seal)));
        shop.obeyed("ADM|RESET", &token);
        shop.host.rest();
        assert!(number(&shop.status()["free_memory_bytes"]) > before);
        shop.reboot();
        shop.host.rest();
        assert_eq!(shop.status()["corrupt"], Value::Null);
    }
    assert_eq!(seal["epoch"], 4);
}
