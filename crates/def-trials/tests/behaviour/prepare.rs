//! `TXN|PREPARE` (D2, D4): checks everything and changes nothing.

use def_engine::limits::{AHEAD, NONCE_TTL, POOL, POOL_BYTES};
use def_trials::{Sale, authority::at};
use fiscal::Timestamp;
use serde_json::json;

use crate::shop::{Shop, commit, text};

fn free(shop: &mut Shop) -> u64 {
    shop.status()["nonce_pool"].as_u64().expect("a number")
}

fn at_till(shop: &mut Shop, till: usize) -> Sale {
    Sale { till: format!("T-{till}"), ..shop.sale() }
}

#[test]
fn a_good_payload_gets_a_nonce_and_nothing_else_changes() {
    let mut shop = Shop::open();
    let before = shop.status();
    let sale = shop.sale();
    let answer = shop.ok(&format!("TXN|PREPARE {}", sale.payload()));
    assert_eq!(answer["expires_in"], 7);
    assert_eq!(answer["message"], "ready to commit");
    assert_eq!(text(&answer["nonce"]).len(), 32);
    let after = shop.status();
    for member in ["next_invoice_seq", "last_position", "head_hash", "secure_element", "storage", "unclosed"]
    {
        assert_eq!(before[member], after[member], "{member}");
    }
    assert_eq!((&before["nonce_pool"], &after["nonce_pool"]), (&json!(8), &json!(7)));
}

#[test]
fn a_nonce_holds_for_6_999_milliseconds_and_not_for_7_000() {
    for (waited, code) in [(NONCE_TTL - 1, None), (NONCE_TTL, Some("NONCE_EXPIRED"))] {
        let mut shop = Shop::open();
        let sale = shop.sale();
        let nonce = shop.prepare(&sale.payload());
        shop.pass(waited);
        let answer = shop.ask(&commit(&nonce));
        assert_eq!(answer["code"].as_str(), code, "after {waited} ms: {answer}");
        assert_eq!(free(&mut shop), POOL as u64);
    }
}

#[test]
fn the_same_payload_keeps_its_nonce_and_gets_its_time_again() {
    let mut shop = Shop::open();
    let payload = shop.sale().payload();
    let nonce = shop.prepare(&payload);
    shop.pass(NONCE_TTL - 1);
    assert_eq!(shop.prepare(&payload), nonce);
    shop.pass(NONCE_TTL - 1);
    shop.ok(&commit(&nonce));
    let again = shop.sale().payload();
    let first = shop.prepare(&again);
    shop.pass(NONCE_TTL);
    assert_ne!(shop.prepare(&again), first, "once expired it gets another");
}

#[test]
fn a_new_payload_of_a_till_takes_the_place_of_its_open_one() {
    let mut shop = Shop::open();
    let (one, two) = (shop.sale(), shop.sale());
    let first = shop.prepare(&one.payload());
    let second = shop.prepare(&two.payload());
    assert_eq!(free(&mut shop), 7);
    shop.refused(&commit(&first), "NONCE_EXPIRED");
    shop.ok(&commit(&second));
}

#[test]
fn eight_tills_find_room_and_the_ninth_waits() {
    let mut shop = Shop::open();
    let mut nonces = Vec::new();
    for till in 0..POOL {
        let sale = at_till(&mut shop, till);
        nonces.push(shop.prepare(&sale.payload()));
    }
    assert_eq!(free(&mut shop), 0);
    let ninth = at_till(&mut shop, 8).payload();
    shop.not_prepared(&ninth, "DEVICE_BUSY");
    let other = at_till(&mut shop, 3).payload();
    nonces[3] = shop.prepare(&other);
    shop.ok(&commit(&nonces[5]));
    let nonce = shop.prepare(&ninth);
    nonces[5] = nonce;
    for nonce in nonces {
        shop.ok(&commit(&nonce));
        shop.host.rest();
    }
    assert_eq!(shop.status()["next_invoice_seq"], 10);
}

