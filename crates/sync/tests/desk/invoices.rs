use edef::AuthorityTime;
use registry::Label;
use sync::{
    Cause, DeskFault, Finalised, Job, JobFilter, JobId, JobState, Machine, Settlement, Sight, Source,
    course::SettleFault,
};

use crate::{Office, text};

const CODE: &str = "TESTFEW73TJMEJCGFOCXPDOX";

fn reason() -> Label {
    "seen in the portal".parse().unwrap()
}

pub(crate) fn finalised(machine: &Machine, code: &str) -> Settlement {
    finalised_at(machine, code, "2026-03-14T09:00:00")
}

fn finalised_at(machine: &Machine, code: &str, time: &str) -> Settlement {
    Settlement::Finalised(Box::new(Finalised {
        nim: machine.nim.clone().unwrap(),
        code: code.parse().unwrap(),
        date_time: AuthorityTime::new(time),
        qr: None,
        counters: None,
        uid: None,
        totals: None,
        source: Source::Hand,
    }))
}

pub(crate) fn settle(office: &Office, id: JobId, settlement: &Settlement) -> Result<Job, DeskFault> {
    office.world.desk(|desk| desk.settle(Sight::All, id, settlement, &reason(), office.asked()))
}

fn retry(office: &Office, id: JobId) -> Result<Job, DeskFault> {
    office.world.desk(|desk| desk.retry(Sight::All, id, office.asked()))
}

#[test]
fn only_what_is_certainly_not_finalised_is_tried_again_by_hand() {
    let office = Office::new();
    let (machine, jobs) = office.with_sales(1);
    let id = jobs[0].id;
    for state in JobState::ALL {
        office.put(id, *state);
        let may = matches!(state, JobState::Retry | JobState::Failed | JobState::Differs);
        assert_eq!(retry(&office, id).is_ok(), may, "{state}");
    }
    office.doubt(id, &machine);
    office.put(id, JobState::Failed);
    assert!(matches!(retry(&office, id), Err(DeskFault::NotRetried(JobState::Failed))));
}

#[test]
fn a_second_retry_changes_nothing() {
    let office = Office::new();
    let (_, jobs) = office.with_sales(1);
    office.put(jobs[0].id, JobState::Failed);
    let once = retry(&office, jobs[0].id).unwrap();
    office.pass(5);
    assert_eq!(retry(&office, jobs[0].id).unwrap(), once);
    assert_eq!((once.state, once.attempts), (JobState::Pending, 0));
    assert_eq!(office.acts("sync.retry"), [jobs[0].fiscal.to_string()]);
}

#[test]
fn a_bulk_retry_is_bounded_and_goes_on_where_it_ended() {
    let office = Office::new();
    let (_, jobs) = office.with_sales(5);
    for job in &jobs[..4] {
        office.put(job.id, JobState::Failed);
    }
    let all = |most| {
        let filter = JobFilter::default();
        office.world.desk(|desk| desk.retry_all(Sight::All, &filter, most, office.asked())).unwrap()
    };
    let done: Vec<_> = [all(3), all(3), all(3)].iter().map(|done| (done.retried, done.has_more)).collect();
    assert_eq!(done, [(3, true), (1, false), (0, false)]);
    assert_eq!(office.acts("sync.retry_all"), ["1 invoices", "3 invoices"]);
    let pending = JobFilter { states: vec![JobState::Pending], ..JobFilter::default() };
    let none = office.world.desk(|desk| desk.retry_all(Sight::All, &pending, 3, office.asked())).unwrap();
    assert_eq!(none.retried, 0);
}

#[test]
fn what_cannot_be_tried_again_takes_no_place_of_what_can() {
    let office = Office::new();
    let (machine, jobs) = office.with_sales(3);
    for job in &jobs {
        office.put(job.id, JobState::Failed);
    }
    office.doubt(jobs[0].id, &machine);
    office.execute("UPDATE sync_jobs SET doubt = NULL, doubt_cause = NULL WHERE state = 'AMBIGUOUS'", &[]);
    office.put(jobs[0].id, JobState::Failed);
    let filter = JobFilter::default();
    let done = office.world.desk(|desk| desk.retry_all(Sight::All, &filter, 2, office.asked())).unwrap();
    assert_eq!((done.retried, done.has_more), (2, false));
    assert_eq!(office.job(jobs[0].id).job.state, JobState::Failed);
}

