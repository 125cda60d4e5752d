//! What an outlet sold: closures (Z), the sales so far (X), articles (A). None reads more than its period.
//!
//! X and A are of the ledger's own chain, as Z is, so that they agree: what devices delivered is in their own reports.

mod articles;
mod closure;
mod days;
mod fault;
mod signed;
mod snapshot;

use std::num::NonZeroUsize;

use def_protocol::{ArticlesAsked, SnapshotPeriod};
use fiscal::{CivilDate, OutletId, Timestamp};
use verify::{ReportKind, ReportScope};

pub use self::{articles::ArticlesAnswer, fault::ReportFault, signed::Report, snapshot::SnapshotAnswer};
pub(crate) use closure::closure_of;

use crate::{HeadRow, Ledger, Outlet, Recorded, Refusal};

impl Ledger {
    /// What closed a business day, if anything did: what [`Self::close`] would repeat, without closing. Its seal is
    /// verified.
    pub fn closure(&self, outlet: OutletId, date: CivilDate) -> Result<Option<Recorded>, Refusal> {
        let (_, head) = self.outlet_and_head(outlet)?;
        self.ask(|store| {
            let Some(row) = closure_of(store, head.chain, date, head.state.position)? else {
                return Ok(None);
            };
            self.keys().verify(&row, store)?;
            Ok(Some(Recorded { row, repeated: true }))
        })
    }

    /// What was sold since the last closure, or today (X report). It closes nothing and reads no record: it was counted
    /// as it was sealed.
    pub fn snapshot(
        &self,
        outlet: OutletId,
        period: SnapshotPeriod,
    ) -> Result<Report<SnapshotAnswer>, Refusal> {
        let (outlet, head) = self.outlet_and_head(outlet)?;
        let now = self.now();
        let answer = snapshot::of(&head, outlet.zone, now, period)?;
        Report::new(
            answer,
            &scope(&outlet, &head, ReportKind::Snapshot(head.chain.epoch), now),
            self.attester(),
        )
    }

    /// What was sold article by article over business days, at most so many articles (A report). Where there are more,
    /// `next` of the answer is the `after` of the next question, which reads the days again.
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
        Report::new(page.answer()?, &scope(&outlet, &head, kind, self.now()), self.attester())
    }

    fn outlet_and_head(&self, id: OutletId) -> Result<(Outlet, HeadRow), Refusal> {
        let found = self.ask(|store| Ok(store.outlet(id)?.zip(store.head(id)?)))?;
        found.ok_or(Refusal::WrongOutlet)
    }
}

fn scope(outlet: &Outlet, head: &HeadRow, kind: ReportKind, issued: Timestamp) -> ReportScope {
    ReportScope { kind, issued, outlet: outlet.id, nif: outlet.nif, signer: head.chain.signer }
}
