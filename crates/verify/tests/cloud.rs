//! A cloud signer's ledger: what it says of its outlet and its keys, and each way of saying it falsely.

mod support;

use fiscal::{Chain, EventKind, HeadState};
use support::{
    cloud::{certificate, cloud_chain, epoch, ledger, provisioned, spki, two_epochs},
    counted, found, key, sale,
    till::Till,
    verdict,
};
use verify::Rule;

#[test]
fn a_ledger_is_true_and_its_closures_are_checked_in_full() {
    let journal = verdict(&ledger().entries);
    assert_eq!(counted(&journal), [2, 0, 0]);
    assert!(!journal.is_part);
    let journal = verdict(&two_epochs());
    assert_eq!(counted(&journal), [3, 0, 0]);
    assert_eq!((journal.is_part, journal.untied_epochs), (false, 0));
}

#[test]
fn the_zone_of_a_closure_is_that_of_the_binding() {
    let mut till = Till::cloud(cloud_chain(1), key(1), HeadState::START);
    let body = provisioned(1).replace(":60,", ":-120,");
    till.event(EventKind::Provisioned, &body, "2026-02-04T08:00:00");
    // The till's closures are by Kinshasa's days.
    till.sell(&sale(1), "2026-02-04T23:30:00");
    till.close("2026-02-05T12:00:00");
    let journal = verdict(&till.entries);
    let place = "#3 (position 3, closure)";
    let days = [format!("{place} first_day"), format!("{place} last_day")];
    let found = found(&journal);
    assert_eq!(found, [(Rule::ClosureDays, days[0].as_str()), (Rule::ClosureDays, days[1].as_str())]);
}

