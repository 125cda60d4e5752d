use fiscal::{CivilDate, Classification, DEFAULT_MANIFEST, InvoiceType};
use proptest::prelude::*;

use super::*;

const STANDARD: &str = r#"{"code":"standard_vat","letter":"B","french":"TVA 16%","english":"VAT 16%","rate":"0.16","valid_from":"2025-12-01"}"#;
const NEXT: &str = r#"{"code":"standard_vat","letter":"B","french":"TVA 18%","english":"VAT 18%","rate":"0.18","valid_from":"2026-04-01"}"#;
const DEROGATORY: &str = r#"{"code":"derogatory","letter":"D","french":"Régimes dérogatoires","english":"Derogatory","rate":"0.00","valid_from":"2025-12-01","invoice_types":["sale","credit_note"],"classifications":["Embassy"]}"#;

fn book(version: u32, entries: &[&str]) -> ManifestBook {
    ManifestBook::read(&format!("[{}]", entries.join(",")), version).unwrap()
}

fn day(text: &str) -> CivilDate {
    text.parse().unwrap()
}

#[test]
fn the_default_book_is_the_default_manifest_and_always_the_same_one() {
    let book = ManifestBook::default_book();
    assert_eq!(book.groups(), DEFAULT_MANIFEST.groups);
    assert!(Arc::ptr_eq(&book, &ManifestBook::default_book()));
    let read = ManifestBook::read(&book.to_json(), 7).unwrap();
    assert_eq!((read.version(), read.groups()), (7, DEFAULT_MANIFEST.groups));
}

#[test]
fn types_and_classes_that_are_not_named_are_all_and_none_ends_a_group() {
    let ended = STANDARD.replace("2025-12-01\"}", "2026-01-01\",\"invoice_types\":[]}");
    let book = book(1, &[STANDARD, DEROGATORY, &ended]);
    let groups = book.groups();
    assert_eq!((groups[0].invoice_types, groups[0].classifications), (InvoiceType::ALL, Classification::ALL));
    assert_eq!(groups[1].invoice_types, [InvoiceType::Sale, InvoiceType::CreditNote]);
    assert_eq!(groups[1].classifications, [Classification::Embassy]);
    assert_eq!(groups[2].invoice_types, []);
    assert_eq!(ManifestBook::read(&book.to_json(), 1).unwrap().groups(), groups);
}

#[test]
fn what_is_wrong_is_named_by_its_entry_and_member() {
    for (member, right, wrong) in [
        ("code", "standard_vat", "standard vat"),
        ("letter", "\"B\"", "\"Q\""),
        ("letter", "\"B\"", "\"BB\""),
        ("french", "TVA 16%", ""),
        ("french", "TVA 16%", "TVA\\u202e"),
        ("english", "VAT 16%", &"x".repeat(65)),
        ("rate", "0.16", "16%"),
        ("rate", "0.16", "0.16000"),
        ("rate", "0.16", "1.01"),
        ("rate", "0.16", "9.00"),
        ("valid_from", "2025-12-01", "2025-02-29"),
    ] {
        let list = format!("[{DEROGATORY},{}]", STANDARD.replace(right, wrong));
        let fault = ManifestBook::read(&list, 1).unwrap_err();
        assert!(
            matches!(&fault, ManifestFault::Entry { entry: 2, member: found, .. } if *found == member),
            "{member} {wrong}: {fault}"
        );
    }
    for (member, named) in [("invoice_types", "[\"gift\"]"), ("classifications", "[\"embassy\"]")] {
        let list =
            format!("[{}]", STANDARD.replace("2025-12-01\"", &format!("2025-12-01\",\"{member}\":{named}")));
        let fault = ManifestBook::read(&list, 1).unwrap_err();
        assert!(
            matches!(&fault, ManifestFault::Entry { entry: 1, member: found, .. } if *found == member),
            "{fault}"
        );
    }
}

#[test]
fn a_group_has_one_entry_for_a_day() {
    let fault = ManifestBook::read(&format!("[{STANDARD},{DEROGATORY},{STANDARD}]"), 1).unwrap_err();
    assert!(matches!(&fault, ManifestFault::Entry { entry: 3, member: "valid_from", .. }), "{fault}");
    assert!(ManifestBook::read(&format!("[{}]", STANDARD.replace("0.16", "1.00")), 1).is_ok());
}

#[test]
fn what_is_no_list_is_refused() {
    let unknown = STANDARD.replace("\"letter\"", "\"until\":\"2027-01-01\",\"letter\"");
    let many = format!("[{}]", vec![STANDARD; ManifestBook::MAX_ENTRIES + 1].join(","));
    for (list, code) in [
        ("{}".to_owned(), "MANIFEST_FORM"),
        ("[".to_owned(), "MANIFEST_FORM"),
        (format!("[{unknown}]"), "MANIFEST_FORM"),
        ("[]".to_owned(), "MANIFEST_EMPTY"),
        (many, "MANIFEST_TOO_LONG"),
    ] {
        assert_eq!(ManifestBook::read(&list, 1).unwrap_err().code(), code);
    }
}

