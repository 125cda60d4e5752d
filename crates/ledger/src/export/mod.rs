//! An outlet's records for an auditor: parts of its journals and a signed list of them (`docs/formats.md`, section 15).
//!
//! The ledger's own chain is in the folder itself, over all its epochs. What other signers sealed is in a folder of each
//! of them, with a list of its own. Records go through page by page, and a part that was written to its end is kept
//! when an export is begun again.

mod folder;
mod plan;
mod progress;

use std::{io, path::Path};

use fiscal::{CivilDate, OutletId, Timestamp};
use signing::{Attester, SignerFault};
use verify::{ExportIssueFault, ExportList, ExportManifest, ExportPart, PartFault, PartFile, PartWriter};

use self::{
    folder::Folder,
    plan::{Journal, Plan, Stretch},
    progress::Progress,
};
use crate::{ChainId, Outlet, Row, StoreFault, store::LedgerStore};

/// Of which business days the records are, both included; all, where none is said. A record is of the day on which it was
/// sealed, in the outlet's zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExportDays {
    /// The first.
    pub since: Option<CivilDate>,
    /// The last.
    pub until: Option<CivilDate>,
}

/// An export to be made or to be gone on with.
pub struct Export<'a> {
    /// Where the records are.
    pub store: &'a mut dyn LedgerStore,
    /// Of which outlet.
    pub outlet: OutletId,
    /// Of which days.
    pub days: ExportDays,
    /// Who signs the lists.
    pub attester: &'a dyn Attester,
    /// When it is begun.
    pub now: Timestamp,
    /// Hears of records that were written.
    pub progress: &'a mut dyn FnMut(u64),
}

/// What was exported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExportDone {
    /// How many journals: the ledger's own, and one of each other signer.
    pub journals: u64,
    /// How many parts.
    pub parts: u64,
    /// How many of them were there already.
    pub kept: u64,
    /// How many records.
    pub records: u64,
}

/// Why an export stopped. What was written is gone on with when it is begun again.
#[derive(Debug, thiserror::Error)]
pub enum ExportStopped {
    /// The database does not answer, or is not true.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// The attester does not sign.
    #[error(transparent)]
    Attester(SignerFault),
    /// A file cannot be written or read.
    #[error("{path}: {cause}")]
    File {
        /// Which.
        path: String,
        /// Why.
        cause: io::Error,
    },
    /// There is no such outlet.
    #[error("there is no outlet {0} here: look at its id")]
    NoOutlet(OutletId),
    /// Nothing was sealed in these days.
    #[error("no record is of these days: choose others")]
    Nothing,
    /// The folder has something else.
    #[error("{0} holds something else than this export: name another folder, or one that is not there yet")]
    Folder(String),
}