#[test]
fn open_payloads_share_sixty_four_kibibytes() {
    let mut shop = Shop::open();
    let large =
        |till: usize, lines| Sale::of(&format!("T-{till}"), at("2026-03-14T07:15:00"), lines, till as u32);
    let length = large(0, 150).payload().len();
    let fit = POOL_BYTES / length;
    assert!(fit < POOL && length <= 24 * 1024, "{length}");
    for till in 0..fit {
        shop.prepare(&large(till, 150).payload());
    }
    shop.not_prepared(&large(fit, 150).payload(), "DEVICE_BUSY");
    let rest = POOL_BYTES - fit * length;
    let lines = (1..150).rev().find(|lines| large(fit, *lines).payload().len() <= rest).expect("one fits");
    shop.not_prepared(&large(fit, lines + 1).payload(), "DEVICE_BUSY");
    shop.prepare(&large(fit, lines).payload());
    shop.prepare(&large(0, 1).payload());
    shop.prepare(&large(fit + 1, lines + 1).payload());
}

#[test]
fn a_payload_ten_minutes_ahead_is_taken_and_one_a_second_more_is_not() {
    let mut shop = Shop::open();
    let ahead = |shop: &Shop, seconds| Timestamp::from_unix(shop.now().unix() + seconds).expect("a time");
    let sale = Sale { time: ahead(&shop, AHEAD + 1), ..shop.sale() };
    shop.not_prepared(&sale.payload(), "STALE_TIMESTAMP");
    let sale = Sale { time: ahead(&shop, AHEAD), ..sale };
    shop.prepare(&sale.payload());
    let old = Sale { time: at("2020-01-01T00:00:00"), ..shop.sale() };
    shop.prepare(&old.payload());
}

#[test]
fn payloads_of_others_are_sent_elsewhere() {
    let mut shop = Shop::open();
    let payload = shop.sale().payload();
    shop.not_prepared(&payload.replace("KIN-GOMBE-01", "KIN-GOMBE-02"), "WRONG_OUTLET");
    shop.not_prepared(&payload.replace("A2301457K", "A2301457L"), "WRONG_OUTLET");
    shop.prepare(&payload);
}

#[test]
fn what_is_not_canonical_or_does_not_add_up_is_refused() {
    let mut shop = Shop::open();
    let payload = shop.sale().payload();
    for (from, to) in [
        (r#"{"merchant_nif""#, r#"{ "merchant_nif""#),
        (r#""rate":"0.16""#, r#""rate":"0.17""#),
        (r#""currency":"CDF""#, r#""currency":"USD""#),
        (r#""instrument_id":"""#, r#""instrument":"""#),
        (r#""cashier_id":"C-01","#, ""),
        (r#""timestamp":"2026-"#, r#""timestamp":"2026-02-30T"#),
    ] {
        assert!(payload.contains(from), "{from}");
        shop.not_prepared(&payload.replacen(from, to, 1), "SCHEMA_INVALID");
    }
    shop.refused("TXN|PREPARE", "SCHEMA_INVALID");
    shop.refused("TXN|PREPARE {}", "SCHEMA_INVALID");
    assert_eq!(free(&mut shop), 8);
}

#[test]
fn a_payload_that_was_sealed_is_answered_with_its_number() {
    let mut shop = Shop::open();
    shop.sell();
    let (sale, seal) = shop.sell();
    let answer = shop.not_prepared(&sale.payload(), "REPLAY_DETECTED");
    assert_eq!((&answer["epoch"], &answer["invoice_seq"]), (&json!(0), &json!(2)));
    let entry = shop.log("0/2");
    assert_eq!(entry["sealed"]["record_hash"], seal["record_hash"]);
    shop.reboot();
    shop.not_prepared(&sale.payload(), "REPLAY_DETECTED");
    let later = Sale { time: Timestamp::from_unix(sale.time.unix() + 1).expect("a time"), ..sale };
    shop.prepare(&later.payload());
}

#[test]
fn open_payloads_do_not_outlast_the_power() {
    let mut shop = Shop::open();
    let payload = shop.sale().payload();
    let nonce = shop.prepare(&payload);
    shop.reboot();
    shop.refused(&commit(&nonce), "INVALID_NONCE");
    assert_eq!(free(&mut shop), 8);
    shop.prepare(&payload);
}
