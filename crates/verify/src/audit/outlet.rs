use std::{
    io::{self, Read},
    num::NonZeroUsize,
};

use super::{Audit, AuditFault, journal::JournalSource, parts, pipeline::run};
use crate::{
    check::SignatureCheck,
    export::{ExportManifest, ExportPart, ExportVerdict},
    finding::{Finding, Rule},
    journal::{Examined, HeadAt, Referee},
    trust::Trust,
};

/// All chains of one outlet, read one after the other: the ledger's own first, then each that another signer sealed
/// (L2). Each is followed alone; at the end they are held against each other.
pub struct OutletAudit<'t> {
    pub(super) trust: &'t Trust,
    pub(super) check: &'t dyn SignatureCheck,
    pub(super) threads: NonZeroUsize,
    pub(super) referee: Referee<'t>,
    pub(super) verdict: ExportVerdict,
    pub(super) findings: Vec<Finding>,
    begun: bool,
}

impl<'t> Audit<'t> {
    /// Begins with the chains of an outlet.
    pub fn outlet(self) -> OutletAudit<'t> {
        let audit = self.one_folder();
        OutletAudit { referee: audit.referee.of_all_chains(), ..audit }
    }

    /// The same for one chain, which nothing else is held against.
    pub(super) fn one_folder(self) -> OutletAudit<'t> {
        let (trust, check, threads) = (self.trust, self.check, self.threads);
        let (verdict, findings) = (ExportVerdict::default(), Vec::new());
        OutletAudit { trust, check, threads, referee: self.referee(), verdict, findings, begun: false }
    }
}

impl OutletAudit<'_> {
    /// Reads the next chain, as lines of a journal. `name` stands before the lines of findings; of the ledger's own chain
    /// it is empty.
    pub fn chain(&mut self, name: &str, file: impl Read) -> Result<(), AuditFault> {
        self.begin();
        if !name.is_empty() {
            self.referee.begin_part(name);
        }
        let (trust, check, referee) = (self.trust, self.check, &mut self.referee);
        let mut judge = |_, line| referee.judge(line).map_err(AuditFault::Scratch);
        let examine = |line: &[u8]| Examined::of(line, trust, check);
        run(&mut JournalSource::new(file), self.threads, &examine, &mut judge)
    }

    /// Reads the parts of the next chain, and holds them against their list. `folder` is that of another signer than the
    /// ledger's own, and is named after it; of the ledger's own it is empty.
    pub fn export<R: Read>(
        &mut self,
        folder: &str,
        manifest: &ExportManifest,
        open: impl FnMut(&ExportPart) -> io::Result<Option<R>>,
    ) -> Result<(), AuditFault> {
        self.begin();
        let of_its_name = |part: &ExportPart| part.signer.as_str() == folder;
        if !folder.is_empty() && !manifest.list().parts.iter().all(of_its_name) {
            self.findings.push(Finding { place: folder.to_owned(), ..Rule::FolderSigner.into() });
        }
        parts::read(self, folder, manifest, open)
    }

    /// Of a list that the attester's key did not sign: nothing that it says is asked any further, and its parts are not
    /// read.
    pub fn false_list(&mut self, folder: &str) {
        self.findings.push(Finding { place: folder.to_owned(), ..Rule::ManifestSignature.into() });
    }

    /// Says what all chains are together.
    pub fn conclude(self) -> Result<ExportVerdict, AuditFault> {
        let journal = self.referee.finish().map_err(AuditFault::Scratch)?;
        Ok(self.verdict.with(self.findings, journal))
    }

    fn begin(&mut self) {
        if std::mem::replace(&mut self.begun, true) {
            self.referee.begin_chain();
        }
        self.verdict.chains += 1;
    }
}

/// Of the parts that are left out, nothing is asked.
pub(super) fn without_those_left_out(heads: &mut Vec<HeadAt>, manifest: &ExportManifest) {
    let parts = &manifest.list().parts;
    if (parts.len() as u64) < manifest.parts_listed() {
        heads.retain(|head| parts.iter().any(|part| part.has(head)));
    }
}
