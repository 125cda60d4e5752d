//! Files that are handed out to be typed by hand, had again and given back.

use std::collections::BTreeSet;

use registry::MerchantId;
use sync::{
    Alert, AlertFilter, AlertKind, AlertsOf, ExportOrder, JobFilter, JobState, SheetForm, SheetPart, Sight,
};

use crate::{
    Office,
    sheets::{CODES, export, import, one, order, outcomes, portal},
    text,
    world::{merchant, translator},
};

#[test]
fn what_is_handed_out_to_be_typed_is_not_sent_and_its_results_settle_it() {
    let office = Office::new();
    let (machine, jobs) = office.with_sales(2);
    let exported = export(&office, SheetForm::Csv(SheetPart::Invoices), true);
    assert_eq!(exported.invoices, 2);
    for job in &jobs {
        let listed = office.job(job.id);
        assert_eq!((listed.job.state, listed.cause.as_str()), (JobState::Ambiguous, "handed_out"));
    }
    assert_eq!(office.acts("sync.hand_out").len(), 2);
    assert_eq!(export(&office, SheetForm::Xlsx, true).invoices, 0);
    // The first row is filled in, the second is not.
    let text = String::from_utf8(exported.bytes).unwrap();
    let header = text.lines().next().unwrap();
    assert!(
        header.ends_with("total;vtotal;uid;codeDEFDGI;dateTime;counters;nim;totalDGI;vtotalDGI;qrCode"),
        "{header}"
    );
    let nim = machine.nim.unwrap();
    let filled = format!(";;{};2026-03-14T10:00:00;1/1 FV;{nim};19500,00;;", CODES[0]);
    let (head, tail) = text.split_once(";;;;;;;;\r\n").unwrap();
    // The totals that we filled in ourselves show nothing.
    let bare = format!("{head}{}\r\n{tail}", filled.replace("19500,00", ""));
    assert_eq!(one(&office, &bare), "NO_PROOF");
    let imported = import(&office, format!("{head}{filled}\r\n{tail}").as_bytes(), &order()).unwrap();
    assert_eq!((outcomes(&imported), imported.blank), (vec!["settled".to_owned()], 1));
    assert_eq!(imported.unknown_columns, Vec::<String>::new());
    let states: Vec<_> = jobs.iter().map(|job| office.job(job.id).job.state).collect();
    assert_eq!(states, [JobState::Synced, JobState::Ambiguous]);
}

#[test]
fn two_hand_outs_of_one_moment_have_two_names_and_one_of_nothing_has_none() {
    let office = Office::new();
    let (_, jobs) = office.with_sales(2);
    let mut named = Vec::new();
    for _ in &jobs {
        let (filter, form) = (JobFilter::default(), SheetForm::Csv(SheetPart::Invoices));
        let order = ExportOrder { filter, after: None, most: 1, form, hand_out: true };
        let exported =
            office.world.desk(|desk| desk.export(Sight::All, &order, &*translator(), office.asked()));
        named.extend(exported.unwrap().hand_out);
    }
    assert_eq!(named.len(), 2);
    assert_ne!(named[0], named[1]);
    let since: BTreeSet<_> = jobs.iter().map(|job| office.job(job.id).job.since.0.to_string()).collect();
    assert_eq!(since, named.iter().map(ToString::to_string).collect());
    let nothing = export(&office, SheetForm::Xlsx, true);
    assert_eq!((nothing.invoices, nothing.hand_out), (0, None));
    let (of, kind) = (AlertsOf { sight: Sight::All, merchant: None }, Some(AlertKind::HandedOut));
    let ever = AlertFilter { kind, with_ended: true };
    let told = office.world.desk(|desk| desk.alerts(of, ever, None, 10)).unwrap();
    assert_eq!(told.len(), 2, "what changes nothing is not told: {told:?}");
}

