use edef_sim::Wanted;
use serde_json::{Value, json};

use crate::bench::{Bench, NIF, body, error, sale, sale_with};

fn credit(kind: &str, nature: &str, code: Option<&str>, price: &str) -> Value {
    let mut note = sale_with(json!({ "type": kind, "referenceType": nature, "reference": code }));
    note["items"][0]["price"] = json!(price);
    note["items"][0]["quantity"] = json!(1);
    note
}

#[test]
fn a_credit_note_names_its_original_by_24_characters() {
    let mut bench = Bench::drc();
    let code = bench.sell(&sale());
    for nature in ["COR", "RAN", "RAM"] {
        assert_eq!(bench.error(&credit("FA", nature, None, "1")).as_deref(), Some("4"), "{nature}");
        assert_eq!(bench.error(&credit("FA", nature, Some(""), "1")).as_deref(), Some("4"), "{nature}");
        assert_eq!(bench.error(&credit("FA", nature, Some(&code[1..]), "1")).as_deref(), Some("5"));
        assert_eq!(bench.error(&credit("FA", nature, Some(&format!("{code}X")), "1")).as_deref(), Some("5"));
        assert_eq!(bench.error(&credit("FA", nature, Some(&code), "1")), None, "{nature}");
    }
    assert_eq!(bench.error(&credit("FA", "COR", Some(&"X".repeat(24)), "1")).as_deref(), Some("11"));
    assert_eq!(bench.error(&credit("FA", "XYZ", Some(&code), "1")).as_deref(), Some("99"));
}

#[test]
fn a_rebate_needs_no_original() {
    let mut bench = Bench::drc();
    assert_eq!(bench.error(&credit("FA", "RRR", None, "1")), None);
    assert_eq!(bench.error(&credit("FA", "RRR", Some("short"), "1")).as_deref(), Some("5"));
    assert_eq!(bench.error(&credit("FA", "RRR", Some(&"X".repeat(24)), "1")).as_deref(), Some("11"));
}

#[test]
fn credit_notes_together_reach_the_original_and_not_more() {
    let mut bench = Bench::drc();
    let code = bench.sell(&sale());
    assert_eq!(bench.error(&credit("FA", "COR", Some(&code), "2320.01")).as_deref(), Some("12"));
    bench.sell(&credit("FA", "COR", Some(&code), "2000"));
    assert_eq!(bench.error(&credit("FA", "RAM", Some(&code), "320.01")).as_deref(), Some("12"));
    bench.sell(&credit("FA", "RAM", Some(&code), "320"));
    assert_eq!(bench.error(&credit("FA", "COR", Some(&code), "0.01")).as_deref(), Some("12"));
}

#[test]
fn of_two_pending_credit_notes_that_exceed_together_the_second_confirm_is_12() {
    let mut bench = Bench::drc();
    let code = bench.sell(&sale());
    let (one, two) = (
        bench.uid(&credit("FA", "COR", Some(&code), "2000")),
        bench.uid(&credit("FA", "COR", Some(&code), "2000")),
    );
    assert_eq!(error(&body(&bench.confirm(&one))), None);
    assert_eq!(error(&body(&bench.confirm(&two))).as_deref(), Some("12"));
    assert_eq!(bench.finalised(), 2);
}

#[test]
fn a_credit_note_that_was_only_requested_takes_nothing_from_the_limit() {
    let mut bench = Bench::drc();
    let code = bench.sell(&sale());
    bench.uid(&credit("FA", "RAN", Some(&code), "2320"));
    bench.pass(120_000);
    bench.sell(&credit("FA", "RAN", Some(&code), "2320"));
}

#[test]
fn a_credit_note_is_of_the_same_side_of_the_border_as_its_original() {
    let mut bench = Bench::drc();
    for (original, note, is_found) in [
        ("FV", "FA", true),
        ("FT", "FA", true),
        ("EV", "EA", true),
        ("ET", "EA", true),
        ("FV", "EA", false),
        ("EV", "FA", false),
    ] {
        let code = bench.sell(&sale_with(json!({ "type": original })));
        let said = bench.error(&credit(note, "COR", Some(&code), "1"));
        assert_eq!(said.as_deref(), if is_found { None } else { Some("11") }, "{note} of {original}");
    }
    let code = bench.sell(&sale());
    let note = bench.sell(&credit("FA", "COR", Some(&code), "1"));
    assert_eq!(bench.error(&credit("FA", "COR", Some(&note), "1")).as_deref(), Some("11"));
}

#[test]
fn an_original_of_another_shop_of_the_taxpayer_is_found_and_of_another_taxpayer_not() {
    let mut bench = Bench::drc();
    let code = bench.sell(&sale());
    let shop = bench.add(Wanted::of(NIF));
    bench.token = shop.token.as_str().to_owned();
    assert_eq!(bench.error(&credit("FA", "COR", Some(&code), "1")), None);
    let stranger = bench.add(Wanted::of("B9999999Z"));
    bench.token = stranger.token.as_str().to_owned();
    let mut note = credit("FA", "COR", Some(&code), "1");
    note["nif"] = json!("B9999999Z");
    assert_eq!(bench.error(&note).as_deref(), Some("11"));
}
