//! What somebody who wants a backlog not to be seen can do, and what is seen all the same.

use std::time::Duration;

use sync::{
    AlertKind, At, Breaker, ExportOrder, JobFilter, JobState, MachineChange, SheetForm, Sight,
    course::{after_fault, after_slow},
};

use crate::{Office, world::translator};

/// What begins with a watch.
fn began(office: &Office) -> Vec<AlertKind> {
    let watched = office.world.desk(|desk| desk.watch(office.world.clock.at())).unwrap();
    watched.began.iter().map(|(kind, _)| *kind).collect()
}

fn figures(office: &Office) -> (Option<u64>, u64) {
    let figures = office.world.desk(|desk| desk.figures(office.world.clock.at())).unwrap();
    (figures.oldest_seconds, figures.handed_out)
}

#[test]
fn what_is_handed_out_counts_in_the_age_of_what_waits_and_by_itself() {
    let office = Office::new();
    let (_, jobs) = office.with_sales(2);
    office.pass(60);
    assert_eq!(figures(&office), (Some(61), 0));
    let (filter, form) = (JobFilter::default(), SheetForm::Xlsx);
    let order = ExportOrder { filter, after: None, most: 9, form, hand_out: true };
    office.world.desk(|desk| desk.export(Sight::All, &order, &*translator(), office.asked())).unwrap();
    assert_eq!(figures(&office), (Some(61), 2));
    let here = [office.outlet()];
    let there = [office.world.outlets[1]];
    for (sight, oldest, count) in [
        (Sight::All, Some(jobs[0].sealed), 2),
        (Sight::Outlets(&here), Some(jobs[0].sealed), 2),
        (Sight::Outlets(&there), None, 0),
    ] {
        assert_eq!(office.world.desk(|desk| desk.oldest_unsent(sight)).unwrap(), oldest);
        let handed = office.world.desk(|desk| desk.handed_out(sight)).unwrap();
        assert_eq!(handed.iter().map(|handed| handed.count).sum::<u64>(), count);
        let each = office.world.desk(|desk| desk.oldest_of_each(&[], &handed)).unwrap();
        assert_eq!(each.into_values().min(), oldest);
    }
    assert_eq!(began(&office), [AlertKind::Ambiguous]);
    office.pass(86_400);
    assert_eq!(began(&office), [AlertKind::Backlog]);
    for job in &jobs {
        office.put(job.id, JobState::Synced);
    }
    assert_eq!(figures(&office), (None, 0));
}

#[test]
fn a_pause_that_begins_anew_is_told_while_an_invoice_waits_for_an_hour() {
    let office = Office::new();
    let (machine, jobs) = office.with_sales(1);
    let pause = |paused| {
        let change = MachineChange { paused: Some(paused), ..MachineChange::default() };
        office.world.change_machine(&machine.id, &change);
    };
    pause(true);
    assert_eq!(began(&office), []);
    for _ in 0..2 {
        office.pass(1_700);
        pause(false);
        office.pass(1);
        pause(true);
        assert_eq!(began(&office), []);
    }
    office.pass(1_700);
    assert_eq!(began(&office), [AlertKind::MachinePaused]);
    // One that nothing waits for is told after an hour, as before.
    office.put(jobs[0].id, JobState::Synced);
    assert_eq!(began(&office), []);
    office.pass(3_601);
    assert_eq!(began(&office), [AlertKind::MachinePaused]);
}

#[test]
fn a_machine_that_does_not_answer_is_told_when_an_invoice_waits_for_an_hour_however_often_it_begins_anew() {
    let office = Office::new();
    let (_, jobs) = office.with_sales(1);
    let now = || office.world.clock.at();
    let failing = |times| (0..times).fold(Breaker::default(), |breaker, _| after_fault(breaker, now()));
    put(&office, failing(9));
    assert_eq!(began(&office), []);
    office.pass(3_601);
    // Who enters the same token again has the faults counted anew, and each answer asks for patience.
    for breaker in [failing(1), failing(9), after_slow(Breaker::default(), Duration::from_secs(9), now())] {
        put(&office, breaker);
        assert_eq!(began(&office), [AlertKind::MachineSilent], "{breaker:?}");
        put(&office, Breaker::default());
        assert_eq!(began(&office), []);
    }
    put(&office, failing(9));
    office.put(jobs[0].id, JobState::Synced);
    assert_eq!(began(&office), []);
}

/// As a lane would have left it.
fn put(office: &Office, breaker: Breaker) {
    let number = |number: u64| ledger::Cell::Integer(i64::try_from(number).unwrap());
    let Breaker { failures, trips, open_until } = breaker;
    office.execute(
        "UPDATE sync_machines SET failures = $1, trips = $2, open_until = $3",
        &[
            number(failures.into()),
            number(trips.into()),
            open_until.map_or(ledger::Cell::Null, |At(until)| number(until)),
        ],
    );
}