#[test]
fn only_what_may_be_handed_out_is_asked_for_and_what_is_not_certain_changes_nothing() {
    let office = Office::new();
    let (machine, jobs) = office.with_sales(3);
    let asked_for = |states: &[JobState]| {
        let filter = JobFilter { states: states.to_vec(), ..JobFilter::default() };
        let order = ExportOrder { filter, after: None, most: 9, form: SheetForm::Xlsx, hand_out: true };
        office.world.desk(|desk| desk.export(Sight::All, &order, &*translator(), office.asked()))
    };
    for state in JobState::ALL {
        let may = matches!(state, JobState::Pending | JobState::Retry | JobState::Failed | JobState::Differs);
        if !may {
            assert_eq!(asked_for(&[JobState::Failed, *state]).unwrap_err().code(), "NOT_HANDED_OUT");
        }
    }
    // What was confirmed once, and has no end.
    office.doubt(jobs[0].id, &machine);
    office.execute("UPDATE sync_jobs SET doubt = NULL, doubt_cause = NULL WHERE state = 'AMBIGUOUS'", &[]);
    office.put(jobs[0].id, JobState::Failed);
    let before = office.job(jobs[0].id);
    let refused = asked_for(&[JobState::Failed]).unwrap();
    assert_eq!((refused.invoices, refused.left_out.count(), refused.hand_out), (0, 1, None));
    assert_eq!(office.job(jobs[0].id), before);
    let (of, kind) = (AlertsOf { sight: Sight::All, merchant: None }, Some(AlertKind::HandedOut));
    let ever = AlertFilter { kind, with_ended: true };
    assert!(office.world.desk(|desk| desk.alerts(of, ever, None, 10)).unwrap().is_empty());
    assert_eq!(asked_for(&[JobState::Pending]).unwrap().invoices, 2);
}

#[test]
fn what_cannot_be_written_is_looked_at_within_bounds_and_the_next_file_begins_behind_it() {
    let office = Office::new();
    let (_, jobs) = office.with_sales(2);
    // Many whose record the ledger does not hold, sealed before.
    office.execute(
        "INSERT INTO sync_jobs (id, outlet, epoch, signer, position, fiscal, kind, sealed, state, since, due, cause, \
         attempts, recorded, version) \
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) \
         SELECT printf('%064x', i), outlet, epoch, signer, 1000000 + i, fiscal, kind, 1, state, since, due, cause, \
         attempts, recorded, version FROM sync_jobs, n WHERE id = $1",
        &[text(&jobs[0].id)],
    );
    let (filter, form) = (JobFilter::default(), SheetForm::Csv(SheetPart::Invoices));
    let mut order = ExportOrder { filter, after: None, most: 9, form, hand_out: true };
    let export = |order: &ExportOrder| {
        office.world.desk(|desk| desk.export(Sight::All, order, &*translator(), office.asked())).unwrap()
    };
    let first = export(&order);
    assert_eq!((first.invoices, first.left_out.count(), first.hand_out), (0, ExportOrder::LOOKED, None));
    assert_eq!(first.left_out.named().len(), 1_000);
    order.after = first.next;
    let second = export(&order);
    assert_eq!((second.invoices, second.left_out.count(), second.next), (2, 0, None));
}

#[test]
fn a_large_hand_out_is_had_again_in_files_of_the_usual_size() {
    let office = Office::new();
    let (_, jobs) = office.with_sales(2);
    let id = export(&office, SheetForm::Xlsx, true).hand_out.unwrap();
    office.execute(
        "INSERT INTO sync_jobs (id, outlet, epoch, signer, position, fiscal, kind, sealed, machine, state, since, due, \
         cause, attempts, doubt, doubt_cause, recorded, version) \
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) \
         SELECT printf('%064x', i), outlet, epoch, signer, 1000000 + i, fiscal, kind, 1, machine, state, since, due, \
         cause, attempts, doubt, doubt_cause, recorded, version FROM sync_jobs, n WHERE id = $1",
        &[text(&jobs[0].id)],
    );
    let again = |after| {
        let form = SheetForm::Csv(SheetPart::Invoices);
        office.world.desk(|desk| desk.hand_out_again(Sight::All, (id, after), form, &*translator())).unwrap()
    };
    let first = again(None);
    assert_eq!((first.invoices, first.left_out.count()), (0, ExportOrder::MOST));
    let second = again(first.next);
    assert_eq!((second.invoices, second.left_out.count(), second.next), (2, 0, None));
    office.pass(3_601);
    let reason = "nobody typed it".parse().unwrap();
    let back = office.world.desk(|desk| desk.give_back(Sight::All, id, &reason, office.asked())).unwrap();
    assert_eq!(back.given_back, ExportOrder::MOST + 2);
}

