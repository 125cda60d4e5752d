//! What the ledger says that the tax authority has, against the invoices: each lie is found, and what is true is not.

mod support;

use fiscal::EventKind;
use support::{
    Entry, found,
    outlet::{Outlet, alone, authority_body, judged, judged_as_journals},
};
use verify::{ExportVerdict, Language, Report, Rule, Trust};

const CODE: &str = "YKAV7RVLAMCF7JNAAHX4KQ2M";
const OTHER: &str = "AAAA7RVLAMCF7JNAAHX4KQ2M";

/// The cloud and a device sold, and all was delivered.
fn shop() -> Outlet {
    let mut outlet = Outlet::new(1);
    outlet.sell(2);
    outlet.give(0);
    outlet.sell(2);
    outlet.deliver();
    outlet
}

fn own_sale(outlet: &Outlet) -> Entry {
    outlet.cloud.entries[1].clone()
}

fn sale_of_the_device(outlet: &Outlet) -> Entry {
    outlet.devices[0].entries[2].clone()
}

fn rules(verdict: &ExportVerdict) -> Vec<Rule> {
    found(&verdict.journal).into_iter().map(|(rule, _)| rule).collect()
}

/// What is found of an outlet whose cloud says this of the body of a true note.
fn said(change: impl FnOnce(&str) -> String) -> Vec<Rule> {
    let mut outlet = shop();
    let body = change(&authority_body(&own_sale(&outlet), CODE, "api"));
    outlet.declare(EventKind::Authority, &body);
    rules(&outlet.verdict())
}

#[test]
fn notes_of_own_and_delivered_invoices_are_true_in_full() {
    let mut outlet = shop();
    let (own, delivered) = (own_sale(&outlet), sale_of_the_device(&outlet));
    outlet.note(&own, CODE, "api");
    outlet.note(&delivered, OTHER, "api");
    for verdict in [judged(&outlet.folders()), judged_as_journals(&outlet.folders())] {
        assert_eq!(rules(&verdict), []);
        assert_eq!((verdict.journal.authority, verdict.journal.authority_unchecked), (2, 0));
    }
    let whole = judged(&outlet.folders());
    assert!(Report::of_export(&whole, &Trust::Keys(Vec::new()), Language::French).complete);
    // Of the ledger's own chain alone nobody can say whether the device's invoice is there.
    let verdict = alone(&outlet.cloud.entries);
    assert_eq!(verdict.findings, []);
    assert_eq!((verdict.authority, verdict.authority_unchecked), (2, 1));
    let report = Report::of_journal(&verdict, &Trust::Keys(Vec::new()), Language::English);
    assert!(!report.complete);
}

#[test]
fn a_note_of_an_invoice_that_is_not_there_or_another_shows() {
    assert_eq!(said(str::to_owned), []);
    for (from, to) in [
        ("\"position\":2", "\"position\":3"),
        ("\"position\":2", "\"position\":900"),
        ("\"number\":1", "\"number\":2"),
        ("\"epoch\":0", "\"epoch\":7"),
        ("CLOUD-01", "DEF-000009"),
    ] {
        let found = said(|body| {
            assert!(body.contains(from), "{body}");
            body.replacen(from, to, 1)
        });
        assert_eq!(found, [Rule::AuthorityInvoice], "{from} {to}");
    }
    let found = said(|body| {
        let hash = "record_hash\":\"";
        let at = body.find(hash).unwrap() + hash.len();
        format!("{}{}{}", &body[..at], "0".repeat(64), &body[at + 64..])
    });
    assert_eq!(found, [Rule::AuthorityInvoice]);
}

#[test]
fn a_record_that_is_no_invoice_is_not_what_the_authority_has() {
    let mut outlet = shop();
    let event = outlet.cloud.entries[0].clone();
    outlet.note(&event, CODE, "api");
    assert_eq!(rules(&outlet.verdict()), [Rule::AuthorityInvoice]);
}

#[test]
fn an_invoice_that_was_taken_out_of_a_chain_leaves_its_note() {
    let mut outlet = shop();
    let delivered = sale_of_the_device(&outlet);
    outlet.note(&delivered, CODE, "api");
    let mut folders = outlet.folders();
    folders[1].1.remove(2);
    assert!(rules(&judged_as_journals(&folders)).contains(&Rule::AuthorityInvoice));
}

