//! `TXN|COMMIT` (D3, D4): all of a sale or nothing, once.

use def_engine::limits::WINDOW;
use def_sim::{Operation, Outcome, Style};
use def_trials::{Sale, authority::at};
use fiscal::{Record, Timestamp};
use serde_json::{Value, json};

use crate::shop::{Shop, commit, number, text};

#[test]
fn the_answer_has_all_that_a_receipt_needs_and_the_log_says_the_same() {
    let mut shop = Shop::open();
    let (sale, seal) = shop.sell();
    assert_eq!(seal["invoice_seq"], 1);
    assert_eq!(seal["fiscal_number"], "KING-0-00000001");
    assert_eq!(seal["timestamp"], "2026-03-14T07:15:00");
    assert_eq!(seal["device_id"], "DEF-000001");
    assert_eq!(text(&seal["auth_code"]).len(), 16);
    let qr = text(&seal["qr_payload"]);
    assert!(
        qr.starts_with(&format!("DEF-000001|1|{}|", text(&seal["auth_code"]))) && qr.len() <= 330,
        "{qr}"
    );
    let entry = shop.log("1");
    let mut sealed = entry["sealed"].clone();
    sealed.as_object_mut().expect("an object").insert("status".into(), json!("OK"));
    assert_eq!(sealed, seal);
    assert_eq!(entry["payload"], sale.payload());
    assert_eq!(entry["signature"], seal["signature"]);
    assert_eq!(entry["prev_hash"], seal["previous_hash"]);
    assert_eq!(entry["record_type"], "sale");
}

#[test]
fn the_seal_is_of_the_devices_key_over_this_payload() {
    let mut shop = Shop::open();
    let (sale, seal) = shop.sell();
    let key = shop.world.change(|state| state.element.peek_key()).expect("a key");
    let bytes = base64(&seal["record"]);
    let record = Record::from_bytes(&bytes).expect("a record");
    assert!(record.verify(&key).is_ok());
    assert_eq!(record.link.payload, fiscal::PayloadHash::of(sale.payload().as_bytes()));
    assert_eq!(record.hash().to_string(), text(&seal["record_hash"]));
}

pub(crate) fn base64(value: &Value) -> Vec<u8> {
    // The referee reads the same form.
    let line = json!({"record": value, "payload": null}).to_string();
    verify::JournalLine::read(line.as_bytes())
        .expect("a line")
        .record()
        .expect("a record")
        .to_bytes()
        .to_vec()
}

#[test]
fn a_commit_said_again_gets_the_same_seal_also_after_the_power_failed() {
    let mut shop = Shop::open();
    let payload = shop.sale().payload();
    let nonce = shop.prepare(&payload);
    let seal = shop.ok(&commit(&nonce));
    assert_eq!(shop.ok(&commit(&nonce)), seal);
    shop.pass(60_000);
    assert_eq!(shop.ok(&commit(&nonce.to_lowercase())), seal);
    shop.reboot();
    assert_eq!(shop.ok(&commit(&nonce)), seal);
    assert_eq!(shop.status()["next_invoice_seq"], 2);
}

