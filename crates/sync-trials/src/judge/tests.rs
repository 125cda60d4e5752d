use fiscal::RecordHash;

use crate::picture::{Booked, Doubt, Named, Note, Picture, Sealed, Standing, State};

const NIM: &str = "CD01000001-1";

fn named(letter: char) -> Named {
    Named { nim: NIM.parse().unwrap(), code: letter.to_string().repeat(24).parse().unwrap() }
}

fn hash(number: u8) -> RecordHash {
    RecordHash([number; 32])
}

fn fiscal(number: u8) -> String {
    format!("KINGOMBE01-0-{number:08}")
}

fn booked(number: u8, letter: char) -> Booked {
    let comments = vec![format!("Stelala CLOUD-01 {}", hash(number))];
    Booked { named: named(letter), rn: Some(fiscal(number)), reference: None, comments }
}

fn standing(number: u8, state: State, cause: &str) -> Standing {
    let fiscal = fiscal(number).parse().unwrap();
    Standing { fiscal, state, cause: cause.to_owned(), doubt: None, elements: None }
}

/// A sale that is synced, and a credit note of it.
fn true_picture() -> Picture {
    let sealed = |number: u8, original: Option<u8>| Sealed {
        fiscal: fiscal(number).parse().unwrap(),
        hash: hash(number),
        nim: NIM.parse().unwrap(),
        original: original.map(|original| fiscal(original).parse().unwrap()),
    };
    let synced = |number: u8, letter: char| Standing {
        elements: Some(named(letter)),
        ..standing(number, State::Synced, "confirmed")
    };
    Picture {
        sealed: vec![sealed(1, None), sealed(2, Some(1))],
        notes: vec![Note { of: hash(1), named: named('A') }, Note { of: hash(2), named: named('B') }],
        standings: vec![synced(1, 'A'), synced(2, 'B')],
        books: vec![booked(1, 'A'), Booked { reference: Some(named('A').code), ..booked(2, 'B') }],
    }
}

/// The same with the sale in another state, and the note gone.
fn with_sale(state: State, cause: &str, doubt: Option<&str>) -> Picture {
    let mut picture = true_picture();
    let doubt = doubt.map(|cause| Doubt { cause: cause.to_owned() });
    picture.standings[0] = Standing { doubt, ..standing(1, state, cause) };
    picture.notes.remove(0);
    picture
}

#[track_caller]
fn is_wrong(picture: &Picture, words: &str) {
    let verdict = picture.judge();
    assert!(verdict.wrong.iter().any(|one| one.contains(words)), "{words:?} is not in {:?}", verdict.wrong);
}

#[track_caller]
fn is_at_rest(picture: &Picture) -> crate::Counts {
    let verdict = picture.judge();
    assert_eq!((verdict.wrong, verdict.moving), (Vec::new(), Vec::new()));
    verdict.counts
}

#[test]
fn where_all_agree_nothing_is_wrong() {
    let counts = is_at_rest(&true_picture());
    assert_eq!((counts.invoices, counts.credit_notes, counts.finalised, counts.synced), (2, 1, 2, 2));
}

#[test]
fn an_invoice_that_was_finalised_twice_is_wrong() {
    let mut picture = true_picture();
    picture.books.push(booked(1, 'C'));
    is_wrong(&picture, "KINGOMBE01-0-00000001: finalised twice, as AAAAAAAAAAAAAAAAAAAAAAAA and as CCC");
}

#[test]
fn a_code_that_the_authority_did_not_give_is_wrong() {
    let mut picture = true_picture();
    picture.standings[0].elements = Some(named('C'));
    is_wrong(&picture, "SYNCED as");
    let mut picture = true_picture();
    picture.notes[0].named = named('C');
    is_wrong(&picture, "the ledger notes");
}

#[test]
fn synced_and_not_in_the_books_is_wrong() {
    let mut picture = true_picture();
    picture.books.remove(1);
    is_wrong(&picture, "KINGOMBE01-0-00000002: SYNCED as");
}

