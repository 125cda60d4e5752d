//! Frames survive whatever a serial line does to them, or are refused once and without harm.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod support;

use def_protocol::{
    Addressed, Checksum, Correlation, FRAME_BYTES, FrameFault, FrameReader, FrameWriter, LogKey, Request,
};
use fiscal::InvoiceNumber;
use proptest::prelude::*;
use support::{Line, framed};

const STX: u8 = 0x02;
const ETX: u8 = 0x03;

/// What a reader says of a stream of bytes: contents of good frames, and faults.
fn read(reader: &mut FrameReader<Box<[u8]>>, bytes: &[u8]) -> Vec<Result<Vec<u8>, FrameFault>> {
    let mut seen = Vec::new();
    for byte in bytes {
        if let Some(end) = reader.push(*byte) {
            seen.push(end.map(|()| reader.content().to_vec()));
        }
    }
    seen
}

fn reader(size: usize) -> FrameReader<Box<[u8]>> {
    FrameReader::new(vec![0; size].into_boxed_slice())
}

fn read_new(bytes: &[u8]) -> Vec<Result<Vec<u8>, FrameFault>> {
    read(&mut reader(256), bytes)
}

#[test]
fn the_frames_of_the_specification_are_these_bytes() {
    assert_eq!(framed(b"QRY|STATUS", Checksum::None), b"\x02QRY|STATUS\x03");
    assert_eq!(framed(b"QRY|STATUS", Checksum::Lrc), b"\x02QRY|STATUS\x1E32\x03");
    assert_eq!(framed(b"QRY|STATUS", Checksum::Crc32), b"\x02QRY|STATUS\x1EB263BD7B\x03");
    // The check value of CRC-32/ISO-HDLC.
    assert_eq!(framed(b"123456789", Checksum::Crc32), b"\x02123456789\x1ECBF43926\x03");
}

#[test]
fn a_reply_begins_with_the_correlation_of_its_request() {
    let mut line = Line::default();
    let correlation: Correlation = "17".parse().unwrap();
    let mut frame = FrameWriter::begin(&mut line, Some(correlation), Checksum::Crc32);
    frame.bytes(b"{}");
    frame.finish();
    assert_eq!(read_new(&line.0), [Ok(b"@17 {}".to_vec())]);
}

#[test]
fn what_stands_outside_a_frame_is_ignored() {
    let mut bytes = b"AT+CGMI\r\n\x03\x1E".to_vec();
    bytes.extend(framed(b"QRY|STATUS", Checksum::Lrc));
    bytes.extend(b"noise\x03\x03");
    bytes.extend(framed(b"QRY|LOG 1", Checksum::None));
    assert_eq!(read_new(&bytes), [Ok(b"QRY|STATUS".to_vec()), Ok(b"QRY|LOG 1".to_vec())]);
}

#[test]
fn a_second_stx_begins_the_frame_anew_wherever_it_comes() {
    let whole = framed(b"QRY|STATUS", Checksum::Crc32);
    for cut in 1..whole.len() {
        let bytes = [&whole[..cut], &whole].concat();
        assert_eq!(read_new(&bytes), [Ok(b"QRY|STATUS".to_vec())], "cut after {cut} bytes");
    }
}

#[test]
fn an_abandoned_frame_is_replaced_by_the_next() {
    let mut line = Line::default();
    let mut frame = FrameWriter::begin(&mut line, None, Checksum::Crc32);
    frame.bytes(b"{\"status\":\"OK\",\"records\":[");
    frame.abandon();
    line.0.extend(framed(b"{\"status\":\"ERR\"}", Checksum::Crc32));
    assert_eq!(read_new(&line.0), [Ok(b"{\"status\":\"ERR\"}".to_vec())]);
}

#[test]
fn line_ends_are_dropped_and_still_count_for_the_checksum() {
    assert_eq!(read_new(b"\x02\r\nQRY|\rSTATUS\n\r\n\x03"), [Ok(b"QRY|STATUS".to_vec())]);
    let counted = framed(b"\r\nQRY|STA\nTUS", Checksum::Crc32);
    assert_eq!(read_new(&counted), [Ok(b"QRY|STATUS".to_vec())]);
    // CR and LF differ in what they do to an LRC, so one that leaves them out is wrong.
    assert_eq!(read_new(b"\x02QRY|STATUS\r\n\x1E32\x03"), [Err(FrameFault::Checksum)]);
    assert_eq!(read_new(b"\x02QRY|STATUS\x1E3\r\n2\r\n\x03"), [Ok(b"QRY|STATUS".to_vec())]);
}

#[test]
fn a_checksum_that_is_wrong_in_any_way_is_refused_once_and_the_next_frame_is_read() {
    let wrong = [
        "\x1E",
        "\x1E3",
        "\x1E33",
        "\x1E320",
        "\x1EB263BD7",
        "\x1EB263BD7C",
        "\x1Eb263bd7b",
        "\x1EB263BD7B0",
        "\x1EB263BD7BB263BD7B",
        "\x1E32\x1E32",
        "\x1E 32",
        "\x1E00000000",
    ];
    for trailer in wrong {
        let mut reader = reader(256);
        let bytes = ["\x02QRY|STATUS", trailer, "\x03"].concat();
        assert_eq!(read(&mut reader, bytes.as_bytes()), [Err(FrameFault::Checksum)], "{trailer:?}");
        assert_ne!(reader.checksum(), Checksum::None);
        let good = framed(b"QRY|STATUS", Checksum::Lrc);
        assert_eq!(read(&mut reader, &good), [Ok(b"QRY|STATUS".to_vec())]);
        assert_eq!(reader.checksum(), Checksum::Lrc);
    }
}

