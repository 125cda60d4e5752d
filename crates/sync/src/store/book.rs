use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use fiscal::OutletId;
use ledger::{
    AuthorityElements, AuthorityFault, AuthorityNote, AuthoritySource, By, Ledger, LedgerStore, Refusal, SinceEpoch,
    StoreFault,
};

use super::{
    find, look, machine_of,
    reading::{due, open, open_count, paper, unrecorded},
    writing::{Outcome, What, Writing},
};
use crate::{
    At, Book, BookFault, Change, Elements, Job, JobId, Kept, Lease, Machine, MachineId, Paper, Source, Written,
    scribe::Scribe,
};

/// The book in the ledger's database. It reads by the ledger's connections and writes through the scribe.
#[derive(Clone)]
pub(crate) struct StoreBook {
    pub(crate) ledger: Ledger,
    pub(crate) scribe: Scribe,
    pub(crate) clock: SinceEpoch,
    /// This process, and with [`Self::marks`] the name of each of its writes.
    pub(crate) holder: String,
    pub(crate) marks: Arc<AtomicU64>,
    pub(crate) by: By,
    /// Whose turn was last, of each machine.
    pub(crate) turns: BTreeMap<MachineId, OutletId>,
}

impl StoreBook {
    fn ask<T>(
        &self,
        question: impl FnOnce(&mut dyn LedgerStore) -> Result<T, StoreFault>,
    ) -> Result<T, BookFault> {
        self.ledger.ask(question).map_err(|refusal| match refusal {
            Refusal::Store(StoreFault::Corrupt(what)) => BookFault::Corrupt(what),
            Refusal::Store(fault) => BookFault::Store(fault),
            other => BookFault::Store(StoreFault::Unavailable(other.to_string())),
        })
    }

    fn put(&self, what: What) -> Result<Outcome, BookFault> {
        let number = self.marks.fetch_add(1, Ordering::Relaxed);
        let mark = format!("{}-{number}", self.holder);
        self.scribe.write(Writing { mark, what }).map_err(|fault| match fault {
            StoreFault::Corrupt(what) => BookFault::Corrupt(what),
            // It was tried for as long as the process may wait.
            StoreFault::Unavailable(_) => BookFault::Unknown,
            fault => BookFault::Store(fault),
        })
    }

    fn now(&self) -> At {
        At(u64::try_from((self.clock)().as_millis()).unwrap_or(u64::MAX))
    }
}

impl Book for StoreBook {
    fn machine(&mut self, id: &MachineId) -> Result<Machine, BookFault> {
        let found = self.ask(|store| look(store, |statements| machine_of(statements, id)))?;
        found.ok_or(BookFault::NotFound("e-MCF"))
    }

    fn due(&mut self, machine: &MachineId, now: At, most: usize) -> Result<Vec<Job>, BookFault> {
        let last = self.turns.get(machine).copied();
        let mut found = self.ask(|store| look(store, |statements| due(statements, machine, last, now, most)))?;
        for job in &mut found {
            job.machine = Some(machine.clone());
        }
        if let Some(job) = found.last() {
            self.turns.insert(machine.clone(), job.place.chain.outlet);
        }
        Ok(found)
    }

    fn open(&mut self, machine: &MachineId, most: usize) -> Result<Vec<Job>, BookFault> {
        self.ask(|store| look(store, |statements| open(statements, machine, most)))
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

    fn paper(&mut self, job: JobId) -> Result<Paper, BookFault> {
        let job = self.job(job)?;
        self.ask(|store| paper(store, &job))?.ok_or(BookFault::NotFound("invoice"))
    }

    fn write(&mut self, lease: &Lease, changes: &[Change]) -> Result<Vec<Written>, BookFault> {
        match self.put(What::Changes(lease.clone(), changes.to_vec()))? {
            Outcome::Changes(written) => Ok(written),
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
        let Some(elements) = job.elements.filter(|_| !job.recorded) else { return Ok(()) };
        let note = AuthorityNote { invoice: job.place, record_hash: job.id.0, elements: noted(&elements)? };
        let refused = match self.ledger.note_authority(job.place.chain.outlet, note, Some(self.by.clone())) {
            Ok(_) => None,
            // It is for a person to see, and not asked for again.
            Err(Refusal::Authority(fault @ (AuthorityFault::TwoCodes { .. } | AuthorityFault::NonCompliant))) => {
                Some(fault.to_string())
            }
            Err(Refusal::Store(fault)) => return Err(BookFault::Store(fault)),
            Err(refusal) => return Err(BookFault::Store(StoreFault::Unavailable(refusal.to_string()))),
        };
        self.put(What::Recorded(job.id, Box::new(elements), refused, self.now())).map(|_| ())
    }
}

/// The elements as the ledger keeps them. A text of the authority's that the ledger would not seal is left out.
fn noted(elements: &Elements) -> Result<AuthorityElements, BookFault> {
    let unfit = |what: &str| BookFault::Corrupt(format!("the authority's {what} is not in a form that the ledger seals"));
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    Ok(AuthorityElements {
        nim: elements.nim.as_str().parse().map_err(|_| unfit("NIM"))?,
        uid: elements.uid.as_ref().and_then(|uid| uid.as_str().parse().ok()),
        code: elements.code.as_str().parse().map_err(|_| unfit("code"))?,
        date_time: text(&elements.date_time).and_then(|text| text.parse().ok()),
        qr: text(&elements.qr).and_then(|text| text.parse().ok()),
        counters: elements.counters.and_then(|counters| counters.to_string().parse().ok()),
        total: elements.totals.and_then(|totals| totals.total.to_string().parse().ok()),
        vtotal: elements.totals.and_then(|totals| totals.vtotal.to_string().parse().ok()),
        source: match elements.source {
            Source::Hand => AuthoritySource::Hand,
            Source::Portal => AuthoritySource::Portal,
            Source::Api => AuthoritySource::Api,
        },
        host: elements.host.parse().map_err(|_| unfit("host"))?,
        is_test: elements.test,
    })
}
