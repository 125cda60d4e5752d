//! What is computed when the caller asks for it, and that nothing that is stated changes.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

use draft::{Complete, Defaults, Draft};
use fiscal::{CivilDate, DEFAULT_MANIFEST, Invoice, Validated};
use serde_json::{Value, json};

mod support;

use support::{
    complete_of, day,
    drafts::{complete, fault, one, remove},
    valid_payloads,
};

/// Takes away everything that can be computed, of the payments the last one's amount.
fn strip(payload: &str) -> Value {
    let mut draft: Value = serde_json::from_str(payload).unwrap();
    remove(&mut draft, "tax_groups");
    for member in ["subtotal", "total_vat", "total"] {
        remove(&mut draft["totals"], member);
    }
    for member in ["total", "total_vat"] {
        if draft.pointer("/annex/exchange").is_some() {
            remove(&mut draft["annex"]["exchange"], member);
        }
    }
    if let Some(last) = draft["payments"].as_array_mut().and_then(|payments| payments.last_mut()) {
        remove(last, "amount");
    }
    draft
}

/// A group's name is free: this gives each the manifest's.
fn with_names_of_the_manifest(payload: &str) -> String {
    let invoice = Invoice::read(payload.as_bytes()).unwrap();
    invoice.tax_groups.iter().fold(payload.to_owned(), |payload, group| {
        let entry = DEFAULT_MANIFEST.groups.iter().find(|entry| entry.code == group.code).unwrap();
        let with_name = |name: &str| format!(r#"{{"code":"{}","name":"{name}""#, group.code);
        payload.replace(&with_name(&group.name.to_string()), &with_name(entry.french))
    })
}

#[test]
fn the_invoices_of_the_day_are_completed_to_the_same_bytes() {
    let (mut same, mut foreign, mut notes, mut without_tax) = (0, 0, 0, 0);
    for (name, payload) in day() {
        let named = with_names_of_the_manifest(&payload);
        same += usize::from(named == payload);
        assert_eq!(complete(&strip(&payload), complete_of(&payload)), Ok(named), "{name}");
        foreign += usize::from(payload.contains("\"exchange\""));
        notes += usize::from(payload.contains("\"reference\""));
        without_tax += usize::from(!payload.contains("\"ttc\""));
    }
    assert!(foreign >= 3 && notes >= 6 && without_tax >= 3, "{foreign} {notes} {without_tax}");
    assert!(same >= 35, "{same}");
}

#[test]
fn valid_vectors_of_the_manifests_groups_are_completed_to_the_same_bytes_but_for_names() {
    let mut completed = 0;
    for (name, payload) in valid_payloads() {
        let complete = complete_of(&payload);
        let validated = Validated::read(payload.as_bytes()).unwrap();
        if complete.manifest.check(&validated, complete.day).is_err() {
            continue;
        }
        let written = support::drafts::complete(&strip(&payload), complete).unwrap();
        let (mut written, mut expected): (Value, Value) =
            (serde_json::from_str(&written).unwrap(), serde_json::from_str(&payload).unwrap());
        // Names are free, and rates may have more decimals than they need.
        for invoice in [&mut written, &mut expected] {
            for group in invoice["tax_groups"].as_array_mut().unwrap() {
                remove(group, "name");
                group["rate"] = json!(group["rate"].as_str().unwrap().parse::<f64>().unwrap());
            }
        }
        assert_eq!(written, expected, "{name}");
        completed += 1;
    }
    assert!(completed >= 45, "{completed}");
}

#[test]
fn without_being_asked_nothing_is_computed_and_each_missing_member_is_named() {
    let (_, payload) = day().remove(9);
    let stripped = |path: &str, member: &str| {
        let mut draft: Value = serde_json::from_str(&payload).unwrap();
        remove(draft.pointer_mut(path).unwrap(), member);
        let fault = Draft::read(draft.to_string().as_bytes())
            .unwrap()
            .canonical(&Defaults::default(), None)
            .unwrap_err();
        assert_eq!(fault.code(), "member_not_computed");
        assert!(fault.english().contains("complete") && fault.french().contains("complete"));
        assert_eq!(complete(&draft, complete_of(&payload)).as_ref(), Ok(&payload));
        fault.member().unwrap()
    };
    for (path, member, named) in [
        ("", "tax_groups", "tax_groups"),
        ("/tax_groups/0", "name", "tax_groups[0].name"),
        ("/tax_groups/0", "base_amount", "tax_groups[0].base_amount"),
        ("/tax_groups/0", "tax_amount", "tax_groups[0].tax_amount"),
        ("/totals", "subtotal", "totals.subtotal"),
        ("/totals", "total_vat", "totals.total_vat"),
        ("/totals", "total", "totals.total"),
        ("/payments/0", "amount", "payments[0].amount"),
        ("/annex/exchange", "total", "annex.exchange.total"),
        ("/annex/exchange", "total_vat", "annex.exchange.total_vat"),
    ] {
        assert_eq!(stripped(path, member), named);
    }
}

#[test]
fn what_is_stated_wrongly_is_at_fault_and_not_corrected() {
    for (pointer, member, value, at, code) in [
        ("", "totals", json!({"subtotal": 101}), "totals.subtotal", "subtotal_mismatch"),
        ("", "totals", json!({"total_vat": 17}), "totals.total_vat", "total_vat_mismatch"),
        ("", "totals", json!({"total": 117}), "totals.total", "total_mismatch"),
        ("/payments/0", "amount", json!(100), "payments", "payments_mismatch"),
        (
            "",
            "tax_groups",
            json!([{"code": "standard_vat", "rate": 0.16, "base_amount": 99}]),
            "tax_groups[0].base_amount",
            "base_mismatch",
        ),
        (
            "",
            "tax_groups",
            json!([{"code": "standard_vat", "rate": 0.16, "tax_amount": 15}]),
            "tax_groups[0].tax_amount",
            "tax_mismatch",
        ),
        ("", "tax_groups", json!([{"code": "exempt", "rate": 0}]), "items[0].tax_group", "group_undeclared"),
        (
            "",
            "tax_groups",
            json!([{"code": "standard_vat", "rate": 0.16}, {"code": "exempt", "rate": 0}]),
            "tax_groups[1].code",
            "group_unused",
        ),
    ] {
        let mut draft = one();
        draft.pointer_mut(pointer).unwrap()[member] = value;
        assert_eq!(fault(&draft), (at.into(), code), "{draft}");
    }
}

/// The examples of docs/api.md.
#[test]
fn the_smallest_draft_that_is_completed_and_one_with_everything() {
    let smallest = r#"{
  "pos_terminal_id": "POS-01", "cashier_id": "C-07",
  "invoice_type": "sale", "timestamp": "2026-02-04T11:15:30+01:00",
  "items": [{"code": "ITEM-001", "description": "Service Plan", "quantity": 1, "unit_price": 100, "tax_group": "standard_vat"}],
  "payments": [{"method": "cash"}]
}"#;
    let complete = Complete { manifest: &DEFAULT_MANIFEST, day: CivilDate::constant(2026, 2, 4) };
    let defaults =
        Defaults { nif: "A1234567Z".parse().ok(), outlet: "OUTLET-001".parse().ok(), ..Defaults::default() };
    let canonical = Draft::read(smallest.as_bytes()).unwrap().canonical(&defaults, Some(complete)).unwrap();
    assert_eq!(canonical, FIRST_SALE);

    let everything = r#"{
  "merchant_nif": "A1234567Z", "outlet_id": "OUTLET-001", "pos_terminal_id": "POS-01", "cashier_id": "C-07",
  "invoice_type": "sale", "timestamp": "2026-02-04T10:15:30.000Z", "currency": "USD",
  "client": {"registration": "A7654321B", "classification": "Company"},
  "items": [
    {"code": "PSOL-150", "description": "Panneau solaire 150 W", "quantity": 2, "unit_price": 94.5, "tax_group": "standard_vat", "taxable_unit": "pièce"},
    {"code": "CABL-6S", "description": "Câble solaire 6 mm²", "quantity": "12.5", "unit_price": "1.75", "tax_group": "standard_vat", "taxable_unit": "m"}
  ],
  "payments": [{"method": "card", "amount": 200, "instrument_id": "7730"}, {"method": "cash"}],
  "annex": {"price_mode": "ttc", "client_name": "Hôtel Libota SARL", "exchange": {"currency": "USD", "rate": 2850, "date": "2026-02-04"}}
}"#;
    let canonical =
        Draft::read(everything.as_bytes()).unwrap().canonical(&Defaults::default(), Some(complete)).unwrap();
    assert!(canonical.contains(r#""totals":{"subtotal":"181.79","total_vat":"29.09","total":"210.88","currency":"USD"},"payments":[{"method":"card","amount":"200.00","instrument_id":"7730"},{"method":"cash","amount":"10.88","instrument_id":""}]"#), "{canonical}");
    assert!(canonical.contains(r#""total":"600993.75","total_vat":"82895.69""#), "{canonical}");
}

/// The example of docs/formats.md.
const FIRST_SALE: &str = r#"{"merchant_nif":"A1234567Z","outlet_id":"OUTLET-001","pos_terminal_id":"POS-01","cashier_id":"C-07","invoice_type":"sale","timestamp":"2026-02-04T10:15:30","client":{"registration":"","classification":"Individual"},"items":[{"code":"ITEM-001","description":"Service Plan","quantity":"1","unit_price":"100.00","tax_group":"standard_vat","taxable_unit":"unit"}],"tax_groups":[{"code":"standard_vat","name":"TVA 16%","rate":"0.16","base_amount":"100.00","tax_amount":"16.00"}],"totals":{"subtotal":"100.00","total_vat":"16.00","total":"116.00","currency":"CDF"},"payments":[{"method":"cash","amount":"116.00","instrument_id":""}]}"#;
