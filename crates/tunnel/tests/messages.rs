//! Messages are written and read, and nothing else is.

#![allow(clippy::unwrap_used, reason = "tests")]

use fiscal::{KeyId, PayloadHash};
use proptest::prelude::*;
use serde_json::json;
use tunnel::{
    FromCloud, FromProxy, JournalLine, MAX_LINES, MAX_MESSAGE, OrderCommand, Outcome, Payload, Place,
    ProxyHealth, Report, Text, Work,
};

fn line() -> JournalLine {
    JournalLine {
        record: Text::new("c3Rl").unwrap(),
        payload: Some(Text::new("{\"a\":1}").unwrap()),
        idempotency_key: Some(Text::new("key-00000001").unwrap()),
    }
}

fn from_proxy() -> Vec<FromProxy> {
    let hello = FromProxy::Hello {
        protocol: 1,
        proxy_version: Text::cut("0.1.0"),
        device: "DEF-000123".parse().unwrap(),
        public_key_id: Some(KeyId([1; 8])),
    };
    let answer = |outcome| FromProxy::Answer { job: 7, outcome };
    vec![
        hello,
        FromProxy::Presence { presence: json!({"status": "OK"}) },
        FromProxy::Activate { code: Text::cut("ABCD") },
        FromProxy::Activated { initialised: json!({"status": "OK"}) },
        FromProxy::Status { status: json!(null), proxy: ProxyHealth::default() },
        FromProxy::Records { epoch: 0, first_position: 3, lines: vec![line()] },
        FromProxy::TimeGrant { job: 1, challenge: Text::cut("5C"), newest: None },
        FromProxy::Voucher { ask: 1, body: json!({"a": "é"}) },
        answer(Outcome::Sealed { seal: json!({"invoice_seq": 1}), payload_hash: PayloadHash([9; 32]) }),
        answer(Outcome::Refused {
            code: Text::cut("REPLAY_DETECTED"),
            detail: Text::cut("sealed"),
            fiscal_number: Some("KING-0-00000105".parse().unwrap()),
        }),
        answer(Outcome::Unclear { detail: Text::cut("?") }),
        answer(Outcome::Unreachable { detail: Text::cut("?") }),
        answer(Outcome::Unsealed {}),
        answer(Outcome::Done { answer: json!({}) }),
    ]
}

fn from_cloud() -> Vec<FromCloud> {
    let job = |work| FromCloud::Job { job: 7, work };
    let day = || Text::cut("2026-02-04");
    vec![
        FromCloud::Challenge { challenge: Text::cut("00") },
        FromCloud::Welcome {
            outlet: "OUTLET-001".parse().unwrap(),
            held: Some(Place { epoch: 1, position: 2 }),
            time: "2026-02-04T10:15:30".parse().unwrap(),
            manifest_version: Some(3),
        },
        FromCloud::Refused { code: Text::cut("DEVICE_UNKNOWN"), detail: Text::cut("?") },
        FromCloud::Activation { token: Text::cut("AUQ"), public_key_pem: Text::cut("PEM") },
        FromCloud::Certificate { chain_pem: Text::cut("PEM") },
        FromCloud::Held { epoch: 0, position: 9 },
        FromCloud::TimeGranted {
            job: 1,
            timestamp: "2026-02-04T10:15:30".parse().unwrap(),
            signature: Text::cut("abc"),
        },
        FromCloud::Voucher { ask: 1, status: 201, body: json!({}) },
        job(Work::Seal { payload: Text::cut("{}"), idempotency_key: None }),
        job(Work::Fate { payload_hash: PayloadHash([1; 32]), payload: None }),
        job(Work::Order { command: OrderCommand::Handover, token: Text::cut("AUQ") }),
        job(Work::Time {}),
        job(Work::Report { report: Report::Z { date: day() } }),
        job(Work::Report { report: Report::A { since: day(), until: day(), after: None } }),
        job(Work::Log { epoch: 0, number: 1 }),
        job(Work::Again { epoch: 0, position: 1 }),
        job(Work::Status {}),
    ]
}

#[test]
fn each_message_is_read_as_it_was_written() {
    for message in from_proxy() {
        assert_eq!(FromProxy::read(&message.write()).unwrap(), message);
    }
    for message in from_cloud() {
        assert_eq!(FromCloud::read(&message.write()).unwrap(), message);
    }
}

#[test]
fn a_member_that_is_not_known_is_refused_at_any_depth() {
    for text in from_proxy().iter().map(FromProxy::write) {
        let more = text.replacen('{', r#"{"more":1,"#, 1);
        assert!(FromProxy::read(&more).is_err(), "{more}");
    }
    for text in from_cloud().iter().map(FromCloud::write) {
        let more = text.replacen('{', r#"{"more":1,"#, 1);
        assert!(FromCloud::read(&more).is_err(), "{more}");
    }
    for text in [
        r#"{"type":"job","job":1,"work":{"work":"time","more":1}}"#,
        r#"{"type":"job","job":1,"work":{"work":"report","report":{"kind":"z","date":"d","more":1}}}"#,
        r#"{"type":"welcome","outlet":"A","held":{"epoch":0,"position":1,"more":1},"time":"2026-02-04T10:15:30"}"#,
    ] {
        assert!(FromCloud::read(text).is_err(), "{text}");
    }
}

#[test]
fn what_is_too_long_is_refused() {
    assert_eq!(FromCloud::read(&" ".repeat(MAX_MESSAGE + 1)).unwrap_err().code(), "MESSAGE_TOO_LONG");
    let payload = "x".repeat(70_000);
    let text = format!(r#"{{"type":"job","job":1,"work":{{"work":"seal","payload":"{payload}"}}}}"#);
    assert_eq!(FromCloud::read(&text).unwrap_err().code(), "MESSAGE_INVALID");
    for count in [0, MAX_LINES + 1] {
        let text = FromProxy::Records { epoch: 0, first_position: 1, lines: vec![line(); count] }.write();
        assert!(FromProxy::read(&text).is_err(), "{count} records");
    }
    assert_eq!(Text::<4>::cut("aéé").as_str(), "aé");
}

#[test]
fn hashes_are_lower_case_and_whole() {
    let hash = "ab".repeat(32);
    let text =
        |hash: &str| format!(r#"{{"type":"job","job":1,"work":{{"work":"fate","payload_hash":"{hash}"}}}}"#);
    assert!(FromCloud::read(&text(&hash)).is_ok());
    for wrong in [hash.to_uppercase(), hash[2..].to_owned(), format!("+{}", &hash[1..]), String::new()] {
        assert!(FromCloud::read(&text(&wrong)).is_err(), "{wrong}");
    }
}

proptest! {
    #[test]
    fn payloads_come_through_as_they_are(payload in "\\PC{0,300}") {
        let work = Work::Seal { payload: Payload::new(payload).unwrap(), idempotency_key: None };
        let message = FromCloud::Job { job: u64::MAX >> 11, work };
        prop_assert_eq!(FromCloud::read(&message.write()).unwrap(), message);
    }

    #[test]
    fn nothing_makes_a_reader_panic(text in ".{0,200}") {
        drop(FromCloud::read(&text));
        drop(FromProxy::read(&text));
    }
}
