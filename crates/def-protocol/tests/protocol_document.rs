//! The examples of `docs/protocol.md` are what devices and hosts say to each other, and its tables are complete.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

#[allow(dead_code, reason = "each test uses a part")]
#[path = "support/samples.rs"]
mod samples;
mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
};

use def_protocol::{
    Addressed, ArticlesAsked, Base64Url, Checksum, Command, Cursor, DumpAsked, DumpFormat, ErrorCode,
    FirmwareAsked, FirmwarePiece, FrameReader, FrameWriter, Initialisation, LogKey, Nonce, Remedy, Request,
    SnapshotPeriod, TimeSetting, TokenText, json,
    reply::{self, RecordKind, Sent},
    token::{
        Acknowledgement, Activation, Body, FirmwareOrder, HandOver, NewState, Newest, Policy, Realm, Reset,
        Scope, StateChange, TaxManifest, TimeGrant, Unverified, sign,
    },
};
use fiscal::{
    Amount, CivilDate, DEFAULT_MANIFEST, DeviceId, Epoch, EventKind, InvoiceNumber, PublicKey, Timestamp,
    UtcOffset,
};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use support::{Line, PAYLOAD, public_key, request_frame, signing_key};

const DOCUMENT: &str = include_str!("../../../docs/protocol.md");

const ROOT: u8 = 3;
const DGI: u8 = 4;
const OPERATOR: u8 = 5;

/// The fenced blocks that follow a line `<!-- example: NAME -->`.
fn blocks() -> BTreeMap<&'static str, &'static str> {
    let mut blocks = BTreeMap::new();
    for part in DOCUMENT.split("<!-- example: ").skip(1) {
        let (name, rest) = part.split_once(" -->").unwrap();
        let (_, rest) = rest.split_once("```").unwrap();
        let (_, rest) = rest.split_once('\n').unwrap();
        let (block, _) = rest.split_once("\n```").unwrap();
        assert!(blocks.insert(name, block).is_none(), "{name} twice");
    }
    blocks
}

fn hex(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let lines = digits.as_bytes().chunks(96).map(|line| std::str::from_utf8(line).unwrap());
    lines.collect::<Vec<_>>().join("\n")
}

