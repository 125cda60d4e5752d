//! Tax groups as dated data (P7): which group stands on which invoice, for whom, at which rate, from which day.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

#[macro_use]
#[path = "support/vector.rs"]
mod vector;

use fiscal::{
    Amount, CivilDate, Classification, DEFAULT_MANIFEST, DgiLetter, GroupAmounts, GroupCode, Invoice,
    InvoiceType, List, Manifest, ManifestGroup, Payment, Reason, TaxGroup, UtcOffset, Validated,
};

const SALE: &str = vector!("sale_ht_one_item");
const MIXED: &str = vector!("sale_ht_mixed_groups");
const EXPORT: &str = vector!("export_usd");
const EXPORT_CREDIT: &str = vector!("export_credit_usd");
const RETURN: &str = vector!("credit_note_return");
const REBATE: &str = vector!("credit_note_rebate");

fn code(text: &str) -> GroupCode {
    text.parse().unwrap()
}

fn day(text: &str) -> CivilDate {
    text.parse().unwrap()
}

fn standard() -> ManifestGroup<'static> {
    *DEFAULT_MANIFEST.group_on(code("standard_vat"), day("2026-02-04")).unwrap()
}

/// What the manifest says of a payload on a day: a path with its reason, or nothing. Its sums are made right first,
/// so that a test may change a rate and nothing else.
fn fault_of(manifest: &Manifest<'_>, payload: &str, day: CivilDate) -> Option<(String, Reason)> {
    let payload = with_right_sums(&Invoice::read(payload.as_bytes()).unwrap());
    let sale = Validated::read(payload.as_bytes()).unwrap_or_else(|fault| panic!("{fault}: {payload}"));
    manifest.check(&sale, day).err().map(|fault| (fault.path.to_string(), fault.reason))
}

fn with_right_sums(invoice: &Invoice<'_>) -> String {
    let mut groups: Vec<TaxGroup<'_>> = invoice.tax_groups.iter().collect();
    for group in &mut groups {
        let lines = invoice.items.iter().filter(|item| item.tax_group == group.code);
        let lines = Amount::sum(lines.map(|item| item.quantity.times(item.unit_price).unwrap())).unwrap();
        let amounts = GroupAmounts::of_lines(lines, group.rate, invoice.price_mode()).unwrap();
        (group.base_amount, group.tax_amount) = (amounts.base, amounts.tax);
    }
    let mut totals = invoice.totals;
    totals.subtotal = Amount::sum(groups.iter().map(|group| group.base_amount)).unwrap();
    totals.total_vat = Amount::sum(groups.iter().map(|group| group.tax_amount)).unwrap();
    totals.total = totals.subtotal.plus(totals.total_vat).unwrap();
    let payments = [Payment { amount: totals.total, ..invoice.payments.iter().next().unwrap() }];
    let mut right = Invoice { totals, ..*invoice };
    (right.tax_groups, right.payments) = (List::from(&groups[..]), List::from(&payments[..]));
    let mut payload = String::new();
    right.write(&mut payload).unwrap();
    payload
}

fn default_fault_of(payload: &str) -> Option<(String, Reason)> {
    fault_of(&DEFAULT_MANIFEST, payload, day("2026-02-04"))
}

fn at(path: &str, reason: Reason) -> Option<(String, Reason)> {
    Some((path.to_owned(), reason))
}

fn edited(payload: &str, edits: &[(&str, &str)]) -> String {
    edits.iter().fold(payload.to_owned(), |payload, (from, to)| {
        assert!(payload.contains(from), "{from} is not in {payload}");
        payload.replace(from, to)
    })
}

#[test]
fn the_default_manifest_is_the_table_of_the_decisions() {
    let table = [
        ("exempt", 'A', "0.00"),
        ("standard_vat", 'B', "0.16"),
        ("reduced_vat", 'C', "0.05"),
        ("derogatory", 'D', "0.00"),
        ("export", 'E', "0.00"),
        ("public_contract", 'F', "0.16"),
        ("public_contract_reduced", 'G', "0.05"),
        ("packaging_deposit", 'H', "0.00"),
        ("guarantee", 'I', "0.00"),
        ("disbursement", 'J', "0.00"),
        ("unregistered_seller", 'K', "0.00"),
        ("levy", 'L', "0.00"),
        ("regulated", 'M', "0.00"),
        ("regulated_vat", 'N', "0.00"),
        ("reserved_o", 'O', "0.01"),
        ("reserved_p", 'P', "0.01"),
    ];
    let groups = DEFAULT_MANIFEST.groups;
    let rows: Vec<_> =
        groups.iter().map(|group| (group.code, group.letter.as_char(), group.rate.to_string())).collect();
    let expected: Vec<_> =
        table.iter().map(|(name, letter, rate)| (code(name), *letter, (*rate).to_owned())).collect();
    assert_eq!(rows, expected);
    for group in groups {
        assert!(!group.french.is_empty() && !group.english.is_empty(), "{}", group.code);
    }
}

