//! Which files a job puts out: decided once, and kept.

use std::{
    fs::File,
    io::{self, Read},
};

use def_client::Job;
use fiscal::RecordHash;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A job, by what its files are called and the record that they show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct JobName {
    stem: String,
    record: String,
}

/// A file to be.
pub(super) struct Sheet {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// What is kept of a job from the moment on that its files may come out, for good.
///
/// Some hundred bytes of JSON: `{"record":"…","files":[{"name":"NUMBER.txt","bytes":1234,"sha256":"…"}]}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mark {
    record: String,
    pub(super) files: Vec<Listed>,
}

/// One of a job's files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listed {
    pub(super) name: String,
    bytes: u64,
    sha256: String,
}

/// More than every mark is long, in bytes.
const LONGEST: u64 = 16 * 1024;

impl JobName {
    pub(super) fn of(job: &Job<'_>) -> Self {
        let copy = job.duplicate().map_or_else(String::new, |number| format!("-duplicata-{number}"));
        Self::new(format!("{}{copy}", job.seal.fiscal_number), job.seal.record_hash)
    }

    pub(super) fn new(stem: String, record: RecordHash) -> Self {
        Self { stem, record: record.to_string() }
    }

    /// `NUMBER` or `NUMBER-duplicata-1`: what its mark is called too.
    pub(super) fn stem(&self) -> &str {
        &self.stem
    }

    pub(super) fn file(&self, extension: &str) -> String {
        format!("{}.{extension}", self.stem)
    }

    fn has(&self, file: &str) -> bool {
        let extension = file.strip_prefix(&self.stem).and_then(|rest| rest.strip_prefix('.'));
        extension.is_some_and(|extension| extension.bytes().all(|byte| byte.is_ascii_lowercase()))
    }
}

impl Mark {
    pub(super) fn new(job: &JobName, sheets: &[Sheet]) -> Self {
        Self { record: job.record.clone(), files: sheets.iter().map(Listed::of).collect() }
    }

    /// None of what is no mark of files that are called so.
    pub(super) fn read(file: File, job: &JobName) -> io::Result<Option<Self>> {
        let mut bytes = Vec::new();
        file.take(LONGEST).read_to_end(&mut bytes)?;
        let mark: Option<Self> = serde_json::from_slice(&bytes).ok();
        // Whatever the mark names is renamed: nothing but this job's files.
        let is_ours =
            |mark: &Self| !mark.files.is_empty() && mark.files.iter().all(|file| job.has(&file.name));
        Ok(mark.filter(is_ours))
    }

    pub(super) fn is_of(&self, job: &JobName) -> bool {
        self.record == job.record
    }

    pub(super) fn to_bytes(&self) -> io::Result<Vec<u8>> {
        Ok(serde_json::to_vec(self)?)
    }
}

impl Listed {
    pub(super) fn of(sheet: &Sheet) -> Self {
        let sha256 = sha256(&sheet.bytes);
        Self { name: sheet.name.clone(), bytes: sheet.bytes.len() as u64, sha256 }
    }

    /// Whether a file is this one, byte by byte.
    pub(super) fn is(&self, file: &File) -> io::Result<bool> {
        if file.metadata()?.len() != self.bytes {
            return Ok(false);
        }
        let mut bytes = Vec::new();
        // It may grow meanwhile.
        file.take(self.bytes.saturating_add(1)).read_to_end(&mut bytes)?;
        Ok(sha256(&bytes) == self.sha256)
    }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
