use edef::AuthorityCode;
use fiscal::{FiscalNumber, RecordHash};

use crate::{At, Doubt, DoubtCause, Elements, Era, Job, JobId, JobState, Machine, MachineId, Transition};

/// What a lane needs of the store. The database is one; simulations have another in memory.
pub trait Book {
    /// A machine as it is now.
    fn machine(&mut self, id: &MachineId) -> Result<Machine, BookFault>;

    /// Whether the authority has answered to another merchant's token as this machine.
    fn is_anothers(&mut self, _machine: &Machine) -> Result<bool, BookFault> {
        Ok(false)
    }

    /// PENDING and RETRY jobs of the machine whose time has come, at most so many, in turn over its outlets and in each
    /// by the time of sealing.
    fn due(&mut self, machine: &MachineId, now: At, most: usize) -> Result<Vec<Job>, BookFault>;

    /// The jobs of which something may be out or unknown: every SUBMITTED, AMBIGUOUS and SYNCED_WITHOUT_CODE job of the
    /// machine, the oldest first, at most so many.
    fn open(&mut self, machine: &MachineId, most: usize) -> Result<Vec<Job>, BookFault>;

    /// What is SUBMITTED at the machine, the oldest first, at most so many.
    fn submitted(&mut self, machine: &MachineId, most: usize) -> Result<Vec<Job>, BookFault> {
        let mut open = self.open(machine, usize::MAX)?;
        open.retain(|job| job.state == JobState::Submitted);
        open.truncate(most);
        Ok(open)
    }

    /// The doubts of the machine of which a reading of the list may say something, the newest first, at most so many.
    fn asked(&mut self, machine: &MachineId, most: usize) -> Result<Vec<Job>, BookFault> {
        let mut open = self.open(machine, usize::MAX)?;
        open.retain(|job| job.state == JobState::Ambiguous && !job.is_for_a_person());
        open.sort_by_key(|job| std::cmp::Reverse(job.since));
        open.truncate(most);
        Ok(open)
    }

    /// The doubts of the machine about which counters of an era decide, the oldest first, at most so many.
    fn of_era(&mut self, machine: &MachineId, era: Era, most: usize) -> Result<Vec<Job>, BookFault> {
        let mut open = self.open(machine, usize::MAX)?;
        open.retain(|job| job.doubt.as_ref().is_some_and(|doubt| doubt.era == Some(era)));
        open.truncate(most);
        Ok(open)
    }

    /// How many confirms of the machine were lost after a time, and when the newest; as far as they are in doubt still.
    fn lost_confirms(&mut self, machine: &MachineId, after: At) -> Result<(u64, Option<At>), BookFault> {
        let lost = |doubt: &Doubt| matches!(doubt.cause, DoubtCause::ConfirmLost | DoubtCause::GoneTooLate);
        let mut open = self.open(machine, usize::MAX)?;
        open.retain(|job| job.doubt.as_ref().is_some_and(|doubt| lost(doubt) && doubt.since > after));
        let newest = open.iter().filter_map(|job| job.doubt.as_ref()).map(|doubt| doubt.since).max();
        Ok((open.len() as u64, newest))
    }

    /// How many jobs of the machine [`Self::open`] would name without a limit. Counters decide only who sees them all.
    fn open_count(&mut self, machine: &MachineId) -> Result<u64, BookFault>;

    /// Both at one moment.
    fn open_and_count(&mut self, machine: &MachineId, most: usize) -> Result<(Vec<Job>, u64), BookFault> {
        Ok((self.open(machine, most)?, self.open_count(machine)?))
    }

    /// SYNCED jobs of the machine whose elements are not in the ledger yet, at most so many.
    fn unrecorded(&mut self, machine: &MachineId, most: usize) -> Result<Vec<JobId>, BookFault>;

    /// A job as it is now.
    fn job(&mut self, job: JobId) -> Result<Job, BookFault>;

    /// The invoice of a job.
    fn paper(&mut self, job: &Job) -> Result<Paper, BookFault>;

    /// Writes what the lane found out. Each change is written as a whole if everything in it still has the version that
    /// was read, and else not at all. A job that becomes SYNCED makes those due that wait for it as their original.
    fn write(&mut self, lease: &Lease, changes: &[Change]) -> Result<Vec<Written>, BookFault>;

    /// Keeps elements that the authority answered, whatever became of the job or the lease: a code is never thrown away.
    /// A job without elements becomes SYNCED by them. To one that has others by hand or from a file the authority's own
    /// win; each pair of different codes is alerted and stands in a transition.
    fn keep_code(&mut self, job: JobId, elements: &Elements, now: At) -> Result<Kept, BookFault>;

    /// Writes the elements of a SYNCED job into the ledger, if they are not there yet.
    fn record(&mut self, job: JobId) -> Result<(), BookFault>;
}

/// The right to drive a machine. It passes on when its holder is not heard of any more; his fence is too low then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Which machine.
    pub machine: MachineId,
    /// Who drives it: a name that no other process has.
    pub holder: String,
    /// Rises each time that it is taken.
    pub fence: u64,
}

/// What is written together or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Jobs as they become; `version` is the one that was read.
    pub jobs: Vec<Job>,
    /// What is told of them.
    pub transitions: Vec<Transition>,
    /// The machine as it becomes; `version` is the one that was read.
    pub machine: Option<Machine>,
}

impl Change {
    /// One job with one transition.
    pub fn of(job: Job, transition: Transition) -> Self {
        Self { jobs: vec![job], transitions: vec![transition], machine: None }
    }

    /// A machine.
    pub fn of_machine(machine: Machine) -> Self {
        Self { machine: Some(machine), ..Self::default() }
    }
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It is durable; each version in it rose by one.
    Done,
    /// Somebody wrote before: read again.
    Overtaken,
}

/// What became of a code that was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The job has it now.
    Done,
    /// The job had the same.
    Already,
    /// The job had another one: a person is alerted.
    TwoCodes,
}

/// An invoice as the lane needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paper {
    /// The canonical payload.
    pub payload: String,
    /// Our fiscal number.
    pub fiscal: FiscalNumber,
    /// The hash of our record.
    pub record: RecordHash,
    /// The original of a credit note.
    pub original: OriginalStanding,
    /// Why it must not be sent, when it must not: it is not compliant (L6), or elements are missing.
    pub withheld: Option<String>,
}

/// How far the original of a credit note is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OriginalStanding {
    /// It has none, or the authority wants none.
    None,
    /// It is synced.
    Synced(AuthorityCode),
    /// It is on its way, or a person has to do something about it first.
    Waits(JobState),
    /// It is not in this ledger yet.
    Unknown,
}

/// Why the book did not do something.
#[derive(Clone, Debug, thiserror::Error)]
pub enum BookFault {
    /// Nothing was done: the database says so.
    #[error(transparent)]
    Store(#[from] ledger::StoreFault),
    /// Whether it was written is not known.
    #[error(
        "whether the database kept the last write is not known: it is read again before anything is sent"
    )]
    Unknown,
    /// Another process drives the machine now.
    #[error("another process drives this e-MCF now: nothing is to be done here")]
    LeaseLost,
    /// There is no such thing.
    #[error("there is no {0} with this id: check the id")]
    NotFound(&'static str),
    /// A row cannot be read.
    #[error("a row of the sync cannot be read ({0}): restore it from a backup, or tell the maker")]
    Corrupt(String),
}
