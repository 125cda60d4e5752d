//! A book in memory, with backups, and with writes that fail.

use std::collections::BTreeMap;

use super::dice::Dice;
use crate::{
    At, Book, BookFault, Cause, Change, Elements, Job, JobId, JobState, Kept, Lease, Machine, MachineId,
    OriginalStanding, Paper, Transition, Written,
};

/// What the database would hold.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    pub(super) machine: Machine,
    pub(super) token: String,
    pub(super) jobs: BTreeMap<JobId, Job>,
    pub(super) withheld: Vec<JobId>,
    pub(super) told: Vec<Transition>,
    pub(super) lease: Option<(Lease, At)>,
    /// Whether a write of who lost the lease is refused.
    pub(super) fenced: bool,
    pub(super) two_codes: u64,
    pub(super) recorded: u64,
}

impl Memory {
    pub(super) fn original(&self, job: &Job) -> Option<&Job> {
        let original = job.original?;
        self.jobs.values().find(|one| {
            one.place.chain.outlet == original.outlet
                && one.place.chain.epoch == original.reference.epoch
                && one.fiscal.number == original.reference.number
        })
    }

    /// What a person's act or a follower's does: the newest version, at once.
    pub(super) fn put(&mut self, mut job: Job, transition: Option<Transition>) {
        job.version += 1;
        self.told.extend(transition);
        self.jobs.insert(job.id, job);
    }

    fn apply(&mut self, change: &Change, now: At) -> Written {
        let current = |job: &Job| self.jobs.get(&job.id).is_some_and(|kept| kept.version == job.version);
        let machine = change.machine.as_ref().is_none_or(|machine| machine.version == self.machine.version);
        if !machine || !change.jobs.iter().all(current) {
            return Written::Overtaken;
        }
        for job in &change.jobs {
            self.put(job.clone(), None);
            if job.state == JobState::Synced {
                self.wake(job, now);
            }
        }
        self.told.extend(change.transitions.iter().cloned());
        if let Some(machine) = &change.machine {
            self.machine = Machine { version: machine.version + 1, ..machine.clone() };
        }
        Written::Done
    }

    fn wake(&mut self, original: &Job, now: At) {
        let is_its = |job: &Job| {
            job.original.is_some_and(|named| {
                named.outlet == original.place.chain.outlet
                    && named.reference.epoch == original.place.chain.epoch
                    && named.reference.number == original.fiscal.number
            })
        };
        for job in self.jobs.values_mut().filter(|job| job.state == JobState::Retry && is_its(job)) {
            (job.due, job.version) = (now, job.version + 1);
        }
    }
}

/// How a book fails, in thousandths.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Failing {
    /// A write or a read that is not made, and known not to be.
    pub(super) refused: u64,
    /// A write of which nothing is known, made or not.
    pub(super) unknown: u64,
    /// The agent dies at it, before or after.
    pub(super) death: u64,
}

/// The book as an agent sees it.
pub(super) struct Failable<'a> {
    pub(super) memory: &'a mut Memory,
    pub(super) failing: Failing,
    pub(super) dice: &'a mut Dice,
    pub(super) now: At,
    pub(super) died: bool,
}

impl Failable<'_> {
    fn reads(&mut self) -> Result<(), BookFault> {
        if self.died || self.dice.per_mille(self.failing.refused / 8) {
            return Err(ledger::StoreFault::Unavailable("simulated".to_owned()).into());
        }
        Ok(())
    }

    /// Whether it takes place, and what the writer hears.
    fn writes(&mut self) -> (bool, Result<(), BookFault>) {
        if self.died {
            return (false, Err(BookFault::Unknown));
        }
        if self.dice.per_mille(self.failing.refused) {
            return (false, Err(ledger::StoreFault::Unavailable("simulated".to_owned()).into()));
        }
        let half = self.dice.per_mille(500);
        if self.dice.per_mille(self.failing.unknown) {
            return (half, Err(BookFault::Unknown));
        }
        if self.dice.per_mille(self.failing.death) {
            self.died = true;
            return (half, Err(BookFault::Unknown));
        }
        (true, Ok(()))
    }
}

