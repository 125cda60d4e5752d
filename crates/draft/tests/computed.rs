//! What the computed members are.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

use draft::{Complete, Defaults, Draft};
use fiscal::{CivilDate, DEFAULT_MANIFEST, Manifest, ManifestGroup, Reason, Validated};
use proptest::prelude::*;
use serde_json::{Value, json};

mod support;

use support::drafts::{bare, by_default, complete, fault, item, one, remove};

#[test]
fn the_currency_is_the_franc_only_when_nobody_says_another() {
    let canonical = by_default(&one()).unwrap();
    assert!(canonical.contains(r#""total":"116.00","currency":"CDF""#), "{canonical}");

    let mut without = one();
    without["tax_groups"] =
        json!([{"code": "standard_vat", "name": "T", "rate": 0.16, "base_amount": 100, "tax_amount": 16}]);
    without["totals"] = json!({"subtotal": 100, "total_vat": 16, "total": 116});
    without["payments"][0]["amount"] = json!(116);
    let read = Draft::read(without.to_string().as_bytes()).unwrap();
    let missing = read.canonical(&Defaults::default(), None).unwrap_err();
    assert_eq!(missing.member().as_deref(), Some("totals.currency"));

    let mut dollars = one();
    dollars["currency"] = json!("USD");
    assert_eq!(fault(&dollars), ("annex.exchange".into(), "exchange_missing"));
    dollars["annex"] = json!({"exchange": {"currency": "USD", "rate": 2850, "date": "2026-02-04"}});
    let canonical = by_default(&dollars).unwrap();
    assert!(canonical.contains(r#""currency":"USD"},"payments""#), "{canonical}");
    assert!(canonical.contains(r#""total":"330600.00","total_vat":"45600.00""#), "{canonical}");

    dollars["totals"] = json!({"currency": "USD"});
    assert_eq!(by_default(&dollars), Ok(canonical));
    dollars["totals"] = json!({"currency": "CDF"});
    assert_eq!(fault(&dollars), ("currency".into(), "currency_conflict"));
}

#[test]
fn one_payment_takes_what_the_others_leave() {
    let mut draft = one();
    draft["payments"] = json!([
        {"method": "card", "amount": "16.5"}, {"method": "cash"}, {"method": "cheque", "amount": 50},
    ]);
    let canonical = by_default(&draft).unwrap();
    assert!(canonical.contains(r#"{"method":"cash","amount":"49.50","instrument_id":""}"#), "{canonical}");

    draft["payments"][0]["amount"] = json!(66);
    assert!(by_default(&draft).unwrap().contains(r#"{"method":"cash","amount":"0.00""#));
    draft["payments"][0]["amount"] = json!("66.01");
    assert_eq!(fault(&draft), ("payments[1].amount".into(), "overpaid"));
    remove(&mut draft["payments"][2], "amount");
    assert_eq!(fault(&draft), ("payments[2].amount".into(), "second_open_payment"));
}

#[test]
fn a_total_that_is_stated_wrongly_is_named_before_the_payment_that_follows_from_it() {
    let mut draft = one();
    draft["payments"] = json!([{"method": "card", "amount": 116}, {"method": "cash"}]);
    draft["totals"] = json!({"total": 100});
    assert_eq!(fault(&draft), ("totals.total".into(), "total_mismatch"));
}

#[test]
fn a_group_that_the_manifest_does_not_have_on_the_day_is_named_at_its_first_item() {
    let items = json!([
        item(json!(1), json!(1), "exempt"),
        item(json!(1), json!(1), "luxury"),
        item(json!(1), json!(1), "luxury")
    ]);
    assert_eq!(fault(&bare(items)), ("items[1].tax_group".into(), "group_not_in_manifest"));
    let before = Complete { manifest: &DEFAULT_MANIFEST, day: CivilDate::constant(2025, 11, 30) };
    let fault = complete(&one(), before).unwrap_err();
    assert_eq!(fault.code(), Reason::GroupNotInManifest.code());
}

#[test]
fn rates_are_those_of_the_day_with_the_decimals_that_the_widest_needs() {
    let group = |code: &str, rate: &str, month| ManifestGroup {
        code: code.parse().unwrap(),
        rate: rate.parse().unwrap(),
        valid_from: CivilDate::constant(2026, month, 1),
        ..DEFAULT_MANIFEST.groups[0]
    };
    let groups = [
        group("a", "0.1600", 1),
        group("b", "0.05", 1),
        group("c", "0.1250", 1),
        group("b", "0.06", 3),
        ManifestGroup { french: "", ..group("d", "0.05", 1) },
    ];
    let manifest = Manifest { groups: &groups };
    let rates = |codes: &[&str], month| -> Vec<String> {
        let items: Vec<Value> = codes.iter().map(|code| item(json!(1), json!(1), code)).collect();
        let day = CivilDate::constant(2026, month, 14);
        let canonical = complete(&bare(json!(items)), Complete { manifest: &manifest, day }).unwrap();
        let invoice: Value = serde_json::from_str(&canonical).unwrap();
        let groups = invoice["tax_groups"].as_array().unwrap();
        groups.iter().map(|group| format!("{} {}", group["code"], group["rate"]).replace('"', "")).collect()
    };
    assert_eq!(rates(&["a", "b"], 2), ["a 0.16", "b 0.05"]);
    assert_eq!(rates(&["b", "a", "b"], 3), ["b 0.06", "a 0.16"]);
    assert_eq!(rates(&["b", "c", "a"], 2), ["b 0.050", "c 0.125", "a 0.160"]);

    let nameless = bare(json!([item(json!(1), json!(1), "d")]));
    let day = CivilDate::constant(2026, 2, 4);
    let fault = complete(&nameless, Complete { manifest: &manifest, day }).unwrap_err();
    assert_eq!((fault.member().as_deref(), fault.code()), (Some("items[0].tax_group"), "text_empty"));
}

#[test]
fn a_credit_note_keeps_the_rates_that_it_states_and_takes_todays_otherwise() {
    let mut note = bare(json!([item(json!(-1), json!(100), "standard_vat")]));
    note["invoice_type"] = json!("credit_note");
    note["reference"] = json!({"nature": "RRR"});
    let today = by_default(&note).unwrap();
    assert!(today.contains(r#""rate":"0.16","base_amount":"-100.00","tax_amount":"-16.00""#), "{today}");
    assert!(today.contains(r#"{"method":"cash","amount":"-116.00""#), "{today}");
    note["tax_groups"] = json!([{"code": "standard_vat", "name": "TVA 18%", "rate": 0.18}]);
    let kept = by_default(&note).unwrap();
    assert!(
        kept.contains(r#""name":"TVA 18%","rate":"0.18","base_amount":"-100.00","tax_amount":"-18.00""#),
        "{kept}"
    );
    note["payments"] = json!([{"method": "card", "amount": -200}, {"method": "cash"}]);
    assert_eq!(fault(&note), ("payments[1].amount".into(), "overpaid"));
}

#[test]
fn more_groups_than_an_invoice_may_have_are_refused_and_not_computed() {
    let groups: Vec<ManifestGroup<'_>> = (0..17)
        .map(|index| ManifestGroup {
            code: format!("g{index}").parse().unwrap(),
            ..DEFAULT_MANIFEST.groups[0]
        })
        .collect();
    let manifest = Manifest { groups: &groups };
    let day = CivilDate::constant(2026, 2, 4);
    let sale = |count: usize| {
        let items: Vec<Value> =
            (0..count).map(|index| item(json!(1), json!(1), &format!("g{index}"))).collect();
        complete(&bare(json!(items)), Complete { manifest: &manifest, day })
    };
    assert!(sale(16).is_ok());
    let fault = sale(17).unwrap_err();
    assert_eq!((fault.member().as_deref(), fault.code()), (Some("tax_groups"), "groups_count"));
}

#[test]
fn sums_past_thirteen_digits_are_at_fault() {
    let most = json!("9999999999999.99");
    let two = bare(json!([item(json!(1), most.clone(), "exempt"), item(json!(1), most.clone(), "exempt")]));
    assert_eq!(fault(&two), ("items[1].unit_price".into(), "amount_overflow"));
    let apart =
        bare(json!([item(json!(1), most.clone(), "exempt"), item(json!(1), most.clone(), "guarantee")]));
    assert_eq!(fault(&apart), ("totals.subtotal".into(), "amount_overflow"));
    let taxed = bare(json!([item(json!(1), most, "standard_vat")]));
    assert_eq!(fault(&taxed), ("totals.total".into(), "amount_overflow"));
    let mut paid = one();
    paid["payments"] = json!([
        {"method": "cash", "amount": "-9999999999999.99"}, {"method": "card"},
    ]);
    assert_eq!(fault(&paid), ("payments".into(), "amount_overflow"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn whatever_is_sold_is_completed_to_an_invoice_that_adds_up(
        lines in prop::collection::vec((1..9_999_999_i64, 0..99_999_999_i64, 0..16_usize), 1..40),
        inclusive: bool,
        foreign: bool,
        credit: bool,
    ) {
        let items: Vec<Value> = lines.iter().map(|(thousandths, ten_thousandths, group)| {
            let sign = if credit { "-" } else { "" };
            let quantity = format!("{sign}{}.{:03}", thousandths / 1000, thousandths % 1000);
            let price = format!("{}.{:04}", ten_thousandths / 10_000, ten_thousandths % 10_000);
            item(json!(quantity), json!(price), DEFAULT_MANIFEST.groups[*group].code.as_str())
        }).collect();
        let mut draft = bare(json!(items));
        if credit {
            draft["invoice_type"] = json!("credit_note");
            draft["reference"] = json!({"nature": "RRR"});
        }
        if inclusive || foreign {
            draft["annex"] = json!({});
        }
        if inclusive {
            draft["annex"]["price_mode"] = json!("ttc");
        }
        if foreign {
            draft["currency"] = json!("USD");
            draft["annex"]["exchange"] = json!({"currency": "USD", "rate": "2850.1234", "date": "2026-02-04"});
        }
        let canonical = by_default(&draft).unwrap();
        let validated = Validated::read(canonical.as_bytes()).unwrap();
        let invoice = validated.invoice();
        prop_assert_eq!(invoice.payments.iter().next().unwrap().amount, invoice.totals.total);
        // Prices that include the tax are what is paid, whatever the rounding of bases.
        if inclusive {
            let lines = invoice.items.iter().map(|item| item.quantity.times(item.unit_price).unwrap());
            prop_assert_eq!(fiscal::Amount::sum(lines), Ok(invoice.totals.total));
        }
    }
}