#[test]
fn what_needs_a_person_is_read_the_newest_first_and_of_the_outlets_that_are_asked_for() {
    let office = Office::new();
    let (_, jobs) = office.with_sales(3);
    for (job, since) in jobs.iter().zip([10, 30, 20]) {
        office.put(job.id, JobState::Failed);
        let since = ledger::Cell::Integer(since);
        office.execute("UPDATE sync_jobs SET since = $1 WHERE id = $2", &[since, text(&job.id)]);
    }
    let here = [office.outlet()];
    let trouble = |outlets: &[fiscal::OutletId], since, most| {
        let found = office.world.desk(|desk| desk.trouble_since(outlets, sync::At(since), most)).unwrap();
        found.iter().map(|listed| listed.job.since.0).collect::<Vec<_>>()
    };
    assert_eq!(trouble(&here, 0, 9), [30, 20, 10]);
    assert_eq!((trouble(&here, 0, 2), trouble(&here, 25, 9)), (vec![30, 20], vec![30]));
    assert_eq!(trouble(&office.world.outlets[1..], 0, 9), [0; 0]);
    let outlets = |since| office.world.desk(|desk| desk.troubled_since(sync::At(since))).unwrap();
    assert_eq!((outlets(30), outlets(31)), (here.to_vec(), Vec::new()));
}

#[test]
fn a_person_settles_only_what_is_in_doubt() {
    let office = Office::new();
    let (machine, jobs) = office.with_sales(1);
    let id = jobs[0].id;
    office.doubt(id, &machine);
    for state in JobState::ALL {
        office.put(id, *state);
        office.pass(7_200);
        let may = matches!(state, JobState::Ambiguous | JobState::SyncedWithoutCode);
        if may {
            continue;
        }
        let refused = settle(&office, id, &finalised(&machine, CODE));
        assert!(
            matches!(refused, Err(DeskFault::NotSettled(_) | DeskFault::InFlight)),
            "{state}: {refused:?}"
        );
        let refused = settle(&office, id, &Settlement::NotThere);
        assert!(matches!(refused, Err(DeskFault::Settle(SettleFault::State(_)))), "{state}: {refused:?}");
    }
    office.put(id, JobState::SyncedWithoutCode);
    let settled = settle(&office, id, &finalised(&machine, CODE)).unwrap();
    assert_eq!((settled.state, settled.doubt), (JobState::Synced, None));
    let elements = settled.elements.unwrap();
    assert_eq!((elements.source, elements.test, elements.code.as_str()), (Source::Hand, true, CODE));
    let acts = office.acts("sync.settle");
    assert!(acts[0].contains("seen in the portal") && acts[0].contains(CODE), "{acts:?}");
}

#[test]
fn the_same_settlement_again_is_done_already_and_another_code_is_refused() {
    let office = Office::new();
    let (machine, jobs) = office.with_sales(1);
    office.doubt(jobs[0].id, &machine);
    let once = settle(&office, jobs[0].id, &finalised(&machine, CODE)).unwrap();
    assert_eq!(settle(&office, jobs[0].id, &finalised(&machine, CODE)).unwrap(), once);
    let other = finalised(&machine, "AAAAFEW73TJMEJCGFOCXPDOX");
    assert!(matches!(settle(&office, jobs[0].id, &other), Err(DeskFault::OtherCode)));
    assert_eq!(office.acts("sync.settle").len(), 1);
}

#[test]
fn a_code_that_another_invoice_has_is_refused() {
    let office = Office::new();
    let (machine, jobs) = office.with_sales(2);
    for job in &jobs {
        office.doubt(job.id, &machine);
    }
    settle(&office, jobs[0].id, &finalised(&machine, CODE)).unwrap();
    let refused = settle(&office, jobs[1].id, &finalised(&machine, CODE));
    assert!(matches!(refused, Err(DeskFault::CodeReused)), "{refused:?}");
    assert_eq!(office.job(jobs[1].id).job.state, JobState::Ambiguous);
}

#[test]
fn elements_of_a_machine_to_which_it_was_not_sent_are_refused() {
    let office = Office::new();
    let (machine, jobs) = office.with_sales(1);
    let other = office.world.machine(&[]);
    office.doubt(jobs[0].id, &machine);
    let refused = settle(&office, jobs[0].id, &finalised(&other, CODE));
    assert!(matches!(refused, Err(DeskFault::OtherMachine(nims)) if nims == [machine.nim.unwrap()]));
}