#[test]
fn an_lrc_in_small_letters_is_refused() {
    assert_eq!(framed(b"QRY|LOG 8", Checksum::Lrc), b"\x02QRY|LOG 8\x1E7A\x03");
    assert_eq!(read_new(b"\x02QRY|LOG 8\x1E7a\x03"), [Err(FrameFault::Checksum)]);
}

#[test]
fn a_flipped_bit_anywhere_in_a_checked_frame_never_makes_another_request_of_it() {
    let nonce = Request::Commit("0C1A2B3C4D5E6F70C8C9CACBCCCDCECF".parse().unwrap());
    let log = Request::Log(LogKey { epoch: None, number: InvoiceNumber::new(105).unwrap() });
    for (request, checksum) in
        [nonce, log].into_iter().flat_map(|request| [(request, Checksum::Lrc), (request, Checksum::Crc32)])
    {
        let whole = support::request_frame(Some("17"), request, checksum);
        for (at, bit) in (0..whole.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << bit;
            for frame in read_new(&bytes).into_iter().flatten() {
                if let Ok(addressed) = Addressed::read(&frame) {
                    assert_eq!(addressed.request, request, "byte {at}, bit {bit}");
                }
            }
        }
    }
}

#[test]
fn a_frame_at_the_limit_is_read_and_one_byte_more_is_one_fault() {
    let mut reader = reader(FRAME_BYTES);
    let fits = vec![b'x'; FRAME_BYTES];
    let over = vec![b'x'; FRAME_BYTES + 1];
    let far_over = vec![b'x'; 3 * FRAME_BYTES];
    assert_eq!(read(&mut reader, &framed(&fits, Checksum::Crc32)), [Ok(fits)]);
    for content in [over, far_over] {
        let fault = Err(FrameFault::TooLong { most: FRAME_BYTES });
        assert_eq!(read(&mut reader, &framed(&content, Checksum::Crc32)), [fault]);
        assert_eq!(reader.checksum(), Checksum::Crc32);
        let next = framed(b"QRY|STATUS", Checksum::None);
        assert_eq!(read(&mut reader, &next), [Ok(b"QRY|STATUS".to_vec())]);
    }
}

#[test]
fn line_ends_take_no_room() {
    let mut content = vec![b'\n'; 1_000];
    content.extend([b'x'; 256]);
    assert_eq!(read_new(&framed(&content, Checksum::Lrc)), [Ok(vec![b'x'; 256])]);
}

#[test]
fn the_correlation_of_a_bad_frame_is_still_known() {
    let mut reader = reader(64);
    let bytes = framed(format!("TXN|PREPARE@k9 {{{}", "x".repeat(200)).as_bytes(), Checksum::None);
    assert!(matches!(read(&mut reader, &bytes)[..], [Err(FrameFault::TooLong { .. })]));
    assert_eq!(reader.correlation().unwrap().as_str(), "k9");
    assert_eq!(read(&mut reader, b"\x02TXN|COMMIT@18 {}\x1EFF\x03"), [Err(FrameFault::Checksum)]);
    assert_eq!(reader.correlation().unwrap().as_str(), "18");
    assert_eq!(read(&mut reader, b"\x02TXN|COMMIT {}\x1EFF\x03"), [Err(FrameFault::Checksum)]);
    assert_eq!(reader.correlation(), None);
}

#[test]
fn a_reset_forgets_what_had_begun() {
    let mut reader = reader(64);
    assert_eq!(read(&mut reader, b"\x02QRY|ST"), []);
    reader.reset();
    assert_eq!(read(&mut reader, b"ATUS\x03"), []);
}

proptest! {
    #[test]
    fn frames_come_through_with_anything_between_them(
        contents in prop::collection::vec(prop::collection::vec(0x20_u8.., 0..80), 1..5),
        noise in prop::collection::vec(any::<u8>().prop_filter("no STX", |byte| *byte != STX), 0..40),
        checksum in prop_oneof![Just(Checksum::None), Just(Checksum::Lrc), Just(Checksum::Crc32)],
    ) {
        let mut bytes = Vec::new();
        for content in &contents {
            bytes.extend(&noise);
            bytes.extend(framed(content, checksum));
        }
        let expected: Vec<_> = contents.into_iter().map(Ok).collect();
        prop_assert_eq!(read_new(&bytes), expected);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic_and_then_a_frame_is_read(bytes in prop::collection::vec(
        prop_oneof![any::<u8>(), Just(STX), Just(ETX), Just(0x1E)], 0..400,
    )) {
        let mut reader = reader(64);
        read(&mut reader, &bytes);
        prop_assert_eq!(read(&mut reader, b"\x02QRY|STATUS\x03"), [Ok(b"QRY|STATUS".to_vec())]);
    }
}
