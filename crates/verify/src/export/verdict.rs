use fiscal::Timestamp;

use super::manifest::ExportManifest;
use crate::{
    finding::{Finding, Rule},
    journal::JournalVerdict,
};

/// What an export is found to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportVerdict {
    /// What is false of a list or of a part as a whole; nothing when all is well.
    pub findings: Vec<Finding>,
    /// How many more there are, beyond [`JournalVerdict::MOST_FINDINGS`].
    pub more_findings: u64,
    /// How many chains of one signer were read, each over all its epochs: the ledger's own, and those of others.
    pub chains: u64,
    /// Whether a key was given that signed the lists.
    pub signed: bool,
    /// When the list was made.
    pub issued: Option<Timestamp>,
    /// How many parts were to be there.
    pub parts: u64,
    /// How many parts the lists have.
    pub parts_listed: u64,
    /// What is found of the records of all parts, as one journal.
    pub journal: JournalVerdict,
}

impl ExportVerdict {
    /// One more folder, with this list.
    pub(crate) fn add(&mut self, manifest: &ExportManifest) {
        self.signed = manifest.is_signed() && (self.signed || self.parts_listed == 0);
        self.issued = self.issued.or(Some(manifest.list().issued));
        self.parts += manifest.list().parts.len() as u64;
        self.parts_listed += manifest.parts_listed();
    }

    pub(crate) fn with(self, mut findings: Vec<Finding>, journal: JournalVerdict) -> Self {
        let all = findings.len();
        findings.truncate(JournalVerdict::MOST_FINDINGS);
        Self { more_findings: (all - findings.len()) as u64, findings, journal, ..self }
    }

    /// Of a list that the key did not sign: nothing that it says is asked any further.
    pub fn of_a_false_list() -> Self {
        Self { findings: vec![Rule::ManifestSignature.into()], ..Self::default() }
    }

    /// Whether nothing is false.
    pub fn is_true(&self) -> bool {
        self.findings.is_empty() && self.journal.is_true()
    }
}