#[test]
fn the_authoritys_time_is_one_and_no_more_than_a_day_before_the_sale_or_in_the_future() {
    let office = Office::new();
    let (machine, jobs) = office.with_sales(1);
    office.doubt(jobs[0].id, &machine);
    // It was sealed at 09:00:01 in Kinshasa, a second ago; clocks may differ by a day.
    for (time, code) in [
        ("soon", "TIME_FORM"),
        ("14/03/2025 09:10:00", "TIME_OUTSIDE"),
        ("13/03/2026 09:00:00", "TIME_OUTSIDE"),
        ("15/03/2026 09:00:02", "TIME_OUTSIDE"),
    ] {
        let refused = settle(&office, jobs[0].id, &finalised_at(&machine, CODE, time)).unwrap_err();
        assert_eq!(refused.code(), code, "{time}");
        assert_eq!(refused.to_string().contains("more than a day"), code == "TIME_OUTSIDE", "{refused}");
    }
    settle(&office, jobs[0].id, &finalised_at(&machine, CODE, "13/03/2026 09:00:01")).unwrap();
}

#[test]
fn that_it_is_not_there_is_believed_only_when_nothing_can_arrive_any_more() {
    let office = Office::new();
    let (machine, jobs) = office.with_sales(1);
    office.doubt_as(jobs[0].id, &machine, ("null", "null"));
    office.pass(3_500);
    let refused = settle(&office, jobs[0].id, &Settlement::NotThere);
    assert!(matches!(refused, Err(DeskFault::Settle(SettleFault::TooSoon(2)))), "{refused:?}");
    office.pass(101);
    let settled = settle(&office, jobs[0].id, &Settlement::NotThere).unwrap();
    assert_eq!((settled.state, settled.intent, settled.doubt), (JobState::Retry, None, None));
    assert_eq!(office.job(jobs[0].id).known_cause(), Some(Cause::NotThere));
}

#[test]
fn what_a_person_settled_is_not_taken_by_the_counters_for_another_one_in_doubt() {
    let office = Office::new();
    let (machine, jobs) = office.with_sales(1);
    office.doubt(jobs[0].id, &machine);
    let baseline = r#"{"total":7,"unexplained":1,"era":1,"at":1}"#;
    office.execute("UPDATE sync_machines SET baseline = $1", &[crate::text(&baseline)]);
    settle(&office, jobs[0].id, &finalised(&machine, CODE)).unwrap();
    let reach = registry::Reach::Platform;
    assert_eq!(office.world.desk(|desk| desk.machine(&reach, &machine.id)).unwrap().baseline, None);
}

#[test]
fn an_original_that_was_refused_is_withdrawn_with_its_full_cancellation_and_nothing_else() {
    let office = Office::new();
    office.world.machine(&[office.outlet()]);
    let sale = office.sell();
    let other = office.sell();
    office.pass(1);
    office.world.void(office.outlet(), &sale);
    let jobs = office.follow();
    let id_of = |at: usize| jobs[at].id;
    let withdraw = |original, note| {
        office.world.desk(|desk| desk.withdraw(Sight::All, original, note, &reason(), office.asked()))
    };
    let [original, unrelated, note] = [id_of(0), id_of(1), id_of(2)];
    assert_eq!(crate::world::fiscal_of(&other), jobs[1].fiscal);
    assert!(matches!(
        withdraw(original, note),
        Err(DeskFault::Settle(SettleFault::State(JobState::Pending)))
    ));
    office.put(original, JobState::Differs);
    office.put(unrelated, JobState::Failed);
    let not_its = |result| matches!(result, Err(DeskFault::Settle(SettleFault::NotACancellation)));
    assert!(not_its(withdraw(unrelated, note)) && not_its(withdraw(original, unrelated)));
    let withdrawn = withdraw(original, note).unwrap();
    assert!(withdrawn.iter().all(|job| job.state == JobState::Withdrawn));
    assert_eq!(withdraw(original, note).unwrap(), withdrawn);
    assert_eq!(office.acts("sync.withdraw").len(), 1);
    let file = office.world.desk(|desk| desk.job(Sight::All, note)).unwrap();
    assert_eq!(file.original.unwrap().job.id, original);
    assert!(file.transitions.last().unwrap().detail.contains("seen in the portal"));
}

