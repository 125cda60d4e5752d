//! `QRY|PROOF`: that the device is here, which no recording of it can say.

use def_engine::Factory;
use def_protocol::{
    reply::{Attested, Presence, PresenceFault},
    token::{NewState, Realm},
};
use def_trials::Authority;
use fiscal::PublicKey;
use serde_json::{Value, json};

use crate::shop::{Shop, hash};

const CHALLENGE: [u8; 32] = [0xC5; 32];

fn ask(shop: &mut Shop, challenge: [u8; 32]) -> Value {
    // Another one is given after a second.
    shop.pass(1_000);
    shop.ok(&request(challenge))
}

fn request(challenge: [u8; 32]) -> String {
    format!(r#"QRY|PROOF {{"challenge":"{}"}}"#, fiscal::RecordHash(challenge))
}

fn read(answer: &Value) -> Presence {
    serde_json::from_value(answer.clone()).expect("a presence")
}

fn key(shop: &Shop) -> PublicKey {
    shop.world.change(|state| state.element.peek_key()).expect("a key")
}

#[test]
fn a_device_signs_the_challenge_and_where_its_journal_ends() {
    let mut shop = Shop::open();
    let (_, seal) = shop.sell();
    let status = shop.status();
    let answer = ask(&mut shop, CHALLENGE);
    for member in ["device_id", "public_key_id", "epoch", "last_position", "head_hash"] {
        assert_eq!(answer[member], status[member], "{member}");
    }
    assert_eq!(
        (&answer["head_hash"], &answer["time"]),
        (&seal["record_hash"], &json!("2026-03-14T07:15:01"))
    );
    let presence = read(&answer);
    assert_eq!(presence.verify(&CHALLENGE, &key(&shop)), Ok(()));
    assert_eq!(serde_json::to_value(presence).expect("JSON"), answer);
}

#[test]
fn no_other_challenge_key_or_word_passes_for_it() {
    let mut shop = Shop::open();
    let mut neighbour = Shop::on(def_sim::World::new(64, 8));
    neighbour.init();
    let other = key(&neighbour);
    let (answer, key) = (read(&ask(&mut shop, CHALLENGE)), key(&shop));
    assert_ne!(other, key);
    assert_eq!(answer.verify(&[0xC4; 32], &key), Err(PresenceFault::False));
    assert_eq!(answer.verify(&CHALLENGE, &other), Err(PresenceFault::OtherKey));
    let renamed = Presence { public_key_id: other.id(), ..answer };
    assert_eq!(renamed.verify(&CHALLENGE, &other), Err(PresenceFault::False));
    let said = answer.attested();
    let changed = [
        Attested { device_id: "DEF-000002".parse().expect("a serial number"), ..said },
        Attested { epoch: fiscal::Epoch(1), ..said },
        Attested { last_position: said.last_position + 1, ..said },
        Attested { head_hash: fiscal::RecordHash([1; 32]), ..said },
        Attested { time: None, ..said },
    ];
    for attested in changed {
        let changed = Presence::new(attested, key.id(), answer.signature);
        assert_eq!(changed.verify(&CHALLENGE, &key), Err(PresenceFault::False), "{attested:?}");
    }
}

#[test]
fn a_proof_is_no_seal_and_a_seal_is_no_proof() {
    let mut shop = Shop::open();
    let (_, seal) = shop.sell();
    // The challenge is the record's own hash: what is signed is still something else.
    let record = hash(&seal["record_hash"]);
    let answer = read(&ask(&mut shop, record.0));
    let key = key(&shop);
    assert!(key.verify(&record, &answer.signature).is_err());
    let sealed = seal["signature"].clone();
    let mut forged = serde_json::to_value(answer).expect("JSON");
    forged["signature"] = sealed;
    assert_eq!(read(&forged).verify(&record.0, &key), Err(PresenceFault::False));
}

#[test]
fn it_changes_nothing_and_counts_nothing() {
    let mut shop = Shop::open();
    shop.sell();
    let payload = shop.sale().payload();
    let nonce = shop.prepare(&payload);
    let before = shop.status();
    let counter = shop.world.change(|state| state.element.peek_counter());
    let operations = shop.world.operations();
    for challenge in 0..5 {
        ask(&mut shop, [challenge; 32]);
    }
    assert_eq!(shop.world.operations(), operations, "nothing was written");
    assert_eq!(shop.world.change(|state| state.element.peek_counter()), counter);
    let after = shop.status();
    for member in ["last_position", "head_hash", "next_invoice_seq", "nonce_pool", "free_memory_bytes"] {
        assert_eq!(after[member], before[member], "{member}");
    }
    // What was open stays open.
    assert_eq!(shop.ok(&crate::shop::commit(&nonce))["invoice_seq"], 2);
}

#[test]
fn it_is_given_once_a_second_and_sales_do_not_wait_for_it() {
    let mut shop = Shop::open();
    shop.ok(&request(CHALLENGE));
    shop.refused(&request(CHALLENGE), "DEVICE_BUSY");
    shop.sell();
    shop.pass(999);
    shop.refused(&request(CHALLENGE), "DEVICE_BUSY");
    // What was refused does not put it off.
    shop.pass(1);
    shop.ok(&request(CHALLENGE));
    shop.reboot();
    shop.ok(&request(CHALLENGE));
}

#[test]
fn a_device_of_no_outlet_has_nothing_to_prove_itself_with() {
    let mut shop = Shop::from_factory(64, Authority::default());
    shop.refused(&request(CHALLENGE), "NOT_PROVISIONED");
    shop.init();
    shop.ok(&request(CHALLENGE));
}

#[test]
fn it_is_the_same_device_when_it_may_seal_no_more() {
    for state in [NewState::Revoked, NewState::Decommissioned] {
        let mut shop = Shop::open();
        let token = shop.authority.state(state);
        shop.obeyed("CFG|STATE", &token);
        assert_eq!(read(&ask(&mut shop, CHALLENGE)).verify(&CHALLENGE, &key(&shop)), Ok(()));
        shop.reboot();
        assert_eq!(read(&ask(&mut shop, CHALLENGE)).verify(&CHALLENGE, &key(&shop)), Ok(()));
    }
    let mut shop = Shop::open();
    shop.world.change(|state| state.element.set_counter(5_000));
    shop.reboot();
    assert_ne!(shop.status()["corrupt"], Value::Null);
    assert_eq!(read(&ask(&mut shop, CHALLENGE)).verify(&CHALLENGE, &key(&shop)), Ok(()));
}

#[test]
fn a_clock_that_lost_its_power_is_said_to_be_none() {
    let mut shop = Shop::open();
    shop.world.change(|state| state.clock = def_sim::ManualClock::lost());
    let answer = ask(&mut shop, CHALLENGE);
    assert_eq!(answer["time"], Value::Null);
    assert_eq!(read(&answer).verify(&CHALLENGE, &key(&shop)), Ok(()));
}

#[test]
fn a_secure_element_that_does_not_answer_is_no_proof_and_no_harm() {
    let mut shop = Shop::open();
    shop.world.change(|state| state.element.fail_next(1));
    let answer = shop.ask(&request(CHALLENGE));
    assert_eq!(answer["code"], "SE_FAILURE", "{answer}");
    ask(&mut shop, CHALLENGE);
    assert_eq!(shop.sell().1["invoice_seq"], 1);
}

#[test]
fn a_challenge_has_64_digits_in_either_case() {
    let mut shop = Shop::open();
    for wrong in [
        "QRY|PROOF".to_owned(),
        "QRY|PROOF {}".to_owned(),
        r#"QRY|PROOF {"challenge":null}"#.to_owned(),
        r#"QRY|PROOF {"challenge":""}"#.to_owned(),
        format!(r#"QRY|PROOF {{"challenge":"{}"}}"#, "c".repeat(63)),
        format!(r#"QRY|PROOF {{"challenge":"{}"}}"#, "c".repeat(65)),
        format!(r#"QRY|PROOF {{"challenge":"{}"}}"#, "g".repeat(64)),
        format!(r#"QRY|PROOF {{"challenge":"{}","time":1}}"#, "c".repeat(64)),
    ] {
        shop.refused(&wrong, "SCHEMA_INVALID");
    }
    let answer = shop.ok(&format!(r#"QRY|PROOF {{"challenge":"{}"}}"#, "cC".repeat(32)));
    assert_eq!(read(&answer).verify(&[0xCC; 32], &key(&shop)), Ok(()));
}

#[test]
fn a_product_proves_itself_like_a_thing_for_trials() {
    // What is signed names no realm: the key is the device's own, and the ledger knows whose it is.
    let mut shop = Shop::open();
    let factory = Factory { realm: Realm::Production, ..shop.authority.factory() };
    shop.host = def_trials::Host::start(&shop.world, factory, crate::shop::memory());
    assert_eq!(read(&ask(&mut shop, CHALLENGE)).verify(&CHALLENGE, &key(&shop)), Ok(()));
}
