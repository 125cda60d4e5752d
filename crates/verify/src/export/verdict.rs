use fiscal::Timestamp;

use super::manifest::ExportManifest;
use crate::{
    finding::{Finding, Rule},
    journal::JournalVerdict,
};

/// What an export is found to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportVerdict {
    /// What is false of the list or of a part as a whole; nothing when all is well.
    pub findings: Vec<Finding>,
    /// How many more there are, beyond [`JournalVerdict::MOST_FINDINGS`].
    pub more_findings: u64,
    /// Whether a key was given that signed the list.
    pub signed: bool,
    /// When the list was made.
    pub issued: Option<Timestamp>,
    /// How many parts were to be there.
    pub parts: u64,
    /// How many parts the list has.
    pub parts_listed: u64,
    /// What is found of the records of all parts, as one journal.
    pub journal: JournalVerdict,
}

impl ExportVerdict {
    pub(crate) fn new(
        manifest: &ExportManifest,
        mut findings: Vec<Finding>,
        journal: JournalVerdict,
    ) -> Self {
        let all = findings.len();
        findings.truncate(JournalVerdict::MOST_FINDINGS);
        Self {
            more_findings: (all - findings.len()) as u64,
            findings,
            signed: manifest.is_signed(),
            issued: Some(manifest.list().issued),
            parts: manifest.list().parts.len() as u64,
            parts_listed: manifest.parts_listed(),
            journal,
        }
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
