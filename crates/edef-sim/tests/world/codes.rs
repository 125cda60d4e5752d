use edef_sim::Wanted;
use serde_json::{Value, json};

use crate::bench::{Bench, NIF, sale, sale_with};

fn refused(members: Value) -> Option<String> {
    Bench::drc().error(&sale_with(members))
}

fn item(members: Value) -> Option<String> {
    let mut sale = sale();
    for (name, value) in members.as_object().unwrap() {
        sale["items"][0][name] = value.clone();
    }
    Bench::drc().error(&sale)
}

#[test]
fn the_six_invoice_types_are_known_and_no_other_is_3() {
    let mut bench = Bench::drc();
    for kind in ["FV", "FT", "EV", "ET"] {
        assert_eq!(bench.error(&sale_with(json!({ "type": kind }))), None, "{kind}");
    }
    for kind in ["FA", "EA"] {
        assert_eq!(bench.error(&sale_with(json!({ "type": kind }))).as_deref(), Some("4"), "{kind}");
    }
    for kind in [json!("FX"), json!("fv"), json!(""), json!(null)] {
        assert_eq!(refused(json!({ "type": kind })).as_deref(), Some("3"), "{kind}");
    }
}

#[test]
fn an_aib_that_is_neither_a_nor_b_is_6() {
    assert_eq!(refused(json!({ "aib": "C" })).as_deref(), Some("6"));
    assert_eq!(refused(json!({ "aib": "A" })), None);
}

#[test]
fn the_seven_payments_are_known_and_no_other_is_7() {
    for name in ["ESPECES", "VIREMENT", "CARTEBANCAIRE", "MOBILEMONEY", "CHEQUES", "CREDIT", "AUTRE"] {
        assert_eq!(refused(json!({ "payment": [{ "name": name, "amount": "1.5" }] })), None, "{name}");
    }
    for name in [json!("CASH"), json!("especes"), json!(null)] {
        assert_eq!(refused(json!({ "payment": [{ "name": name, "amount": 1 }] })).as_deref(), Some("7"));
    }
}

#[test]
fn no_items_is_8() {
    assert_eq!(refused(json!({ "items": [] })).as_deref(), Some("8"));
    assert_eq!(refused(json!({ "items": null })).as_deref(), Some("8"));
}

#[test]
fn the_groups_a_to_p_are_known_and_no_other_is_9() {
    for letter in 'A'..='P' {
        assert_eq!(item(json!({ "taxGroup": letter.to_string() })), None, "{letter}");
    }
    for group in [json!("Q"), json!("a"), json!("AB"), json!(""), json!(null)] {
        assert_eq!(item(json!({ "taxGroup": group })).as_deref(), Some("9"), "{group}");
    }
}

#[test]
fn an_item_of_type_tax_is_in_group_l_or_n() {
    for letter in 'A'..='P' {
        let is_allowed = matches!(letter, 'L' | 'N');
        let said = item(json!({ "type": "TAX", "taxGroup": letter.to_string() }));
        assert_eq!(said.is_none(), is_allowed, "{letter}: {said:?}");
    }
}

#[test]
fn the_parent_system_has_groups_a_to_f() {
    let wanted = Wanted { profile: edef_sim::Profile::Parent, ..Wanted::of(NIF) };
    let mut sale = sale();
    sale["items"][0]["taxGroup"] = json!("F");
    assert_eq!(Bench::new(wanted.clone()).error(&sale), None);
    sale["items"][0]["taxGroup"] = json!("G");
    assert_eq!(Bench::new(wanted).error(&sale).as_deref(), Some("9"));
}

#[test]
fn what_no_code_of_its_own_is_known_for_is_99() {
    for wrong in [
        json!({ "nif": "B0000000Z" }),
        json!({ "nif": null }),
        json!({ "mode": "TTC" }),
        json!({ "client": { "type": "XX" } }),
        json!({ "curCode": "usd", "curRate": 2800 }),
        json!({ "curCode": "USD", "curRate": 0 }),
        json!({ "curCode": "USD", "curRate": 2800, "curDate": "March" }),
        json!({ "payment": [{ "name": "AUTRE", "amount": -1 }] }),
    ] {
        assert_eq!(refused(wrong.clone()).as_deref(), Some("99"), "{wrong}");
    }
    for wrong in [
        json!({ "price": -1 }),
        json!({ "quantity": 0 }),
        json!({ "quantity": -2 }),
        json!({ "name": "" }),
        json!({ "type": "GAZ" }),
    ] {
        assert_eq!(item(wrong.clone()).as_deref(), Some("99"), "{wrong}");
    }
}

#[test]
fn an_isf_is_compared_where_the_e_mcf_has_one() {
    let wanted = Wanted { isf: Some("ISF-1".to_owned()), ..Wanted::of(NIF) };
    let mut bench = Bench::new(wanted);
    assert_eq!(bench.error(&sale()), None);
    assert_eq!(bench.error(&sale_with(json!({ "isf": "ISF-2" }))).as_deref(), Some("99"));
    assert_eq!(Bench::drc().error(&sale_with(json!({ "isf": "ISF-2" }))), None);
}

#[test]
fn both_spellings_of_numbers_currencies_and_dates_are_understood() {
    for price in [json!(1160), json!("1160"), json!("1160.00"), json!(1160.0)] {
        let mut sale = sale();
        sale["items"][0]["price"] = price.clone();
        assert_eq!(Bench::drc().request(&sale)["total"], json!(2320), "{price}");
    }
    for payment in [
        json!({ "name": "ESPECES", "amount": 1, "currencyCode": "USD", "currencyRate": 2800 }),
        json!({ "name": "ESPECES", "amount": 1, "curCode": "USD", "curRate": "2800.5" }),
        json!({ "name": "ESPECES", "amount": 1, "curCode": "USD", "currencyCode": "USD" }),
    ] {
        assert_eq!(refused(json!({ "payment": [payment] })), None);
    }
    for date in ["2026-03-14", "2026-03-14T08:00:00", "2026-03-14T08:00:00.000Z", "14/03/2026"] {
        assert_eq!(refused(json!({ "curCode": "USD", "curRate": 2800, "curDate": date })), None, "{date}");
    }
}
