//! Outlets whose line of numbers goes from signer to signer: each chain alone, all of them together, and what happens
//! when somebody lies.

mod support;

use fiscal::{EventKind, RecordHash, Timestamp};
use proptest::prelude::*;
use support::{
    Entry, found,
    outlet::{Holder, Outlet, Terms, alone, cloud_enters_body, device_id, judged, judged_as_journals},
    sale,
};
use verify::{Audit, ExportVerdict, Finding, Language, Report, Rule, Trust};

/// What happens in an outlet.
#[derive(Clone, Copy, Debug)]
enum Step {
    Sell(u64),
    /// The line goes to this device, or back to the cloud where a device holds it.
    Hand(usize),
    CloseDay(usize),
    Boot(usize),
    Deliver,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0..4_u64).prop_map(Step::Sell),
        3 => (0..3_usize).prop_map(Step::Hand),
        1 => (0..4_usize).prop_map(Step::CloseDay),
        1 => (0..3_usize).prop_map(Step::Boot),
        1 => Just(Step::Deliver),
    ];
    prop::collection::vec(step, 1..40)
}

fn run(steps: &[Step]) -> Outlet {
    let mut outlet = Outlet::new(3);
    for step in steps {
        match *step {
            Step::Sell(sales) => outlet.sell(sales),
            Step::Hand(device) if outlet.holder == Holder::Cloud => outlet.give(device),
            Step::Hand(_) => outlet.take_back(),
            Step::CloseDay(3) => {
                outlet.declare(EventKind::SelfTest, "{}");
                outlet.close_day(Holder::Cloud);
            }
            Step::CloseDay(device) => {
                outlet.boot(device);
                outlet.close_day(Holder::Device(device));
            }
            Step::Boot(device) => outlet.boot(device),
            Step::Deliver => outlet.deliver(),
        }
    }
    outlet.deliver();
    outlet
}

/// The line goes to and fro between the cloud and two devices; a third stands by.
fn busy() -> Outlet {
    let mut outlet = Outlet::new(3);
    outlet.sell(3);
    for device in [0, 1, 0] {
        outlet.give(device);
        outlet.sell(2);
        outlet.boot(device);
        outlet.deliver();
        outlet.take_back();
        outlet.deliver();
        outlet.sell(2);
    }
    outlet.deliver();
    outlet
}

fn rules(verdict: &ExportVerdict) -> Vec<Rule> {
    let all = verdict.findings.iter().chain(&verdict.journal.findings);
    all.map(|finding: &Finding| finding.rule).collect()
}

fn english(verdict: &ExportVerdict) -> Report {
    Report::of_export(verdict, &Trust::Keys(Vec::new()), Language::English)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn an_outlet_is_true_in_full_and_each_of_its_chains_alone_in_part(steps in steps()) {
        let outlet = run(&steps);
        let folders = outlet.folders();
        for verdict in [judged(&folders), judged_as_journals(&folders)] {
            prop_assert_eq!(rules(&verdict), []);
            prop_assert_eq!(verdict.journal.hand_overs, outlet.hand_overs);
            let open = (verdict.journal.hand_overs_unchecked, verdict.journal.unanchored);
            prop_assert_eq!((open, verdict.journal.is_part), ((0, 0), false));
            prop_assert_eq!(verdict.journal.invoices, outlet.number);
        }
        prop_assert!(english(&judged(&folders)).complete);
        let mut entered = 0;
        for (name, entries) in &folders {
            let verdict = alone(entries);
            prop_assert_eq!(&verdict.findings, &[], "{}", name);
            entered += verdict.hand_overs_unchecked;
        }
        prop_assert_eq!(entered, outlet.hand_overs);
    }

    #[test]
    fn whatever_is_taken_out_of_an_outlet_is_missed(steps in steps(), folder in 0..4_usize, at in any::<prop::sample::Index>()) {
        let mut folders = run(&steps).folders();
        let entries = &mut folders[folder].1;
        let at = at.index(entries.len());
        // The newest records of the ledger's own chain are nobody's to miss: a head that is kept elsewhere is (L7).
        prop_assume!(folder > 0 || at + 1 < entries.len());
        entries.remove(at);
        prop_assume!(!entries.is_empty());
        let report = english(&judged_as_journals(&folders));
        // An export may begin after the beginning, and says so.
        prop_assert!(!report.valid || (folder, at, report.complete) == (0, 0, false), "{at} of {folder}");
    }

    #[test]
    fn a_chain_that_is_hidden_is_missed(steps in steps(), device in 1..4_usize) {
        let mut folders = run(&steps).folders();
        folders.remove(device);
        let verdict = judged(&folders);
        prop_assert!(rules(&verdict).contains(&Rule::ChainMissing));
    }
}

