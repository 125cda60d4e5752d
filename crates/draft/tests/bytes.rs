//! No bytes make it panic, and what it lets through is canonical.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

use draft::{Defaults, Draft};
use fiscal::Validated;
use proptest::prelude::*;

mod support;

use support::{Dice, complete_of, day, friendly};

/// Reads, and writes both ways; what comes out is canonical and stays as it is.
fn survives(bytes: &[u8]) -> bool {
    let draft = match Draft::read(bytes) {
        Ok(draft) => draft,
        Err(fault) => {
            let _ = (fault.to_string(), fault.french(), fault.member());
            return false;
        }
    };
    let (_, known) = &day()[0];
    let mut written = false;
    for complete in [None, Some(complete_of(known))] {
        match draft.canonical(&Defaults::default(), complete) {
            Ok(canonical) => {
                assert!(Validated::read(canonical.as_bytes()).is_ok());
                let again = Draft::read(canonical.as_bytes()).unwrap();
                assert_eq!(again.canonical(&Defaults::default(), None), Ok(canonical));
                written = true;
            }
            Err(fault) => {
                let _ = (fault.to_string(), fault.french(), fault.member());
            }
        }
    }
    written
}

#[test]
fn thousands_of_spoiled_drafts_are_read_without_a_panic() {
    let mut dice = Dice::new(20_260_314);
    let pieces: [&[u8]; 24] = [
        b"\"",
        b"\\",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"-",
        b".",
        b"0",
        b"9",
        b"e5",
        b"null",
        b"true",
        b"\xff",
        b"\xc3",
        b"\\ud800",
        b"\\u0000",
        b"99999999999999999999",
        b"-0",
        b" ",
        b"\n",
        b"items",
    ];
    let payloads = day();
    let mut written = 0;
    for _ in 0..5_000 {
        let (_, payload) = &payloads[dice.roll(payloads.len())];
        let mut bytes = if dice.roll(2) == 0 {
            payload.clone().into_bytes()
        } else {
            friendly(&serde_json::from_str(payload).unwrap(), &mut dice).into_bytes()
        };
        for _ in 0..=dice.roll(3) {
            let at = dice.roll(bytes.len());
            let end = (at + dice.roll(4)).min(bytes.len());
            let piece = pieces[dice.roll(pieces.len())];
            bytes.splice(at..end, piece.iter().copied());
        }
        written += usize::from(survives(&bytes));
    }
    // Some change only a text; most break something.
    assert!((50..4_000).contains(&written), "{written}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
        survives(&bytes);
    }

    #[test]
    fn any_text_in_the_place_of_any_value_is_read_without_a_panic(text in "\\PC{0,40}", at: prop::sample::Index) {
        let (_, payload) = &day()[9];
        let places: Vec<usize> = payload.match_indices(':').map(|(at, _)| at + 1).collect();
        let place = places[at.index(places.len())];
        survives(format!("{}{text},{}", &payload[..place], &payload[place..]).as_bytes());
        let quoted = serde_json::Value::from(text).to_string();
        let end = payload[place..].find([',', '}']).unwrap() + place;
        survives(format!("{}{quoted}{}", &payload[..place], &payload[end..]).as_bytes());
    }
}
