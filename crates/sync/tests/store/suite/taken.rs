use std::time::Duration;

use edef::{HttpAuthority, Tolerance};
use sync::{
    Asked, BlockCause, Book, BookFault, Cause, Change, Elements, Follower, Job, JobState, Kept, Lease,
    Machine, MachineChange, MachineState, NewMachine, Owner, Source, Sync, Transition, Written,
    lane::{Lane, Role, Task, Turn},
};

use super::{book, follow};
use crate::world::{TestVault, World, all_are, all_recorded, by, entropy, merchant, translator};

/// Takes the lease of the only machine that has something to do.
pub(crate) fn lease(world: &World, holder: &str) -> Lease {
    let mut store = world.database.connect().unwrap();
    let mut sync = Sync::over(&mut *store);
    let found = sync.candidates(world.clock.at(), 9).unwrap();
    let own: Vec<_> = found.iter().filter(|candidate| is_own(world, candidate)).collect();
    sync.take(own[0], holder).unwrap().unwrap()
}

/// Lets others see that a beat stands still, for as long as a lease lasts.
fn lapse(world: &World) {
    for _ in 0..8 {
        std::thread::sleep(Duration::from_millis(100));
        world.clock.pass(Duration::from_secs(5));
    }
}

fn is_own(world: &World, candidate: &sync::Candidate) -> bool {
    let reach = registry::Reach::Merchant(world.merchant.clone());
    world.desk(|desk| desk.machine(&reach, &candidate.machine)).is_ok()
}

fn token(world: &World, machine: &Machine) -> String {
    let nim: edef_sim::Nim = machine.nim.as_ref().unwrap().as_str().parse().unwrap();
    world.authority.look(|world| world.machine(nim).unwrap().token.as_str().to_owned())
}

fn http(world: &World, machine: &Machine) -> HttpAuthority {
    let token = token(world, machine);
    let client = edef::HttpClient::new(edef::Patience::default(), &[]);
    HttpAuthority::new(&client, machine.url.clone(), token.parse().unwrap(), machine.dialect.clone())
}

pub(crate) fn elements(code: &str) -> Elements {
    Elements {
        nim: "CD01000001-1".parse().unwrap(),
        uid: None,
        code: code.parse().unwrap(),
        date_time: "2026-03-14T09:00:00".to_owned(),
        qr: String::new(),
        counters: None,
        totals: None,
        source: Source::Api,
        host: "127.0.0.1".to_owned(),
        test: true,
    }
}

pub(crate) fn told(job: &Job, to: JobState, cause: Cause, world: &World) -> Transition {
    Transition { job: job.id, at: world.clock.at(), from: Some(job.state), to, cause, detail: String::new() }
}

pub(crate) fn a_lease_passes_on_when_its_holder_is_not_heard_of(world: &World) {
    let outlet = world.outlets[0];
    world.machine(&[outlet]);
    world.sell(outlet);
    follow(world, &mut Follower::default());
    let dead = lease(world, "dead");
    let alive =
        || Sync::over(&mut *world.database.connect().unwrap()).renew(std::slice::from_ref(&dead)).unwrap()[0];
    let agent = world.agent(1, 4);
    // As long as his beat moves, nobody takes it from him.
    for _ in 0..20 {
        world.clock.pass(Duration::from_secs(10));
        assert!(alive());
        std::thread::sleep(Duration::from_millis(60));
    }
    assert_eq!((agent.figures().turns, world.finalised().0), (0, 0));
    // He is heard of no more.
    lapse(world);
    world.until(|jobs| all_recorded(jobs, 1));
    assert!(!alive() && agent.figures().turns > 0);
}

pub(crate) fn who_lost_his_lease_writes_nothing_but_a_code(world: &World) {
    let outlet = world.outlets[0];
    world.machine(&[outlet]);
    world.sell(outlet);
    follow(world, &mut Follower::default());
    let mut book = book(world, "one");
    let (old, job) = (lease(world, "one"), world.jobs().remove(0));
    let new = lease(world, "two");
    assert!(new.fence > old.fence);
    let failed = Job { state: JobState::Failed, ..job.clone() };
    let change = Change::of(failed, told(&job, JobState::Failed, Cause::Refused, world));
    assert!(matches!(book.write(&old, std::slice::from_ref(&change)), Err(BookFault::LeaseLost)));
    assert_eq!(world.jobs(), std::slice::from_ref(&job));
    let (one, other) = (elements("AAAABBBBCCCCDDDDEEEE1111"), elements("AAAABBBBCCCCDDDDEEEE2222"));
    assert_eq!(book.keep_code(job.id, &one, world.clock.at()).unwrap(), Kept::Done);
    assert_eq!(book.keep_code(job.id, &one, world.clock.at()).unwrap(), Kept::Already);
    let kept = world.jobs().remove(0);
    assert_eq!((kept.state, kept.elements.clone()), (JobState::Synced, Some(one)));
    for _ in 0..2 {
        assert_eq!(book.keep_code(job.id, &other, world.clock.at()).unwrap(), Kept::TwoCodes);
    }
    assert_eq!(world.jobs(), [kept]);
    // Who has the lease has read the job before: his write comes too late.
    assert_eq!(book.write(&new, &[change]).unwrap(), [Written::Overtaken]);
}

