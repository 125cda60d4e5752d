//! Credit notes (D5): no more is taken back than was sold.

use def_protocol::token::Voucher;
use def_trials::{Sale, authority::at};
use fiscal::{CreditAccount, OriginalIdentity, Validated};
use serde_json::Value;

use crate::shop::{Shop, commit, number, original, text};

/// A sale of three lines, and a note that takes back some of them.
fn sold(shop: &mut Shop) -> (Sale, Value) {
    shop.pass(1_000);
    let sale = Sale { lines: Sale::of("X", shop.now(), 3, 5).lines, ..shop.sale() };
    let seal = shop.seal(&sale.payload());
    (sale, seal)
}

fn back(shop: &mut Shop, sale: &Sale, seal: &Value, nature: &'static str, lines: usize) -> Sale {
    // Two equal notes differ in their time.
    shop.pass(1_000);
    sale.back(shop.now(), original(nature, seal), lines)
}

#[test]
fn an_invoice_is_voided_once() {
    let mut shop = Shop::open();
    let (sale, seal) = sold(&mut shop);
    let void = back(&mut shop, &sale, &seal, "RAN", 3);
    let done = shop.seal(&void.payload());
    assert_eq!(done["invoice_seq"], 2);
    assert_eq!(shop.log("2")["record_type"], "credit_note");
    for _ in 0..2 {
        let again = back(&mut shop, &sale, &seal, "RAN", 3);
        shop.not_prepared(&again.payload(), "ALREADY_VOIDED");
        let part = back(&mut shop, &sale, &seal, "RAM", 1);
        shop.not_prepared(&part.payload(), "ALREADY_VOIDED");
        shop.reboot();
    }
}

#[test]
fn a_void_needs_an_untouched_original_and_all_of_it() {
    let mut shop = Shop::open();
    let (sale, seal) = sold(&mut shop);
    let part = back(&mut shop, &sale, &seal, "RAN", 2);
    shop.not_prepared(&part.payload(), "SCHEMA_INVALID");
    let refund = back(&mut shop, &sale, &seal, "RAM", 1);
    shop.seal(&refund.payload());
    let void = back(&mut shop, &sale, &seal, "RAN", 3);
    shop.not_prepared(&void.payload(), "CREDIT_EXCEEDS_ORIGINAL");
}

#[test]
fn notes_together_take_no_more_than_was_sold() {
    let mut shop = Shop::open();
    let (sale, seal) = sold(&mut shop);
    let two = back(&mut shop, &sale, &seal, "RAM", 2);
    shop.seal(&two.payload());
    let all = back(&mut shop, &sale, &seal, "COR", 3);
    shop.not_prepared(&all.payload(), "CREDIT_EXCEEDS_ORIGINAL");
    shop.reboot();
    let all = back(&mut shop, &sale, &seal, "COR", 3);
    shop.not_prepared(&all.payload(), "CREDIT_EXCEEDS_ORIGINAL");
    let mut third = back(&mut shop, &sale, &seal, "COR", 3);
    third.lines.drain(..2);
    shop.seal(&third.payload());
    let mut more = back(&mut shop, &sale, &seal, "COR", 3);
    more.lines.drain(..2);
    more.lines[0].1 = 1;
    shop.not_prepared(&more.payload(), "CREDIT_EXCEEDS_ORIGINAL");
}

#[test]
fn an_open_note_reserves_what_it_takes_until_it_expires() {
    let mut shop = Shop::open();
    let (sale, seal) = sold(&mut shop);
    let here = back(&mut shop, &sale, &seal, "RAM", 2);
    let there = Sale { till: "CAISSE-9".into(), ..back(&mut shop, &sale, &seal, "RAM", 3) };
    let nonce = shop.prepare(&here.payload());
    shop.not_prepared(&there.payload(), "CREDIT_EXCEEDS_ORIGINAL");
    shop.pass(7_000);
    shop.refused(&commit(&nonce), "NONCE_EXPIRED");
    let other = shop.prepare(&there.payload());
    shop.not_prepared(&here.payload(), "CREDIT_EXCEEDS_ORIGINAL");
    shop.ok(&commit(&other));
    shop.not_prepared(&here.payload(), "CREDIT_EXCEEDS_ORIGINAL");
}

#[test]
fn a_till_that_changes_its_mind_is_not_in_its_own_way() {
    let mut shop = Shop::open();
    let (sale, seal) = sold(&mut shop);
    let two = back(&mut shop, &sale, &seal, "RAM", 2).payload();
    shop.prepare(&two);
    let void = back(&mut shop, &sale, &seal, "RAN", 3).payload();
    let nonce = shop.prepare(&void);
    shop.ok(&commit(&nonce));
    shop.not_prepared(&two, "ALREADY_VOIDED");
}

