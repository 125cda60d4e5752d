//! Files and keys that a question needs.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use fiscal::{KeyFault, RecordHash};
use verify::{AuditFault, BundleFault, ExportFault, HeadsFault, KnownHead, LineFault};

use crate::trust_file::TrustFileFault;

/// Nothing that is verified in one piece is longer; a longer file is refused before it fills the memory.
const LONGEST_INPUT_BYTES: u64 = 16 * 1024 * 1024;

/// Why a question could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum InputFault {
    /// A file cannot be read.
    #[error("{path:?}: {cause}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// A file is longer than anything that is verified.
    #[error("{0:?}: longer than 16 MiB: this is not what you meant to verify")]
    TooLong(PathBuf),
    /// A file should be text.
    #[error("{0:?}: not UTF-8 text: choose another file")]
    NotText(PathBuf),
    /// A key file holds no key.
    #[error("{path:?}: {cause}")]
    Key {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: KeyFault,
    },
    /// A list of keys cannot be relied on.
    #[error("{path:?}: {cause}")]
    Bundle {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: BundleFault,
    },
    /// A file of keys cannot be used.
    #[error("{path:?}: {cause}")]
    Trust {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: TrustFileFault,
    },
    /// A root without anything that it signed.
    #[error("--root: name the list that it signed with --trust FILE or --bundle FILE")]
    RootAlone,
    /// A file of heads cannot be used.
    #[error("{path:?}: {cause}")]
    Heads {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: HeadsFault,
    },
    /// A list of parts cannot be relied on.
    #[error("{path:?}: {cause}")]
    Export {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: ExportFault,
    },
    /// A name is not one of a part.
    #[error("--part: a part is named as its file is, such as part-000002.jsonl")]
    PartName,
    /// The audit came to no verdict.
    #[error("{path:?}: {cause}")]
    Audit {
        /// Of what.
        path: PathBuf,
        /// Why.
        cause: AuditFault,
    },
    /// A head is not a hash.
    #[error("--head: a head is 64 hexadecimal digits, as an earlier verdict printed it")]
    Head,
}

/// Reads 64 hexadecimal digits.
pub(crate) fn read_head(text: &str) -> Result<KnownHead, InputFault> {
    let mut hash = [0; 32];
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(InputFault::Head);
    }
    for (byte, pair) in hash.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).map_err(|_| InputFault::Head)?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| InputFault::Head)?;
    }
    Ok(KnownHead(RecordHash(hash)))
}

/// What is told of an audit without a verdict.
pub(crate) fn audit_fault(path: &Path, cause: AuditFault) -> InputFault {
    let path = path.to_owned();
    match cause {
        AuditFault::Line(LineFault::TooLong) => InputFault::TooLong(path),
        AuditFault::Line(LineFault::Read(cause)) => InputFault::File { path, cause },
        cause => InputFault::Audit { path, cause },
    }
}

/// Reads a whole file, or standard input for `-`.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, InputFault> {
    let mut bytes = Vec::new();
    let read = open(path)?.take(LONGEST_INPUT_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|cause| InputFault::File { path: path.to_owned(), cause })?;
    if bytes.len() as u64 > LONGEST_INPUT_BYTES {
        Err(InputFault::TooLong(path.to_owned()))
    } else {
        Ok(bytes)
    }
}

/// Reads a whole file as text.
pub(crate) fn read_text(path: &Path) -> Result<String, InputFault> {
    String::from_utf8(read_bytes(path)?).map_err(|_| InputFault::NotText(path.to_owned()))
}

/// A file, or standard input for `-`.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read>, InputFault> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin()));
    }
    match File::open(path) {
        Ok(file) => Ok(Box::new(file)),
        Err(cause) => Err(InputFault::File { path: path.to_owned(), cause }),
    }
}
