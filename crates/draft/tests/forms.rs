//! However an invoice is written, its canonical bytes are the same.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

use draft::{Defaults, Draft};
use proptest::prelude::*;
use serde_json::Value;

mod support;

use support::{Dice, friendly, valid_payloads};

/// The example of docs/formats.md.
const FIRST_SALE: &str = r#"{"merchant_nif":"A1234567Z","outlet_id":"OUTLET-001","pos_terminal_id":"POS-01","cashier_id":"C-07","invoice_type":"sale","timestamp":"2026-02-04T10:15:30","client":{"registration":"","classification":"Individual"},"items":[{"code":"ITEM-001","description":"Service Plan","quantity":"1","unit_price":"100.00","tax_group":"standard_vat","taxable_unit":"unit"}],"tax_groups":[{"code":"standard_vat","name":"TVA 16%","rate":"0.16","base_amount":"100.00","tax_amount":"16.00"}],"totals":{"subtotal":"100.00","total_vat":"16.00","total":"116.00","currency":"CDF"},"payments":[{"method":"cash","amount":"116.00","instrument_id":""}]}"#;

fn canonical(text: &str) -> Result<String, draft::DraftFault> {
    Draft::read(text.as_bytes())?.canonical(&Defaults::default(), None)
}

#[test]
fn canonical_bytes_stay_as_they_are() {
    for (name, payload) in valid_payloads() {
        assert_eq!(canonical(&payload).as_deref(), Ok(payload.as_str()), "{name}");
    }
}

#[test]
fn asking_for_completion_changes_nothing_where_nothing_is_missing() {
    for (name, payload) in valid_payloads() {
        let draft = Draft::read(payload.as_bytes()).unwrap();
        let complete = support::complete_of(&payload);
        assert_eq!(draft.canonical(&Defaults::default(), Some(complete)), Ok(payload), "{name}");
    }
}

#[test]
fn what_was_written_in_another_way_comes_to_the_same_bytes() {
    for (name, payload) in valid_payloads() {
        let value: Value = serde_json::from_str(&payload).unwrap();
        for seed in 0..20 {
            let written = friendly(&value, &mut Dice::new(seed * 7919 + 3));
            if written.len() <= Draft::MOST_BYTES {
                assert_eq!(canonical(&written).as_deref(), Ok(payload.as_str()), "{name}: {written}");
            }
        }
    }
}

#[test]
fn the_members_that_mean_nothing_else_may_be_left_out() {
    let short = r#"{
        "invoice_type": "sale", "timestamp": "2026-02-04T11:15:30+01:00",
        "items": [{"code": "ITEM-001", "description": "Service Plan", "quantity": 1, "unit_price": 100, "tax_group": "standard_vat"}],
        "tax_groups": [{"code": "standard_vat", "name": "TVA 16%", "rate": 0.16, "base_amount": 100, "tax_amount": 16}],
        "totals": {"subtotal": 100, "total_vat": 16, "total": 116}, "currency": "CDF",
        "payments": [{"method": "cash", "amount": 116}],
        "annex": {}
    }"#;
    let defaults = Defaults {
        nif: "A1234567Z".parse().ok(),
        outlet: "OUTLET-001".parse().ok(),
        terminal: "POS-01".parse().ok(),
        cashier: "C-07".parse().ok(),
    };
    let canonical = Draft::read(short.as_bytes()).unwrap().canonical(&defaults, None).unwrap();
    assert_eq!(canonical, FIRST_SALE);
}

#[test]
fn what_a_draft_states_is_never_replaced_by_a_default() {
    let (_, payload) = &valid_payloads()[0];
    let draft = Draft::read(payload.as_bytes()).unwrap();
    let defaults = Defaults {
        nif: "Z9999999A".parse().ok(),
        outlet: "OTHER".parse().ok(),
        terminal: "OTHER".parse().ok(),
        cashier: "OTHER".parse().ok(),
    };
    assert_eq!(draft.canonical(&defaults, None).as_ref(), Ok(payload));
    assert_eq!(draft.merchant_nif(), "A2301457K".parse().ok());
    assert_eq!(draft.outlet_id(), "KIN-GOMBE-01".parse().ok());
    assert_eq!(draft.pos_terminal_id(), "CAISSE-1".parse().ok());
    assert!(payload.contains(&draft.timestamp().to_string()));
}

#[test]
fn rates_of_given_groups_are_written_with_as_many_decimals_as_the_widest() {
    let draft = r#"{"merchant_nif": "A1234567Z", "outlet_id": "O", "pos_terminal_id": "P", "cashier_id": "C",
        "invoice_type": "sale", "timestamp": "2026-02-04T10:15:30Z", "items": [
            {"code": "A", "description": "A", "quantity": 1, "unit_price": 100, "tax_group": "a"},
            {"code": "B", "description": "B", "quantity": 1, "unit_price": 100, "tax_group": "b"}],
        "tax_groups": [
            {"code": "a", "name": "A", "rate": 0.1, "base_amount": 100, "tax_amount": 10},
            {"code": "b", "name": "B", "rate": 0.125, "base_amount": 100, "tax_amount": 12.5}],
        "totals": {"subtotal": 200, "total_vat": 22.5, "total": 222.5, "currency": "CDF"},
        "payments": [{"method": "cash", "amount": 222.5}]}"#;
    let canonical = canonical(draft).unwrap();
    assert!(canonical.contains(r#""rate":"0.100""#), "{canonical}");
    assert!(canonical.contains(r#""rate":"0.125""#), "{canonical}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_order_and_any_white_space_come_to_the_same_bytes(seed: u64, index in 0..54_usize) {
        let (name, payload) = &valid_payloads()[index];
        let value: Value = serde_json::from_str(payload).unwrap();
        let written = friendly(&value, &mut Dice::new(seed));
        if written.len() <= Draft::MOST_BYTES {
            prop_assert_eq!(canonical(&written), Ok(payload.clone()), "{}", name);
        }
    }
}