impl Export<'_> {
    /// Writes the export into a folder, or goes on there.
    pub fn write(mut self, path: &Path) -> Result<ExportDone, ExportStopped> {
        let outlet = self.store.outlet(self.outlet)?.ok_or(ExportStopped::NoOutlet(self.outlet))?;
        let folder = Folder::open(path)?;
        let mut progress = match Progress::open(&folder)? {
            Some(progress) if progress.plan.is_of(&outlet, self.days) => progress,
            Some(_) => return Err(ExportStopped::Folder(path.display().to_string())),
            None => {
                folder.refuse_if_used(Progress::FILE)?;
                let plan = Plan::make(self.store, &outlet, self.days, self.now)?;
                Progress::begin(&folder, plan)?
            }
        };
        let mut done = ExportDone::default();
        let plan = progress.plan.clone();
        for journal in &plan.journals {
            let folder = match &journal.folder {
                None => folder.clone(),
                Some(signer) => folder.inner(signer)?,
            };
            self.journal(&outlet, &plan, journal, &folder, &mut progress, &mut done)?;
        }
        progress.end()?;
        Ok(done)
    }

    fn journal(
        &mut self,
        outlet: &Outlet,
        plan: &Plan,
        journal: &Journal,
        folder: &Folder,
        progress: &mut Progress,
        done: &mut ExportDone,
    ) -> Result<(), ExportStopped> {
        let mut parts = progress.kept(journal, folder)?;
        let kept = parts.len();
        for stretch in &journal.stretches {
            let chain = ChainId { outlet: outlet.id, epoch: stretch.epoch, signer: journal.signer };
            self.stretch(chain, stretch, folder, &mut parts, |part| progress.add(journal, part))?;
        }
        done.journals += 1;
        done.kept += kept as u64;
        done.parts += parts.len() as u64;
        done.records += parts.iter().map(|part| part.records).sum::<u64>();
        let list = ExportList { issued: plan.issued, outlet: outlet.id, nif: outlet.nif, parts };
        let signed = list.sign(&self.attester.public_key(), |hash| self.attester.sign(hash));
        let signed = signed.map_err(|fault| match fault {
            ExportIssueFault::Sign(fault) => ExportStopped::Attester(fault),
            fault @ ExportIssueFault::SignatureFalse => {
                ExportStopped::Attester(SignerFault::Permanent(fault.to_string()))
            }
            fault @ ExportIssueFault::Parts => StoreFault::Corrupt(fault.to_string()).into(),
        })?;
        folder.put(ExportManifest::FILE, signed.as_bytes())
    }

    /// Writes the parts of a stretch that are not there yet.
    fn stretch(
        &mut self,
        chain: ChainId,
        stretch: &Stretch,
        folder: &Folder,
        parts: &mut Vec<ExportPart>,
        mut keep: impl FnMut(&ExportPart) -> Result<(), ExportStopped>,
    ) -> Result<(), ExportStopped> {
        loop {
            let reached = parts.iter().rev().find(|part| part.epoch == stretch.epoch).map(|part| part.last);
            if reached.is_some_and(|reached| reached >= stretch.last) {
                return Ok(());
            }
            let file = match parts.last() {
                None => PartFile::FIRST,
                Some(part) => {
                    part.file.next().ok_or_else(|| StoreFault::Corrupt("too many parts".to_owned()))?
                }
            };
            let after = reached.or_else(|| fiscal::Position::new(stretch.first.value() - 1));
            let part = self.part(chain, after, stretch, folder, file)?;
            keep(&part)?;
            parts.push(part);
        }
    }

    fn part(
        &mut self,
        chain: ChainId,
        mut after: Option<fiscal::Position>,
        stretch: &Stretch,
        folder: &Folder,
        file: PartFile,
    ) -> Result<ExportPart, ExportStopped> {
        const PAGE: u64 = 500;
        let written = folder.begin(&file.to_string())?;
        let fault = |fault: PartFault| match fault {
            PartFault::Write(cause) => folder.fault(&file.to_string(), cause),
            fault => StoreFault::Corrupt(format!("{chain:?}: {fault}")).into(),
        };
        let mut part = PartWriter::new(written, file);
        let mut left = ExportPart::MOST_RECORDS;
        'part: while left > 0 {
            let most = usize::try_from(PAGE.min(left)).unwrap_or(1);
            let rows = self.store.records(chain, after, most)?;
            let count = rows.len() as u64;
            for row in rows.into_iter().take_while(|row| row.place.position <= stretch.last) {
                part.write(&read(&row)?, row.body.as_deref()).map_err(fault)?;
                after = Some(row.place.position);
                if row.place.position == stretch.last {
                    (self.progress)(count);
                    break 'part;
                }
            }
            (self.progress)(count);
            left -= count;
            if count == 0 {
                break;
            }
        }
        let (written, part) = part.finish().map_err(fault)?;
        folder.finish(&file.to_string(), written)?;
        Ok(part)
    }
}

fn read(row: &Row) -> Result<fiscal::Record, StoreFault> {
    row.read().map_err(|fault| StoreFault::Corrupt(format!("{:?}: {fault}", row.place)))
}
