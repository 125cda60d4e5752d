//! A whole journal or export at any length: on all cores, in a bounded memory.

mod journal;
mod outlet;
mod parts;
mod pipeline;

use std::{
    collections::BTreeSet,
    io::{self, Read},
    num::NonZeroUsize,
};

pub use self::outlet::OutletAudit;
use self::{journal::JournalSource, pipeline::run};
use crate::{
    check::{SignatureCheck, SoftwareCheck},
    export::{ExportManifest, ExportPart, ExportVerdict},
    journal::{Examined, HeadAt, JournalVerdict, KnownHead, Referee},
    lines::LineFault,
    scratch::Scratch,
    trust::Trust,
};

/// How an audit is made. What it says is what [`Referee`] says line by line, in the same order.
///
/// Its memory does not grow with the journal when it has a [`Scratch`]: it holds 65,536 sales and puts the rest away,
/// at most 32 MiB of lines that wait for a thread, at most [`JournalVerdict::MOST_FINDINGS`] findings, and the heads that
/// it is given.
pub struct Audit<'t> {
    trust: &'t Trust,
    check: &'t dyn SignatureCheck,
    threads: NonZeroUsize,
    known: BTreeSet<KnownHead>,
    heads: Vec<HeadAt>,
    scratch: Option<Box<dyn Scratch + 't>>,
}

impl<'t> Audit<'t> {
    /// On one thread, in memory, without known heads.
    pub fn new(trust: &'t Trust) -> Self {
        Self {
            trust,
            check: &SoftwareCheck,
            threads: NonZeroUsize::MIN,
            known: BTreeSet::new(),
            heads: Vec::new(),
            scratch: None,
        }
    }

    /// Each of these must be the hash of one of the records.
    pub fn known_heads(mut self, known: impl IntoIterator<Item = KnownHead>) -> Self {
        self.known.extend(known);
        self
    }

    /// Each of these that is of the journal's outlet must be met at its place, but for those of before the journal begins.
    pub fn heads(mut self, heads: impl IntoIterator<Item = HeadAt>) -> Self {
        self.heads.extend(heads);
        self
    }

    /// Another implementation of the primitive.
    pub fn check(mut self, check: &'t dyn SignatureCheck) -> Self {
        self.check = check;
        self
    }

    /// On so many threads; one of them reads and judges, the others check. A browser has one.
    pub fn threads(mut self, threads: NonZeroUsize) -> Self {
        self.threads = threads;
        self
    }

    /// With files for what the memory is not to hold.
    pub fn scratch(mut self, scratch: impl Scratch + 't) -> Self {
        self.scratch = Some(Box::new(scratch));
        self
    }

    /// Audits a journal file.
    pub fn journal(self, file: impl Read) -> Result<JournalVerdict, AuditFault> {
        let (trust, check, threads) = (self.trust, self.check, self.threads);
        let mut referee = self.referee();
        let mut judge = |_, line| referee.judge(line).map_err(AuditFault::Scratch);
        let examine = |line: &[u8]| Examined::of(line, trust, check);
        run(&mut JournalSource::new(file), threads, &examine, &mut judge)?;
        referee.finish().map_err(AuditFault::Scratch)
    }

    /// Audits one folder of an export: its list, its parts against the list, and all their records as one journal.
    /// `open` gives a part's file, or none where it is not there. [`Audit::outlet`] audits all folders together.
    pub fn export<R: Read>(
        mut self,
        manifest: &ExportManifest,
        open: impl FnMut(&ExportPart) -> io::Result<Option<R>>,
    ) -> Result<ExportVerdict, AuditFault> {
        outlet::without_those_left_out(&mut self.heads, manifest);
        let mut audit = self.one_folder();
        audit.export("", manifest, open)?;
        audit.conclude()
    }

    fn referee(self) -> Referee<'t> {
        Referee::with(self.trust, self.check, self.known, self.heads, self.scratch)
    }
}

/// Why an audit came to no verdict.
#[derive(Debug, thiserror::Error)]
pub enum AuditFault {
    /// The journal cannot be read.
    #[error(transparent)]
    Line(#[from] LineFault),
    /// A part cannot be read.
    #[error("{part}: {cause}")]
    Part {
        /// Which.
        part: String,
        /// Why.
        cause: LineFault,
    },
    /// What the memory has no room for could not be kept.
    #[error(
        "the files for what the memory has no room for: {0}: make room, or name another folder in TMPDIR"
    )]
    Scratch(#[source] io::Error),
}
