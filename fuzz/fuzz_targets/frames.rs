//! Frames are found as docs/protocol.md, section 2, says, and requests are what `serde_json` reads in them.

#![no_main]

use def_protocol::{
    Addressed, Checksum, FRAME_BYTES, FirmwareAsked, FrameFault, FrameReader, FrameWriter, Output, Request,
};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

const STX: u8 = 2;
const ETX: u8 = 3;
const RS: u8 = 0x1E;

fuzz_target!(|bytes: &[u8]| {
    let mut reader = FrameReader::new(vec![0; FRAME_BYTES]);
    let mut found = Vec::new();
    for byte in bytes {
        if let Some(frame) = reader.push(*byte) {
            found.push(frame.map(|()| (reader.content().to_vec(), reader.checksum())));
            let _ = reader.correlation();
        }
    }
    assert_eq!(found, frames(bytes));
    for (content, checksum) in found.into_iter().flatten() {
        understand(&content, checksum);
    }
    // As if the frame around it were there.
    if !bytes.iter().any(|byte| matches!(*byte, STX | ETX | RS | b'\r' | b'\n')) && bytes.len() <= FRAME_BYTES
    {
        understand(bytes, Checksum::None);
    }
});

type Frame = Result<(Vec<u8>, Checksum), FrameFault>;

/// The same, slowly: each ETX ends what the last STX before it began.
fn frames(bytes: &[u8]) -> Vec<Frame> {
    let mut frames = Vec::new();
    for part in bytes.split_inclusive(|byte| *byte == ETX) {
        let (Some(start), [.., ETX]) = (part.iter().rposition(|byte| *byte == STX), part) else { continue };
        let inside = &part[start + 1..part.len() - 1];
        let (content, trailer) = match inside.iter().position(|byte| *byte == RS) {
            Some(at) => (&inside[..at], Some(without_lines(&inside[at + 1..]))),
            None => (inside, None),
        };
        let lrc = content.iter().fold(0, |lrc, byte| lrc ^ byte);
        let crc = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC).checksum(content);
        let kept = without_lines(content);
        let checksum = match &trailer {
            None => Ok(Checksum::None),
            Some(digits) if *digits == format!("{lrc:02X}").into_bytes() => Ok(Checksum::Lrc),
            Some(digits) if *digits == format!("{crc:08X}").into_bytes() => Ok(Checksum::Crc32),
            Some(_) => Err(FrameFault::Checksum),
        };
        frames.push(if kept.len() > FRAME_BYTES {
            Err(FrameFault::TooLong { most: FRAME_BYTES })
        } else {
            checksum.map(|checksum| (kept, checksum))
        });
    }
    frames
}

fn without_lines(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect()
}

fn understand(content: &[u8], checksum: Checksum) {
    let Ok(addressed) = Addressed::read(content) else { return };
    let _ = addressed.to_string();
    if let Some((object, meaning)) = object(&addressed.request) {
        let start = content.iter().position(|byte| *byte == b'{').expect("an object is there");
        let mut read: Value = serde_json::from_slice(&content[start..]).expect("serde_json reads it");
        for key in read.as_object().expect("an object").keys() {
            assert!(object.contains(&key.as_str()), "an unknown member: {key}");
        }
        let Some(read) = read.as_object_mut() else { unreachable!() };
        for (name, value) in meaning.as_object().expect("an object") {
            // A null or absent member is one that was not given.
            let given = read.get(name).cloned().unwrap_or(Value::Null);
            assert!(same(name, &given, value), "{name}: {given} was read as {value}");
        }
    }
    let mut sent = Sent(Vec::new());
    FrameWriter::write_request(&mut sent, &addressed, checksum);
    let mut reader = FrameReader::new(vec![0; FRAME_BYTES + 64]);
    let ended = sent.0.iter().filter_map(|byte| reader.push(*byte)).collect::<Vec<_>>();
    // What a payload may not have in it, a frame cannot carry; it is refused when it is read as one.
    if matches!(addressed.request, Request::Prepare(payload) if payload.iter().any(|byte| matches!(*byte, STX | ETX | RS | b'\r' | b'\n')))
    {
        return;
    }
    assert_eq!(ended, [Ok(())]);
    assert_eq!(Addressed::read(reader.content()), Ok(addressed));
}

/// The members that a request may have, and what was understood of them.
fn object(request: &Request<'_>) -> Option<(&'static [&'static str], Value)> {
    Some(match request {
        Request::Proof { challenge } => {
            (&["challenge"], json!({ "challenge": fiscal::RecordHash(*challenge).to_string() }))
        }
        Request::Commit(nonce) => (&["nonce"], json!({ "nonce": nonce.to_string() })),
        Request::Closure(date) => (&["date"], json!({ "date": date.to_string() })),
        Request::Snapshot(period) => (&["period"], json!({ "period": period.as_str() })),
        Request::Articles(asked) => (
            &["since", "until", "after"],
            json!({
                "since": asked.since.to_string(),
                "until": asked.until.to_string(),
                "after": asked.after.map(|after| after.as_str()),
            }),
        ),
        Request::Dump(asked) => {
            (&["format", "after"], json!({ "format": asked.format.as_str(), "after": asked.after }))
        }
        Request::Reset(token) => (&["dgi_authorization"], json!({ "dgi_authorization": token.as_str() })),
        Request::Firmware(FirmwareAsked::Order(token)) => {
            (&["token", "offset", "data"], json!({ "token": token.as_str() }))
        }
        Request::Firmware(FirmwareAsked::Piece(piece)) => {
            (&["token", "offset", "data"], json!({ "offset": piece.offset, "data": piece.as_str() }))
        }
        Request::HandOver(token)
        | Request::Acknowledge(token)
        | Request::Manifest(token)
        | Request::State(token) => (&["token"], json!({ "token": token.as_str() })),
        Request::SetTime(setting) => (
            &["timestamp", "signature", "newest"],
            json!({
                "timestamp": setting.timestamp.to_string(),
                "newest": setting.newest.map(|newest| newest.to_string()),
            }),
        ),
        Request::Initialise(initialisation) => (
            &["activation_code", "public_key"],
            json!({ "activation_code": initialisation.activation_code.as_str() }),
        ),
        Request::Prepare(_) | Request::Status | Request::Log(_) => return None,
    })
}

fn same(name: &str, given: &Value, understood: &Value) -> bool {
    match (name, given, understood) {
        // Hexadecimal is read in either case.
        ("nonce" | "newest" | "challenge", Value::String(given), Value::String(understood)) => {
            given.eq_ignore_ascii_case(understood)
        }
        ("after", Value::Null, understood) => *understood == json!(0) || understood.is_null(),
        _ => given == understood,
    }
}

struct Sent(Vec<u8>);

impl Output for Sent {
    fn send(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}
