//! What items come to, for whoever fills in what a till left out.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

use fiscal::{Amount, Invoice, List, Member, Path, Reason, Tally, TaxGroup, limits};

const VALID: &[&str] = &[
    include_str!("../../../vectors/canonical/valid_sale_ht_mixed_groups.json"),
    include_str!("../../../vectors/canonical/valid_sale_ttc_rounding.json"),
    include_str!("../../../vectors/canonical/valid_export_usd.json"),
    include_str!("../../../vectors/canonical/valid_export_credit_usd.json"),
];

fn tally(invoice: &Invoice<'_>, groups: &[TaxGroup<'_>]) -> Result<Tally, fiscal::Fault> {
    let rate = invoice.annex.exchange.map(|exchange| exchange.rate);
    Tally::of(&invoice.items, groups, rate, invoice.invoice_type.is_credit())
}

#[test]
fn a_tally_comes_to_what_valid_invoices_state() {
    for payload in VALID {
        let invoice = Invoice::read(payload.as_bytes()).unwrap();
        let groups: Vec<_> = invoice.tax_groups.iter().collect();
        let tally = tally(&invoice, &groups).unwrap();
        for (group, amounts) in groups.iter().zip(tally.amounts(&groups, invoice.price_mode())) {
            let amounts = amounts.unwrap();
            assert_eq!((group.base_amount, group.tax_amount), (amounts.base, amounts.tax));
        }
        let stated = invoice.annex.exchange.map_or((Amount::ZERO, Amount::ZERO), |e| (e.total, e.total_vat));
        let (total, vat) = tally.converted_totals(&groups, invoice.price_mode());
        assert_eq!(stated, (total.unwrap(), vat.unwrap()));
    }
}

#[test]
fn groups_past_the_sixteenth_are_not_counted_and_their_items_at_fault() {
    let invoice = Invoice::read(VALID[0].as_bytes()).unwrap();
    let group = invoice.tax_groups.iter().next().unwrap();
    let mut groups: Vec<_> = (0..limits::GROUPS)
        .map(|index| TaxGroup { code: format!("other-{index}").parse().unwrap(), ..group })
        .collect();
    groups.push(group);
    let item = invoice.items.iter().find(|item| item.tax_group == group.code).unwrap();
    let fault = Tally::of(&List::from(&[item][..]), &groups, None, false).unwrap_err();
    assert_eq!(fault.reason, Reason::GroupUndeclared);
    assert_eq!(fault.path, Path::ROOT.member(Member::Items).element(0).member(Member::TaxGroup));
}
