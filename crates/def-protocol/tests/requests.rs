//! Every request is read as it was written, and what is no request is refused with the code that helps.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod support;

use def_protocol::{
    Addressed, ArticlesAsked, Base64Url, Command, Cursor, DumpAsked, DumpFormat, ErrorCode, FirmwareAsked,
    FirmwarePiece, Initialisation, LogKey, Nonce, Request, RequestFault, SnapshotPeriod, TimeSetting,
    TokenText,
};
use fiscal::{CivilDate, Epoch, InvoiceNumber, PrivateKey, RecordHash, Signature, Timestamp};
use proptest::prelude::*;
use support::{Line, PAYLOAD, public_key, signing_key};

fn read(content: &str) -> Result<Request<'_>, (ErrorCode, &'static str)> {
    let read = Addressed::read(content.as_bytes());
    read.map(|addressed| addressed.request).map_err(|RequestFault { code, detail, .. }| (code, detail))
}

fn code(content: &str) -> ErrorCode {
    read(content).expect_err(content).0
}

fn signature() -> Signature {
    Signature::normalised(signing_key(3).sign(&RecordHash([7; 32])).unwrap()).unwrap()
}

fn number(number: u64) -> InvoiceNumber {
    InvoiceNumber::new(number).unwrap()
}

/// The content of the frame that a host sends.
fn content(addressed: &Addressed<'_>) -> Vec<u8> {
    let mut line = Line::default();
    def_protocol::FrameWriter::write_request(&mut line, addressed, def_protocol::Checksum::None);
    line.0[1..line.0.len() - 1].to_vec()
}

fn requests() -> Vec<Request<'static>> {
    let token = TokenText::new("AVBfLW").unwrap();
    let date: CivilDate = "2026-02-04".parse().unwrap();
    let timestamp: Timestamp = "2026-02-04T10:00:00".parse().unwrap();
    let articles = ArticlesAsked { since: date, until: date, after: None };
    let time = TimeSetting { timestamp, signature: signature(), newest: None };
    vec![
        Request::Prepare(PAYLOAD),
        Request::Commit(Nonce([0xA7; 16])),
        Request::Status,
        Request::Log(LogKey { epoch: None, number: number(105) }),
        Request::Log(LogKey { epoch: Some(Epoch(3)), number: InvoiceNumber::LAST }),
        Request::Proof { challenge: [0xC4; 32] },
        Request::Closure(date),
        Request::Snapshot(SnapshotPeriod::Session),
        Request::Snapshot(SnapshotPeriod::Day),
        Request::Articles(articles),
        Request::Articles(ArticlesAsked { after: Cursor::new("0:117/12~a+b="), ..articles }),
        Request::Dump(DumpAsked { format: DumpFormat::Json, after: 0 }),
        Request::Dump(DumpAsked { format: DumpFormat::Digest, after: 9_007_199_254_740_991 }),
        Request::Reset(token),
        Request::SetTime(time),
        Request::SetTime(TimeSetting { newest: Some(RecordHash([0x5A; 32])), ..time }),
        Request::Initialise(Initialisation { activation_code: token, public_key: public_key(2) }),
        Request::HandOver(token),
        Request::Acknowledge(token),
        Request::Manifest(token),
        Request::State(token),
        Request::Firmware(FirmwareAsked::Order(token)),
        Request::Firmware(FirmwareAsked::Piece(FirmwarePiece::new(8_192, "AVBfLW").unwrap())),
    ]
}

#[test]
fn every_request_is_read_as_it_was_written() {
    for correlation in [None, Some("17".parse().unwrap()), Some("abcdefGHIJ012345".parse().unwrap())] {
        for request in requests() {
            let addressed = Addressed { correlation, request };
            let written = content(&addressed);
            assert_eq!(Addressed::read(&written), Ok(addressed), "{addressed}");
            assert!(written.starts_with(request.command().as_str().as_bytes()));
        }
    }
}

#[test]
fn every_command_has_a_request_here() {
    for command in Command::ALL {
        assert!(requests().iter().any(|request| request.command() == *command), "{command}");
    }
}