pub(crate) fn an_agent_that_ends_between_intent_and_answer_loses_nothing_and_doubles_nothing(world: &World) {
    let outlet = world.outlets[0];
    let machine = world.machine(&[outlet]);
    for _ in 0..4 {
        world.sell(outlet);
    }
    follow(world, &mut Follower::default());
    let mut book = book(world, "dead");
    let authority = http(world, &machine);
    let mut lane = Lane::new(lease(world, "dead"), translator(), Tolerance::default());
    let mut step = |role, hand_back: bool| -> Option<Box<Task>> {
        let Turn::Call(task) = lane.next(role, &mut book, world.clock.at()).unwrap() else { return None };
        let answer = task.call(&authority);
        if hand_back {
            let task = task.clone();
            lane.answered(*task, answer, &mut book, world.clock.at(), 7).unwrap();
        }
        Some(task)
    };
    // A status, three requests, and a confirm whose answer nobody wrote; of a fourth request neither.
    assert_eq!(step(Role::Request, true).unwrap().name(), "status");
    for _ in 0..3 {
        assert_eq!(step(Role::Request, true).unwrap().name(), "request");
    }
    assert_eq!(step(Role::Confirm, false).unwrap().name(), "confirm");
    assert_eq!(step(Role::Request, false).unwrap().name(), "request");
    drop((lane, book));
    assert_eq!(world.finalised(), (1, 1));
    let _agent = world.agent(1, 4);
    lapse(world);
    let is_done = |jobs: &[Job]| {
        let synced = |job: &&Job| job.state == JobState::Synced;
        let without = |job: &&Job| job.state == JobState::SyncedWithoutCode;
        jobs.iter().filter(synced).count() == 3 && jobs.iter().filter(without).count() == 1
    };
    world.until(is_done);
    assert_eq!(world.finalised(), (4, 4));
}

pub(crate) fn an_agent_that_stops_gives_its_machines_back(world: &World) {
    let outlet = world.outlets[0];
    world.machine(&[outlet]);
    let agent = world.agent(1, 4);
    for _ in 0..20 {
        world.sell(outlet);
    }
    world.until(|jobs| jobs.iter().any(|job| job.state == JobState::Synced));
    agent.stop();
    assert_eq!(agent.figures().driven, 0);
    // What was requested was confirmed: nothing is left to be found out.
    let jobs = world.jobs();
    assert!(jobs.iter().all(|job| job.state != JobState::Ambiguous), "{jobs:?}");
    // Nobody has to wait for a lease to lapse.
    let other = world.agent(2, 4);
    world.until(|jobs| all_recorded(jobs, 20));
    assert_eq!(world.finalised(), (20, 20));
    other.stop();
}

pub(crate) fn a_change_is_written_as_a_whole_or_not_at_all(world: &World) {
    let outlet = world.outlets[0];
    let machine = world.machine(&[outlet]);
    for _ in 0..2 {
        world.sell(outlet);
    }
    follow(world, &mut Follower::default());
    let (mut book, lease) = (book(world, "one"), lease(world, "one"));
    let jobs = book.due(&machine.id, world.clock.at(), 9).unwrap();
    let stale = Job { version: jobs[1].version + 1, ..jobs[1].clone() };
    let (machine, attempts) = (book.machine(&machine.id).unwrap(), 3);
    let both = Change {
        jobs: vec![Job { attempts, ..jobs[0].clone() }, stale],
        transitions: vec![told(&jobs[0], JobState::Retry, Cause::RequestFailed, world)],
        machine: Some(machine.clone()),
    };
    let one = Change::of(
        Job { attempts, ..jobs[0].clone() },
        told(&jobs[0], JobState::Retry, Cause::RequestFailed, world),
    );
    assert_eq!(book.write(&lease, &[both, one]).unwrap(), [Written::Overtaken, Written::Done]);
    let after = [book.job(jobs[0].id).unwrap(), book.job(jobs[1].id).unwrap()];
    assert_eq!((after[0].attempts, after[0].version), (attempts, jobs[0].version + 1));
    assert_eq!(after[1], jobs[1]);
    assert_eq!(book.machine(&machine.id).unwrap(), machine);
}