fn unhex(block: &str) -> Vec<u8> {
    let digits: String = block.split_whitespace().collect();
    digits
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn device() -> DeviceId {
    "BONO-USB-001".parse().unwrap()
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn number(number: u64) -> InvoiceNumber {
    InvoiceNumber::new(number).unwrap()
}

fn scope() -> Scope {
    Scope {
        realm: Realm::Development,
        device: device(),
        not_before: time("2026-02-04T10:00:00"),
        not_after: time("2026-02-05T10:00:00"),
    }
}

fn newest() -> Newest {
    Newest { epoch: Epoch(0), number: number(105), hash: samples::seal().record_hash }
}

fn reset() -> Reset {
    Reset { epoch: Epoch(1), newest: Some(newest()) }
}

fn activation() -> Activation {
    Activation {
        nif: "A1234567Z".parse().unwrap(),
        outlet: "OUTLET-001".parse().unwrap(),
        prefix: support::prefix(),
        epoch: Epoch(0),
        first_number: Some(InvoiceNumber::FIRST),
        offset: UtcOffset::KINSHASA,
        policy: Policy { days: 3, invoices: 5_000, cdf: Amount::ZERO },
        dgi: public_key(DGI),
        operator: public_key(OPERATOR),
    }
}

fn issued<'i, B: Body<'i>>(body: &B, key: u8) -> Vec<u8> {
    let mut buffer = vec![0; B::MAX_BYTES];
    sign(&scope(), body, &signing_key(key), &mut buffer).unwrap().as_bytes().to_vec()
}

fn token<'i, B: Body<'i>>(body: &B, key: u8) -> TokenText<'static> {
    TokenText::new(Base64Url(&issued(body, key)).to_string().leak()).unwrap()
}

fn request_examples() -> Vec<(&'static str, Request<'static>)> {
    let date: CivilDate = "2026-02-04".parse().unwrap();
    let articles = ArticlesAsked { since: "2026-02-01".parse().unwrap(), until: date, after: None };
    let timestamp = time("2026-02-04T10:00:00");
    let challenge = Nonce([0x5C; 16]);
    let grant = TimeGrant { realm: Realm::Development, device: device(), timestamp, challenge, newest: None };
    let signature = grant.sign(&signing_key(OPERATOR)).unwrap();
    let manifest = TaxManifest::new(2, &DEFAULT_MANIFEST.groups[..2]);
    let state = StateChange { state: NewState::Revoked, reason: "stolen" };
    let acknowledgement =
        Acknowledgement { newest: newest(), time: time("2026-02-04T10:30:00"), revoke: false };
    let activation_code = token(&activation(), ROOT);
    let firmware = FirmwareOrder { build: 18, length: 245_760, digest: [0xF1; 32], version: "2026.03.02" };
    let piece = FirmwarePiece::new(4_096, "AAAIIA").unwrap();
    vec![
        ("request-prepare", Request::Prepare(PAYLOAD)),
        ("request-commit", Request::Commit(Nonce([0xA7; 16]))),
        ("request-status", Request::Status),
        ("request-log", Request::Log(LogKey { epoch: None, number: number(105) })),
        ("request-log-epoch", Request::Log(LogKey { epoch: Some(Epoch(0)), number: number(105) })),
        ("request-proof", Request::Proof { challenge: samples::CHALLENGE }),
        ("request-z", Request::Closure(date)),
        ("request-x", Request::Snapshot(SnapshotPeriod::Session)),
        ("request-a", Request::Articles(articles)),
        (
            "request-a-next",
            Request::Articles(ArticlesAsked { after: Cursor::new("RIZ-25:5d0c8a3b9f21e604"), ..articles }),
        ),
        ("request-dump", Request::Dump(DumpAsked { format: DumpFormat::Json, after: 116 })),
        ("request-dump-digest", Request::Dump(DumpAsked { format: DumpFormat::Digest, after: 116 })),
        ("request-reset", Request::Reset(token(&reset(), DGI))),
        ("request-time", Request::SetTime(TimeSetting { timestamp, signature, newest: None })),
        (
            "request-init",
            Request::Initialise(Initialisation { activation_code, public_key: public_key(OPERATOR) }),
        ),
        ("request-handover", Request::HandOver(token(&HandOver::Leave { epoch: Epoch(0) }, OPERATOR))),
        ("request-ack", Request::Acknowledge(token(&acknowledgement, OPERATOR))),
        ("request-manifest", Request::Manifest(token(&manifest, OPERATOR))),
        ("request-state", Request::State(token(&state, OPERATOR))),
        ("request-firmware", Request::Firmware(FirmwareAsked::Order(token(&firmware, OPERATOR)))),
        ("request-firmware-piece", Request::Firmware(FirmwareAsked::Piece(piece))),
    ]
}

fn content(frame: &[u8]) -> (Vec<u8>, Checksum) {
    let mut reader = FrameReader::new(vec![0; 65_536].into_boxed_slice());
    let ends: Vec<_> = frame.iter().filter_map(|byte| reader.push(*byte)).collect();
    assert_eq!(ends, [Ok(())]);
    (reader.content().to_vec(), reader.checksum())
}

#[test]
fn every_request_is_read_as_what_it_stands_for_and_written_so() {
    let blocks = blocks();
    for (name, request) in request_examples() {
        let block = blocks[name];
        let addressed = Addressed { correlation: None, request };
        assert_eq!(Addressed::read(block.as_bytes()), Ok(addressed), "{name}");
        let (written, _) = content(&request_frame(None, request, Checksum::None));
        assert_eq!(String::from_utf8(written).unwrap(), block, "{name}");
    }
    for command in Command::ALL {
        assert!(request_examples().iter().any(|(_, request)| request.command() == *command), "{command}");
    }
}

/// Reads a reply as a host does, and compares it, members in their order, with what a device writes.
fn reply<T: Serialize + DeserializeOwned + PartialEq + Debug>(name: &str, value: &T) {
    let block = blocks()[name];
    assert_eq!(&serde_json::from_str::<T>(block).expect(name), value, "{name}");
    let mut written = String::new();
    json::write(value, &mut written).unwrap();
    let compact: serde_json::Value = serde_json::from_str(block).unwrap();
    assert_eq!(compact.to_string(), written, "{name}");
}

#[test]
fn every_reply_is_read_by_a_host_and_written_by_a_device() {
    reply("reply-error", &samples::refused());
    reply("reply-wait", &samples::waiting());
    reply("reply-prepare", &samples::prepared());
    reply("reply-commit", &samples::committed());
    reply("reply-status", &samples::status());
    reply("reply-log", &samples::logged());
    reply("reply-z", &samples::closure());
    reply("reply-x", &samples::snapshot());
    reply("reply-a", &samples::articles());
    reply("reply-dump", &samples::dump());
    reply("reply-dump-digest", &samples::digests());
    reply("reply-reset", &samples::obeyed());
    reply("reply-ack", &samples::obeyed_silently());
    reply("reply-time", &samples::time_set());
    reply("reply-init", &samples::initialised());
    reply("reply-firmware", &samples::firmware());
    reply("reply-proof", &samples::presence());
}

#[test]
fn every_frame_is_these_bytes() {
    let commit = Request::Commit(Nonce([0xA7; 16]));
    for (name, correlation, request, checksum) in [
        ("frame-none", None, Request::Status, Checksum::None),
        ("frame-lrc", None, Request::Status, Checksum::Lrc),
        ("frame-crc32", None, Request::Status, Checksum::Crc32),
        ("frame-correlated", Some("17"), commit, Checksum::Crc32),
    ] {
        assert_eq!(blocks()[name], hex(&request_frame(correlation, request, checksum)), "{name}");
        let (content, read_checksum) = content(&unhex(blocks()[name]));
        assert_eq!(Addressed::read(&content).unwrap().request, request);
        assert_eq!(read_checksum, checksum);
    }
    let mut line = Line::default();
    let mut frame = FrameWriter::begin(&mut line, "17".parse().ok(), Checksum::Crc32);
    json::write(&samples::waiting(), &mut frame).unwrap();
    frame.finish();
    assert_eq!(blocks()["frame-reply"], hex(&line.0));
    let (content, _) = content(&unhex(blocks()["frame-reply"]));
    let sent = Sent::read(&content).unwrap();
    assert_eq!(serde_json::from_str::<reply::Waiting>(sent.json).unwrap(), samples::waiting());
}

#[test]
fn the_token_is_these_bytes_and_its_key_verifies_it() {
    let blocks = blocks();
    assert_eq!(blocks["token-bytes"], hex(&issued(&reset(), DGI)));
    assert_eq!(blocks["token-text"], Base64Url(&unhex(blocks["token-bytes"])).to_string());
    assert_eq!(format!("{}\n", blocks["token-key"]), *public_key(DGI).to_pem());
    let key = PublicKey::from_pem(blocks["token-key"]).unwrap();
    let mut buffer = [0; Reset::MAX_BYTES];
    let token =
        Unverified::<Reset>::from_text(blocks["token-text"], &mut buffer).unwrap().verify(&key).unwrap();
    assert_eq!(*token.body(), reset());
    assert_eq!(*token.scope(), scope());
}

#[test]
fn what_a_proof_signs_is_the_hash_of_these_bytes() {
    let (bytes, presence) = (unhex(blocks()["proof-bytes"]), samples::presence());
    let hash = fiscal::RecordHash(Sha256::digest(&bytes).into());
    assert_eq!(presence.attested().hash(&samples::CHALLENGE), hash);
    assert_eq!(public_key(1).verify(&hash, &presence.signature), Ok(()));
}

#[test]
fn no_example_is_left_unread() {
    let names: BTreeSet<_> = blocks().into_keys().collect();
    let read = request_examples().into_iter().map(|(name, _)| name).chain([
        "frame-none",
        "frame-lrc",
        "frame-crc32",
        "frame-correlated",
        "frame-reply",
        "token-bytes",
        "token-text",
        "token-key",
        "proof-bytes",
        "reply-proof",
        "reply-error",
        "reply-firmware",
        "reply-wait",
        "reply-prepare",
        "reply-commit",
        "reply-status",
        "reply-log",
        "reply-z",
        "reply-x",
        "reply-a",
        "reply-dump",
        "reply-dump-digest",
        "reply-reset",
        "reply-ack",
        "reply-time",
        "reply-init",
    ]);
    assert_eq!(names, read.collect());
}

#[test]
fn every_code_has_a_row_with_what_the_host_does() {
    for code in ErrorCode::ALL {
        let row = DOCUMENT.lines().find(|line| line.starts_with(&format!("| `{code}` |"))).unwrap();
        let remedy = match code.remedy() {
            Remedy::Repeat => "repeat",
            Remedy::Prepare => "prepare",
            Remedy::Ask => "ask",
            Remedy::Close => "close",
            Remedy::Synchronise => "synchronise",
            Remedy::Correct => "correct",
            Remedy::Person => "person",
        };
        assert!(row.contains(&format!("| **{remedy}**")), "{row}");
    }
}

#[test]
fn every_command_and_every_kind_of_record_is_named() {
    for command in Command::ALL {
        let cell = format!("`{}`", command.as_str().replace('|', "\\|"));
        assert!(DOCUMENT.contains(&cell), "{cell}");
    }
    for kind in EventKind::ALL {
        let name = format!("`{}`", RecordKind::Event(*kind));
        assert!(DOCUMENT.contains(&name), "{name}");
    }
}

#[test]
fn the_limits_are_those_of_the_code() {
    let rows = [
        format!("| content of a request | {} bytes", thousands(def_protocol::FRAME_BYTES)),
        format!("| canonical payload | {} bytes", thousands(fiscal::limits::PAYLOAD_BYTES)),
        format!("| a reply | {} bytes", thousands(def_protocol::REPLY_BYTES)),
        format!("| correlation | {} characters", def_protocol::Correlation::MAX_LENGTH),
        format!("| cursor of `RPT\\|A` | {} visible", Cursor::MAX_LENGTH),
        format!("| token | {} characters", thousands(TokenText::MAX_LENGTH)),
    ];
    for row in rows {
        assert!(DOCUMENT.contains(&row), "{row}");
    }
    for command in Command::ALL {
        let seconds = match command {
            Command::Prepare | Command::Commit | Command::Proof => 5_000,
            Command::Status => 2_000,
            _ => 10_000,
        };
        assert_eq!(command.deadline_ms(), seconds);
    }
}

fn thousands(number: usize) -> String {
    format!("{},{:03}", number / 1_000, number % 1_000)
}