#[test]
fn two_tills_that_prepared_together_commit_in_either_order() {
    for swapped in [false, true] {
        let mut shop = Shop::open();
        let (sale, seal) = sold(&mut shop);
        let one = back(&mut shop, &sale, &seal, "RAM", 1);
        let mut two = Sale { till: "CAISSE-9".into(), ..back(&mut shop, &sale, &seal, "RAM", 3) };
        two.lines.drain(..1);
        let mut nonces = [shop.prepare(&one.payload()), shop.prepare(&two.payload())];
        if swapped {
            nonces.reverse();
        }
        for nonce in nonces {
            shop.ok(&commit(&nonce));
        }
        let more = back(&mut shop, &sale, &seal, "RAM", 1);
        shop.not_prepared(&more.payload(), "CREDIT_EXCEEDS_ORIGINAL");
    }
}

#[test]
fn a_note_names_an_invoice_that_is_there_by_its_code() {
    let mut shop = Shop::open();
    let (sale, seal) = sold(&mut shop);
    let mut note = back(&mut shop, &sale, &seal, "RAM", 1);
    let named = note.takes_back.as_mut().expect("an original");
    named.number = 9;
    shop.not_prepared(&note.payload(), "ORIGINAL_NOT_FOUND");
    let mut note = back(&mut shop, &sale, &seal, "RAM", 1);
    note.takes_back.as_mut().expect("an original").auth_code = "0000000000000000".into();
    shop.not_prepared(&note.payload(), "ORIGINAL_NOT_FOUND");
    let note = back(&mut shop, &sale, &seal, "RAM", 1);
    let taken = shop.seal(&note.payload());
    let of_note = back(&mut shop, &sale, &taken, "RAM", 1);
    shop.not_prepared(&of_note.payload(), "ORIGINAL_NOT_FOUND");
    let elsewhere = note.payload().replace(
        r#""reference":{"nature":"RAM","outlet_id":"KIN-GOMBE-01""#,
        r#""reference":{"nature":"RAM","outlet_id":"KIN-GOMBE-02""#,
    );
    assert_ne!(elsewhere, note.payload());
    shop.not_prepared(&elsewhere, "ORIGINAL_NOT_FOUND");
}