#[test]
fn nonces_that_nobody_gave_are_refused() {
    let mut shop = Shop::open();
    shop.refused(&commit("00000000000000000000000000000000"), "INVALID_NONCE");
    for nonce in ["A7F2D1", "", "ZZ000000000000000000000000000000"] {
        let code = text(&shop.ask(&commit(nonce))["code"]);
        assert!(["SCHEMA_INVALID", "INVALID_NONCE"].contains(&code.as_str()), "{nonce}: {code}");
    }
    shop.refused("TXN|COMMIT", "SCHEMA_INVALID");
    shop.refused(r#"TXN|COMMIT {"nonce":"00000000000000000000000000000000","x":1}"#, "SCHEMA_INVALID");
    let payload = shop.sale().payload();
    let nonce = shop.prepare(&payload);
    shop.pass(7_000);
    shop.refused(&commit(&nonce), "NONCE_EXPIRED");
    shop.reboot();
    shop.refused(&commit(&nonce), "INVALID_NONCE");
}

#[test]
fn sales_are_numbered_linked_and_timed_one_after_the_other() {
    let mut shop = Shop::open();
    let mut before = shop.status()["head_hash"].clone();
    for expected in 1..=5 {
        let (_, seal) = shop.sell();
        assert_eq!(seal["invoice_seq"], expected);
        assert_eq!(seal["previous_hash"], before);
        before = seal["record_hash"].clone();
        shop.pass(1_000);
    }
    assert_eq!(shop.status()["head_hash"], before);
}

#[test]
fn commit_repeats_what_depends_on_other_sales() {
    let mut shop = Shop::open();
    let payload = shop.sale().payload();
    let nonce = shop.prepare(&payload);
    shop.world.change(|state| state.clock.lose_power());
    shop.refused(&commit(&nonce), "CLOCK_ROLLBACK_DETECTED");
    shop.set_now("2026-03-14T07:15:00");
    shop.ok(&commit(&nonce));
}

/// Sells `count` sales at this second and after, many at once.
fn sell_many(shop: &mut Shop, count: usize, from: u32) {
    for seed in 0..count as u32 {
        let sale = Sale::of("CAISSE-2", shop.now(), 1, from + seed);
        shop.seal(&sale.payload());
        shop.pass(1_000);
    }
}

#[test]
fn what_is_older_than_the_last_1_024_invoices_is_told_by_its_time() {
    let mut shop = Shop::with(256, Default::default());
    let ahead = Timestamp::from_unix(shop.now().unix() + 500).expect("a time");
    let first = shop.sale().payload();
    let nonce = shop.prepare(&first);
    shop.ok(&commit(&nonce));
    let stamped_ahead = Sale { time: ahead, ..shop.sale() };
    shop.seal(&stamped_ahead.payload());
    sell_many(&mut shop, WINDOW - 2, 1_000);
    shop.not_prepared(&first, "REPLAY_DETECTED");
    shop.ok(&commit(&nonce));
    sell_many(&mut shop, 1, 5_000);
    shop.not_prepared(&first, "STALE_TIMESTAMP");
    shop.refused(&commit(&nonce), "INVALID_NONCE");
    shop.not_prepared(&stamped_ahead.payload(), "REPLAY_DETECTED");
    sell_many(&mut shop, 1, 6_000);
    // Its own second is past the oldest that is remembered, and still it is not sold again.
    shop.not_prepared(&stamped_ahead.payload(), "STALE_TIMESTAMP");
    for _ in 0..2 {
        shop.reboot();
        shop.not_prepared(&first, "STALE_TIMESTAMP");
        shop.not_prepared(&stamped_ahead.payload(), "STALE_TIMESTAMP");
        shop.refused(&commit(&nonce), "INVALID_NONCE");
        let from = 7_000 + number(&shop.status()["next_invoice_seq"]) as u32;
        sell_many(&mut shop, 3, from);
    }
}

#[test]
fn no_sector_is_erased_while_a_sale_is_sealed() {
    let mut shop = Shop::open();
    shop.world.record_forks(true);
    for _ in 0..60 {
        let payload =
            Sale { lines: Sale::of("X", at("2026-03-14T07:15:00"), 20, 3).lines, ..shop.sale() }.payload();
        shop.world.take_forks();
        let nonce = shop.prepare(&payload);
        assert!(shop.world.op_log().is_empty(), "PREPARE changes nothing");
        shop.ok(&commit(&nonce));
        let operations = shop.world.op_log();
        let erased = operations.iter().any(|operation| matches!(operation, Operation::Erase { .. }));
        assert!(!erased, "{operations:?}");
        let counted = operations.iter().filter(|operation| matches!(operation, Operation::Increment)).count();
        assert_eq!(counted, 1);
        shop.host.rest();
        shop.pass(1_000);
    }
}

#[test]
fn without_a_rest_sales_are_refused_before_they_would_have_to_wait_for_an_erasure() {
    let mut shop = Shop::open();
    let mut sold = 0;
    loop {
        let payload =
            Sale { lines: Sale::of("X", at("2026-03-14T07:15:00"), 100, sold).lines, ..shop.sale() }
                .payload();
        let prepared = shop.ask(&format!("TXN|PREPARE {payload}"));
        if prepared["status"] == "ERR" {
            assert_eq!(prepared["code"], "DEVICE_BUSY", "{prepared}");
            shop.host.rest();
            shop.prepare(&payload);
            break;
        }
        shop.ok(&commit(&text(&prepared["nonce"])));
        sold += 1;
        assert!(sold < 200);
    }
    assert!(sold > 2);
}

#[test]
fn a_secure_element_that_fails_in_a_commit_makes_no_second_sale() {
    // Which of the commit's calls fails: two counts read, one raised, one signature.
    for working in 0..5 {
        let mut shop = Shop::open();
        shop.sell();
        let payload = shop.sale().payload();
        let nonce = shop.prepare(&payload);
        shop.world.change(|state| state.element.fail_after(working, 1));
        let answer = shop.ask(&commit(&nonce));
        shop.world.change(|state| state.element.fail_after(0, 0));
        let again = shop.ok(&commit(&nonce));
        if answer["status"] == "OK" {
            assert_eq!(answer, again);
        } else {
            assert_eq!(answer["code"], "SE_FAILURE", "{working}: {answer}");
        }
        assert_eq!(again["invoice_seq"], 2);
        let status = shop.status();
        assert_eq!(status["next_invoice_seq"], 3);
        assert_eq!(status["corrupt"], Value::Null);
        let digest = shop.dump("digest");
        let invoices = digest.iter().filter(|line| line["kind"] == "invoice").count();
        assert_eq!(invoices, 2, "{working}");
        let stated = digest.iter().filter(|line| line["kind"] == "recovery").count() as u64;
        let status = shop.status();
        let counter = number(&status["secure_element"]["counter"]);
        let skipped = number(&status["secure_element"]["skipped"]);
        assert_eq!(counter, number(&status["last_position"]) + skipped, "every count is accounted for");
        assert!(stated > 0 || skipped == 0, "what no record has is stated");
        shop.reboot();
        shop.sell();
    }
}

#[test]
fn a_power_cut_in_a_commit_leaves_all_or_nothing_and_asking_again_tells_which() {
    for style in Style::OF_PROGRAM {
        for after in 0..6 {
            let mut shop = Shop::open();
            shop.sell();
            let payload = shop.sale().payload();
            let nonce = shop.prepare(&payload);
            shop.world.cut_at(shop.world.operations() + after, Outcome::new(style, after));
            let answer = shop.host.try_ask(&commit(&nonce));
            let done = answer.filter(|answer| answer["status"] == "OK");
            let was_cut = !shop.world.is_powered();
            shop.start();
            let again = shop.ask(&commit(&nonce));
            let seal = if again["status"] == "OK" {
                again
            } else {
                assert_eq!(again["code"], "INVALID_NONCE", "{again}");
                assert!(done.is_none() && was_cut, "an answered sale is there");
                shop.seal(&payload)
            };
            assert_eq!(seal["invoice_seq"], 2);
            if let Some(done) = done {
                assert_eq!(done, seal);
            }
            shop.not_prepared(&payload, "REPLAY_DETECTED");
        }
    }
}
