//! Drives one e-MCF over a [`Book`]: what to call next, and what follows from each answer. The calls themselves are made
//! by whoever drives the lane, so that several can be out at once and a simulation decides what becomes of each.

mod answered;
mod confirmed;
mod places;
mod sheet;
mod task;
mod turn;
mod writing;

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use edef::{GroupTotals, InvoiceRequest, Tolerance};

use self::places::Places;
use crate::{
    At, Book, BookFault, Elements, Job, JobId, Lease, Machine, Theirs,
    course::{Known, Rules},
};

pub use sheet::{NoSheet, Sheet, Translate, translate};
pub use task::{Answer, Role, Task, Turn};

/// How old the last reading of the authority's clock may be when a request is made.
const SEEN_FOR: Duration = Duration::from_secs(45);
/// How often jobs are looked for that nobody has in hand.
const SWEEP: Duration = Duration::from_secs(10);
/// How long to rest when nothing is due.
const IDLE: Duration = Duration::from_secs(1);
/// So many jobs of which something may be out are looked at at once.
const OPEN: usize = 200;

/// One e-MCF, driven by the holder of its lease. Two or more workers ask for requests and one for confirms.
pub struct Lane {
    lease: Lease,
    rules: Rules,
    tolerance: Tolerance,
    translate: Arc<dyn Translate>,
    generation: Option<u64>,
    seen: Option<Seen>,
    status_out: bool,
    status_due: Option<At>,
    status_pause: Duration,
    places: Places,
    counted: bool,
    to_request: VecDeque<Ready>,
    /// Their intent to confirm is durable, and we have sent none.
    fresh: VecDeque<Job>,
    again: VecDeque<Job>,
    to_cancel: VecDeque<Job>,
    out: BTreeSet<JobId>,
    /// Confirms that are out, and the one that is taken ahead.
    confirms: usize,
    /// Codes that are not durable yet.
    codes: Vec<(JobId, Elements)>,
    /// Counters that were not judged yet.
    known: Vec<(u64, Known)>,
    quiet_until: Option<At>,
    /// When a confirm was answered well.
    confirmed: Option<At>,
    /// Nothing more is begun: what is in hand was given back.
    has_left: bool,
    /// Nothing may be called at the moment.
    is_resting: bool,
    swept: Option<At>,
}

/// When the authority answered last, by both clocks.
#[derive(Clone, Copy, Debug)]
struct Seen {
    theirs: Theirs,
    here: At,
}

/// A request whose intent is durable.
#[derive(Clone, Debug)]
struct Ready {
    job: Job,
    request: Box<InvoiceRequest>,
    expected: Box<GroupTotals>,
}

impl Lane {
    /// Drives the machine of a lease that was just taken: everything that is out is somebody else's.
    pub fn new(lease: Lease, translate: Arc<dyn Translate>, tolerance: Tolerance) -> Self {
        Self::with_rules(lease, translate, tolerance, Rules::default())
    }

    /// The same by other rules.
    pub(crate) fn with_rules(
        lease: Lease,
        translate: Arc<dyn Translate>,
        tolerance: Tolerance,
        rules: Rules,
    ) -> Self {
        Self {
            lease,
            rules,
            tolerance,
            translate,
            generation: None,
            seen: None,
            status_out: false,
            status_due: None,
            status_pause: IDLE,
            places: Places::default(),
            counted: false,
            to_request: VecDeque::new(),
            fresh: VecDeque::new(),
            again: VecDeque::new(),
            to_cancel: VecDeque::new(),
            out: BTreeSet::new(),
            confirms: 0,
            codes: Vec::new(),
            known: Vec::new(),
            quiet_until: None,
            confirmed: None,
            has_left: false,
            is_resting: false,
            swept: None,
        }
    }

    /// Under which lease.
    pub const fn lease(&self) -> &Lease {
        &self.lease
    }

    /// The lease was renewed: the same machine and holder.
    pub fn renewed(&mut self, lease: Lease) {
        self.lease = lease;
    }

    /// Whether a call of it is out, or a code waits to be kept: it is not to be dropped then if that can be helped.
    pub fn is_busy(&self) -> bool {
        self.calls_out() || !self.codes.is_empty()
    }

    /// Whether a reading of the list is planned: its driver does not end for want of work then.
    pub fn has_plans(&self) -> bool {
        self.status_due.is_some() && !self.is_resting
    }

    fn calls_out(&self) -> bool {
        self.status_out || self.confirms > 0 || !self.out.is_empty()
    }

    /// Writes the elements of SYNCED jobs into the ledger, at most so many. How many were written.
    pub fn record(&self, book: &mut dyn Book, most: usize) -> Result<usize, BookFault> {
        let jobs = book.unrecorded(&self.lease.machine, most)?;
        for job in &jobs {
            book.record(*job)?;
        }
        Ok(jobs.len())
    }

    fn has_in_hand(&self, job: JobId) -> bool {
        let queued = |jobs: &VecDeque<Job>| jobs.iter().any(|one| one.id == job);
        self.out.contains(&job)
            || self.to_request.iter().any(|ready| ready.job.id == job)
            || [&self.fresh, &self.again, &self.to_cancel].into_iter().any(queued)
    }

    /// Whether a call about the job goes to the machine of its intent.
    fn is_of(job: &Job, machine: &Machine) -> bool {
        job.intent
            .as_ref()
            .is_some_and(|intent| Some(&intent.nim) == machine.nim.as_ref() && intent.url == machine.url)
    }
}
