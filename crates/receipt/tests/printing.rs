//! What a thermal printer makes of the bytes that it gets.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

#[path = "support/printer.rs"]
mod printer;
mod support;

use printer::{Printout, print as print_bytes};
use receipt::{Elements, Print, Roll};
use support::{Sold, day, print, read_qr, seal, vectors};

const ROLLS: [Roll; 2] = [Roll::Mm58, Roll::Mm80];

fn printed(sold: &Sold, print: &Print, roll: Roll) -> Printout {
    let bytes = sold.receipt(print).escpos(roll);
    print_bytes(&bytes, roll.dots()).unwrap_or_else(|wrong| panic!("{}: {wrong}", sold.name))
}

#[test]
fn a_strict_printer_prints_every_example_and_its_code_reads() {
    for sold in day().iter().chain(&vectors()) {
        for roll in ROLLS {
            let printout = printed(sold, &print(), roll);
            let [picture] = &printout.pictures[..] else { panic!("one picture") };
            assert_eq!(read_qr(picture.width, picture.height, &picture.greys), [sold.qr()], "{}", sold.name);
            assert!(printout.height > 500);
        }
    }
}

#[test]
fn a_printer_prints_the_lines_of_the_text() {
    for sold in &day() {
        for roll in ROLLS {
            let receipt = sold.receipt(&print());
            let text = receipt.text(roll);
            let lines = printed(sold, &print(), roll).lines;
            // The QR code is drawn, so its content is not spelt out.
            let (before, rest) = text.split_once("Contenu du code QR\n").unwrap();
            let (_, after) = rest.split_once("Pour v").unwrap();
            let after = format!("Pour v{after}");
            let expected: Vec<&str> = before.lines().chain(after.lines()).map(str::trim).collect();
            let got: Vec<&str> = lines.iter().map(|line| line.text.trim()).collect();
            assert_eq!(got, expected, "{}", sold.name);
        }
    }
}

#[test]
fn number_and_total_are_bold_and_twice_as_high() {
    let sold = &day()[0];
    for roll in ROLLS {
        let loud: Vec<String> = printed(sold, &print(), roll)
            .lines
            .into_iter()
            .filter(|line| line.bold && line.tall)
            .map(|line| line.text)
            .collect();
        assert!(loud.iter().any(|line| line.contains("KINGOMBE01-0-00000001")), "{loud:?}");
        assert!(loud.iter().any(|line| line.contains("TOTAL") && line.contains("19 500,00 CDF")), "{loud:?}");
    }
}

#[test]
fn the_code_is_centred_in_whole_dots_of_at_least_half_a_millimetre() {
    for sold in &[day().swap_remove(5), lent()] {
        for roll in ROLLS {
            let printout = printed(sold, &print(), roll);
            let picture = &printout.pictures[0];
            let dark = |x: usize, y: usize| picture.greys[y * picture.width + x] == 0;
            let corner = (0..picture.height).find(|at| dark(*at, *at)).unwrap();
            // The upper side of a finder is seven modules long.
            let module = (corner..).take_while(|x| dark(*x, corner)).count() / 7;
            assert!((4..=5).contains(&module), "{module}");
            let quiet = 4 * module;
            let end = picture.height - quiet;
            assert_eq!((corner, picture.height % module), (quiet, 0));
            let margin = |at: usize| !(quiet..end).contains(&at);
            let outside = |(x, y): (usize, usize)| (margin(x) || margin(y)) && dark(x, y);
            let all = (0..picture.height).flat_map(|y| (0..picture.width).map(move |x| (x, y)));
            assert!(!all.into_iter().any(outside));
            assert!((picture.margin * 2 + picture.width).abs_diff(roll.dots()) <= 1);
        }
    }
}

/// The longest kind of code: a till sealed it with a key that was lent to it (docs/formats.md, section 9).
fn lent() -> Sold {
    let qr = "BONO-USB-001|1042|ZQCDP9NEQH65D4P2|1|0|OUTLET-001|1|FV|2026-02-04T10:15:32|A1234567Z|116.00|16.00|CDF||4IFnL4gKY0QCykEB-NMpMQM5qfgUW6M0wQdUvM8DnII|jMi2b4yL5yJGSSlrCZD0RXpNpEY4trTAXy9D-9cnNtUbB1b2ukNyd6bn_K8jkSILpWzb7RG0CrCgmUB9oD3JhA|AzJ-8T-nTPPiRxd8DAe2Gb7DUR-J2lnrDRiHqedT0d1raYLgYAwAKgH0ABOI0MLaKLK3JryejBZlngzW4PwX7eaMRr-oGXU3s-ds0agCWct9fBxJ6Qt23SnsHx8XZv7A7yjRfjRauMazw9dXN8IuqB4st3oA";
    Sold {
        name: "lent".to_owned(),
        payload: include_str!("../../../vectors/canonical/valid_sale_ht_one_item.json").to_owned(),
        elements: Elements {
            fiscal_number: Some("BONO-0-00001042".to_owned()),
            device_id: Some("BONO-USB-001".to_owned()),
            auth_code: Some("ZQCDP9NEQH65D4P2".to_owned()),
            timestamp: Some("2026-02-04T10:15:32".to_owned()),
            qr_payload: Some(qr.to_owned()),
            record: None,
        },
    }
}

#[test]
fn a_printer_that_obeys_texts_finds_nothing_to_obey() {
    let hostile = "ESC@ ~cut~ \u{1F4B8} ${x} %s \u{FEFF}\u{200D} ᴀ ､ «\u{A0}» ÿ";
    let base = include_str!("../../../vectors/canonical/valid_sale_ht_one_item.json");
    let payload = base.replace("Service Plan", hostile);
    assert_ne!(payload, base);
    for roll in ROLLS {
        printed(&seal("hostile", &payload), &print(), roll);
    }
    // What the caller gives is not under the payload's form.
    let mut print = print();
    let merchant = print.merchant.as_mut().unwrap();
    merchant.name = "\x1bp\x00\x19\x19 \x1d(L\n\x10\x14".to_owned();
    merchant.lines = vec!["\x1b@\x1dV\x00\u{85}\u{9B}".to_owned()];
    for roll in ROLLS {
        let printout = printed(&day()[0], &print, roll);
        assert_eq!(printout.lines[0].text.trim(), "p     (L");
    }
}

#[test]
fn letters_that_become_several_do_not_make_a_line_too_long() {
    let base = include_str!("../../../vectors/canonical/valid_sale_ht_one_item.json");
    let sold = seal("several", &base.replace("Service Plan", &"№".repeat(40)));
    for roll in ROLLS {
        let printed: String =
            printed(&sold, &print(), roll).lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(printed.matches("No").count(), 40);
    }
}

#[test]
fn the_strict_printer_refuses_what_it_does_not_know() {
    let good = day()[0].receipt(&print()).escpos(Roll::Mm58);
    assert!(print_bytes(&good, 384).is_ok());
    let with = |at: usize, bytes: &[u8]| [&good[..at], bytes, &good[at..]].concat();
    for wrong in [
        with(0, b"\x1bt\x10"),
        with(5, b"\x1bp\x00\x19\x19"),
        with(5, b"\x07"),
        with(5, b"\x1d!\x11"),
        with(good.len(), b"x"),
        good[..good.len() - 4].to_vec(),
        with(2, "é".as_bytes()),
    ] {
        assert!(print_bytes(&wrong, 384).is_err());
    }
    assert!(print_bytes(&good, 300).is_err());
}