#[test]
fn every_default_group_but_export_stands_on_every_invoice_for_every_client() {
    for group in DEFAULT_MANIFEST.groups {
        let exports = [InvoiceType::Export, InvoiceType::ExportAdvance, InvoiceType::ExportCredit];
        let types = if group.code == code("export") { &exports[..] } else { InvoiceType::ALL };
        assert_eq!(group.invoice_types, types, "{}", group.code);
        assert_eq!(group.classifications, Classification::ALL, "{}", group.code);
    }
}

#[test]
fn letters_are_a_to_p() {
    for letter in u8::MIN..=u8::MAX {
        let known = DgiLetter::new(letter).map(DgiLetter::as_char);
        assert_eq!(known, (b'A'..=b'P').contains(&letter).then_some(char::from(letter)));
    }
}

#[test]
fn no_group_holds_before_its_first_day() {
    let unknown = at("tax_groups[0].code", Reason::GroupNotInManifest);
    assert_eq!(fault_of(&DEFAULT_MANIFEST, SALE, day("2025-11-30")), unknown);
    assert_eq!(fault_of(&DEFAULT_MANIFEST, SALE, day("2025-12-01")), None);
}

#[test]
fn a_new_rate_holds_from_midnight_in_the_outlets_own_zone() {
    let old = standard();
    let new = ManifestGroup { rate: "0.18".parse().unwrap(), valid_from: day("2026-07-01"), ..old };
    let old_rate = SALE.to_owned();
    let new_rate = edited(SALE, &[("\"0.16\"", "\"0.18\""), ("\"16.00\"", "\"18.00\""), ("116", "118")]);
    let wrong = at("tax_groups[0].rate", Reason::RateNotInManifest);
    for (offset, last, first) in [
        (UtcOffset::KINSHASA, "2026-06-30T22:59:59", "2026-06-30T23:00:00"),
        (UtcOffset::LUBUMBASHI, "2026-06-30T21:59:59", "2026-06-30T22:00:00"),
    ] {
        for groups in [[old, new], [new, old]] {
            let manifest = Manifest { groups: &groups };
            for (time, holds, lapsed) in [(last, &old_rate, &new_rate), (first, &new_rate, &old_rate)] {
                let stamped = |payload: &str| edited(payload, &[("2026-02-04T10:15:30", time)]);
                let on_its_day = |payload: &str| {
                    let sale = Validated::read(payload.as_bytes()).unwrap();
                    fault_of(&manifest, payload, sale.invoice().timestamp.date_at(offset))
                };
                assert_eq!(on_its_day(&stamped(holds)), None, "{time} {offset:?}");
                assert_eq!(on_its_day(&stamped(lapsed)), wrong, "{time} {offset:?}");
            }
        }
    }
}

#[test]
fn the_newest_entry_that_already_holds_is_the_one_in_force() {
    let entry =
        |from, rate: &str| ManifestGroup { valid_from: day(from), rate: rate.parse().unwrap(), ..standard() };
    let groups = [entry("2026-07-01", "0.18"), entry("2024-01-01", "0.15"), entry("2025-01-01", "0.16")];
    let manifest = Manifest { groups: &groups };
    let in_force = |on| manifest.group_on(code("standard_vat"), day(on)).map(|group| group.rate.to_string());
    for (on, rate) in [
        ("2023-12-31", None),
        ("2024-01-01", Some("0.15")),
        ("2024-12-31", Some("0.15")),
        ("2025-01-01", Some("0.16")),
        ("2026-06-30", Some("0.16")),
        ("2026-07-01", Some("0.18")),
        ("9999-12-31", Some("0.18")),
    ] {
        assert_eq!(in_force(on).as_deref(), rate, "{on}");
    }
}

#[test]
fn an_unknown_code_is_named_with_its_place() {
    let payload = edited(MIXED, &[("\"exempt\"", "\"luxury\"")]);
    assert_eq!(default_fault_of(&payload), at("tax_groups[2].code", Reason::GroupNotInManifest));
    assert_eq!(default_fault_of(MIXED), None);
    assert_eq!(
        fault_of(&Manifest { groups: &[] }, MIXED, day("2026-02-04")),
        at("tax_groups[0].code", Reason::GroupNotInManifest)
    );
}

#[test]
fn a_rate_is_compared_by_value_not_by_its_decimals() {
    for (rate, holds) in
        [("0.16", true), ("0.160", true), ("0.1600", true), ("0.1601", false), ("0.15", false)]
    {
        let payload = edited(SALE, &[("\"0.16\"", &format!("\"{rate}\""))]);
        let wrong = at("tax_groups[0].rate", Reason::RateNotInManifest);
        assert_eq!(default_fault_of(&payload), if holds { None } else { wrong }, "{rate}");
    }
    let second = edited(MIXED, &[("\"0.16\"", "\"0.05\"")]);
    assert_eq!(default_fault_of(&second), at("tax_groups[1].rate", Reason::RateNotInManifest));
}

