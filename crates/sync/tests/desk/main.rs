//! What people ask of the sync and do to it, over SQLite.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod alerts;
mod handing_out;
mod hidden;
mod invoices;
mod machines;
mod restored;
mod sheets;
#[path = "../world/mod.rs"]
mod world;

use std::time::Duration;

use fiscal::OutletId;
use ledger::{By, Cell, Sealing};
use sync::{Asked, Follower, Job, JobId, JobState, Listed, Machine, Sight};
use world::{TestClock, World};

/// A world in a database of its own, as long as the test runs.
struct Office {
    world: World,
    by: By,
    _directory: tempfile::TempDir,
}

impl Office {
    fn new() -> Self {
        let clock = TestClock::new();
        let (directory, database) = world::sqlite(&clock);
        let by = By { actor: "usr_mbuyi".parse().unwrap(), ..world::by() };
        Self { world: World::new(database, clock, 1), by, _directory: directory }
    }

    fn asked(&self) -> Asked<'_> {
        Asked { by: &self.by, now: self.world.clock.at() }
    }

    fn outlet(&self) -> OutletId {
        self.world.outlets[0]
    }

    /// A machine of the first outlet and so many sales there.
    fn with_sales(&self, count: usize) -> (Machine, Vec<Job>) {
        let machine = self.world.machine(&[self.outlet()]);
        for _ in 0..count {
            self.sell();
        }
        (machine, self.follow())
    }

    fn sell(&self) -> Sealing {
        self.world.clock.pass(Duration::from_secs(1));
        self.world.sell(self.outlet())
    }

    /// Makes jobs of what was sealed.
    fn follow(&self) -> Vec<Job> {
        let mut store = self.world.database.connect().unwrap();
        let mut follower = Follower::default();
        while follower.round(&mut *store, self.world.clock.at(), &mut || {}).unwrap().has_more {}
        self.world.jobs()
    }

    fn job(&self, id: JobId) -> Listed {
        self.world.desk(|desk| desk.job(Sight::All, id)).unwrap().listed
    }

    fn pass(&self, seconds: u64) {
        self.world.clock.pass(Duration::from_secs(seconds));
    }

    /// As a lane would have left it.
    fn put(&self, id: JobId, state: JobState) {
        self.execute("UPDATE sync_jobs SET state = $1 WHERE id = $2", &[text(&state), text(&id)]);
    }

    /// In doubt since now, after a confirm to this machine, of which the authority's clock was seen before and after.
    fn doubt(&self, id: JobId, machine: &Machine) {
        let now = self.world.clock.at();
        let gone = format!(r#"{{"first":{now},"first_here":{now},"in_time":true,"twice":true}}"#);
        self.doubt_as(id, machine, (&now.to_string(), &gone));
    }

    /// The same with what was seen before it, and after.
    fn doubt_as(&self, id: JobId, machine: &Machine, (not_before, gone): (&str, &str)) {
        let now = self.world.clock.at();
        let (nim, url) = (machine.nim.as_ref().unwrap(), machine.url.as_str());
        let intent = format!(
            r#"{{"step":"confirm","uid":"uid-{}","at":{now},"nim":"{nim}","url":"{url}","not_before":{not_before},"era":null,"totals":null}}"#,
            &id.to_string()[..8]
        );
        let doubt = format!(
            r#"{{"cause":"confirm_lost","since":{now},"gone":{gone},"era":null,"probably_finalised":false}}"#
        );
        let time = Cell::Integer(i64::try_from(now.0).unwrap());
        self.execute(
            "UPDATE sync_jobs SET state = 'AMBIGUOUS', machine = $1, intent = $2, doubt = $3, \
             doubt_cause = 'confirm_lost', confirming_since = $4, last_confirm = $4, since = $4 WHERE id = $5",
            &[text(&machine.id), Cell::Text(intent), Cell::Text(doubt), time, text(&id)],
        );
    }

    fn execute(&self, sql: &'static str, values: &[Cell]) {
        let mut store = self.world.database.connect().unwrap();
        store.change(&mut |statements| statements.execute(sql, values).map(|_| ())).unwrap();
    }

    /// The acts of a kind, as texts.
    fn acts(&self, action: &str) -> Vec<String> {
        let mut store = self.world.database.connect().unwrap();
        let acts = ledger::look(&mut *store, |statements| ledger::acts_of(statements, None, None, 500));
        let acts: Result<_, ledger::StoreFault> = acts;
        let acts: Vec<ledger::ActRow> = acts.unwrap();
        acts.into_iter().filter(|act| act.action == action).map(|act| act.subject).collect()
    }
}

fn text(value: &impl std::fmt::Display) -> Cell {
    Cell::Text(value.to_string())
}