#[test]
fn a_body_that_is_not_in_its_one_form_shows() {
    type Change = fn(&str) -> String;
    let changes: [Change; 12] = [
        |body| body.replacen('{', "{ ", 1),
        |body| body.replace(CODE, &CODE[1..]),
        |body| body.replace(CODE, "YKAV7RVLAMCF7JNAAHX4KQ2 "),
        |body| body.replace("\"api\"", "\"rumour\""),
        |body| body.replace("\"test\":false", "\"test\":0"),
        |body| body.replace(",\"test\":false", ""),
        |body| body.replace("edef.dgirdc.cd", "edef dgirdc"),
        |body| body.replace("\"code\":", "\"total\":\"1.0\",\"code\":"),
        |body| body.replace("\"source\":", "\"total\":\"1.0\",\"source\":"),
        |body| body.replace("\"source\":", "\"counters\":\"\",\"source\":"),
        |body| body.replace("\"nim\":", "\"mood\":\"good\",\"nim\":"),
        |_| "{}".to_owned(),
    ];
    for (index, change) in changes.into_iter().enumerate() {
        assert_eq!(said(change), [Rule::AuthorityForm], "{index}");
    }
    let whole = |body: &str| {
        body.replace("\"source\":", "\"date_time\":\"x\",\"qr\":\"F;é\",\"counters\":\"64/64 FV\",\"total\":\"116.00\",\"vtotal\":\"16.00\",\"source\":")
            .replace("\"code\":", "\"uid\":\"0b-1\",\"code\":")
    };
    assert_eq!(said(whole), []);
}

#[test]
fn two_codes_of_one_invoice_show_unless_the_second_came_in_a_way_that_counts_more() {
    let noted = |notes: &[(&str, &str)]| {
        let mut outlet = shop();
        let delivered = sale_of_the_device(&outlet);
        notes.iter().for_each(|(code, source)| outlet.note(&delivered, code, source));
        rules(&outlet.verdict())
    };
    let two = [Rule::AuthorityTwoCodes];
    assert_eq!(noted(&[(CODE, "hand"), (OTHER, "api")]), []);
    assert_eq!(noted(&[(CODE, "imported"), (OTHER, "api")]), []);
    assert_eq!(noted(&[(CODE, "hand"), (CODE, "api")]), []);
    assert_eq!(noted(&[(CODE, "api"), (CODE, "api")]), []);
    assert_eq!(noted(&[(CODE, "api"), (OTHER, "api")]), two);
    assert_eq!(noted(&[(CODE, "api"), (OTHER, "hand")]), two);
    assert_eq!(noted(&[(CODE, "hand"), (OTHER, "hand")]), two);
    assert_eq!(noted(&[(CODE, "hand"), (OTHER, "imported")]), []);
    assert_eq!(noted(&[(CODE, "hand"), (OTHER, "portal"), ("BBBB7RVLAMCF7JNAAHX4KQ2M", "api")]), []);
    assert_eq!(noted(&[(CODE, "imported"), (OTHER, "portal")]), two);
    assert_eq!(noted(&[(CODE, "imported"), (OTHER, "hand")]), two);
    assert_eq!(noted(&[(CODE, "hand"), (OTHER, "api"), ("BBBB7RVLAMCF7JNAAHX4KQ2M", "api")]), two);
    assert_eq!(noted(&[(CODE, "hand"), (OTHER, "api"), (CODE, "hand")]), []);
}

#[test]
fn a_trial_and_the_authoritys_answer_are_no_two_codes() {
    let mut outlet = shop();
    let delivered = sale_of_the_device(&outlet);
    let trial =
        |code: &str| authority_body(&delivered, code, "api").replace("\"test\":false", "\"test\":true");
    outlet.declare(EventKind::Authority, &trial(OTHER));
    outlet.note(&delivered, CODE, "hand");
    assert_eq!(rules(&outlet.verdict()), []);
    outlet.declare(EventKind::Authority, &trial(CODE));
    assert_eq!(rules(&outlet.verdict()), [Rule::AuthorityTwoCodes]);
}

#[test]
fn one_code_of_two_invoices_shows_unless_it_was_typed_or_is_of_a_trial_or_of_another_machine() {
    let noted = |source: &str, change: &dyn Fn(String) -> String| {
        let mut outlet = shop();
        let (own, delivered) = (own_sale(&outlet), sale_of_the_device(&outlet));
        outlet.note(&own, CODE, "api");
        outlet.note(&own, CODE, "api");
        outlet.declare(EventKind::Authority, &change(authority_body(&delivered, CODE, source)));
        rules(&outlet.verdict())
    };
    let same = |body: String| body;
    assert_eq!(noted("api", &same), [Rule::AuthorityCodeReused]);
    assert_eq!(noted("imported", &same), [Rule::AuthorityCodeReused]);
    assert_eq!(noted("hand", &same), []);
    assert_eq!(noted("api", &|body| body.replace("\"test\":false", "\"test\":true")), []);
    assert_eq!(noted("api", &|body| body.replace("CD01002345-1", "CD01002345-2")), []);
}
