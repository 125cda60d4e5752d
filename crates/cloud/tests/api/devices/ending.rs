//! The end of a device's life, and of its line.

use rusqlite::Connection;
use serde_json::{Value, json};

use super::{active, bench, place::file, selling};
use crate::{
    bench::{Answer, Bench, payload},
    patience::until,
};

const SERIAL: &str = "DEF-000001";

fn end(bench: &Bench, end: &str) -> Answer {
    let body = json!({ "end": end, "reason": "replaced" });
    bench.say(3, &format!("POST /api/v1/devices/{SERIAL}/revocation"), Some(&body))
}

fn force(bench: &Bench) -> Answer {
    bench.switch(&json!({ "mode": "cloud", "force": true, "reason": "broken" }))
}

#[test]
fn a_device_that_stands_by_is_revoked_and_told_so() {
    let (bench, root) = bench("");
    let proxy = active(&bench, root, SERIAL);
    let revoked = end(&bench, "revoked");
    assert_eq!((revoked.status, &revoked.json()["state"]), (200, &json!("revoked")), "{revoked:?}");
    assert_ne!(bench.switch(&json!({ "mode": "def", "device": SERIAL })).status, 200);
    until("it is told so", || proxy.ask("QRY|STATUS")["lifecycle"] == "revoked");
    assert_eq!(end(&bench, "revoked").status, 200, "the same again");
}

#[test]
fn a_device_that_holds_the_line_is_not_revoked_before_the_line_is_taken() {
    let (bench, root) = bench("");
    let _proxy = selling(&bench, root, SERIAL);
    let mut client = bench.client();
    assert_eq!(client.sell(1, None, &payload(1)).status, 201);
    for kind in ["revoked", "lost", "decommissioned"] {
        let refused = end(&bench, kind);
        assert_eq!((refused.status, refused.code().as_str()), (409, "CONFLICT"), "{refused:?}");
    }
    assert_eq!(bench.device(SERIAL)["state"], "active");
    assert_eq!(client.sell(1, None, &payload(2)).status, 201, "nothing was changed");
    bench.switched(&json!({ "mode": "cloud" }));
    let revoked = end(&bench, "revoked");
    assert_eq!((revoked.status, &revoked.json()["state"]), (200, &json!("revoked")), "{revoked:?}");
    let sold = client.sell(1, None, &payload(3));
    assert_eq!((sold.status, sold.json()["fiscal_number"].as_str()), (201, Some("KINGOMBE01-0-00000003")));
}

#[test]
fn the_line_of_a_device_whose_life_was_ended_can_be_taken_by_force_and_the_outlet_sells() {
    let (bench, root) = bench("");
    let proxy = selling(&bench, root, SERIAL);
    let mut client = bench.client();
    assert_eq!(client.sell(1, None, &payload(1)).status, 201);
    bench.await_device(SERIAL, |device| device["waiting"] == 0);
    proxy.be_away(true);
    bench.await_device(SERIAL, |device| device["reachable"] == false);
    // As the command on the cloud's own machine does it.
    change(
        &bench,
        "UPDATE devices SET state = 'revoked', ended = registered, end_reason = 'x', end_epoch = 0, \
        end_number = 1 WHERE serial = ?1",
    );
    for _ in 0..2 {
        let forced = force(&bench);
        assert_eq!((forced.status, &forced.json()["line"]["epoch"]), (200, &json!(1)), "{forced:?}");
    }
    assert_eq!(bench.device(SERIAL)["state"], "revoked");
    let sold = client.sell(1, None, &payload(2));
    assert_eq!((sold.status, sold.json()["fiscal_number"].as_str()), (201, Some("KINGOMBE01-1-00000001")));
}

#[test]
fn what_was_broken_off_behind_the_taking_of_a_line_goes_on_when_it_is_asked_for_again() {
    let (bench, root) = bench("");
    let proxy = selling(&bench, root, SERIAL);
    let mut client = bench.client();
    assert_eq!(client.sell(1, None, &payload(1)).status, 201);
    bench.await_device(SERIAL, |device| device["waiting"] == 0);
    proxy.be_away(true);
    bench.await_device(SERIAL, |device| device["reachable"] == false);
    assert_eq!(force(&bench).status, 200);
    let ended = bench.device(SERIAL);
    assert_eq!(ended["state"], "lost");
    // The cloud went down between the ledger and the registry.
    change(
        &bench,
        "UPDATE devices SET state = 'active', ended = NULL, end_reason = NULL, end_epoch = NULL, \
        end_number = NULL WHERE serial = ?1",
    );
    change(&bench, "UPDATE device_certificates SET revoked = NULL, reason = NULL WHERE device = ?1");
    change(&bench, "UPDATE outlet_modes SET mode = 'def', device = ?1, reached = NULL");
    assert_eq!(bench.device(SERIAL)["state"], "active");
    let again = force(&bench);
    assert_eq!(
        (again.status, &again.json()["mode"], &again.json()["line"]["epoch"]),
        (200, &json!("cloud"), &json!(1))
    );
    let device = bench.device(SERIAL);
    assert_eq!((&device["state"], &device["certificate"]), (&json!("lost"), &Value::Null), "{device}");
    let last: (i64, i64) = Connection::open(file(&bench))
        .unwrap()
        .query_row("SELECT end_epoch, end_number FROM devices", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    assert_eq!(last, (0, 1), "as the ledger's revocation says");
}

#[test]
fn there_is_nothing_to_take_where_no_device_held_the_line() {
    let (bench, root) = bench("");
    let _proxy = active(&bench, root, SERIAL);
    let refused = force(&bench);
    assert_eq!((refused.status, refused.code().as_str()), (409, "CONFLICT"));
    assert_eq!(bench.device(SERIAL)["state"], "active");
}

#[test]
fn a_session_does_not_last_past_its_certificate() {
    let (bench, root) = bench("");
    let proxy = selling(&bench, root, SERIAL);
    proxy.be_away(true);
    bench.await_device(SERIAL, |device| device["reachable"] == false);
    change(&bench, "UPDATE device_certificates SET not_after = unixepoch() + 4 WHERE device = ?1");
    proxy.be_away(false);
    bench.await_device(SERIAL, |device| device["reachable"] == true);
    bench.await_device(SERIAL, |device| device["reachable"] == false);
    let refused = bench.client().sell(1, None, &payload(1));
    assert_eq!((refused.status, refused.code().as_str()), (503, "DEVICE_UNREACHABLE"));
}

/// Changes the database beside the cloud.
fn change(bench: &Bench, statement: &str) {
    let other = Connection::open(file(bench)).unwrap();
    other.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    assert_eq!(other.execute(statement, [SERIAL]).unwrap(), 1, "{statement}");
}
