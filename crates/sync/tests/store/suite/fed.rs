use fiscal::OutletId;
use ledger::{Cell, EpochReason, Statements, StoreFault};
use sync::{Book, DoubtCause, Follower, Job, JobState, StoreBook};

use crate::world::{World, all_recorded, by};

/// Follows until there is nothing new; says how many jobs were made.
pub(crate) fn follow(world: &World, follower: &mut Follower) -> usize {
    let mut store = world.database.connect().unwrap();
    let mut jobs = 0;
    loop {
        let followed = follower.round(&mut *store, world.clock.at(), &mut || {}).unwrap();
        jobs += followed.jobs;
        if !followed.has_more {
            return jobs;
        }
    }
}

pub(crate) fn book(world: &World, holder: &str) -> StoreBook {
    StoreBook::start(world.ledger.clone(), world.clock.since_epoch(), holder.to_owned(), by()).unwrap()
}

pub(crate) fn change(world: &World, mut work: impl FnMut(&mut dyn Statements) -> Result<(), StoreFault>) {
    world.database.connect().unwrap().change(&mut work).unwrap();
}

fn of(jobs: &[Job], outlet: OutletId) -> usize {
    jobs.iter().filter(|job| job.place.chain.outlet == outlet).count()
}

pub(crate) fn each_invoice_becomes_one_job_whoever_follows(world: &World) {
    let [here, there] = [world.outlets[0], world.outlets[1]];
    let (mut one, mut other) = (Follower::default(), Follower::default());
    for _ in 0..130 {
        world.sell(here);
    }
    let mut made = 0;
    // Each step is of at most a hundred records, and both take them.
    let mut store = world.database.connect().unwrap();
    made += one.round(&mut *store, world.clock.at(), &mut || {}).unwrap().jobs;
    world.sell(there);
    made += follow(world, &mut other) + follow(world, &mut one);
    let jobs = world.jobs();
    assert_eq!((made, jobs.len(), of(&jobs, here), of(&jobs, there)), (131, 131, 130, 1));
    assert!(jobs.iter().all(|job| job.state == JobState::Pending && job.machine.is_none()));
    assert_eq!(follow(world, &mut Follower::default()), 0);
}

pub(crate) fn nothing_of_an_outlet_is_due_before_the_beginning_of_its_newest_epoch_was_read(world: &World) {
    let outlet = world.outlets[0];
    let machine = world.machine(&[outlet]);
    let mut follower = Follower::default();
    world.sell(outlet);
    follow(world, &mut follower);
    let (mut book, now) = (book(world, "one"), world.clock.at());
    assert_eq!(book.due(&machine.id, now, 9).unwrap().len(), 1);
    world.ledger.open_epoch(outlet, EpochReason::Restored, None, None).unwrap();
    assert_eq!(book.due(&machine.id, now, 9).unwrap(), []);
    world.sell(outlet);
    follow(world, &mut follower);
    let due = book.due(&machine.id, now, 9).unwrap();
    let epochs: Vec<_> = due.iter().map(|job| job.place.chain.epoch.0).collect();
    assert_eq!(epochs, [1]);
    let doubted = world.jobs().into_iter().find(|job| job.place.chain.epoch.0 == 0).unwrap();
    let cause = doubted.doubt.map(|doubt| doubt.cause);
    assert_eq!((doubted.state, cause), (JobState::Ambiguous, Some(DoubtCause::Restored)));
}

pub(crate) fn what_the_ledger_says_of_the_authority_settles_a_job_that_has_forgotten_it(world: &World) {
    let outlet = world.outlets[0];
    world.machine(&[outlet]);
    for _ in 0..3 {
        world.sell(outlet);
    }
    let agent = world.agent(1, 4);
    let before = world.until(|jobs| all_recorded(jobs, 3));
    agent.stop();
    change(world, |statements| {
        for outlet in &world.outlets {
            let outlet = [Cell::Text(outlet.to_string())];
            statements.execute("DELETE FROM sync_jobs WHERE outlet = $1", &outlet)?;
            statements.execute("DELETE FROM sync_cursors WHERE outlet = $1", &outlet)?;
        }
        Ok(())
    });
    assert_eq!(follow(world, &mut Follower::default()), 3);
    let after = world.jobs();
    assert!(all_recorded(&after, 3), "{after:?}");
    let codes =
        |jobs: &[Job]| -> Vec<_> { jobs.iter().map(|job| job.elements.clone().unwrap().code).collect() };
    assert_eq!(codes(&before), codes(&after));
    let _agent = world.agent(2, 4);
    world.sell(outlet);
    world.until(|jobs| all_recorded(jobs, 4));
    assert_eq!(world.finalised(), (4, 4));
}
