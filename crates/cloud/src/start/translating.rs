//! Invoices become requests by the manifest that holds and in their outlet's zone.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use edef::AuthorityCode;
use fiscal::{OutletId, UtcOffset};
use ledger::{Ledger, LedgerStore, ManifestBook, StoreFault};
use sync::{
    Job, Machine, Paper,
    lane::{NoSheet, Sheet, Translate, translate},
};

/// As the ledger knows them.
pub(super) struct ByManifest {
    ledger: Ledger,
    /// A zone never changes.
    zones: Mutex<BTreeMap<OutletId, UtcOffset>>,
}

impl ByManifest {
    pub(super) const fn of(ledger: Ledger) -> Self {
        Self { ledger, zones: Mutex::new(BTreeMap::new()) }
    }

    fn zone(&self, outlet: OutletId) -> Result<UtcOffset, NoSheet> {
        if let Some(zone) = self.zones.lock().unwrap_or_else(PoisonError::into_inner).get(&outlet) {
            return Ok(*zone);
        }
        let found = self
            .ledger
            .ask(|store| store.outlet(outlet))
            .map_err(|refusal| NoSheet::Yet(refusal.to_string()))?;
        let zone = found.ok_or_else(|| nowhere(outlet))?.zone;
        self.zones.lock().unwrap_or_else(PoisonError::into_inner).insert(outlet, zone);
        Ok(zone)
    }
}

impl Translate for ByManifest {
    fn sheet(
        &self,
        job: &Job,
        paper: &Paper,
        machine: &Machine,
        original: Option<AuthorityCode>,
    ) -> Result<Sheet, NoSheet> {
        let (book, zone) = (self.ledger.manifest(), self.zone(job.place.chain.outlet)?);
        translate(job, paper, machine, original, (&book.as_manifest(), zone))
    }
}

/// With the zones read before: whoever has a connection to the database waits for no other one.
pub struct InZones {
    book: Arc<ManifestBook>,
    zones: BTreeMap<OutletId, UtcOffset>,
}

impl InZones {
    /// Of all outlets.
    pub fn read(book: Arc<ManifestBook>, store: &mut dyn LedgerStore) -> Result<Self, StoreFault> {
        const PAGE: usize = 500;
        let (mut zones, mut after) = (BTreeMap::new(), None);
        loop {
            let page = store.outlets(after, PAGE)?;
            zones.extend(page.iter().map(|outlet| (outlet.id, outlet.zone)));
            match page.last() {
                Some(last) if page.len() == PAGE => after = Some(last.id),
                _ => return Ok(Self { book, zones }),
            }
        }
    }
}

impl Translate for InZones {
    fn sheet(
        &self,
        job: &Job,
        paper: &Paper,
        machine: &Machine,
        original: Option<AuthorityCode>,
    ) -> Result<Sheet, NoSheet> {
        let outlet = job.place.chain.outlet;
        let zone = *self.zones.get(&outlet).ok_or_else(|| nowhere(outlet))?;
        translate(job, paper, machine, original, (&self.book.as_manifest(), zone))
    }
}

fn nowhere(outlet: OutletId) -> NoSheet {
    NoSheet::Yet(format!("the ledger knows no outlet {outlet}: register it"))
}
