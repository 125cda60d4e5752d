use std::sync::Arc;

use ledger::{Database, EpochReason, restore_backup, write_backup};
use sync::{DoubtCause, Follower, JobState, Sync, TABLES};

use super::follow;
use crate::world::{World, all_recorded, jobs_of, ledger, sqlite};

pub(crate) fn after_a_restore_what_was_not_synced_is_doubted_and_not_sent(world: &World) {
    let outlet = world.outlets[0];
    world.machine(&[outlet]);
    world.sell(outlet);
    let agent = world.agent(1, 4);
    world.until(|jobs| all_recorded(jobs, 1));
    agent.stop();
    // Sealed and queued before the backup, and sent after it.
    world.sell(outlet);
    follow(world, &mut Follower::default());
    let mut file = Vec::new();
    write_backup(&mut *world.database.snapshot().unwrap(), TABLES, &mut file, &mut |_| {}).unwrap();
    let agent = world.agent(2, 4);
    world.until(|jobs| all_recorded(jobs, 2));
    agent.stop();

    let (_directory, other): (_, Arc<dyn Database>) = sqlite(&world.clock);
    Sync::prepare(&mut *other.connect().unwrap()).unwrap();
    let mut tables = other.fill().unwrap();
    restore_backup(&file[..], TABLES, &mut *tables, &mut |_| {}).unwrap();
    tables.commit(world.number + 700_000).unwrap();
    let restored = ledger(&other, &world.clock, world.number + 700_000);
    restored.open_epoch(outlet, EpochReason::Restored, None, None).unwrap();
    let agent = world.agent_over(restored.clone(), 3, 4);
    let doubted = || {
        let jobs = jobs_of(&other, &world.outlets);
        let causes: Vec<_> =
            jobs.iter().map(|job| (job.state, job.doubt.as_ref().map(|doubt| doubt.cause))).collect();
        causes
    };
    let wanted = [(JobState::Ambiguous, Some(DoubtCause::Restored)), (JobState::Synced, None)];
    world.until(|_| {
        let mut found = doubted();
        found.sort_by_key(|(state, _)| *state == JobState::Synced);
        found == wanted
    });
    agent.stop();
    assert_eq!(world.finalised(), (2, 2));
    restored.stop();
}