pub(crate) fn what_was_left_submitted_at_a_removed_e_mcf_is_found_out(world: &World) {
    let outlet = world.outlets[0];
    let machine = world.machine(&[outlet]);
    world.sell(outlet);
    follow(world, &mut Follower::default());
    let mut book = book(world, "dead");
    let authority = http(world, &machine);
    let mut lane = Lane::new(lease(world, "dead"), translator(), Tolerance::default());
    for name in ["status", "request"] {
        let Turn::Call(task) = lane.next(Role::Request, &mut book, world.clock.at()).unwrap() else {
            panic!()
        };
        assert_eq!(task.name(), name);
        let answer = task.call(&authority);
        if name == "status" {
            lane.answered(*task, answer, &mut book, world.clock.at(), 7).unwrap();
        }
    }
    drop((lane, book));
    assert!(all_are(&world.jobs(), 1, JobState::Submitted));
    let (reach, by) = (registry::Reach::Merchant(world.merchant.clone()), by());
    let asked = Asked { by: &by, now: world.clock.at() };
    world.desk(|desk| desk.remove_machine(&reach, &machine.id, asked)).unwrap();
    let _agent = world.agent(1, 4);
    lapse(world);
    world.until(|jobs| all_are(jobs, 1, JobState::Retry));
}

pub(crate) fn an_e_mcf_is_his_to_whose_token_the_authority_answered_first(world: &World) {
    let [here, there] = [world.outlets[0], world.outlets[1]];
    let first = world.machine(&[here]);
    world.sell(here);
    let _agent = world.agent(1, 4);
    world.until(|jobs| all_recorded(jobs, 1));
    let (other, by) = (merchant(world.number + 500), by());
    let new = NewMachine {
        url: first.url.clone(),
        nim: first.nim.clone().unwrap(),
        nif: first.nif,
        isf: first.isf.clone(),
        dialect: first.dialect.clone(),
        token: token(world, &first).parse().unwrap(),
        outlets: vec![there],
        exclusive: true,
        is_test: true,
    };
    let owner = Owner { merchant: &other, nif: first.nif, outlets: &world.outlets, is_platform: true };
    let asked = Asked { by: &by, now: world.clock.at() };
    let mut random = entropy(world.number + 500);
    let his = world.desk(|desk| desk.create_machine(&new, owner, &TestVault, &mut random, asked)).unwrap();
    world.sell(there);
    let blocked =
        |state: &MachineState| matches!(state, MachineState::Blocked { cause: BlockCause::WrongMachine, .. });
    let reach = registry::Reach::Platform;
    let jobs = world.until(|_| blocked(&world.desk(|desk| desk.machine(&reach, &his.id)).unwrap().state));
    let states: Vec<_> = jobs.iter().map(|job| job.state).collect();
    assert!(states.contains(&JobState::Pending), "{states:?}");
    assert_eq!(world.finalised(), (1, 1));
    assert_eq!(world.desk(|desk| desk.machine(&reach, &first.id)).unwrap().state, MachineState::Ready);
}

pub(crate) fn a_book_sees_what_others_change_of_a_machine(world: &World) {
    let [here, there] = [world.outlets[0], world.outlets[1]];
    let known = world.machine(&[here]);
    let (mut one, mut other) = (book(world, "one"), book(world, "other"));
    assert_eq!(one.machine(&known.id).unwrap(), other.machine(&known.id).unwrap());
    // A lane's own write is known without being read.
    world.sell(here);
    follow(world, &mut Follower::default());
    let lease = lease(world, "one");
    let counted = Machine { clock_offset_ms: 7, ..one.machine(&known.id).unwrap() };
    assert_eq!(one.write(&lease, &[Change::of_machine(counted)]).unwrap(), [Written::Done]);
    assert_eq!(one.machine(&known.id).unwrap(), other.machine(&known.id).unwrap());
    assert_eq!(other.machine(&known.id).unwrap().clock_offset_ms, 7);
    // What was read before is overtaken.
    assert_eq!(one.write(&lease, &[Change::of_machine(known.clone())]).unwrap(), [Written::Overtaken]);
    world.change_machine(&known.id, &MachineChange { outlets: Some(vec![there]), ..Default::default() });
    world.change_machine(&known.id, &MachineChange { paused: Some(true), ..Default::default() });
    for book in [&mut one, &mut other] {
        let machine = book.machine(&known.id).unwrap();
        assert_eq!(machine.outlets, [there]);
        assert!(matches!(machine.state, MachineState::Paused { .. }));
    }
}
