//! What is refused: at which member, with which code and with which sentences.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

use draft::{Defaults, Draft, DraftFault};
use fiscal::Reason;
use serde_json::{Value, json};

mod support;

fn sale() -> Value {
    json!({
        "merchant_nif": "A1234567Z", "outlet_id": "OUTLET-001", "pos_terminal_id": "POS-01", "cashier_id": "C-07",
        "invoice_type": "sale", "timestamp": "2026-02-04T10:15:30Z",
        "client": {"registration": "", "classification": "Individual"},
        "items": [{"code": "A", "description": "A", "quantity": 1, "unit_price": 100, "tax_group": "exempt"}],
        "tax_groups": [{"code": "exempt", "name": "Exonéré", "rate": 0, "base_amount": 100, "tax_amount": 0}],
        "totals": {"subtotal": 100, "total_vat": 0, "total": 100, "currency": "CDF"},
        "payments": [{"method": "cash", "amount": 100}],
    })
}

/// The sale with a member set to other JSON, which may be anything.
fn with(pointer: &str, member: &str, json: &str) -> String {
    let mut sale = sale();
    sale.pointer_mut(pointer).unwrap()[member] = json!("HERE");
    sale.to_string().replace("\"HERE\"", json)
}

fn read(text: &str) -> Result<String, DraftFault> {
    Draft::read(text.as_bytes())?.canonical(&Defaults::default(), None)
}

fn fault(text: &str) -> (String, &'static str) {
    let fault = read(text).unwrap_err();
    assert!(!fault.english().is_empty() && fault.english() != fault.french());
    (fault.member().unwrap_or_default(), fault.code())
}

#[test]
fn the_sale_that_these_tests_spoil_is_right() {
    assert!(read(&sale().to_string()).is_ok());
}