#[test]
fn a_devices_dump_that_entered_is_true_in_part_and_says_so() {
    let outlet = busy();
    let verdict = alone(&outlet.devices[0].entries);
    assert_eq!(verdict.findings, []);
    assert_eq!((verdict.hand_overs_unchecked, verdict.is_part), (2, false));
    let trust = Trust::Keys(Vec::new());
    let report = Report::of_journal(&verdict, &trust, Language::English);
    assert!(report.valid && !report.complete);
    assert_eq!(report.title, "TRUE IN PART: this chain is intact, those of other signers are not here");
    assert!(report.does_not_prove.iter().any(|line| line.ends_with("such hand-overs: 2.")), "{report:?}");
    // One that stands by has sealed nothing that another chain would have to confirm.
    let verdict = alone(&outlet.devices[2].entries);
    assert_eq!((verdict.findings.len(), verdict.hand_overs_unchecked), (0, 0));
    // A folder of an export, without the others.
    let verdict = judged(&[(String::new(), outlet.devices[0].entries.clone())]);
    assert_eq!(rules(&verdict), []);
    assert!(!english(&verdict).complete);
    // And the end of one, from before it entered.
    let verdict = alone(&outlet.devices[0].entries[1..]);
    assert_eq!((verdict.findings.len(), verdict.hand_overs_unchecked, verdict.is_part), (0, 2, true));
}

#[test]
fn the_verdict_on_an_outlet_counts_signers_and_hand_overs() {
    let verdict = busy().verdict();
    let report = english(&verdict);
    assert_eq!(report.title, "TRUE: this export is intact");
    let fact =
        |code: &str| report.facts.iter().find(|fact| fact.code == code).map(|fact| fact.value.as_str());
    assert_eq!((fact("chains"), fact("hand_overs"), fact("declared")), (Some("4"), Some("6"), None));
}

#[test]
fn an_end_that_is_not_anchored_yet_is_true_in_part() {
    let mut outlet = busy();
    outlet.boot(1);
    outlet.boot(1);
    let verdict = outlet.verdict();
    assert_eq!((rules(&verdict), verdict.journal.unanchored), (vec![], 2));
    assert!(!english(&verdict).complete);
}

#[test]
fn what_was_sealed_before_the_export_begins_is_not_missed() {
    let outlet = busy();
    let folders = outlet.folders();
    // From the middle of the second stay with a device.
    let since = folders[2].1[2].record.header.time;
    let later: Vec<(String, Vec<Entry>)> = folders
        .into_iter()
        .map(|(name, entries)| {
            let later = entries.into_iter().filter(|entry| entry.record.header.time >= since);
            (name, later.collect::<Vec<_>>())
        })
        .filter(|(_, entries)| !entries.is_empty())
        .collect();
    assert_eq!(later.len(), 3, "the third device sealed nothing since");
    let verdict = judged(&later);
    assert_eq!(rules(&verdict), []);
    assert!(verdict.journal.is_part && !english(&verdict).complete);
    assert!(verdict.journal.hand_overs > 0, "{verdict:?}");
}

#[test]
fn a_chain_that_is_hidden_from_an_export_of_some_days_leaves_a_gap_in_the_numbers() {
    let mut folders = busy().folders();
    // From after the first record on: nobody can say by the anchors which chains had records by then.
    folders[0].1.remove(0);
    folders.remove(1);
    let found = rules(&judged(&folders));
    assert_eq!(found, [Rule::NumberMissing, Rule::NumberMissing], "of each stay with it");
}

#[test]
fn folders_that_were_exchanged_show() {
    let mut folders = busy().folders();
    let (second, third) = (folders[1].0.clone(), folders[2].0.clone());
    (folders[1].0, folders[2].0) = (third, second);
    assert_eq!(rules(&judged(&folders)), [Rule::FolderSigner, Rule::FolderSigner]);
    let mut folders = busy().folders();
    let own = std::mem::take(&mut folders[0].1);
    folders[0].1 = std::mem::replace(&mut folders[1].1, own);
    assert!(rules(&judged(&folders)).contains(&Rule::FolderSigner));
}

