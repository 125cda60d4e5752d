use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use fiscal::OutletId;
use ledger::{By, Ledger, LedgerStore, Refusal, SinceEpoch, StoreFault};

use super::{
    alert_corrupt,
    few::Few,
    find, look, machine_of,
    papers::paper,
    reading::{
        Jobs, asked, due, is_anothers, lost_confirms, machine_version, of_era, open, open_count, submitted,
        unrecorded,
    },
    writing::{Outcome, What, Writing},
};
use crate::{
    At, Book, BookFault, Change, Elements, Era, Job, JobId, Kept, Lease, Machine, MachineId,
    OriginalStanding, Paper, Written, scribe::Scribe,
};

/// The book in the ledger's database. It reads by the ledger's connections and writes through the scribe.
#[derive(Clone)]
pub struct StoreBook {
    pub(super) ledger: Ledger,
    scribe: Scribe,
    clock: SinceEpoch,
    /// This process, and with [`Self::marks`] the name of each of its writes.
    holder: String,
    marks: Arc<AtomicU64>,
    pub(super) by: By,
    /// Whose turn was last, of each machine.
    turns: BTreeMap<MachineId, OutletId>,
    few: Arc<Few>,
    /// Machines as they were read last.
    machines: Arc<Mutex<BTreeMap<MachineId, Machine>>>,
    /// Rows that cannot be read, each told once.
    broken: Arc<Mutex<BTreeSet<String>>>,
    /// So many invoices were noted in the ledger.
    pub(crate) recorded: Arc<AtomicU64>,
}

impl StoreBook {
    /// A book with a scribe of its own, who ends with the last clone. `holder` is a name that no other process has.
    pub fn start(ledger: Ledger, clock: SinceEpoch, holder: String, by: By) -> std::io::Result<Self> {
        let (scribe, _) = Scribe::start(ledger.clone())?;
        Ok(Self::new(ledger, scribe, clock, holder, by))
    }

    pub(crate) fn new(ledger: Ledger, scribe: Scribe, clock: SinceEpoch, holder: String, by: By) -> Self {
        let (marks, recorded, machines, broken) = Default::default();
        // The others are for who sells, and for what is entered and written here.
        let few = Arc::new(Few::new((ledger.readers() / 3).max(1)));
        let turns = BTreeMap::new();
        Self { ledger, scribe, clock, holder, marks, by, turns, few, machines, broken, recorded }
    }

    pub(super) fn ask<T>(
        &self,
        question: impl FnOnce(&mut dyn LedgerStore) -> Result<T, StoreFault>,
    ) -> Result<T, BookFault> {
        let _asking = self.few.enter();
        self.ledger.ask(question).map_err(|refusal| match refusal {
            Refusal::Store(StoreFault::Corrupt(what)) => BookFault::Corrupt(what),
            Refusal::Store(fault) => BookFault::Store(fault),
            other => BookFault::Store(StoreFault::Unavailable(other.to_string())),
        })
    }

    pub(super) fn put(&self, what: What) -> Result<Outcome, BookFault> {
        let number = self.marks.fetch_add(1, Ordering::Relaxed);
        let mark = format!("{}-{number}", self.holder);
        self.scribe.write(Writing { mark, what }).map_err(|fault| match fault {
            StoreFault::Corrupt(what) => BookFault::Corrupt(what),
            // It was tried for as long as the process may wait.
            StoreFault::Unavailable(_) => BookFault::Unknown,
            fault => BookFault::Store(fault),
        })
    }

    /// What can be read; what cannot is alerted.
    pub(super) fn told(&self, (jobs, broken): Jobs) -> Vec<Job> {
        for what in broken {
            let is_new = self.broken.lock().unwrap_or_else(PoisonError::into_inner).insert(what.clone());
            if is_new {
                tracing::error!(what, "a job cannot be read and is left out: restore it from a backup");
                let now = self.now();
                // It is in the log, whatever the database says.
                let _ = self.ask(|store| alert_corrupt(store, &what, None, &what, now));
            }
        }
        jobs
    }

    /// What cannot be read of an invoice withholds it, and no other.
    fn unreadable(&self, job: &Job, what: &str) -> Paper {
        tracing::error!(job = %job.id, what, "an invoice cannot be read and is not sent: verify the ledger");
        let (about, outlet, now) = (job.fiscal.to_string(), job.place.chain.outlet, self.now());
        // It is in the log, whatever the database says.
        let _ = self.ask(|store| alert_corrupt(store, &about, Some(outlet), what, now));
        Paper {
            payload: String::new(),
            fiscal: job.fiscal,
            record: job.id.0,
            original: OriginalStanding::None,
            withheld: Some(what.to_owned()),
        }
    }

    /// A machine that was written is as it was written, under the next version.
    fn remember(&self, changes: &[Change], written: &[Written]) {
        let done = changes.iter().zip(written).filter(|(_, written)| **written == Written::Done);
        for machine in done.filter_map(|(change, _)| change.machine.clone()) {
            let machine = Machine { version: machine.version + 1, ..machine };
            self.machines().insert(machine.id.clone(), machine);
        }
    }