#[test]
fn a_member_that_is_unknown_is_named_wherever_it_stands() {
    for (pointer, path) in [
        ("", "colour"),
        ("/client", "client.colour"),
        ("/items/0", "items[0].colour"),
        ("/tax_groups/0", "tax_groups[0].colour"),
        ("/totals", "totals.colour"),
        ("/payments/0", "payments[0].colour"),
    ] {
        assert_eq!(fault(&with(pointer, "colour", "[{}]")), (path.into(), "member_unknown"));
    }
    // A member of a payload, but not of this object.
    assert_eq!(fault(&with("/items/0", "currency", "1")), ("items[0].currency".into(), "member_unknown"));
    let deep = with("", "annex", r#"{"items": [{"type": "BIE", "colour": 1}]}"#);
    assert_eq!(fault(&deep), ("annex.items[0].colour".into(), "member_unknown"));
}

#[test]
fn the_name_of_an_unknown_member_is_shown_as_far_as_it_is_readable() {
    let text = with("", &format!("a\u{202e}\n{}", "x".repeat(10_000)), "1");
    let (member, code) = fault(&text);
    assert_eq!((member, code), (format!("a\u{fffd}\u{fffd}{}", "x".repeat(37)), "member_unknown"));
}

#[test]
fn a_member_that_stands_twice_is_named_however_it_is_written() {
    let sale = sale().to_string();
    for (from, to, path) in [
        ("{\"merchant_nif\"", "{\"outlet_id\":\"O\",\"merchant_nif\"", "outlet_id"),
        ("\"quantity\":1", "\"quantity\":1,\"quant\\u0069ty\":1", "items[0].quantity"),
        ("\"total\":100", "\"total\":100,\"total\":100", "totals.total"),
    ] {
        assert!(sale.contains(from), "{from} in {sale}");
        assert_eq!(fault(&sale.replacen(from, to, 1)), (path.into(), "member_twice"));
    }
}

#[test]
fn a_value_of_another_type_is_named() {
    for (pointer, member, json, path, code) in [
        ("", "merchant_nif", "12345", "merchant_nif", "string_expected"),
        ("", "outlet_id", "null", "outlet_id", "string_expected"),
        ("", "client", "\"Individual\"", "client", "object_expected"),
        ("", "client", "null", "client", "object_expected"),
        ("", "items", "{}", "items", "array_expected"),
        ("", "items", "[[]]", "items[0]", "object_expected"),
        ("", "timestamp", "1770200130", "timestamp", "string_expected"),
        ("/items/0", "description", "7", "items[0].description", "string_expected"),
        ("/items/0", "quantity", "true", "items[0].quantity", "quantity_form"),
        ("/items/0", "unit_price", "null", "items[0].unit_price", "price_form"),
        ("/items/0", "unit_price", "[1]", "items[0].unit_price", "price_form"),
        ("/totals", "total", "{}", "totals.total", "amount_form"),
        ("/payments/0", "instrument_id", "7", "payments[0].instrument_id", "string_expected"),
        ("", "annex", "[]", "annex", "object_expected"),
        ("", "annex", r#"{"comments": ["a", 2]}"#, "annex.comments[1]", "string_expected"),
        ("", "annex", r#"{"ext": {"a": "b"}}"#, "annex.ext", "array_expected"),
        ("", "annex", r#"{"ext": [["a", "b"], ["a"]]}"#, "annex.ext[1]", "pair_expected"),
        ("", "annex", r#"{"ext": [["", "b"]]}"#, "annex.ext[0]", "text_empty"),
        (
            "",
            "reference",
            r#"{"nature": "RAM", "outlet_id": "O", "epoch": "0"}"#,
            "reference.epoch",
            "epoch_form",
        ),
    ] {
        assert_eq!(fault(&with(pointer, member, json)), (path.into(), code), "{json}");
    }
    assert_eq!(fault("[]"), (String::new(), "object_expected"));
}

#[test]
fn a_decimal_that_would_be_changed_is_refused() {
    for (pointer, member, json, path, code) in [
        ("/items/0", "unit_price", "100.00001", "items[0].unit_price", "price_form"),
        ("/items/0", "unit_price", "1e2", "items[0].unit_price", "price_form"),
        ("/items/0", "unit_price", "1E+2", "items[0].unit_price", "price_form"),
        ("/items/0", "unit_price", "-1", "items[0].unit_price", "price_form"),
        ("/items/0", "quantity", "1.0005", "items[0].quantity", "quantity_form"),
        ("/items/0", "quantity", "\"1,5\"", "items[0].quantity", "quantity_form"),
        ("/totals", "total", "100.005", "totals.total", "amount_form"),
        ("/totals", "total", "\"100.00 CDF\"", "totals.total", "amount_form"),
        ("/totals", "total", "1e999999999", "totals.total", "amount_form"),
        ("/totals", "total", "10000000000000", "totals.total", "amount_form"),
        ("/tax_groups/0", "rate", "16", "tax_groups[0].rate", "rate_form"),
        ("/tax_groups/0", "rate", "\"16%\"", "tax_groups[0].rate", "rate_form"),
    ] {
        assert_eq!(fault(&with(pointer, member, json)), (path.into(), code), "{json}");
    }
}

#[test]
fn a_number_is_what_was_written_and_not_the_float_nearest_to_it() {
    let price = "9007199254740.9931";
    let text = with("/items/0", "unit_price", price).replace("\"quantity\":1", "\"quantity\":0.001");
    let draft = Draft::read(text.as_bytes()).unwrap();
    assert!(format!("{draft:?}").contains("90071992547409931"), "{draft:?}");
}

#[test]
fn what_a_payload_may_not_say_a_draft_may_not_say_either() {
    for (pointer, member, json, path, reason) in [
        ("", "merchant_nif", "\"a1\"", "merchant_nif", Reason::NifForm),
        ("", "invoice_type", "\"Sale\"", "invoice_type", Reason::InvoiceTypeUnknown),
        ("", "timestamp", "\"2026-02-30T10:15:30Z\"", "timestamp", Reason::TimestampForm),
        ("", "timestamp", "\"2026-02-04T10:15:30.250Z\"", "timestamp", Reason::TimestampForm),
        ("", "items", "[]", "items", Reason::ItemsCount),
        ("/client", "classification", "\"Company\"", "client.registration", Reason::RegistrationMissing),
        ("/items/0", "description", "\"\"", "items[0].description", Reason::TextEmpty),
        ("/items/0", "description", "\"a\\nb\"", "items[0].description", Reason::ControlCharacter),
        ("/items/0", "description", "\"a\\u202eb\"", "items[0].description", Reason::BidiCharacter),
        ("/items/0", "taxable_unit", "\"seventeen bytes !\"", "items[0].taxable_unit", Reason::UnitForm),
        ("/items/0", "quantity", "-1", "items[0].quantity", Reason::QuantityNotPositive),
        ("/items/0", "quantity", "-0", "items[0].quantity", Reason::QuantityNotPositive),
        ("/payments/0", "amount", "99", "payments", Reason::PaymentsMismatch),
        ("", "reference", r#"{"nature": "RRR"}"#, "reference", Reason::ReferenceForbidden),
        ("", "reference", r#"{"nature": "RRR", "epoch": 0}"#, "reference", Reason::RebateWithOriginal),
        ("", "annex", r#"{"client_name": ""}"#, "annex.client_name", Reason::TextEmpty),
        ("", "annex", r#"{"comments": []}"#, "annex.comments", Reason::CommentsCount),
        ("", "annex", r#"{"items": []}"#, "annex.items", Reason::AnnexItemsCount),
    ] {
        assert_eq!(fault(&with(pointer, member, json)), (path.into(), reason.code()), "{json}");
    }
}

#[test]
fn a_member_that_nothing_stands_for_is_missing() {
    for (pointer, member, path) in [
        ("", "merchant_nif", "merchant_nif"),
        ("", "outlet_id", "outlet_id"),
        ("", "pos_terminal_id", "pos_terminal_id"),
        ("", "cashier_id", "cashier_id"),
        ("", "invoice_type", "invoice_type"),
        ("", "timestamp", "timestamp"),
        ("", "items", "items"),
        ("", "payments", "payments"),
        ("/client", "classification", "client.classification"),
        ("/items/0", "description", "items[0].description"),
        ("/tax_groups/0", "rate", "tax_groups[0].rate"),
        ("/payments/0", "method", "payments[0].method"),
    ] {
        let mut sale = sale();
        sale.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(member);
        assert_eq!(fault(&sale.to_string()), (path.into(), "member_missing"));
    }
}

#[test]
fn what_is_not_json_is_refused_with_its_place() {
    let at = |text: &str| match Draft::read(text.as_bytes()) {
        Err(DraftFault::NotJson { line, column }) => (line, column),
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(at("{\n  \"items\": [}\n}"), (2, 13));
    for text in
        ["", " ", "{", "{\"items\":", "{}{}", "{} x", "\u{feff}{}", "{\"a\":01}", "{\"a\":.5}", "{'a':1}"]
    {
        at(text);
    }
    assert_eq!(Draft::read(b"{\"items\": \"\xff\"}").unwrap_err().code(), "not_utf8");
    let half = with("/items/0", "description", "\"\\ud83d\"");
    assert_eq!(fault(&half), ("items[0].description".into(), "escape_unknown"));
    assert_eq!(fault(r#"{"\ud83d": 1}"#), (String::new(), "escape_unknown"));
}

#[test]
fn a_draft_is_refused_before_it_is_large() {
    let text = sale().to_string();
    let padded = |length: usize| " ".repeat(length - text.len()) + &text;
    assert!(read(&padded(Draft::MOST_BYTES)).is_ok());
    assert_eq!(fault(&padded(Draft::MOST_BYTES + 1)), (String::new(), "draft_too_large"));

    let items = |count: usize| format!("[{}]", vec!["1"; count].join(","));
    assert_eq!(fault(&with("", "items", &items(151))), ("items".into(), "items_count"));
    assert_eq!(fault(&with("", "items", &items(150))), ("items[0]".into(), "object_expected"));
    assert_eq!(fault(&with("", "payments", &items(17))), ("payments".into(), "payments_count"));
    assert_eq!(fault(&with("", "tax_groups", &items(17))), ("tax_groups".into(), "groups_count"));
    let doubled = format!("{{{}}}", vec!["\"items\":1"; 5_000].join(","));
    assert_eq!(fault(&doubled), ("items".into(), "member_twice"));
    let comments = format!("{{\"comments\": {}}}", items(9));
    assert_eq!(fault(&with("", "annex", &comments)), ("annex.comments".into(), "comments_count"));
}

#[test]
fn a_canonical_form_past_its_bound_is_refused() {
    let item = json!({"code": "A", "description": "x".repeat(128), "quantity": 1, "unit_price": "0.01",
        "tax_group": "exempt", "taxable_unit": "sixteen bytes ok"});
    let mut long = sale();
    long["items"] = json!(vec![item; 120]);
    long["tax_groups"][0]["base_amount"] = json!("1.20");
    long["totals"] = json!({"subtotal": "1.2", "total_vat": 0, "total": "1.2", "currency": "CDF"});
    long["payments"][0]["amount"] = json!("1.2");
    assert_eq!(fault(&long.to_string()), (String::new(), "too_large"));
}

#[test]
fn depth_is_no_danger() {
    let half = Draft::MOST_BYTES / 2 - 10;
    assert_eq!(fault(&("[".repeat(half) + &"]".repeat(half))), (String::new(), "object_expected"));
    let most = 30_000;
    let deep = with("/items/0", "description", &("[".repeat(most) + &"]".repeat(most)));
    assert_eq!(fault(&deep), ("items[0].description".into(), "string_expected"));
    let deep = with("", "items", &("[".repeat(most) + &"]".repeat(most)));
    assert_eq!(fault(&deep), ("items[0]".into(), "object_expected"));
    assert!(Draft::read(&b"{\"items\":".repeat(7_000)).is_err());
}

#[test]
fn a_sentence_of_a_draft_speaks_of_the_forms_that_a_draft_may_have() {
    let fault = read(&with("/items/0", "unit_price", "1e2")).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "items[0].unit_price: a unit price is a number or a string like 12.5, never negative: at most 13 digits before the point and four decimals, no exponent"
    );
    assert!(fault.french().starts_with("un prix unitaire est un nombre ou une chaîne"));
    let fault = read(&with("", "timestamp", "\"hier\"")).unwrap_err();
    assert!(
        fault.english().contains("2026-02-04T11:15:30+01:00") && fault.french().contains("11:15:30+01:00")
    );
}