#[test]
fn lists_are_paged_without_a_gap_and_show_nobody_elses() {
    let office = Office::new();
    let (_, jobs) = office.with_sales(5);
    office.put(jobs[1].id, JobState::Failed);
    office.put(jobs[3].id, JobState::Synced);
    let outlets = [office.outlet()];
    for sight in [Sight::All, Sight::Outlets(&outlets)] {
        let (mut after, mut seen) = (None, Vec::new());
        loop {
            let filter = JobFilter::default();
            let page = office.world.desk(|desk| desk.jobs(sight, &filter, after, 2)).unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.cursor());
            seen.extend(page.into_iter().map(|listed| listed.job.id));
        }
        assert_eq!(seen, jobs.iter().map(|job| job.id).collect::<Vec<_>>());
    }
    let elsewhere = [office.world.outlets[1]];
    let sight = Sight::Outlets(&elsewhere);
    let filter = JobFilter::default();
    assert!(office.world.desk(|desk| desk.jobs(sight, &filter, None, 9)).unwrap().is_empty());
    let hidden = office.world.desk(|desk| desk.job(sight, jobs[0].id).map(|_| ()));
    assert!(matches!(hidden, Err(DeskFault::NotFound(_))));
    assert!(matches!(
        office.world.desk(|desk| desk.retry(sight, jobs[1].id, office.asked())),
        Err(DeskFault::NotFound(_))
    ));
    let found = office.world.desk(|desk| desk.job_of(Sight::All, &jobs[2].fiscal)).unwrap();
    assert_eq!(found.unwrap().job.id, jobs[2].id);
    assert_eq!(office.world.desk(|desk| desk.job_of(sight, &jobs[2].fiscal)).unwrap(), None);
}

#[test]
fn what_is_said_by_a_number_that_two_records_have_is_said_of_neither() {
    let office = Office::new();
    let (_, jobs) = office.with_sales(3);
    let only = |number| office.world.desk(|desk| desk.only_job_of(Sight::All, number));
    assert_eq!(only(&jobs[0].fiscal).unwrap().job.id, jobs[0].id);
    let twin = "UPDATE sync_jobs SET fiscal = $1 WHERE id = $2";
    office.execute(twin, &[crate::text(&jobs[0].fiscal), crate::text(&jobs[1].id)]);
    let Err(DeskFault::TwoRecords { number, records }) = only(&jobs[0].fiscal) else { panic!() };
    assert_eq!((number, records.len()), (jobs[0].fiscal, 2));
    assert!(records.contains(&jobs[0].id) && records.contains(&jobs[1].id));
    assert!(matches!(only(&jobs[1].fiscal), Err(DeskFault::NotFound(_))));
}

#[test]
fn filters_find_states_errors_ages_and_machines() {
    let office = Office::new();
    let (machine, jobs) = office.with_sales(3);
    office.put(jobs[0].id, JobState::Failed);
    let error = r#"{"word":"refused","code":8,"text":"no items"}"#;
    office.execute(
        "UPDATE sync_jobs SET error = $1 WHERE id = $2",
        &[crate::text(&error), crate::text(&jobs[0].id)],
    );
    let count =
        |filter: JobFilter| office.world.desk(|desk| desk.jobs(Sight::All, &filter, None, 9)).unwrap().len();
    assert_eq!(count(JobFilter { states: vec![JobState::Failed], ..JobFilter::default() }), 1);
    assert_eq!(count(JobFilter { error: Some("refused".to_owned()), ..JobFilter::default() }), 1);
    assert_eq!(count(JobFilter { error: Some("%".to_owned()), ..JobFilter::default() }), 0);
    assert_eq!(count(JobFilter { error: Some("sealed".to_owned()), ..JobFilter::default() }), 3);
    assert_eq!(count(JobFilter { sealed_before: Some(jobs[2].sealed), ..JobFilter::default() }), 2);
    assert_eq!(count(JobFilter { machine: Some(machine.id), ..JobFilter::default() }), 2);
    let counts = office.world.desk(|desk| desk.counts(Sight::All, false)).unwrap();
    let counts: Vec<_> = counts.iter().map(|one| (one.state, one.count)).collect();
    assert_eq!(counts, [(JobState::Pending, 2), (JobState::Failed, 1)]);
    assert_eq!(office.world.desk(|desk| desk.oldest_unsent(Sight::All)).unwrap(), Some(jobs[1].sealed));
}