    fn machines(&self) -> MutexGuard<'_, BTreeMap<MachineId, Machine>> {
        self.machines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> At {
        At(u64::try_from((self.clock)().as_millis()).unwrap_or(u64::MAX))
    }
}

impl Book for StoreBook {
    fn machine(&mut self, id: &MachineId) -> Result<Machine, BookFault> {
        let known = self.machines().get(id).cloned();
        let found = self.ask(|store| {
            look(store, |statements| match &known {
                // A machine is read many times for each call, and hardly ever changes.
                Some(known) if machine_version(statements, id)? == Some(known.version) => Ok(None),
                _ => machine_of(statements, id).map(Some),
            })
        })?;
        let machine = match found {
            None => known,
            Some(found) => {
                let mut machines = self.machines();
                machines.remove(id);
                machines.extend(found.clone().map(|machine| (id.clone(), machine)));
                found
            }
        };
        machine.ok_or(BookFault::NotFound("e-MCF"))
    }

    fn is_anothers(&mut self, machine: &Machine) -> Result<bool, BookFault> {
        self.ask(|store| look(store, |statements| is_anothers(statements, machine)))
    }

    fn due(&mut self, machine: &MachineId, now: At, most: usize) -> Result<Vec<Job>, BookFault> {
        let last = self.turns.get(machine).copied();
        let found = self.ask(|store| look(store, |statements| due(statements, machine, last, now, most)))?;
        let mut found = self.told(found);
        for job in &mut found {
            job.machine = Some(machine.clone());
        }
        if let Some(job) = found.last() {
            self.turns.insert(machine.clone(), job.place.chain.outlet);
        }
        Ok(found)
    }

    fn open(&mut self, machine: &MachineId, most: usize) -> Result<Vec<Job>, BookFault> {
        Ok(self.told(self.ask(|store| look(store, |statements| open(statements, machine, most)))?))
    }

    fn open_and_count(&mut self, machine: &MachineId, most: usize) -> Result<(Vec<Job>, u64), BookFault> {
        let (found, count) = self.ask(|store| {
            look(store, |statements| Ok((open(statements, machine, most)?, open_count(statements, machine)?)))
        })?;
        Ok((self.told(found), count))
    }

    fn submitted(&mut self, machine: &MachineId, most: usize) -> Result<Vec<Job>, BookFault> {
        Ok(self.told(self.ask(|store| look(store, |statements| submitted(statements, machine, most)))?))
    }

    fn asked(&mut self, machine: &MachineId, most: usize) -> Result<Vec<Job>, BookFault> {
        Ok(self.told(self.ask(|store| look(store, |statements| asked(statements, machine, most)))?))
    }

    fn of_era(&mut self, machine: &MachineId, era: Era, most: usize) -> Result<Vec<Job>, BookFault> {
        Ok(self.told(self.ask(|store| look(store, |statements| of_era(statements, machine, era, most)))?))
    }

    fn lost_confirms(&mut self, machine: &MachineId, after: At) -> Result<(u64, Option<At>), BookFault> {
        self.ask(|store| look(store, |statements| lost_confirms(statements, machine, after)))
    }

    fn open_count(&mut self, machine: &MachineId) -> Result<u64, BookFault> {
        self.ask(|store| look(store, |statements| open_count(statements, machine)))
    }

    fn unrecorded(&mut self, machine: &MachineId, most: usize) -> Result<Vec<JobId>, BookFault> {
        self.ask(|store| look(store, |statements| unrecorded(statements, machine, most)))
    }

    fn job(&mut self, job: JobId) -> Result<Job, BookFault> {
        let found = self.ask(|store| look(store, |statements| find(statements, job)))?;
        found.ok_or(BookFault::NotFound("invoice on its way to the authority"))
    }

    fn paper(&mut self, job: &Job) -> Result<Paper, BookFault> {
        match self.ask(|store| paper(store, job)) {
            Ok(Some(paper)) => Ok(paper),
            Ok(None) => Ok(self.unreadable(job, "the ledger does not hold its record")),
            Err(BookFault::Corrupt(what)) => Ok(self.unreadable(job, &what)),
            Err(fault) => Err(fault),
        }
    }

    fn write(&mut self, lease: &Lease, changes: &[Change]) -> Result<Vec<Written>, BookFault> {
        match self.put(What::Changes(lease.clone(), changes.to_vec()))? {
            Outcome::Changes(written) => {
                self.remember(changes, &written);
                Ok(written)
            }
            _ => Err(BookFault::LeaseLost),
        }
    }

    fn keep_code(&mut self, job: JobId, elements: &Elements, now: At) -> Result<Kept, BookFault> {
        match self.put(What::Code(job, Box::new(elements.clone()), now))? {
            Outcome::Kept(kept) => Ok(kept),
            _ => Err(BookFault::NotFound("invoice on its way to the authority")),
        }
    }

    fn record(&mut self, job: JobId) -> Result<(), BookFault> {
        let job = self.job(job)?;
        if job.recorded { Ok(()) } else { self.note(vec![job]).map(|_| ()) }
    }
}
