//! What a device streams is what `serde_json` would write, and a host reads it back.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

#[allow(dead_code, reason = "each test uses a part")]
#[path = "support/samples.rs"]
mod samples;
mod support;

use std::fmt::Debug;

use def_protocol::{
    Checksum, ErrorCode, FrameReader, FrameWriter,
    json::{self, JsonFault, Number},
    reply::{
        Attested, Displayed, List, Presence, PresenceFault, Probe, Refused, Sent, Stream, Streamed, Verdict,
        Waiting,
    },
};
use proptest::prelude::*;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use support::{Line, public_key};

fn written<T: Serialize>(value: &T) -> String {
    let mut text = String::new();
    json::write(value, &mut text).unwrap();
    text
}

/// Written as `serde_json` writes it, and read back as it was.
fn round_trips<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let text = written(value);
    assert_eq!(text, serde_json::to_string(value).unwrap());
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value);
}

#[test]
fn every_reply_is_written_as_serde_json_writes_it_and_read_back() {
    round_trips(&samples::refused());
    round_trips(&samples::corrupt());
    round_trips(&samples::waiting());
    round_trips(&samples::prepared());
    round_trips(&samples::committed());
    round_trips(&samples::logged());
    round_trips(&samples::closure());
    round_trips(&samples::snapshot());
    round_trips(&samples::dump());
    round_trips(&samples::digests());
    round_trips(&samples::obeyed());
    round_trips(&samples::obeyed_silently());
    round_trips(&samples::time_set());
    round_trips(&samples::initialised());
    round_trips(&samples::presence());
    round_trips(&Presence { time: None, ..samples::presence() });
    round_trips(&samples::status());
    round_trips(&samples::first_status());
}