#[test]
fn a_code_that_the_ledger_does_not_note_is_waited_for_and_two_are_wrong() {
    let mut picture = true_picture();
    picture.notes.remove(1);
    assert_eq!(picture.judge().moving, ["KINGOMBE01-0-00000002: SYNCED, and the ledger does not note it"]);
    let mut picture = true_picture();
    picture.notes.push(picture.notes[0].clone());
    is_wrong(&picture, "the ledger notes");
    let mut picture = true_picture();
    picture.notes[0].of = hash(9);
    is_wrong(&picture, "of no invoice that it holds");
}

#[test]
fn what_the_ledger_does_not_hold_is_wrong() {
    let mut picture = true_picture();
    picture.books.push(booked(9, 'C'));
    is_wrong(&picture, "and the ledger does not hold it");
    let mut picture = true_picture();
    picture.standings.push(standing(9, State::Pending, "sealed"));
    is_wrong(&picture, "KINGOMBE01-0-00000009: the cloud lists it");
}

#[test]
fn an_invoice_that_the_cloud_does_not_list_is_waited_for() {
    let mut picture = true_picture();
    picture.standings.remove(1);
    assert_eq!(picture.judge().moving, ["KINGOMBE01-0-00000002: the cloud does not list it"]);
}

#[test]
fn another_machine_another_record_and_another_original_are_wrong() {
    let mut picture = true_picture();
    picture.books[0].named.nim = "CD01000002-1".parse().unwrap();
    is_wrong(&picture, "finalised at CD01000002-1");
    let mut picture = true_picture();
    picture.books[0].comments.clear();
    is_wrong(&picture, "without the hash of its record");
    let mut picture = true_picture();
    picture.books[1].reference = Some(named('C').code);
    is_wrong(&picture, "finalised as a credit note of");
    let mut picture = true_picture();
    picture.books[0].reference = Some(named('C').code);
    is_wrong(&picture, "finalised as a credit note of");
}

#[test]
fn a_lost_code_is_no_fault_while_the_books_have_the_invoice() {
    let picture = with_sale(State::SyncedWithoutCode, "gone_in_time", Some("without_code"));
    assert_eq!(is_at_rest(&picture).without_code, 1);
    let mut picture = picture;
    picture.books.remove(0);
    is_wrong(&picture, "SYNCED_WITHOUT_CODE, and not in the authority's books");
}

#[test]
fn a_doubt_lasts_only_where_nothing_but_counters_decides() {
    let picture = with_sale(State::Ambiguous, "gone_too_late", Some("gone_too_late"));
    assert_eq!(is_at_rest(&picture).ambiguous_finalised, 1);
    let picture = with_sale(State::Ambiguous, "confirm_lost", Some("confirm_lost"));
    assert_eq!(picture.judge().moving, ["KINGOMBE01-0-00000001: AMBIGUOUS by confirm_lost"]);
}

#[test]
fn a_credit_note_waits_for_an_original_in_doubt_and_is_not_finalised_meanwhile() {
    let mut picture = with_sale(State::SyncedWithoutCode, "gone_in_time", Some("without_code"));
    picture.standings[1] = standing(2, State::Retry, "waits_for_original");
    picture.notes.clear();
    is_wrong(&picture, "KINGOMBE01-0-00000002: it waits by waits_for_original, and was finalised");
    picture.books.remove(1);
    assert_eq!(is_at_rest(&picture).waiting, 1);
    let mut picture = true_picture();
    picture.standings[1] = standing(2, State::Retry, "waits_for_original");
    picture.notes.remove(1);
    picture.books.remove(1);
    assert_eq!(picture.judge().moving.len(), 1);
}

#[test]
fn what_is_refused_is_wrong_and_what_is_sent_is_waited_for() {
    for state in [State::Failed, State::Differs, State::Withdrawn] {
        is_wrong(&with_sale(state, "refused", None), "which nothing here explains");
    }
    for state in [State::Pending, State::Submitted, State::Retry] {
        assert_eq!(with_sale(state, "requested", None).judge().moving.len(), 1, "{state:?}");
    }
}

#[test]
fn a_note_of_what_is_not_synced_is_wrong() {
    let mut picture = with_sale(State::SyncedWithoutCode, "gone_in_time", Some("without_code"));
    picture.notes.push(Note { of: hash(1), named: named('A') });
    is_wrong(&picture, "and the ledger notes a code");
}
