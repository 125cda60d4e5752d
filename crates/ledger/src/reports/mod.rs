//! What an outlet sold: closures (Z), the sales so far (X), articles (A). None reads more than its period.
//!
//! Whoever signs, they have the same members. Z is a record of one signer's chain: where the line was handed over in the
//! middle of a day, each of them closes what it sold. X is of who holds the line. A is of all that was sold at the outlet.

mod articles;
mod closure;
pub(crate) mod days;
mod fault;
mod signed;
mod snapshot;

use std::num::NonZeroUsize;

use def_protocol::{ArticlesAsked, SnapshotPeriod};
use fiscal::{CivilDate, DeviceId, OutletId, Timestamp};
use verify::{ReportKind, ReportScope};

pub use self::{articles::ArticlesAnswer, fault::ReportFault, signed::Report, snapshot::SnapshotAnswer};
use closure::closure_of;

use crate::{ChainId, HeadRow, Ledger, Outlet, Recorded, Refusal, Row, StoreFault, store::LedgerStore};

impl Ledger {
    /// What closed a business day, if anything did: by who holds the line, or by another signer where that one has not
    /// closed it. Its seal is verified.
    pub fn closure(&self, outlet: OutletId, date: CivilDate) -> Result<Option<Recorded>, Refusal> {
        Ok(self.closures_until(outlet, date, 1)?.pop())
    }

    /// What closed a business day, of each signer that closed it: who holds the line first. The seals are verified.
    pub fn closures(&self, outlet: OutletId, date: CivilDate) -> Result<Vec<Recorded>, Refusal> {
        self.closures_until(outlet, date, usize::MAX)
    }

    fn closures_until(
        &self,
        outlet: OutletId,
        date: CivilDate,
        most: usize,
    ) -> Result<Vec<Recorded>, Refusal> {
        let (_, head) = self.outlet_and_head(outlet)?;
        self.ask(|store| {
            let mut closures = Vec::new();
            for signer in signers(store, &head)? {
                if closures.len() == most {
                    break;
                }
                let chain = ChainId { signer, ..head.chain };
                if let Some(row) = closure_by(store, &head, chain, date)? {
                    self.keys().verify(&row, store)?;
                    closures.push(Recorded { row, repeated: true });
                }
            }
            Ok(closures)
        })
    }

    /// What was sold since the last closure, or today (X report), by who holds the line. It closes nothing. Of the ledger's
    /// own signer it reads no record: it was counted as it was sealed. Of a device it reads the records of its period.
    pub fn snapshot(
        &self,
        outlet: OutletId,
        period: SnapshotPeriod,
    ) -> Result<Report<SnapshotAnswer>, Refusal> {
        let (outlet, head) = self.outlet_and_head(outlet)?;
        let now = self.now();
        let (answer, signer) = match head.holder {
            None => (snapshot::of(&head, outlet.zone, now, period)?, head.chain.signer),
            Some(device) => {
                let chain = ChainId { signer: device, ..head.chain };
                (self.ask(|store| snapshot::of_device(store, chain, outlet.zone, now, period))?, device)
            }
        };
        let kind = ReportKind::Snapshot(head.chain.epoch);
        Report::new(answer, &scope(&outlet, signer, kind, now), self.attester())
    }

    /// What was sold article by article over business days, whoever sealed it, at most so many articles (A report). Where
    /// there are more, `next` of the answer is the `after` of the next question, which reads the days again.
    pub fn articles(
        &self,
        outlet: OutletId,
        asked: &ArticlesAsked<'_>,
        most: NonZeroUsize,
    ) -> Result<Report<ArticlesAnswer>, Refusal> {
        let (outlet, head) = self.outlet_and_head(outlet)?;
        let mut page = articles::Page::new(asked, most)?;
        let times = days::span(asked.since, asked.until, outlet.zone).ok_or(ReportFault::Days)?;
        self.ask(|store| Ok(page.read(store, head.chain, times)))??;
        let kind = ReportKind::Articles {
            since: asked.since,
            until: asked.until,
            after: asked.after.map(|after| after.as_str().to_owned()),
        };
        Report::new(page.answer()?, &scope(&outlet, head.chain.signer, kind, self.now()), self.attester())
    }

    fn outlet_and_head(&self, id: OutletId) -> Result<(Outlet, HeadRow), Refusal> {
        let found = self.ask(|store| Ok(store.outlet(id)?.zip(store.head(id)?)))?;
        found.ok_or(Refusal::WrongOutlet)
    }
}

fn scope(outlet: &Outlet, signer: DeviceId, kind: ReportKind, issued: Timestamp) -> ReportScope {
    ReportScope { kind, issued, outlet: outlet.id, nif: outlet.nif, signer }
}

/// Everybody who sealed at an outlet: who holds the line first, then the ledger's own signer, then the others.
fn signers(store: &mut dyn LedgerStore, head: &HeadRow) -> Result<Vec<DeviceId>, StoreFault> {
    let mut signers: Vec<DeviceId> = head.holder.into_iter().collect();
    signers.push(head.chain.signer);
    for (chain, _) in store.chains(head.chain.outlet)? {
        if !signers.contains(&chain.signer) {
            signers.push(chain.signer);
        }
    }
    Ok(signers)
}

/// The closure of a business day in one signer's chain.
pub(crate) fn closure_by(
    store: &mut dyn LedgerStore,
    head: &HeadRow,
    chain: ChainId,
    date: CivilDate,
) -> Result<Option<Row>, StoreFault> {
    let newest = if chain.signer == head.chain.signer {
        head.state.position
    } else {
        store.newest_of(chain)?.map(|row| row.place.position)
    };
    closure_of(store, chain, date, newest)
}