#[test]
fn quantities_are_json_numbers_and_read_back_exactly() {
    let articles = samples::articles();
    let text = written(&articles);
    assert!(text.contains(r#""quantity":2,"#) && text.contains(r#""quantity":-0.125,"#), "{text}");
    assert_eq!(
        serde_json::from_str::<def_protocol::reply::Articles<Vec<_>, String>>(&text).unwrap(),
        articles
    );
    assert!(serde_json::from_str::<def_protocol::reply::Article<String>>(
        r#"{"code":"A","description":"A","quantity":0.0001,"tax_group":"a","amount":"0.00","currency":"CDF","unit":"u","price_mode":"ht"}"#
    )
    .is_err());
}

#[test]
fn members_without_a_value_are_absent_or_null_as_the_protocol_says() {
    let text = written(&Refused::new(ErrorCode::DeviceBusy, "later"));
    assert_eq!(text, r#"{"status":"ERR","code":"DEVICE_BUSY","detail":"later"}"#);
    assert!(!written(&samples::obeyed_silently()).contains("record"));
    assert!(written(&samples::first_status()).contains(r#""outlet_id":null"#));
    let mut articles = samples::articles();
    articles.next = None;
    assert!(written(&articles).ends_with(r#""last":false}"#));
}

#[test]
fn a_host_reads_the_envelope_and_the_verdict_first() {
    let sent = Sent::read(br#"@17 {"status":"ERR","code":"NOT_FOUND","detail":""}"#).unwrap();
    assert_eq!(sent.correlation, "17".parse().ok());
    assert_eq!(serde_json::from_str::<Probe>(sent.json).unwrap().status, Verdict::Err);
    assert_eq!(Sent::read(b"{}").unwrap().correlation, None);
    assert_eq!(Sent::read(b"@ {}"), None);
    assert_eq!(Sent::read(b"\xFF"), None);
    assert_eq!(serde_json::from_str::<Probe>(&written(&Waiting::new(1, 2))).unwrap().status, Verdict::Wait);
    assert_eq!(serde_json::from_str::<Probe>(&written(&samples::committed())).unwrap().status, Verdict::Ok);
    assert!(serde_json::from_str::<Waiting>(r#"{"status":"OK","done":1,"total":2}"#).is_err());
}

#[test]
fn members_that_a_host_does_not_know_are_ignored() {
    let text = written(&samples::time_set()).replace('}', r#","later":{"a":[1]}}"#);
    assert_eq!(serde_json::from_str::<def_protocol::reply::TimeSet>(&text).unwrap(), samples::time_set());
}

/// A maker that lends its elements from a buffer of its own, as a device does, and may fail on its way.
struct Lending<'a> {
    buffer: &'a mut String,
    count: u32,
    fails_at: Option<u32>,
}

impl Stream for Lending<'_> {
    fn stream<L: List>(self, list: &mut L) -> Result<(), L::Error> {
        for at in 0..self.count {
            if self.fails_at == Some(at) {
                return Err(list.fail());
            }
            self.buffer.clear();
            self.buffer.push_str(&at.to_string());
            list.push(self.buffer.as_str())?;
        }
        Ok(())
    }
}

#[test]
fn lists_are_made_while_they_are_written_and_once() {
    #[derive(Serialize)]
    struct Reply<L, T> {
        list: L,
        text: T,
    }
    let mut buffer = String::new();
    let list = Streamed::new(Lending { buffer: &mut buffer, count: 3, fails_at: None });
    let reply = Reply { list, text: Displayed(format_args!("a{}\"", 1)) };
    assert_eq!(written(&reply), r#"{"list":["0","1","2"],"text":"a1\""}"#);
    assert_eq!(json::write(&reply, &mut String::new()), Err(JsonFault::Value));
    assert_eq!(written(&Streamed::each((0..3).map(Number))), "[0,1,2]");
    assert_eq!(written(&Streamed::each(0..0)), "[]");
}

#[test]
fn a_list_that_fails_on_its_way_ends_the_writing() {
    let mut buffer = String::new();
    let list = Streamed::new(Lending { buffer: &mut buffer, count: 3, fails_at: Some(1) });
    let mut text = String::new();
    assert_eq!(json::write(&list, &mut text), Err(JsonFault::Value));
    assert_eq!(text, r#"["0""#);
}

#[test]
fn floating_point_and_shapes_that_no_reply_has_are_refused() {
    assert_eq!(json::write(&1.0_f64, &mut String::new()), Err(JsonFault::Value));
    assert_eq!(json::write(&1.0_f32, &mut String::new()), Err(JsonFault::Value));
    assert_eq!(
        json::write(&std::collections::BTreeMap::from([(1, 2)]), &mut String::new()),
        Err(JsonFault::Value)
    );
}

#[test]
fn a_reply_streams_through_a_frame() {
    let mut line = Line::default();
    let mut frame = FrameWriter::begin(&mut line, "17".parse().ok(), Checksum::Crc32);
    json::write(&samples::logged(), &mut frame).unwrap();
    frame.finish();
    let mut reader = FrameReader::new(vec![0; 65_536].into_boxed_slice());
    let ends: Vec<_> = line.0.iter().filter_map(|byte| reader.push(*byte)).collect();
    assert_eq!(ends, [Ok(())]);
    let sent = Sent::read(reader.content()).unwrap();
    assert_eq!(
        serde_json::from_str::<def_protocol::reply::Logged<String, Vec<_>>>(sent.json).unwrap(),
        samples::logged()
    );
}

#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Word {
    One,
    Two,
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
struct Inner {
    small: i8,
    large: u64,
    negative: i64,
    word: Word,
    #[serde(skip_serializing_if = "Option::is_none")]
    absent: Option<String>,
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
struct Outer {
    text: String,
    flag: bool,
    nothing: Option<u32>,
    list: Vec<Inner>,
    texts: Vec<String>,
}

fn inner() -> impl Strategy<Value = Inner> {
    let word = prop_oneof![Just(Word::One), Just(Word::Two)];
    (any::<i8>(), any::<u64>(), any::<i64>(), word, any::<Option<String>>())
        .prop_map(|(small, large, negative, word, absent)| Inner { small, large, negative, word, absent })
}

proptest! {
    #[test]
    fn any_value_of_such_shapes_is_written_as_serde_json_writes_it(
        text in any::<String>(),
        flag in any::<bool>(),
        nothing in any::<Option<u32>>(),
        list in prop::collection::vec(inner(), 0..4),
        texts in prop::collection::vec("[\\x00-\\x20\"\\\\\\x7F-\\u{9F}\\u{2028}a]{0,12}", 0..4),
    ) {
        let value = Outer { text, flag, nothing, list, texts };
        prop_assert_eq!(written(&value), serde_json::to_string(&value).unwrap());
    }

    #[test]
    fn a_text_in_a_frame_never_ends_the_frame(text in any::<String>()) {
        let mut line = Line::default();
        let mut frame = FrameWriter::begin(&mut line, None, Checksum::Lrc);
        json::write(&Displayed(&text), &mut frame).unwrap();
        frame.finish();
        let mut reader = FrameReader::new(vec![0; 65_536].into_boxed_slice());
        let ends: Vec<_> = line.0.iter().filter_map(|byte| reader.push(*byte)).collect();
        prop_assert_eq!(ends, [Ok(())]);
        prop_assert_eq!(serde_json::from_slice::<String>(reader.content()).unwrap(), text);
    }
}

#[test]
fn a_presence_holds_for_its_challenge_its_key_and_its_own_words() {
    let (presence, key) = (samples::presence(), public_key(1));
    assert_eq!(presence.verify(&samples::CHALLENGE, &key), Ok(()));
    assert_eq!(presence.verify(&[0xC5; 32], &key), Err(PresenceFault::False));
    assert_eq!(presence.verify(&samples::CHALLENGE, &public_key(2)), Err(PresenceFault::OtherKey));
    let other = Presence { public_key_id: public_key(2).id(), ..presence };
    assert_eq!(other.verify(&samples::CHALLENGE, &public_key(2)), Err(PresenceFault::False));
    let said = presence.attested();
    for attested in [
        Attested { device_id: "BONO-USB-00".parse().unwrap(), ..said },
        Attested { epoch: fiscal::Epoch(1), ..said },
        Attested { last_position: 116, ..said },
        Attested { head_hash: fiscal::RecordHash([0; 32]), ..said },
        Attested { time: None, ..said },
    ] {
        let changed = Presence::new(attested, key.id(), presence.signature);
        assert_eq!(changed.verify(&samples::CHALLENGE, &key), Err(PresenceFault::False), "{attested:?}");
    }
}