#[test]
fn a_hand_out_has_a_name_its_file_can_be_had_again_and_it_is_given_back_after_an_hour() {
    let office = Office::new();
    let (machine, jobs) = office.with_sales(2);
    let exported = export(&office, SheetForm::Csv(SheetPart::Invoices), true);
    let id = exported.hand_out.unwrap();
    let again = || {
        let form = SheetForm::Csv(SheetPart::Invoices);
        office.world.desk(|desk| desk.hand_out_again(Sight::All, (id, None), form, &*translator()))
    };
    assert_eq!(again().unwrap().bytes, exported.bytes);
    assert_eq!(one(&office, &portal(&machine, &[(&jobs[0], CODES[0])])), "settled");
    assert_eq!(again().unwrap().invoices, 1);
    let give_back = |sight| {
        let reason = "nobody typed it".parse().unwrap();
        office.world.desk(|desk| desk.give_back(sight, id, &reason, office.asked()))
    };
    assert_eq!(give_back(Sight::All).unwrap_err().code(), "TOO_SOON");
    office.pass(3_601);
    assert_eq!(give_back(Sight::Outlets(&[])).unwrap_err().code(), "NOT_FOUND");
    assert_eq!(give_back(Sight::All).unwrap().given_back, 1);
    let states: Vec<_> = jobs.iter().map(|job| office.job(job.id).job.state).collect();
    assert_eq!(states, [JobState::Synced, JobState::Retry]);
    assert_eq!(office.acts("sync.give_back").len(), 1);
    assert!(again().is_err());
}

#[test]
fn a_hand_out_is_told_to_the_platform_and_to_each_merchant_whose_invoices_it_has() {
    let office = Office::new();
    let (machine, _) = office.with_sales(2);
    let told = |kind| {
        let of = AlertsOf { sight: Sight::All, merchant: None };
        let filter = AlertFilter { kind: Some(kind), with_ended: false };
        let alerts = office.world.desk(|desk| desk.alerts(of, filter, None, 99)).unwrap();
        let one = |alert: Alert| (alert.about, alert.merchant, alert.detail);
        alerts.into_iter().map(one).collect::<Vec<_>>()
    };
    let first = export(&office, SheetForm::Xlsx, true).hand_out.unwrap();
    let (own, by) = (Some(machine.merchant.clone()), office.by.actor.clone());
    let one = (format!("hand-out-{first}"), own.clone(), format!("2 invoices, {by}"));
    assert_eq!(told(AlertKind::HandedOut), std::slice::from_ref(&one));

    // Two merchants at once.
    let other = office.world.machine(&[office.world.outlets[1]]);
    let others = merchant(7);
    office.execute("UPDATE sync_machines SET merchant = $1 WHERE id = $2", &[text(&others), text(&other.id)]);
    office.sell();
    office.world.sell(office.world.outlets[1]);
    office.follow();
    office.pass(1);
    let second = export(&office, SheetForm::Xlsx, true).hand_out.unwrap();
    let each = |merchant: &MerchantId| {
        (format!("hand-out-{second}-{merchant}"), Some(merchant.clone()), format!("1 invoices, {by}"))
    };
    let mut expected = [one, each(&machine.merchant), each(&others)];
    expected.sort();
    let mut found = told(AlertKind::HandedOut);
    found.sort();
    assert_eq!(found, expected);

    office.pass(3_601);
    let reason = "nobody typed it".parse().unwrap();
    office.world.desk(|desk| desk.give_back(Sight::All, second, &reason, office.asked())).unwrap();
    let whose: BTreeSet<_> =
        told(AlertKind::SettledByPerson).into_iter().map(|(_, whose, _)| whose).collect();
    assert_eq!(whose, BTreeSet::from([own, Some(others)]));
}