impl Book for Failable<'_> {
    fn machine(&mut self, _: &MachineId) -> Result<Machine, BookFault> {
        self.reads()?;
        Ok(self.memory.machine.clone())
    }

    fn due(&mut self, _: &MachineId, now: At, most: usize) -> Result<Vec<Job>, BookFault> {
        self.reads()?;
        let waits = |job: &&Job| matches!(job.state, JobState::Pending | JobState::Retry) && job.due <= now;
        Ok(self.memory.jobs.values().filter(waits).take(most).cloned().collect())
    }

    fn open(&mut self, _: &MachineId, most: usize) -> Result<Vec<Job>, BookFault> {
        self.reads()?;
        let open = [JobState::Submitted, JobState::Ambiguous, JobState::SyncedWithoutCode];
        Ok(self.memory.jobs.values().filter(|job| open.contains(&job.state)).take(most).cloned().collect())
    }

    fn open_count(&mut self, machine: &MachineId) -> Result<u64, BookFault> {
        Ok(self.open(machine, usize::MAX)?.len() as u64)
    }

    fn unrecorded(&mut self, _: &MachineId, most: usize) -> Result<Vec<JobId>, BookFault> {
        self.reads()?;
        let waits = |job: &&Job| job.state == JobState::Synced && !job.recorded;
        Ok(self.memory.jobs.values().filter(waits).take(most).map(|job| job.id).collect())
    }

    fn job(&mut self, job: JobId) -> Result<Job, BookFault> {
        self.reads()?;
        self.memory.jobs.get(&job).cloned().ok_or(BookFault::NotFound("invoice"))
    }

    fn paper(&mut self, job: &Job) -> Result<Paper, BookFault> {
        let job = self.job(job.id)?;
        let original = match (job.original, self.memory.original(&job)) {
            (None, _) => OriginalStanding::None,
            (Some(_), None) => OriginalStanding::Unknown,
            (Some(_), Some(original)) => match (&original.elements, original.state) {
                (Some(elements), JobState::Synced) => OriginalStanding::Synced(elements.code),
                (_, state) => OriginalStanding::Waits(state),
            },
        };
        let withheld = self.memory.withheld.contains(&job.id).then(|| "non_compliant".to_owned());
        Ok(Paper { payload: String::new(), fiscal: job.fiscal, record: job.id.0, original, withheld })
    }

    fn write(&mut self, lease: &Lease, changes: &[Change]) -> Result<Vec<Written>, BookFault> {
        let fence = self.memory.lease.as_ref().map_or(0, |(lease, _)| lease.fence);
        if self.memory.fenced && lease.fence < fence {
            return Err(BookFault::LeaseLost);
        }
        let (takes_place, heard) = self.writes();
        let written = if takes_place {
            changes.iter().map(|change| self.memory.apply(change, self.now)).collect()
        } else {
            Vec::new()
        };
        heard.map(|()| written)
    }

    fn keep_code(&mut self, id: JobId, elements: &Elements, now: At) -> Result<Kept, BookFault> {
        let (takes_place, heard) = self.writes();
        let Some(job) = self.memory.jobs.get(&id).cloned().filter(|_| takes_place) else {
            return heard.map(|()| Kept::Already);
        };
        let kept = match &job.elements {
            Some(known) if known.code == elements.code => Kept::Already,
            Some(_) => Kept::TwoCodes,
            None => Kept::Done,
        };
        self.memory.two_codes += u64::from(kept == Kept::TwoCodes);
        if kept == Kept::Done {
            let from = Some(job.state);
            let to = JobState::Synced;
            let (cause, detail) = (Cause::CodeKept, elements.code.to_string());
            let job = Job { state: to, since: now, elements: Some(elements.clone()), doubt: None, ..job };
            self.memory.wake(&job, now);
            self.memory.put(job, Some(Transition { job: id, at: now, from, to, cause, detail }));
        }
        heard.map(|()| kept)
    }

    fn record(&mut self, job: JobId) -> Result<(), BookFault> {
        let (takes_place, heard) = self.writes();
        if let Some(job) = self.memory.jobs.get_mut(&job).filter(|_| takes_place) {
            (job.recorded, job.version) = (true, job.version + 1);
            self.memory.recorded += 1;
        }
        heard
    }
}