#[test]
fn a_ledger_that_begins_above_one_goes_on_from_there_and_is_a_part() {
    let state = HeadState { number: fiscal::InvoiceNumber::new(41), ..HeadState::START };
    let begun = |first: u64| {
        let mut till = Till::cloud(cloud_chain(1), key(1), state);
        let body = provisioned(1).replace(r#""first_number":1,"#, &format!(r#""first_number":{first},"#));
        till.event(EventKind::Provisioned, &body, "2026-02-04T08:00:00");
        till.sell(&sale(1), "2026-02-04T10:00:00");
        verdict(&till.entries)
    };
    let right = begun(42);
    assert_eq!((&right.findings[..], right.is_part), (&[][..], true));
    assert_eq!(found(&begun(43)), [(Rule::NumberGap, "#2 (position 2, invoice 0/42)")]);
}

/// What the referee finds of a ledger that begins with this body.
fn begun_with(kind: EventKind, body: &str) -> Vec<Rule> {
    let mut till = Till::cloud(cloud_chain(1), key(1), HeadState::START);
    till.event(kind, body, "2026-02-04T08:00:00");
    verdict(&till.entries).findings.iter().map(|finding| finding.rule).collect()
}

#[test]
fn a_binding_has_one_form() {
    let body = provisioned(1);
    assert_eq!(begun_with(EventKind::Provisioned, &body), []);
    for (from, to) in [
        (r#""prefix":"KINGOMBE01","#, ""),
        (r#""prefix":"KINGOMBE01","#, r#""prefix":"kin","#),
        (r#""first_number":1,"#, r#""first_number":0,"#),
        (r#""epoch":0,"#, r#""epoch": 0,"#),
        (r#""epoch":0,"#, r#""epoch":0,"note":"","#),
        (r#""epoch":0,"first_number":1,"#, r#""first_number":1,"epoch":0,"#),
        (r#":60,"#, r#":6000,"#),
        (r#""merchant_nif":"A"#, r#""merchant_nif":"a"#),
        (&spki(1), "AAAA"),
    ] {
        assert!(body.contains(from), "{from}");
        assert_eq!(
            begun_with(EventKind::Provisioned, &body.replacen(from, to, 1)),
            [Rule::BindingForm],
            "{to}"
        );
    }
    let with_reason = epoch(1, 0, fiscal::RecordHash::NONE);
    assert_eq!(begun_with(EventKind::Provisioned, &with_reason), [Rule::BindingForm]);
    assert_eq!(begun_with(EventKind::Epoch, &with_reason), []);
    assert_eq!(begun_with(EventKind::Epoch, &body), [Rule::BindingForm]);
    let headless = with_reason.split_once(r#","previous_head""#).unwrap().0.to_owned() + "}";
    let groundless = with_reason.replace(r#""reason":"restored","#, "");
    for body in [headless, groundless] {
        assert_eq!(begun_with(EventKind::Epoch, &body), [Rule::BindingForm], "{body}");
        assert_eq!(begun_with(EventKind::Provisioned, &body), [Rule::BindingForm], "{body}");
    }
}

#[test]
fn a_binding_is_of_the_record_that_says_it() {
    let body = provisioned(1);
    for (from, to) in [
        (r#""epoch":0"#.to_owned(), r#""epoch":1"#.to_owned()),
        ("OUTLET-001".to_owned(), "OUTLET-002".to_owned()),
        (spki(1), spki(2)),
    ] {
        assert_eq!(
            begun_with(EventKind::Provisioned, &body.replacen(&from, &to, 1)),
            [Rule::BindingMismatch]
        );
    }
    let other_head = epoch(1, 0, fiscal::RecordHash([3; 32]));
    assert_eq!(begun_with(EventKind::Epoch, &other_head), [Rule::BindingMismatch]);
    assert_eq!(begun_with(EventKind::Certificate, &certificate(1)), []);
    assert_eq!(begun_with(EventKind::Certificate, &certificate(2)), [Rule::BindingMismatch]);
    let bad_time = certificate(1).replace("T12:00:00", "");
    assert_eq!(begun_with(EventKind::Certificate, &bad_time), [Rule::BindingForm]);
    // Those of devices have forms of their own.
    assert_eq!(begun_with(EventKind::Certificate, r#"{"event":"certificate"}"#), []);
}

#[test]
fn a_binding_of_another_merchant_than_the_invoices_is_found() {
    let mut till = Till::cloud(cloud_chain(1), key(1), HeadState::START);
    let body = provisioned(1).replace("A1234567Z", "B1234567Z");
    till.event(EventKind::Provisioned, &body, "2026-02-04T08:00:00");
    till.sell(&sale(1), "2026-02-04T10:00:00");
    assert_eq!(found(&verdict(&till.entries)), [(Rule::NifChanged, "#2 (position 2, invoice 0/1)")]);
}

#[test]
fn a_key_changes_only_with_a_record_that_says_so() {
    let mut till = Till::cloud(cloud_chain(1), key(1), HeadState::START);
    till.event(EventKind::Provisioned, &provisioned(1), "2026-02-04T08:00:00");
    till.change_key(key(2));
    till.sell(&sale(1), "2026-02-04T10:00:00");
    till.sell(&sale(2), "2026-02-04T10:00:00");
    let place = "#2 (position 2, invoice 0/1)";
    assert_eq!(found(&verdict(&till.entries)), [(Rule::KeyUnannounced, place)], "once");
    // A certificate that is not what was sealed announces nothing.
    let mut entries = ledger().entries;
    entries[5].payload = certificate(2).replace("T12", "T13");
    let journal = verdict(&entries);
    let rules: Vec<_> = journal.findings.iter().map(|finding| finding.rule).collect();
    assert_eq!(rules, [Rule::KeyUnannounced, Rule::PayloadHash]);
}

#[test]
fn a_cloud_signer_that_takes_over_again_may_have_another_key() {
    let mut cloud = ledger();
    cloud.event(EventKind::Close, "{}", "2026-02-06T08:00:00");
    let mut device = Till::of(
        Chain { device: "BONO-USB-001".parse().unwrap(), ..cloud_chain(1) },
        key(1),
        cloud.state().handed_over(None),
    );
    device.sell(&sale(30), "2026-02-06T09:00:00");
    device.event(EventKind::Close, "{}", "2026-02-06T10:00:00");
    let mut again = cloud.entries.clone();
    let own = cloud.state().position;
    cloud.go_on(device.state().handed_over(own));
    cloud.change_key(key(1));
    cloud.event(EventKind::HandOver, "{}", "2026-02-06T11:00:00");
    cloud.sell(&sale(31), "2026-02-06T12:00:00");
    let entered = cloud.entries[again.len()..].to_vec();
    again.extend(device.entries);
    again.extend(entered);
    assert_eq!(verdict(&again).findings, []);
}