#[test]
fn a_chain_that_ends_early_or_begins_late_shows() {
    let mut folders = busy().folders();
    folders[1].1.pop();
    assert!(rules(&judged(&folders)).contains(&Rule::ChainShort));
    let mut folders = busy().folders();
    folders[1].1.remove(0);
    assert!(rules(&judged(&folders)).contains(&Rule::ChainShort));
}

/// The cloud gives the line to device 0, whose terms somebody changed.
fn given(change: impl FnOnce(&Outlet, &mut Terms)) -> Outlet {
    let mut outlet = Outlet::new(2);
    outlet.sell(3);
    let mut terms = outlet.leave(0);
    change(&outlet, &mut terms);
    outlet.device_enters(0, terms);
    outlet.sell(1);
    outlet.deliver();
    outlet
}

#[test]
fn a_gap_or_a_double_at_a_hand_over_is_one_finding() {
    let place = "DEF-000000/part-000001.jsonl#2 (position 2, hand_over)";
    for next in [1, 3, 5, 9] {
        let outlet = given(|_, terms| terms.next = next);
        let verdict = outlet.verdict();
        assert_eq!(found(&verdict.journal), [(Rule::HandOverNumber, place)], "{next}");
        assert_eq!(
            alone(&outlet.devices[0].entries).findings,
            [],
            "nobody sees it in the device's own chain"
        );
    }
}

#[test]
fn a_hand_over_that_names_no_close_or_its_own_shows() {
    let place = "DEF-000000/part-000001.jsonl#2 (position 2, hand_over)";
    let invented = given(|_, terms| terms.close = RecordHash([7; 32]));
    assert_eq!(found(&invented.verdict().journal), [(Rule::CloseUnknown, place)]);
    let own = given(|outlet, terms| terms.close = outlet.devices[0].entries[0].record.hash());
    assert_eq!(found(&own.verdict().journal)[0].0, Rule::CloseUnknown);
}

#[test]
fn a_line_that_is_taken_twice_after_one_close_shows_with_its_doubled_numbers() {
    let mut outlet = Outlet::new(2);
    outlet.sell(3);
    let terms = outlet.leave(0);
    outlet.device_enters(0, terms);
    outlet.sell(2);
    // The second has got hold of an order, too.
    outlet.device_enters(1, terms);
    outlet.sell(2);
    outlet.deliver();
    assert_eq!(rules(&outlet.verdict()), [Rule::CloseTwice]);
    assert_eq!(alone(&outlet.devices[1].entries).findings, []);
}

#[test]
fn a_line_that_another_takes_than_who_was_given_it_shows() {
    let mut outlet = Outlet::new(2);
    outlet.sell(3);
    let terms = outlet.leave(0);
    outlet.device_enters(1, terms);
    outlet.deliver();
    assert_eq!(rules(&outlet.verdict()), [Rule::HandOverSigner]);
    // And taken back from another than who left.
    let mut outlet = Outlet::new(2);
    outlet.give(0);
    let terms = outlet.leave(0);
    outlet.cloud_enters(1, terms);
    outlet.deliver();
    assert_eq!(rules(&outlet.verdict()), [Rule::HandOverSigner]);
}

