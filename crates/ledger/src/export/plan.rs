//! What is exported, fixed when an export is begun: what is sealed meanwhile is the next one's.

use std::collections::BTreeMap;

use fiscal::{CivilDate, DeviceId, Epoch, OutletId, Position, Timestamp, UtcOffset};
use serde::{Deserialize, Serialize};

use super::{ExportDays, ExportStopped};
use crate::{ChainId, Outlet, Place, StoreFault, store::LedgerStore};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) outlet: OutletId,
    pub(super) days: ExportDays,
    pub(super) issued: Timestamp,
    pub(super) journals: Vec<Journal>,
}

/// The chains of one signer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Journal {
    pub(super) signer: DeviceId,
    /// None for the ledger's own.
    pub(super) folder: Option<String>,
    pub(super) stretches: Vec<Stretch>,
}

/// Records of one chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) epoch: Epoch,
    pub(super) first: Position,
    pub(super) last: Position,
}

impl Plan {
    pub(super) fn make(
        store: &mut dyn LedgerStore,
        outlet: &Outlet,
        days: ExportDays,
        issued: Timestamp,
    ) -> Result<Self, ExportStopped> {
        let head = store.head(outlet.id)?;
        let own = head.ok_or(ExportStopped::NoOutlet(outlet.id))?.chain.signer;
        let mut journals: BTreeMap<DeviceId, Vec<Stretch>> = BTreeMap::new();
        for (chain, newest) in store.chains(outlet.id)? {
            if let Some(stretch) = stretch(store, outlet.zone, chain, newest, days)? {
                journals.entry(chain.signer).or_default().push(stretch);
            }
        }
        if journals.is_empty() {
            return Err(ExportStopped::Nothing);
        }
        let journal = |(signer, stretches): (DeviceId, Vec<Stretch>)| Journal {
            signer,
            folder: (signer != own).then(|| signer.to_string()),
            stretches,
        };
        Ok(Self { outlet: outlet.id, days, issued, journals: journals.into_iter().map(journal).collect() })
    }

    pub(super) fn is_of(&self, outlet: &Outlet, days: ExportDays) -> bool {
        (self.outlet, self.days) == (outlet.id, days)
    }
}

/// The records of these days; none when there are none.
fn stretch(
    store: &mut dyn LedgerStore,
    zone: UtcOffset,
    chain: ChainId,
    newest: Position,
    days: ExportDays,
) -> Result<Option<Stretch>, StoreFault> {
    let before_since = |day: CivilDate| days.since.is_some_and(|since| day < since);
    let not_after_until = |day: CivilDate| days.until.is_none_or(|until| day <= until);
    let first = first_that_is_not(store, zone, chain, newest, &before_since)?;
    let end = first_that_is_not(store, zone, chain, newest, &not_after_until)?;
    let (first, last) = (Position::new(first), Position::new(end - 1));
    let stretch = first.zip(last).filter(|(first, last)| first <= last);
    Ok(stretch.map(|(first, last)| Stretch { epoch: chain.epoch, first, last }))
}

/// The first position of which this does not hold, or the one after the newest. It holds up to some time: a chain's
/// times never fall, so that few records are looked at.
fn first_that_is_not(
    store: &mut dyn LedgerStore,
    zone: UtcOffset,
    chain: ChainId,
    newest: Position,
    holds: &dyn Fn(CivilDate) -> bool,
) -> Result<u64, StoreFault> {
    let (mut low, mut high) = (1, newest.value() + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let position = Position::new(middle);
        let row = position.map(|position| store.at(Place { chain, position })).transpose()?.flatten();
        let missing = || StoreFault::Corrupt(format!("position {middle} of {chain:?} is missing"));
        if holds(row.ok_or_else(missing)?.time.date_at(zone)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// The plan as a line of the progress file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanLine {
    outlet_id: String,
    since: Option<String>,
    until: Option<String>,
    issued: String,
    journals: Vec<JournalLine>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JournalLine {
    signer: String,
    folder: Option<String>,
    /// Epoch, first and last position.
    stretches: Vec<(u32, u64, u64)>,
}

impl PlanLine {
    pub(super) fn of(plan: &Plan) -> Self {
        let journal = |journal: &Journal| JournalLine {
            signer: journal.signer.to_string(),
            folder: journal.folder.clone(),
            stretches: journal
                .stretches
                .iter()
                .map(|stretch| (stretch.epoch.0, stretch.first.value(), stretch.last.value()))
                .collect(),
        };
        Self {
            outlet_id: plan.outlet.to_string(),
            since: plan.days.since.map(|day| day.to_string()),
            until: plan.days.until.map(|day| day.to_string()),
            issued: plan.issued.to_string(),
            journals: plan.journals.iter().map(journal).collect(),
        }
    }

    pub(super) fn read(self) -> Option<Plan> {
        let day =
            |text: Option<String>| text.map(|text| text.parse().ok()).map_or(Some(None), |day| day.map(Some));
        let journals = self.journals.into_iter().map(|journal| {
            let signer: DeviceId = journal.signer.parse().ok()?;
            // A folder is the signer's own: the file may not name any other.
            let folder = journal.folder.is_some().then(|| signer.to_string());
            let stretches = journal.stretches.into_iter().map(|(epoch, first, last)| {
                let (first, last) = (Position::new(first)?, Position::new(last)?);
                Some(Stretch { epoch: Epoch(epoch), first, last })
            });
            Some(Journal { signer, folder, stretches: stretches.collect::<Option<_>>()? })
        });
        Some(Plan {
            outlet: self.outlet_id.parse().ok()?,
            days: ExportDays { since: day(self.since)?, until: day(self.until)? },
            issued: self.issued.parse().ok()?,
            journals: journals.collect::<Option<_>>()?,
        })
    }
}
