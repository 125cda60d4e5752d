//! The tax authority's elements beside ours: both codes read wherever they are printed, and nothing is made up.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

#[path = "support/printer.rs"]
mod printer;
mod support;

use receipt::{Authority, AuthorityElements, Language, Origin, Paper, Print, Raster, Receipt, Roll};
use support::{AUTHORITY_QR, Sold, authority, day, decode_png, print, read_qr};

const ROLLS: [Roll; 2] = [Roll::Mm58, Roll::Mm80];
const PAPERS: [Paper; 3] = [Paper::A4, Paper::Roll(Roll::Mm80), Paper::Roll(Roll::Mm58)];

fn sold() -> Sold {
    day().remove(0)
}

fn text(authority: AuthorityElements, language: Language) -> String {
    let print = Print { language, ..print() };
    sold().receipt_with(&Authority::Given(authority), &print).text(Roll::Mm80)
}

/// As a set: which of two codes a reader finds first is its own matter.
fn sorted(mut codes: Vec<String>) -> Vec<String> {
    codes.sort();
    codes
}

fn both(sold: &Sold, authority: &str) -> Vec<String> {
    sorted(vec![sold.qr().to_owned(), authority.to_owned()])
}

#[test]
fn both_codes_of_a_picture_read_on_every_paper_at_every_resolution() {
    let longest = "Q".repeat(512);
    let long = AuthorityElements { qr: Some(longest.clone()), ..authority() };
    for (elements, code) in [(authority(), AUTHORITY_QR), (long, longest.as_str())] {
        let sold = sold();
        let receipt = sold.receipt_with(&Authority::Given(elements), &print());
        for paper in PAPERS {
            for raster in [Raster::Thermal, Raster::Screen, Raster::Fine] {
                let pages = receipt.png(paper, raster).unwrap();
                let codes = pages.iter().flat_map(|page| {
                    let (width, height, greys) = decode_png(page);
                    read_qr(width, height, &greys)
                });
                assert_eq!(sorted(codes.collect()), both(&sold, code), "{paper:?} {raster:?}");
            }
        }
    }
}

#[test]
fn a_thermal_printer_prints_both_codes_each_as_a_picture() {
    let sold = sold();
    for roll in ROLLS {
        let bytes = sold.receipt_with(&Authority::Given(authority()), &print()).escpos(roll);
        let printout = printer::print(&bytes, roll.dots()).unwrap();
        let codes = printout
            .pictures
            .iter()
            .flat_map(|picture| read_qr(picture.width, picture.height, &picture.greys));
        assert_eq!(codes.collect::<Vec<_>>(), [sold.qr(), AUTHORITY_QR]);
        let lines: Vec<&str> = printout.lines.iter().map(|line| line.text.trim()).collect();
        assert!(lines.contains(&"YKAV 7RVL AMCF 7JNA AHX4 KQ2M"), "{lines:?}");
    }
}

#[test]
fn svg_and_pdf_have_two_codes() {
    let receipt = sold().receipt_with(&Authority::Given(authority()), &print());
    for paper in PAPERS {
        let svg = receipt.svg(paper).unwrap().concat();
        assert_eq!(svg.matches("<path shape-rendering").count(), 2, "{paper:?}");
        assert!(receipt.pdf(paper).unwrap().starts_with(b"%PDF-1.7"));
    }
}

#[test]
fn the_authoritys_elements_stand_in_a_block_of_their_own_below_ours() {
    let text = text(authority(), Language::French);
    let (ours, theirs) = text.split_once("Éléments de sécurité de la DGI").unwrap();
    assert!(ours.contains("Éléments de sécurité") && !ours.contains("CD01002345-1"));
    for element in
        ["YKAV 7RVL AMCF 7JNA AHX4 KQ2M", "CD01002345-1", "14/03/2026 09:04:20", "64/64 FV", AUTHORITY_QR]
    {
        assert!(theirs.replace('\n', "").contains(element), "{element}: {theirs}");
    }
    for absent in ["ESSAI", "saisi", "En attente"] {
        assert!(!text.contains(absent), "{absent}");
    }
}

#[test]
fn elements_of_a_service_for_trials_are_never_without_their_mark() {
    let trial = AuthorityElements { is_test: true, ..authority() };
    assert!(text(trial.clone(), Language::French).contains("ESSAI – sans valeur fiscale"));
    assert!(text(trial.clone(), Language::English).contains("TEST – no fiscal value"));
    let receipt = sold().receipt_with(&Authority::Given(trial), &print());
    for paper in PAPERS {
        assert!(receipt.svg(paper).unwrap().concat().contains("ESSAI – sans valeur fiscale"), "{paper:?}");
    }
    let printout = printer::print(&receipt.escpos(Roll::Mm58), Roll::Mm58.dots()).unwrap();
    let mark = printout.lines.iter().find(|line| line.text.contains("ESSAI")).unwrap();
    assert!(mark.bold && mark.tall);
}

#[test]
fn what_a_person_copied_says_so() {
    for (origin, french, english) in [
        (Origin::Imported, "repris d'un fichier", "taken from a file"),
        (Origin::Hand, "saisi à la main", "typed by hand"),
    ] {
        let copied = AuthorityElements { origin, ..authority() };
        assert!(text(copied.clone(), Language::French).contains(french));
        assert!(text(copied, Language::English).contains(english));
    }
}

#[test]
fn a_receipt_waits_for_the_authority_only_when_it_is_said_to() {
    let (sold, english) = (sold(), Print { language: Language::English, ..print() });
    for roll in ROLLS {
        let pending = |print: &Print| sold.receipt_with(&Authority::Pending, print).text(roll);
        assert!(pending(&print()).contains("En attente de la DGI"));
        assert!(pending(&english).contains("Waiting for the DGI"));
        let unsaid = sold.receipt_with(&Authority::Unsaid, &print());
        assert_eq!(unsaid.text(roll), sold.receipt(&print()).text(roll));
        assert_eq!(unsaid.escpos(roll), sold.receipt(&print()).escpos(roll));
        assert!(!unsaid.text(roll).contains("DGI"));
    }
}

#[test]
fn elements_that_are_not_in_their_form_are_not_printed() {
    let sold = sold();
    let with = |change: &dyn Fn(&mut AuthorityElements)| {
        let mut elements = authority();
        change(&mut elements);
        let given = Authority::Given(elements);
        Receipt::with_authority(sold.payload.as_bytes(), &sold.elements, &given, &print()).map(|_| ())
    };
    assert_eq!(with(&|_| ()), Ok(()));
    let wrong: [&dyn Fn(&mut AuthorityElements); 8] = [
        &|elements| elements.code.clear(),
        &|elements| elements.code.push('A'),
        &|elements| elements.code.replace_range(3..4, " "),
        &|elements| elements.nim = "CD\n1".to_owned(),
        &|elements| elements.nim.clear(),
        &|elements| elements.counters = Some("6".repeat(41)),
        &|elements| elements.date_time = Some("14/03\u{202e}/2026".to_owned()),
        &|elements| elements.qr = Some("Q".repeat(513)),
    ];
    for change in wrong {
        assert_eq!(with(change).unwrap_err().code(), "authority_malformed");
    }
}
