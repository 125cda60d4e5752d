//! A till's memory on a real disk.

mod support;

use std::{fs, path::Path};

use def_client::{FolderFault, Intent, IntentFolder, IntentStore, Offer, Stage};
use fiscal::FiscalNumber;

use support::{OTHER, PAYLOAD, refusal, seal};

const SOON: &str = "2026-03-14T23:00:00";

/// An intent at a stage, as a till makes it.
fn intent(payload: &str, stage: &Stage) -> Intent {
    let text = serde_json::to_value(stage).unwrap();
    let mut kept = serde_json::json!({ "payload": payload });
    kept.as_object_mut().unwrap().extend(text.as_object().unwrap().clone());
    Intent::from_json(kept.to_string().as_bytes()).unwrap()
}

fn printed(payload: &str, number: u64, copies: u32) -> Intent {
    intent(payload, &Stage::Printed { seal: Box::new(seal(payload, 0, number, SOON)), copies })
}

fn printing(payload: &str, number: u64, copy: u32) -> Intent {
    intent(payload, &Stage::Printing { seal: Box::new(seal(payload, 0, number, SOON)), copy })
}

fn number(of: u64) -> FiscalNumber {
    format!("KINGOMBE01-0-{of:08}").parse().unwrap()
}

fn count(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

#[test]
fn what_is_kept_is_there_after_the_program_ended() {
    let place = tempfile::tempdir().unwrap();
    let meant = Intent::new(&Offer::read(PAYLOAD).unwrap());
    IntentFolder::open(place.path()).unwrap().keep(&meant).unwrap();
    let mut folder = IntentFolder::open(place.path()).unwrap();
    assert_eq!(folder.all_open().unwrap(), std::slice::from_ref(&meant));
    assert_eq!(folder.open(meant.hash()).unwrap(), Some(meant));
}

#[test]
fn a_sale_moves_from_open_to_done_and_is_found_by_its_number() {
    let place = tempfile::tempdir().unwrap();
    let mut folder = IntentFolder::open(place.path()).unwrap();
    folder.keep(&Intent::new(&Offer::read(PAYLOAD).unwrap())).unwrap();
    folder.keep(&printing(PAYLOAD, 7, 1)).unwrap();
    assert_eq!(folder.of_number(number(7)).unwrap(), Some(printing(PAYLOAD, 7, 1)));
    folder.keep(&printed(PAYLOAD, 7, 1)).unwrap();
    assert!(folder.all_open().unwrap().is_empty());
    assert_eq!(folder.of_number(number(7)).unwrap(), Some(printed(PAYLOAD, 7, 1)));
    assert_eq!(folder.of_number(number(8)).unwrap(), None);
}

#[test]
fn a_refused_sale_is_out_of_the_way_and_kept() {
    let place = tempfile::tempdir().unwrap();
    let mut folder = IntentFolder::open(place.path()).unwrap();
    folder.keep(&Intent::new(&Offer::read(PAYLOAD).unwrap())).unwrap();
    folder.keep(&intent(PAYLOAD, &Stage::Refused(refusal("ALREADY_VOIDED")))).unwrap();
    assert!(folder.all_open().unwrap().is_empty());
    assert_eq!(count(&place.path().join("refused")), 1);
}

#[test]
fn a_crash_between_done_and_open_leaves_it_done() {
    let place = tempfile::tempdir().unwrap();
    let mut folder = IntentFolder::open(place.path()).unwrap();
    let open = place.path().join("open").join(format!("{}.json", printed(PAYLOAD, 7, 1).hash()));
    folder.keep(&printed(PAYLOAD, 7, 1)).unwrap();
    fs::write(&open, printing(PAYLOAD, 7, 1).to_json()).unwrap();
    assert!(folder.all_open().unwrap().is_empty());
    assert!(!open.exists());
    // A further copy that was being printed is newer than what is done.
    fs::write(&open, printing(PAYLOAD, 7, 2).to_json()).unwrap();
    assert_eq!(folder.all_open().unwrap(), [printing(PAYLOAD, 7, 2)]);
    assert_eq!(folder.of_number(number(7)).unwrap(), Some(printing(PAYLOAD, 7, 2)));
}

#[test]
fn a_file_that_was_being_written_is_not_there_yet() {
    let place = tempfile::tempdir().unwrap();
    let mut folder = IntentFolder::open(place.path()).unwrap();
    fs::write(place.path().join("open/half.unfinished"), "{\"payload\":").unwrap();
    assert!(folder.all_open().unwrap().is_empty());
}

#[test]
fn a_damaged_file_is_named_and_nothing_is_done_without_it() {
    let place = tempfile::tempdir().unwrap();
    let mut folder = IntentFolder::open(place.path()).unwrap();
    let path = place.path().join("open/0000.json");
    fs::write(&path, "{\"payload\":").unwrap();
    let fault = folder.all_open().unwrap_err();
    assert!(matches!(&fault, FolderFault::Damaged { path: named, .. } if *named == path), "{fault}");
    // A payload that is no invoice, a seal of another sale.
    fs::write(&path, r#"{"payload":"{}","stage":"meant"}"#).unwrap();
    assert!(folder.all_open().is_err());
    let mut other =
        serde_json::to_value(Stage::Printing { seal: Box::new(seal(OTHER, 0, 7, SOON)), copy: 1 }).unwrap();
    other["payload"] = PAYLOAD.into();
    fs::write(&path, other.to_string()).unwrap();
    assert!(folder.all_open().is_err());
}

#[test]
fn a_folder_is_one_programs_at_a_time() {
    let place = tempfile::tempdir().unwrap();
    let first = IntentFolder::open(place.path()).unwrap();
    assert!(matches!(IntentFolder::open(place.path()), Err(FolderFault::InUse { .. })));
    drop(first);
    IntentFolder::open(place.path()).unwrap();
}