#[test]
fn the_export_group_stands_on_exports_only() {
    for (payload, invoice_type, allowed) in [
        (EXPORT, "sale", false),
        (EXPORT, "advance", false),
        (EXPORT, "export", true),
        (EXPORT, "export_advance", true),
        (EXPORT_CREDIT, "credit_note", false),
        (EXPORT_CREDIT, "export_credit", true),
    ] {
        let (from, _) = payload.split_once(",\"timestamp\"").unwrap();
        let (_, old) = from.rsplit_once(',').unwrap();
        let payload = edited(payload, &[(old, &type_member(invoice_type))]);
        let wrong = at("tax_groups[0].code", Reason::GroupInvoiceType);
        assert_eq!(default_fault_of(&payload), if allowed { None } else { wrong }, "{invoice_type}");
    }
}

fn type_member(invoice_type: &str) -> String {
    format!("\"invoice_type\":\"{invoice_type}\"")
}

#[test]
fn a_group_may_be_kept_to_classes_of_clients() {
    let groups = [ManifestGroup { classifications: &[Classification::Embassy], ..standard() }];
    let manifest = Manifest { groups: &groups };
    for class in Classification::ALL {
        let client = format!("\"registration\":\"A1\",\"classification\":\"{}\"", class.name());
        let payload = edited(SALE, &[("\"registration\":\"\",\"classification\":\"Individual\"", &client)]);
        let wrong = at("tax_groups[0].code", Reason::GroupClient);
        let expected = if *class == Classification::Embassy { None } else { wrong };
        assert_eq!(fault_of(&manifest, &payload, day("2026-02-04")), expected, "{class:?}");
    }
}

/// The one-item sale in another group, its article of a type.
fn sale_of(item_type: &str, group: &str, rate: &str) -> String {
    let annex = format!("}}],\"annex\":{{\"items\":[{{\"type\":\"{item_type}\"}}]}}}}");
    edited(SALE, &[("standard_vat", group), ("\"0.16\"", &format!("\"{rate}\"")), ("}]}", &annex)])
}

#[test]
fn an_article_is_a_tax_in_groups_l_and_n_only() {
    for group in DEFAULT_MANIFEST.groups.iter().filter(|group| group.code != code("export")) {
        let payload = |item_type| sale_of(item_type, group.code.as_str(), &group.rate.to_string());
        assert_eq!(default_fault_of(&payload("BIE")), None, "{}", group.code);
        assert_eq!(default_fault_of(&payload("SER")), None, "{}", group.code);
        let wrong = at("annex.items[0].type", Reason::ItemTypeGroup);
        let expected = if matches!(group.letter.as_char(), 'L' | 'N') { None } else { wrong };
        assert_eq!(default_fault_of(&payload("TAX")), expected, "{}", group.code);
    }
}

#[test]
fn a_tax_article_is_named_with_its_place() {
    let annex = "}],\"annex\":{\"items\":[{\"type\":\"BIE\"},{\"type\":\"SER\"},{\"type\":\"TAX\"}]}}";
    let payload = edited(MIXED, &[("}]}", annex)]);
    assert_eq!(default_fault_of(&payload), at("annex.items[2].type", Reason::ItemTypeGroup));
    let levy = edited(&payload, &[("\"exempt\"", "\"levy\"")]);
    assert_eq!(default_fault_of(&levy), None);
}

#[test]
fn a_note_with_an_original_keeps_its_rate_and_a_rebate_has_todays() {
    let new = ManifestGroup { rate: "0.18".parse().unwrap(), valid_from: day("2026-07-01"), ..standard() };
    let groups = [standard(), new];
    let manifest = Manifest { groups: &groups };
    let (before, after) = (day("2026-06-30"), day("2026-07-01"));
    let wrong = at("tax_groups[0].rate", Reason::RateNotInManifest);
    for note in [RETURN, vector!("credit_note_void"), vector!("credit_note_ttc_partial")] {
        assert_eq!(fault_of(&manifest, note, before), None);
        assert_eq!(fault_of(&manifest, note, after), None);
    }
    assert_eq!(fault_of(&manifest, REBATE, before), None);
    assert_eq!(fault_of(&manifest, REBATE, after), wrong);
    assert_eq!(fault_of(&manifest, SALE, after), wrong);
}

#[test]
fn a_note_with_an_original_keeps_every_other_rule_of_the_manifest() {
    let export = edited(RETURN, &[("standard_vat", "export"), ("\"0.16\"", "\"0.00\"")]);
    assert_eq!(default_fault_of(&export), at("tax_groups[0].code", Reason::GroupInvoiceType));
    let unknown = edited(RETURN, &[("standard_vat", "luxury")]);
    assert_eq!(default_fault_of(&unknown), at("tax_groups[0].code", Reason::GroupNotInManifest));
    let groups = [ManifestGroup { classifications: &[Classification::Embassy], ..standard() }];
    assert_eq!(
        fault_of(&Manifest { groups: &groups }, RETURN, day("2026-02-04")),
        at("tax_groups[0].code", Reason::GroupClient)
    );
    let tax = edited(RETURN, &[("DEF\"}}", "DEF\"},\"annex\":{\"items\":[{\"type\":\"TAX\"}]}}")]);
    assert_eq!(default_fault_of(&tax), at("annex.items[0].type", Reason::ItemTypeGroup));
}