#[test]
fn a_log_line_shows_a_request_without_its_payload() {
    let shown = |request| Addressed { correlation: "17".parse().ok(), request }.to_string();
    assert_eq!(shown(Request::Prepare(b"{secret}")), "TXN|PREPARE@17 (8 bytes)");
    assert_eq!(shown(Request::Status), "QRY|STATUS@17");
    assert_eq!(shown(requests()[6]), r#"RPT|Z@17 {"date":"2026-02-04"}"#);
}

#[test]
fn white_space_between_command_and_object_and_inside_objects_is_tolerated() {
    let date = Ok(Request::Closure("2026-02-04".parse().unwrap()));
    for content in [
        r#"RPT|Z{"date":"2026-02-04"}"#,
        "RPT|Z \t {\"date\":\"2026-02-04\"} \t",
        "  RPT|Z { \"date\"\t: \"2026-02-04\" } ",
    ] {
        assert_eq!(read(content), date, "{content:?}");
    }
    assert_eq!(read("TXN|PREPARE \t{ \"a\" : 1 } \t "), Ok(Request::Prepare(b"{ \"a\" : 1 }")));
    assert_eq!(read(" QRY|STATUS "), Ok(Request::Status));
    assert_eq!(read("QRY|LOG105"), read("QRY|LOG 105"));
}

#[test]
fn members_of_an_object_stand_in_any_order_and_once_each() {
    let ordered = read(r#"RPT|A {"since":"2026-02-01","until":"2026-02-04"}"#);
    assert_eq!(read(r#"RPT|A {"until":"2026-02-04","since":"2026-02-01"}"#), ordered);
    assert!(ordered.is_ok());
    for wrong in [
        r#"RPT|Z {"date":"2026-02-04","date":"2026-02-04"}"#,
        r#"RPT|Z {"date":"2026-02-04","force":true}"#,
        r#"RPT|Z {"date":"2026-02-04"} x"#,
        r#"RPT|Z {"date":"2026-02-04"}}"#,
        r#"RPT|Z {"date":"2026-02-04",}"#,
        r#"RPT|Z {"date":"2026-02-30"}"#,
        r#"RPT|Z {"date":20260204}"#,
        r#"RPT|Z {"date":null}"#,
        r#"RPT|Z ["2026-02-04"]"#,
        r#"RPT|Z "2026-02-04""#,
        r#"RPT|Z {"date":"2026-02-04""#,
        r"RPT|Z {}",
        r"RPT|Z",
        r#"RPT|A {"since":"2026-02-01"}"#,
        r#"RPT|A {"since":"2026-02-05","until":"2026-02-04"}"#,
        r#"RPT|A {"since":"2026-02-01","until":"2026-02-04","after":""}"#,
        r#"RPT|A {"since":"2026-02-01","until":"2026-02-04","after":"a\\b"}"#,
        r#"RPT|X {"period":"week"}"#,
        r#"RPT|X {"period":"Day"}"#,
        r#"ADM|DUMPLOG {"after":3}"#,
        r#"ADM|DUMPLOG {"format":"xml"}"#,
        r#"ADM|DUMPLOG {"format":"json","after":-1}"#,
        r#"ADM|DUMPLOG {"format":"json","after":01}"#,
        r#"ADM|DUMPLOG {"format":"json","after":1.0}"#,
        r#"ADM|DUMPLOG {"format":"json","after":"1"}"#,
        r#"ADM|DUMPLOG {"format":"json","after":9007199254740992}"#,
        r#"ADM|DUMPLOG {"format":"json","after":99999999999999999999}"#,
        r#"ADM|RESET {"token":"AAAA"}"#,
        r#"ADM|RESET {"dgi_authorization":"AA AA"}"#,
        r#"ADM|RESET {"dgi_authorization":"AA=="}"#,
        r#"CFG|STATE {"token":""}"#,
        r#"CFG|STATE {"token":"AA\u0041A"}"#,
        r"TXN|PREPARE",
        r"TXN|PREPARE ",
        r"QRY|STATUS {}",
        r"QRY|PROOF",
        r#"QRY|PROOF {}"#,
        r#"QRY|PROOF {"challenge":"00112233445566778899AABBCCDDEEFF"}"#,
        r"QRY|LOG",
        r"QRY|LOG 0",
        r"QRY|LOG 0105",
        r"QRY|LOG -1",
        r"QRY|LOG 1/2/3",
        r"QRY|LOG 1/",
        r"QRY|LOG /1",
        r"QRY|LOG 1 / 2",
        r"QRY|LOG 4294967296/1",
        r"QRY|LOG 9007199254740992",
        r#"QRY|LOG {"sequence":105}"#,
    ] {
        assert_eq!(code(wrong), ErrorCode::SchemaInvalid, "{wrong}");
    }
}

#[test]
fn an_escaped_string_means_what_it_stands_for() {
    assert_eq!(
        read(r#"RPT|Z {"d\u0061te":"2026\u002d02-04"}"#),
        Ok(Request::Closure("2026-02-04".parse().unwrap()))
    );
    assert_eq!(code(r#"RPT|Z {"date":"2026-02-04\n"}"#), ErrorCode::SchemaInvalid);
    assert_eq!(code(r#"RPT|Z {"date":"2026-02-04\q"}"#), ErrorCode::SchemaInvalid);
}

#[test]
fn what_is_no_command_is_unknown() {
    for content in
        ["", "PING", "txn|commit {}", "TXN|COMMITS {}", "TXN COMMIT", "{}", "QRY|STATUSé", "TXN|", "@17"]
    {
        assert_eq!(code(content), ErrorCode::UnknownCommand, "{content:?}");
    }
}

#[test]
fn a_fault_keeps_the_correlation_that_could_be_read() {
    let fault = |content: &str| Addressed::read(content.as_bytes()).unwrap_err();
    assert_eq!(fault("PING@17 {}").correlation, "17".parse().ok());
    assert_eq!(fault("RPT|Z@17{}").correlation, "17".parse().ok());
    assert_eq!(fault("RPT|Z@17{}").code, ErrorCode::SchemaInvalid);
    for misshapen in ["QRY|STATUS@", "QRY|STATUS@ 1", "QRY|STATUS@1-2", "QRY|STATUS@01234567890123456"] {
        let fault = fault(misshapen);
        assert_eq!((fault.code, fault.correlation), (ErrorCode::SchemaInvalid, None), "{misshapen}");
    }
}

#[test]
fn a_nonce_that_cannot_be_one_is_an_invalid_nonce_and_no_string_is_a_wrong_object() {
    let nonce = |text: &str| code(&format!(r#"TXN|COMMIT {{"nonce":"{text}"}}"#));
    for wrong in
        ["A7F2D1", "", "00112233445566778899AABBCCDDEEFG", "00112233445566778899AABBCCDDEEFF0", r"\u0041"]
    {
        assert_eq!(nonce(wrong), ErrorCode::InvalidNonce, "{wrong}");
    }
    assert_eq!(code(r#"TXN|COMMIT {"nonce":17}"#), ErrorCode::SchemaInvalid);
    assert_eq!(code("TXN|COMMIT {}"), ErrorCode::SchemaInvalid);
    assert_eq!(
        read(r#"TXN|COMMIT {"nonce":"00112233445566778899aabbccddeeff"}"#),
        read(r#"TXN|COMMIT {"nonce":"00112233445566778899AABBCCDDEEFF"}"#)
    );
}

#[test]
fn a_public_key_is_taken_in_pem_and_in_base64_of_its_der() {
    let init = |key: &str| format!(r#"CFG|INIT {{"activation_code":"AAAA","public_key":"{key}"}}"#);
    let key = public_key(2);
    let pem = key.to_pem();
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    for written in [
        pem.replace('\n', "\\n"),
        pem.trim_end().replace('\n', "\\n"),
        pem.replace('\n', "\\r\\n"),
        pem.replace('\n', "\\u000a"),
        pem.replace('\n', "\\n").replace('/', "\\/"),
        base64.clone(),
    ] {
        let content = init(&written);
        let Ok(Request::Initialise(read)) = read(&content) else { panic!("{content}") };
        assert_eq!(read.public_key, key);
    }
    for wrong in [&pem.replace('\n', ""), &base64[1..], "", "-----", &"A".repeat(600), &"\\n".repeat(600)] {
        assert_eq!(code(&init(wrong)), ErrorCode::SchemaInvalid, "{wrong}");
    }
}

#[test]
fn a_time_is_refused_as_unauthorised_when_its_signature_is_none() {
    let time = |bytes: &[u8]| {
        format!(r#"CFG|TIME {{"timestamp":"2026-02-04T10:00:00","signature":"{}"}}"#, Base64Url(bytes))
    };
    assert!(read(&time(signature().as_bytes())).is_ok());
    assert_eq!(code(&time(&[0xFF; 64])), ErrorCode::Unauthorized);
    assert_eq!(code(&time(&[0; 64])), ErrorCode::Unauthorized);
    assert_eq!(code(&time(&[1; 63])), ErrorCode::SchemaInvalid);
    assert_eq!(code(&time(&[1; 65])), ErrorCode::SchemaInvalid);
}

#[test]
fn tokens_and_cursors_end_at_their_limits() {
    let fits = "A".repeat(TokenText::MAX_LENGTH);
    assert!(read(&format!(r#"CFG|ACK {{"token":"{fits}"}}"#)).is_ok());
    assert_eq!(code(&format!(r#"CFG|ACK {{"token":"{fits}A"}}"#)), ErrorCode::SchemaInvalid);
    let report =
        |after: &str| format!(r#"RPT|A {{"since":"2026-02-01","until":"2026-02-01","after":"{after}"}}"#);
    let fits = "~".repeat(Cursor::MAX_LENGTH);
    assert!(read(&report(&fits)).is_ok());
    assert_eq!(code(&report(&(fits + "~"))), ErrorCode::SchemaInvalid);
}

#[test]
fn hosts_wait_as_long_as_the_protocol_says() {
    assert_eq!(Command::Prepare.deadline_ms(), 5_000);
    assert_eq!(Command::Commit.deadline_ms(), 5_000);
    assert_eq!(Command::Proof.deadline_ms(), 5_000);
    assert_eq!(Command::Status.deadline_ms(), 2_000);
    assert_eq!(Command::Dump.deadline_ms(), 10_000);
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(
        command in prop::sample::select(Command::ALL), rest in prop::collection::vec(any::<u8>(), 0..120),
    ) {
        let mut bytes = command.as_str().as_bytes().to_vec();
        bytes.extend(rest);
        let _ = Addressed::read(&bytes);
    }

    #[test]
    fn one_changed_byte_is_refused_or_makes_another_well_formed_request(
        at in any::<prop::sample::Index>(), byte in any::<u8>(), which in any::<prop::sample::Index>(),
    ) {
        let requests = requests();
        let mut bytes = content(&Addressed { correlation: None, request: *which.get(&requests) });
        *at.get_mut(&mut bytes) = byte;
        if let Ok(addressed) = Addressed::read(&bytes) {
            let again = content(&addressed);
            prop_assert_eq!(Addressed::read(&again), Ok(addressed));
        }
    }
}

#[test]
fn a_piece_of_a_firmware_is_at_most_4096_bytes_from_a_multiple_of_4096() {
    let whole = "A".repeat(5_462);
    let mut buffer = [0; FirmwarePiece::BYTES];
    for (offset, data) in [(0, whole.as_str()), (4_096, "AA"), (u32::MAX - 4_095, "AAAIIA")] {
        let piece = FirmwarePiece::new(offset, data).unwrap();
        assert!(piece.decode(&mut buffer).is_some());
    }
    assert_eq!(FirmwarePiece::new(0, &whole).unwrap().decode(&mut buffer).map(<[u8]>::len), Some(4_096));
    for (offset, data) in [(0, ""), (1, "AA"), (4_095, "AA"), (0, "A+"), (0, "AA=="), (0, "A A")] {
        assert_eq!(FirmwarePiece::new(offset, data), None, "{offset} {data}");
    }
    // One character too many is no piece, one byte too many none in its one form.
    assert_eq!(FirmwarePiece::new(0, &"A".repeat(5_465)), None);
    assert_eq!(FirmwarePiece::new(0, &"A".repeat(5_463)).unwrap().decode(&mut buffer), None);
}