#[test]
fn a_book_follows_the_version_before_it_and_no_other() {
    let old = book(4, &[STANDARD]);
    for (version, follows) in [(3, false), (4, false), (5, true), (6, false)] {
        let found = book(version, &[STANDARD, NEXT]).follows(&old, day("2026-03-31"));
        assert_eq!(found.is_ok(), follows, "{version}: {found:?}");
    }
    assert!(book(0, &[STANDARD]).follows(&book(u32::MAX, &[STANDARD]), day("2026-03-31")).is_err());
}

#[test]
fn a_rate_may_change_from_tomorrow_and_not_from_today() {
    let (old, new) = (book(1, &[STANDARD]), book(2, &[STANDARD, NEXT]));
    assert_eq!(new.follows(&old, day("2026-03-31")), Ok(()));
    for today in ["2026-04-01", "2027-01-01"] {
        let fault = new.follows(&old, day(today)).unwrap_err();
        let code = "standard_vat".parse().unwrap();
        assert_eq!(fault, ManifestFault::Past { code, day: day("2026-04-01"), member: "rate" });
    }
    // One that was announced and has not begun may be taken back.
    assert_eq!(book(2, &[STANDARD]).follows(&book(1, &[STANDARD, NEXT]), day("2026-03-31")), Ok(()));
}

#[test]
fn of_the_past_only_names_may_change() {
    let old = book(1, &[STANDARD, DEROGATORY]);
    let changed = |from: &str, to: &str| {
        let entry = DEROGATORY.replace(from, to);
        book(2, &[STANDARD, &entry]).follows(&old, day("2026-03-31")).map_err(|fault| match fault {
            ManifestFault::Past { member, .. } => member,
            other => panic!("{other}"),
        })
    };
    assert_eq!(changed("Régimes dérogatoires", "Ambassades"), Ok(()));
    assert_eq!(changed("[\"sale\",\"credit_note\"]", "[\"credit_note\",\"sale\"]"), Ok(()));
    assert_eq!(changed("\"0.00\"", "\"0.0000\""), Ok(()), "the same rate");
    assert_eq!(changed("\"0.00\"", "\"0.05\""), Err("rate"));
    assert_eq!(changed("\"D\"", "\"E\""), Err("letter"));
    assert_eq!(changed("\"sale\",", ""), Err("invoice_types"));
    assert_eq!(changed("\"Embassy\"", "\"Embassy\",\"Company\""), Err("classifications"));
    assert_eq!(changed("2025-12-01", "2025-11-30"), Err("valid_from"), "it held on no day before");
    assert_eq!(changed("2025-12-01", "2026-01-01"), Err("valid_from"));
    let without = book(2, &[STANDARD]).follows(&old, day("2026-03-31"));
    assert!(matches!(without, Err(ManifestFault::Past { member: "valid_from", .. })), "{without:?}");
}

proptest! {
    /// What `follows` lets through changes no sale of any day up to today; what it does not, changes one.
    #[test]
    fn what_follows_leaves_every_past_day_as_it_is(
        old in entries(), new in entries(), today in 0_u32..12,
    ) {
        let start = day("2026-01-01").days();
        let date = |offset: u32| CivilDate::from_days(start + offset).unwrap();
        let make = |version, entries: &[(u8, u32, u8)]| {
            let list: Vec<String> = entries.iter().map(|(code, from, percent)| {
                STANDARD
                    .replace("standard_vat", &format!("group_{code}"))
                    .replace("0.16", &format!("0.0{percent}"))
                    .replace("2025-12-01", &date(*from).to_string())
            }).collect();
            ManifestBook::read(&format!("[{}]", list.join(",")), version).unwrap()
        };
        let (old, new) = (make(1, &old), make(2, &new));
        let same = (0..=today).all(|offset| (0..3).all(|code| {
            let code = format!("group_{code}").parse().unwrap();
            let rate = |book: &ManifestBook| book.as_manifest().group_on(code, date(offset)).map(|group| group.rate);
            rate(&old) == rate(&new)
        }));
        prop_assert_eq!(new.follows(&old, date(today)).is_ok(), same);
    }
}

/// Code, first day, percent; none of them twice on a day.
fn entries() -> impl Strategy<Value = Vec<(u8, u32, u8)>> {
    let entries = proptest::collection::btree_map((0_u8..3, 0_u32..14), 1_u8..3, 1..5);
    entries
        .prop_map(|entries| entries.into_iter().map(|((code, day), percent)| (code, day, percent)).collect())
}
