use ledger::Cell;
use sync::{
    Alert, AlertFilter, AlertKind, AlertsOf, Book, Cause, Change, Follower, Job, JobState, Kept, Sight,
    Written,
};

use super::{book, change, elements, follow, lease, told};
use crate::world::World;

fn alerts(world: &World) -> Vec<Alert> {
    let of = AlertsOf { sight: Sight::Outlets(&world.outlets), merchant: None };
    let filter = AlertFilter { kind: Some(AlertKind::TwoCodes), with_ended: false };
    world.desk(|desk| desk.alerts(of, filter, None, 9)).unwrap()
}

pub(crate) fn a_code_that_another_invoice_has_is_kept_and_told(world: &World) {
    let [here, there] = [world.outlets[0], world.outlets[1]];
    let machine = world.machine(&[here]);
    for _ in 0..3 {
        world.sell(here);
    }
    follow(world, &mut Follower::default());
    let (mut book, lease, code) = (book(world, "one"), lease(world, "one"), "REUSBBBBCCCCDDDDEEEE1111");
    let jobs = book.due(&machine.id, world.clock.at(), 9).unwrap();
    let confirmed = |job: &Job| {
        let made = Job { state: JobState::Synced, elements: Some(elements(code)), ..job.clone() };
        Change::of(made, told(job, JobState::Synced, Cause::Confirmed, world))
    };
    assert_eq!(book.write(&lease, &[confirmed(&jobs[0])]).unwrap(), [Written::Done]);
    assert_eq!(alerts(world), []);
    // The same code for another invoice, in the answer to a confirm and in one that came late.
    assert_eq!(book.write(&lease, &[confirmed(&jobs[1])]).unwrap(), [Written::Done]);
    for kept in [Kept::Done, Kept::Already] {
        assert_eq!(book.keep_code(jobs[2].id, &elements(code), world.clock.at()).unwrap(), kept);
    }
    assert!(world.jobs().iter().all(|job| job.elements == Some(elements(code))));
    let found = alerts(world);
    for (job, others) in [(&jobs[1], &jobs[..1]), (&jobs[2], &jobs[..2])] {
        let alert = found.iter().find(|alert| alert.about == job.id.to_string()).unwrap();
        assert!(others.iter().all(|other| alert.detail.contains(&other.fiscal.to_string())), "{alert:?}");
        assert!(alert.detail.contains(code) && alert.outlet == Some(here), "{alert:?}");
    }
    assert_eq!(found.len(), 2);

    // Another taxpayer's codes are another's.
    let other = world.machine(&[there]);
    let his = [Cell::Text(other.id.to_string())];
    change(world, |statements| {
        statements.execute("UPDATE sync_machines SET nif = 'A7654321K' WHERE id = $1", &his).map(|_| ())
    });
    world.sell(there);
    follow(world, &mut Follower::default());
    let job = book.due(&other.id, world.clock.at(), 9).unwrap().remove(0);
    change(world, |statements| {
        let values = [his[0].clone(), Cell::Text(job.id.to_string())];
        statements.execute("UPDATE sync_jobs SET machine = $1 WHERE id = $2", &values).map(|_| ())
    });
    assert_eq!(book.keep_code(job.id, &elements(code), world.clock.at()).unwrap(), Kept::Done);
    assert_eq!(alerts(world).len(), 2);
}