#[test]
fn a_rate_that_is_not_the_originals_is_refused() {
    let mut shop = Shop::open();
    let (sale, seal) = sold(&mut shop);
    let note =
        Sale { lines: vec![("A".into(), 1, 100)], ..back(&mut shop, &sale, &seal, "RAM", 1) }.payload();
    let note =
        note.replace(r#""rate":"0.16""#, r#""rate":"0.05""#).replace("16.00", "5.00").replace("116", "105");
    let note = note.replace("-116.00", "-105.00");
    shop.not_prepared(&note, "SCHEMA_INVALID");
}

/// Closes, acknowledges the newest seal and opens an epoch.
fn new_epoch(shop: &mut Shop, epoch: u32, seal: &Value) {
    let day = shop.now().to_string()[..10].to_owned();
    shop.close(&day);
    assert_eq!(shop.acknowledge(seal)["status"], "OK");
    let token = shop.authority.reset(epoch, Some(crate::shop::newest(seal)));
    shop.obeyed("ADM|RESET", &token);
    shop.host.rest();
}

fn with_voucher(note: &Sale, voucher: &str) -> String {
    let payload = note.payload();
    payload.replacen(r#""}}"#, &format!(r#"","voucher":"{voucher}"}}}}"#), 1)
}

fn voucher(shop: &Shop, sale: &Sale, seal: &Value, id: u8, not_before: &str, not_after: &str) -> String {
    let payload = sale.payload();
    let validated = Validated::read(payload.as_bytes()).expect("a sale");
    let identity = OriginalIdentity {
        nif: validated.invoice().merchant_nif,
        outlet: validated.invoice().outlet_id,
        epoch: fiscal::Epoch(number(&seal["epoch"]) as u32),
        number: fiscal::InvoiceNumber::new(number(&seal["invoice_seq"])).expect("a number"),
        auth_code: text(&seal["auth_code"]).parse().expect("a code"),
    };
    let account = CreditAccount::open(identity, &validated).expect("an account");
    let operator = &shop.authority.operator;
    shop.authority.token_valid(operator, &Voucher { id: [id; 16], account }, at(not_before), at(not_after))
}

#[test]
fn an_original_of_another_epoch_needs_a_voucher_which_is_used_once() {
    let mut shop = Shop::open();
    let (sale, seal) = sold(&mut shop);
    let early = voucher(&shop, &sale, &seal, 1, "2026-03-14T00:00:00", "2026-04-01T00:00:00");
    shop.set_now("2026-03-14T09:00:00");
    new_epoch_valid_from(&mut shop, 1, &seal, "2026-03-14T08:00:00");
    let note = back(&mut shop, &sale, &seal, "RAM", 1);
    shop.not_prepared(&note.payload(), "ORIGINAL_ELSEWHERE");
    shop.not_prepared(&with_voucher(&note, &early), "ORIGINAL_ELSEWHERE");
    let expired = voucher(&shop, &sale, &seal, 2, "2026-03-14T08:30:00", "2026-03-14T08:59:59");
    shop.not_prepared(&with_voucher(&note, &expired), "UNAUTHORIZED");
    let good = voucher(&shop, &sale, &seal, 3, "2026-03-14T09:00:00", "2026-04-01T00:00:00");
    let forged = format!("{}AAAA", &good[..good.len() - 4]);
    let refused = shop.ask(&format!("TXN|PREPARE {}", with_voucher(&note, &forged)));
    assert!(["UNAUTHORIZED", "SCHEMA_INVALID"].contains(&text(&refused["code"]).as_str()), "{refused}");
    let done = shop.seal(&with_voucher(&note, &good));
    assert_eq!(done["invoice_seq"], 1, "the first of the new epoch");
    for _ in 0..2 {
        let more = back(&mut shop, &sale, &seal, "RAM", 1);
        shop.not_prepared(&with_voucher(&more, &good), "ORIGINAL_ELSEWHERE");
        shop.reboot();
    }
    let together = voucher(&shop, &sale, &seal, 5, "2026-03-14T09:00:00", "2026-04-01T00:00:00");
    let more = back(&mut shop, &sale, &seal, "RAM", 3);
    shop.not_prepared(&with_voucher(&more, &together), "ORIGINAL_ELSEWHERE");
    let now = shop.now().to_string();
    shop.pass(1_000);
    let next = voucher(&shop, &sale, &seal, 4, &shop.now().to_string(), "2026-04-01T00:00:00");
    assert!(now < shop.now().to_string());
    shop.seal(&with_voucher(&more, &next));
}

fn new_epoch_valid_from(shop: &mut Shop, epoch: u32, seal: &Value, from: &str) {
    let day = shop.now().to_string()[..10].to_owned();
    shop.close(&day);
    assert_eq!(shop.acknowledge(seal)["status"], "OK");
    let body =
        def_protocol::token::Reset { epoch: fiscal::Epoch(epoch), newest: Some(crate::shop::newest(seal)) };
    let token = shop.authority.token_valid(&shop.authority.dgi, &body, at(from), at("2026-04-01T00:00:00"));
    shop.obeyed("ADM|RESET", &token);
    shop.host.rest();
}

#[test]
fn a_voucher_prepared_at_two_tills_is_used_at_one() {
    let mut shop = Shop::open();
    let (sale, seal) = sold(&mut shop);
    new_epoch(&mut shop, 1, &seal);
    let good = voucher(&shop, &sale, &seal, 3, "2026-03-14T07:15:01", "2026-04-01T00:00:00");
    let one = back(&mut shop, &sale, &seal, "RAM", 1);
    let mut two = Sale { till: "CAISSE-9".into(), ..back(&mut shop, &sale, &seal, "RAM", 3) };
    two.lines.drain(..1);
    let (one, two) = (shop.prepare(&with_voucher(&one, &good)), shop.prepare(&with_voucher(&two, &good)));
    shop.ok(&commit(&one));
    shop.refused(&commit(&two), "ORIGINAL_ELSEWHERE");
}

#[test]
fn many_notes_of_many_originals_keep_their_balances_apart() {
    let mut shop = Shop::with(128, Default::default());
    let sold: Vec<_> = (0..70).map(|_| sold(&mut shop)).collect();
    for round in 0..2 {
        for (sale, seal) in &sold {
            let mut note = back(&mut shop, sale, seal, "RAM", 3);
            note.lines = vec![note.lines[round].clone()];
            shop.seal(&note.payload());
        }
        shop.reboot();
    }
    for (sale, seal) in &sold {
        let mut note = back(&mut shop, sale, seal, "RAM", 3);
        note.lines.swap_remove(1);
        shop.not_prepared(&note.payload(), "CREDIT_EXCEEDS_ORIGINAL");
        note.lines = vec![sale.lines[2].clone()];
        shop.seal(&note.payload());
    }
}