#[test]
fn a_time_that_goes_back_at_a_hand_over_shows() {
    let mut outlet = Outlet::new(1);
    outlet.sell(2);
    let terms = outlet.leave(0);
    let early: Timestamp = "2026-02-04T08:00:05".parse().unwrap();
    let honest = outlet.devices[0].state();
    let body = |terms: &Terms| {
        let token = support::outlet::enter_token(0, terms);
        format!(r#"{{"event":"hand_over","token":"{token}","own_previous":"{}"}}"#, honest.hash)
    };
    // Somebody put another floor into the order.
    let lying = Terms { floor: early, ..terms };
    outlet.enter(Holder::Device(0), &body(&lying), lying, "2026-02-04T08:00:06");
    outlet.deliver();
    assert_eq!(rules(&outlet.verdict()), [Rule::TimeBack]);
    assert_eq!(alone(&outlet.devices[0].entries).findings, []);
    // With the true floor, the device's own chain shows it.
    let mut outlet = Outlet::new(1);
    outlet.sell(2);
    let terms = outlet.leave(0);
    outlet.enter(Holder::Device(0), &body(&terms), terms, "2026-02-04T08:00:06");
    assert_eq!(alone(&outlet.devices[0].entries).findings[0].rule, Rule::TimeBack);
}

#[test]
fn whoever_seals_without_the_line_shows_unless_the_ledger_flags_it() {
    // Before it entered.
    let early = |flagged: bool| {
        let mut outlet = Outlet::new(1);
        outlet.devices[0].sell(&sale(900), "2026-02-04T08:00:01");
        outlet.deliver();
        if flagged {
            outlet.flag_newest(0, "not_holder");
        }
        outlet.sell(2);
        outlet.verdict()
    };
    assert_eq!(rules(&early(false)), [Rule::SealedStandingBy]);
    let flagged = early(true);
    assert_eq!((rules(&flagged), flagged.journal.declared), (vec![], 1));
    let report = english(&flagged);
    assert!(report.does_not_prove.iter().any(|line| line.contains("itself flags")), "{report:?}");
    // After it left.
    let late = |flagged: bool| {
        let mut outlet = Outlet::new(1);
        outlet.give(0);
        outlet.sell(2);
        outlet.take_back();
        let now = outlet.now();
        outlet.devices[0].sell(&sale(900), &now);
        outlet.deliver();
        if flagged {
            outlet.flag_newest(0, "after_close");
        }
        outlet.sell(2);
        outlet.verdict()
    };
    assert_eq!(rules(&late(false))[0], Rule::SealedAfterClose);
    assert_eq!((rules(&late(true)), late(true).journal.declared), (vec![], 1));
}

#[test]
fn a_flag_excuses_its_record_only_and_nothing_that_was_changed_since() {
    let mut outlet = Outlet::new(1);
    outlet.give(0);
    outlet.sell(3);
    outlet.deliver();
    outlet.flag_newest(0, "certificate_expired");
    let mut folders = outlet.folders();
    assert_eq!(rules(&judged(&folders)), []);
    let last = folders[1].1.len() - 1;
    folders[1].1[last].payload = folders[1].1[last].payload.replace("Service", "Servise");
    assert!(rules(&judged_as_journals(&folders)).contains(&Rule::PayloadHash));
}

#[test]
fn a_flag_excuses_what_its_causes_say_and_nothing_else() {
    let flagged = |cause: &str| {
        let mut outlet = Outlet::new(1);
        outlet.give(0);
        outlet.sell(3);
        outlet.deliver();
        outlet.flag_newest(0, cause);
        let folders = outlet.folders();
        let last = folders[1].1.len() - 1;
        (folders, last)
    };
    let falsely_signed = |cause: &str| {
        let (mut folders, last) = flagged(cause);
        folders[1].1[last].record.signature = folders[1].1[last - 1].record.signature;
        let verdict = judged(&folders);
        (rules(&verdict), verdict.journal.declared)
    };
    assert_eq!(falsely_signed("certificate_expired"), (vec![Rule::SignatureFalse], 0));
    assert_eq!(falsely_signed("body_differs"), (vec![Rule::SignatureFalse], 0));
    assert_eq!(falsely_signed("signature_false"), (vec![], 1));
    let without_body = |cause: &str| {
        let (folders, _) = flagged(cause);
        let trust = support::outlet::outlet_trust();
        let mut audit = Audit::new(&trust).outlet();
        for (name, entries) in &folders {
            let newest = entries.len() - 1;
            let line = |(at, entry): (usize, &Entry)| match entry.line() {
                line if at == newest && !name.is_empty() => format!("{}\n", absent(&line)),
                line => line + "\n",
            };
            let file: String = entries.iter().enumerate().map(line).collect();
            audit.chain(name, file.as_bytes()).unwrap();
        }
        let verdict = audit.conclude().unwrap();
        assert_eq!(rules(&verdict), []);
        (verdict.journal.payloads_absent, verdict.journal.declared)
    };
    assert_eq!(without_body("certificate_expired"), (1, 0));
    assert_eq!(without_body("signature_false"), (1, 0));
    assert_eq!(without_body("body_differs"), (0, 1));
}

/// A line whose payload is not there.
fn absent(line: &str) -> String {
    let (record, _) = line.split_once(r#","payload":"#).unwrap();
    format!(r#"{record},"payload":null}}"#)
}

#[test]
fn a_sale_that_two_signers_sealed_shows_unless_the_ledger_flags_it() {
    let sold = |flagged: bool| {
        let mut outlet = Outlet::new(1);
        outlet.sell(1);
        let first = outlet.cloud.entries[1].clone();
        outlet.give(0);
        let now = outlet.now();
        outlet.devices[0].sell(&first.payload, &now);
        outlet.number += 1;
        outlet.deliver();
        if flagged {
            let second = outlet.devices[0].entries.last().unwrap().record;
            let body = format!(
                r#"{{"reason":"duplicate","payload_hash":"{}","first":{{"signer":"CLOUD-01","epoch":0,"position":2}},"second":{{"signer":"{}","epoch":0,"position":{}}}}}"#,
                second.link.payload,
                device_id(0),
                second.link.position,
            );
            outlet.declare(EventKind::Flag, &body);
        }
        outlet.verdict()
    };
    assert_eq!(rules(&sold(false)), [Rule::SaleTwice]);
    assert_eq!((rules(&sold(true)), sold(true).journal.declared), (vec![], 1));
}

fn revocation(device: usize, last: u64) -> String {
    let key = support::public(u8::try_from(10 + device).unwrap()).id();
    format!(
        r#"{{"signer":"{}","key_id":"{key}","epoch":0,"last_number":{last},"reason":"lost","time":"2026-02-04T12:00:00"}}"#,
        device_id(device)
    )
}

#[test]
fn what_a_revoked_key_sealed_shows_unless_the_ledger_flags_it() {
    let lost = |flagged: bool| {
        let mut outlet = Outlet::new(1);
        outlet.sell(2);
        outlet.give(0);
        outlet.sell(2);
        outlet.deliver();
        outlet.declare(EventKind::Revocation, &revocation(0, 4));
        outlet.sell(1);
        outlet.deliver();
        if flagged {
            outlet.flag_newest(0, "key_ended");
        }
        outlet.verdict()
    };
    assert_eq!(rules(&lost(false)), [Rule::AfterRevocation]);
    assert_eq!((rules(&lost(true)), lost(true).journal.declared), (vec![], 1));
}

#[test]
fn what_the_own_chain_says_in_another_form_shows() {
    let said = |kind, body: &str| {
        let mut outlet = Outlet::new(0);
        outlet.declare(kind, body);
        alone(&outlet.cloud.entries).findings.iter().map(|finding| finding.rule).collect::<Vec<_>>()
    };
    let close = r#"{"signer":"cloud","to":"DEF-000000","last_number":0}"#;
    assert_eq!(said(EventKind::Close, close), []);
    assert_eq!(said(EventKind::Close, &close.replace(":0}", ":1}")), [Rule::CloseMismatch]);
    assert_eq!(said(EventKind::Close, &close.replace("\"to\"", " \"to\"")), [Rule::CloseForm]);
    assert_eq!(said(EventKind::Close, r#"{"signer":"cloud","to":"DEF-000000"}"#), [Rule::CloseForm]);
    assert_eq!(said(EventKind::Revocation, &revocation(0, 0)), []);
    assert_eq!(said(EventKind::Revocation, &revocation(0, 0).replace("lost", "")), [Rule::RevocationForm]);
    assert_eq!(said(EventKind::Revocation, "{}"), [Rule::RevocationForm]);
    for right in [
        r#"{"reason":"unreported","epoch":0,"last_position":7,"last_number":3}"#,
        r#"{"reason":"unreported","epoch":0,"last_position":7,"last_number":3,"signer":"DEF-000000"}"#,
        r#"{"reason":"non_compliant","signer":"DEF-000000","epoch":0,"position":3,"number":null,"causes":["time"]}"#,
        r#"{"reason":"unfit","signer":"DEF-000000","epoch":0,"position":3,"cause":"fork","digest":"00"}"#,
        r#"{"reason":"something that a later version says"}"#,
    ] {
        assert_eq!(said(EventKind::Flag, right), [], "{right}");
    }
    for wrong in [
        "{}",
        r#"{"reason":"unreported","epoch":0,"last_number":3,"last_position":7}"#,
        r#"{"reason":"non_compliant","signer":"DEF-000000","epoch":0,"position":0,"number":1,"causes":["time"]}"#,
        r#"{"reason":"non_compliant","signer":"DEF-000000","epoch":0,"position":3,"number":1,"causes":[]}"#,
        r#"{"reason":"duplicate"}"#,
    ] {
        assert_eq!(said(EventKind::Flag, wrong), [Rule::FlagForm], "{wrong}");
    }
    assert_eq!(said(EventKind::Anchor, "{}"), [Rule::AnchorForm]);
}

/// The cloud takes the line back with a body that somebody wrote.
fn taken_back(body: impl FnOnce(&Terms, RecordHash) -> String) -> Vec<Rule> {
    let mut outlet = Outlet::new(1);
    outlet.give(0);
    outlet.sell(2);
    let terms = outlet.leave(0);
    outlet.deliver();
    let (own, now) = (outlet.cloud.state().hash, outlet.now());
    outlet.enter(Holder::Cloud, &body(&terms, own), terms, &now);
    outlet.sell(1);
    alone(&outlet.cloud.entries).findings.iter().map(|finding| finding.rule).collect()
}

#[test]
fn a_cloud_that_enters_says_so_in_one_form_and_ties_its_own_chain() {
    let device = device_id(0);
    assert_eq!(taken_back(|terms, own| cloud_enters_body(&device, terms, own)), []);
    let spaced = |terms: &Terms, own| cloud_enters_body(&device, terms, own).replace(":3", ": 3");
    assert_eq!(taken_back(spaced)[0], Rule::HandOverForm);
    let other_key = |terms: &Terms, own| {
        cloud_enters_body(&device, terms, own).replace(&support::cloud::spki(1), &support::cloud::spki(2))
    };
    assert_eq!(taken_back(other_key)[0], Rule::HandOverMismatch);
    let other_close =
        |terms: &Terms, own| cloud_enters_body(&device, &Terms { close: RecordHash([1; 32]), ..*terms }, own);
    assert_eq!(taken_back(other_close), [Rule::HandOverMismatch]);
    let untied = |terms: &Terms, _| cloud_enters_body(&device, terms, RecordHash([1; 32]));
    assert_eq!(taken_back(untied), [Rule::ChainBroken]);
    assert_eq!(taken_back(|_, _| "{}".to_owned()), [Rule::HandOverForm]);
}

#[test]
fn an_anchor_that_names_other_records_than_the_device_sealed_shows() {
    let mut outlet = busy();
    let record = outlet.devices[2].entries[0].record;
    outlet.boot(2);
    outlet.declare(
        EventKind::Anchor,
        &format!(
            r#"{{"signer":"{}","epoch":0,"first_position":2,"last_position":2,"previous_hash":"{}","last_hash":"{}"}}"#,
            device_id(2),
            record.hash(),
            RecordHash([3; 32]),
        ),
    );
    assert_eq!(rules(&outlet.verdict()), [Rule::AnchorDiffers]);
    let mut outlet = busy();
    outlet.declare(
        EventKind::Anchor,
        &format!(
            r#"{{"signer":"{}","epoch":0,"first_position":1,"last_position":1,"previous_hash":"{}","last_hash":"{}"}}"#,
            device_id(2),
            RecordHash::NONE,
            record.hash(),
        ),
    );
    assert_eq!(rules(&outlet.verdict())[0], Rule::AnchorGap);
}

#[test]
fn numbers_that_two_chains_gave_or_none_show() {
    // Two that were activated with a number of their own, as devices without a cloud are.
    let activated_at = |first: [u64; 2]| {
        let mut outlet = Outlet::new(2);
        for (device, first) in first.into_iter().enumerate() {
            let chain = fiscal::Chain {
                device: device_id(device).parse().unwrap(),
                key: support::public(u8::try_from(10 + device).unwrap()).id(),
                ..support::cloud::cloud_chain(1)
            };
            let state = fiscal::HeadState {
                number: fiscal::InvoiceNumber::new(first - 1),
                ..fiscal::HeadState::START
            };
            let key = support::key(u8::try_from(10 + device).unwrap());
            let mut till = support::till::Till::of(chain, key, state);
            let body = support::outlet::activated(device, first);
            till.event(EventKind::Provisioned, &body, "2026-02-04T08:00:00");
            (0..3).for_each(|at| till.sell(&sale(100 * device as u64 + at), "2026-02-04T09:00:00"));
            outlet.devices[device] = till;
        }
        outlet.deliver();
        rules(&outlet.verdict())
    };
    assert_eq!(activated_at([1, 1]), [Rule::NumberTwice]);
    assert_eq!(activated_at([1, 4]), [Rule::NoHandOver], "the first did not close");
    assert_eq!(activated_at([2, 7]), [Rule::NoHandOver, Rule::NoHandOver]);
}
