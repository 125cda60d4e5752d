//! The clock (D8): who sets it, and what a wrong one stops.

use def_engine::limits::CHALLENGE_TTL;
use def_trials::Authority;
use serde_json::{Value, json};

use crate::shop::{Shop, commit, hash, text, time_request};

#[test]
fn a_lost_clock_seals_nothing_until_it_is_set() {
    let mut shop = Shop::open();
    shop.sell();
    shop.world.change(|state| state.clock.lose_power());
    shop.reboot();
    let status = shop.status();
    assert_eq!((&status["clock"], &status["time"]), (&json!("lost"), &Value::Null));
    assert_eq!(status["warnings"], json!(["clock"]));
    let payload = r#"{"#;
    shop.not_prepared(payload, "CLOCK_ROLLBACK_DETECTED");
    assert_eq!(
        shop.set_clock("2026-03-14T08:00:00", None),
        json!({"status": "OK", "timestamp": "2026-03-14T08:00:00"})
    );
    assert_eq!(shop.status()["clock"], "ok");
    shop.sell();
    let kinds: Vec<_> = shop.dump("digest").iter().map(|line| text(&line["kind"])).collect();
    assert!(kinds.contains(&"time_set".to_owned()), "{kinds:?}");
}

#[test]
fn a_clock_120_seconds_behind_seals_with_the_newest_records_time_and_121_does_not() {
    let mut shop = Shop::open();
    shop.set_now("2026-03-14T10:00:00");
    let (_, before) = shop.sell();
    shop.set_now("2026-03-14T09:58:00");
    let (_, seal) = shop.sell();
    assert_eq!(seal["timestamp"], before["timestamp"]);
    let open = shop.sale().payload();
    let nonce = shop.prepare(&open);
    shop.set_now("2026-03-14T09:57:59");
    assert_eq!(shop.status()["clock"], "behind");
    shop.refused(&commit(&nonce), "CLOCK_ROLLBACK_DETECTED");
    let payload = shop.sale().payload();
    shop.not_prepared(&payload, "CLOCK_ROLLBACK_DETECTED");
    shop.set_now("2026-03-14T09:58:00");
    shop.ok(&commit(&nonce));
}

#[test]
fn a_challenge_holds_sixty_seconds_and_once() {
    let mut shop = Shop::open();
    let challenge = text(&shop.status()["challenge"]);
    shop.pass(CHALLENGE_TTL / 2 - 1);
    assert_eq!(text(&shop.status()["challenge"]), challenge);
    shop.pass(CHALLENGE_TTL / 2);
    let newer = text(&shop.status()["challenge"]);
    assert_ne!(newer, challenge, "what is shown holds for half its time at least");
    assert_eq!(shop.set_clock_by("2026-03-14T08:00:00", &challenge, None)["status"], "OK");
    assert_eq!(shop.set_clock_by("2026-03-14T08:00:00", &challenge, None)["code"], "UNAUTHORIZED");
    let next = text(&shop.status()["challenge"]);
    assert_ne!(next, challenge);
    shop.pass(CHALLENGE_TTL);
    assert_eq!(shop.set_clock_by("2026-03-14T08:00:00", &next, None)["code"], "UNAUTHORIZED");
    let last = text(&shop.status()["challenge"]);
    shop.reboot();
    assert_eq!(shop.set_clock_by("2026-03-14T09:00:00", &last, None)["code"], "UNAUTHORIZED");
}

#[test]
fn only_the_operators_word_for_this_device_sets_the_clock() {
    let mut shop = Shop::open();
    let challenge = text(&shop.status()["challenge"]);
    let mut stranger = Authority::default();
    stranger.operator = stranger.dgi.clone();
    let time = "2026-03-14T08:00:00";
    let nonce = challenge.parse().expect("a challenge");
    for signature in [
        stranger.time(def_trials::authority::at(time), nonce, None),
        Authority::new("DEF-000002").time(def_trials::authority::at(time), nonce, None),
        Authority::default().time(def_trials::authority::at("2026-03-14T08:00:01"), nonce, None),
    ] {
        let signature = def_protocol::Base64Url(signature.as_bytes()).to_string();
        shop.refused(&time_request(time, &signature, None), "UNAUTHORIZED");
    }
    assert_eq!(
        shop.set_clock_by(time, &challenge, None)["status"],
        "OK",
        "a wrong one does not use the challenge up"
    );
}

#[test]
fn going_back_before_the_newest_record_has_to_name_it() {
    let mut shop = Shop::open();
    shop.set_now("2026-03-14T10:00:00");
    let (_, seal) = shop.sell();
    assert_eq!(shop.set_clock("2026-03-14T09:59:59", None)["code"], "UNAUTHORIZED");
    let wrong = hash(&seal["previous_hash"]);
    assert_eq!(shop.set_clock("2026-03-14T09:59:00", Some(wrong))["code"], "UNAUTHORIZED");
    let newest = hash(&seal["record_hash"]);
    assert_eq!(shop.set_clock("2026-03-14T09:59:00", Some(newest))["status"], "OK");
    let lines = shop.dump("json");
    let body =
        lines.iter().filter_map(|line| line["payload"].as_str()).find(|body| body.contains("time_set"));
    let body: Value = serde_json::from_str(body.expect("a record of it")).expect("JSON");
    assert_eq!((&body["back"], &body["before"]), (&json!(true), &json!("2026-03-14T10:00:00")));
    let (_, next) = shop.sell();
    assert_eq!(next["timestamp"], "2026-03-14T10:00:00", "time never goes back within the chain");
}

#[test]
fn a_chain_that_ran_ahead_is_left_by_a_new_epoch() {
    let mut shop = Shop::open();
    shop.set_now("2027-03-14T10:00:00");
    let (_, seal) = shop.sell();
    shop.close("2027-03-14");
    let head = hash(&shop.status()["head_hash"]);
    assert_eq!(shop.set_clock("2026-03-14T10:00:00", Some(head))["status"], "OK");
    assert_eq!(shop.status()["clock"], "behind");
    let payload = shop.sale().payload();
    shop.not_prepared(&payload, "CLOCK_ROLLBACK_DETECTED");
    let acknowledged = shop.acknowledge(&seal);
    assert_eq!(acknowledged["status"], "OK", "{acknowledged}");
    let token = shop.authority.reset(1, Some(crate::shop::newest(&seal)));
    shop.obeyed("ADM|RESET", &token);
    shop.host.rest();
    assert_eq!(shop.status()["clock"], "ok");
    let (_, seal) = shop.sell();
    assert_eq!((&seal["epoch"], &seal["timestamp"]), (&json!(1), &json!("2026-03-14T10:00:00")));
    shop.reboot();
    shop.sell();
}

#[test]
fn a_device_without_an_outlet_has_nobody_who_may_set_its_clock() {
    let mut shop = Shop::from_factory(64, Authority::default());
    assert_eq!(shop.set_clock("2026-03-14T08:00:00", None)["code"], "NOT_PROVISIONED");
}
