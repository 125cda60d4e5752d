//! A cloud signer, whose records say themselves which outlet they are of.

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{Chain, EventKind, HeadState, RecordHash};

use super::{
    Entry, chain, key, public,
    till::{self, Till},
};

pub fn cloud_chain(seed: u8) -> Chain {
    Chain { device: "CLOUD-01".parse().unwrap(), ..chain(&key(seed)) }
}

pub fn spki(seed: u8) -> String {
    Base64UrlUnpadded::encode_string(&public(seed).to_spki())
}

/// The body of the first record of an outlet's first epoch, from `docs/formats.md`.
pub fn provisioned(seed: u8) -> String {
    format!(
        r#"{{"signer":"cloud","merchant_nif":"A1234567Z","outlet_id":"OUTLET-001","prefix":"KINGOMBE01","epoch":0,"first_number":1,"utc_offset_minutes":60,"public_key":"{}"}}"#,
        spki(seed)
    )
}

/// That of a later epoch.
pub fn epoch(seed: u8, epoch: u32, previous: RecordHash) -> String {
    let body = provisioned(seed).replace(r#""epoch":0"#, &format!(r#""epoch":{epoch}"#));
    let body = body.strip_suffix('}').unwrap();
    format!(r#"{body},"reason":"restored","previous_head":"{previous}"}}"#)
}

pub fn certificate(seed: u8) -> String {
    format!(r#"{{"signer":"cloud","public_key":"{}","since":"2026-02-04T12:00:00"}}"#, spki(seed))
}

/// Ten sales in two days, closed; the key changes at noon of the first.
pub fn ledger() -> Till {
    let mut till = Till::cloud(cloud_chain(1), key(1), HeadState::START);
    till.event(EventKind::Provisioned, &provisioned(1), "2026-02-04T08:00:00");
    for second in 0..4 {
        till.sell(&super::sale(second), "2026-02-04T10:30:00");
    }
    till.change_key(key(2));
    till.event(EventKind::Certificate, &certificate(2), "2026-02-04T12:00:00");
    till.sell(&super::sale(4), "2026-02-04T12:30:00");
    // Past midnight in Kinshasa.
    till.close("2026-02-04T23:30:00");
    for second in 5..10 {
        till.sell(&super::sale(second), "2026-02-04T23:45:00");
    }
    till.close("2026-02-05T20:00:00");
    till
}

/// The same, and a second epoch.
pub fn two_epochs() -> Vec<Entry> {
    let mut till = ledger();
    let body = epoch(2, 1, till.state().hash);
    till.open_epoch(1, &body, "2026-02-06T08:00:00");
    till.sell(&super::sale(20), "2026-02-06T10:00:00");
    till.close("2026-02-06T20:00:00");
    till.entries
}

pub fn time(text: &str) -> fiscal::Timestamp {
    till::time(text)
}
