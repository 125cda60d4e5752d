use std::{io, path::PathBuf};

use crate::{BadChoice, SignerFault};

/// Why a file of keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileFault {
    /// `KEY_FILE_MISSING`
    #[error("there is no key file at {path}: make one by `stelala cloud rotate-key`, or name the right one")]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// `KEY_FILE_EXISTS`
    #[error("there is a key file at {path} already: use it, or choose another place")]
    Exists {
        /// Which.
        path: PathBuf,
    },
    /// `KEY_FILE_OPEN_TO_OTHERS`
    #[error("others than its owner may read or write {path}: run `chmod 600` on it")]
    OpenToOthers {
        /// Which.
        path: PathBuf,
    },
    /// `KEY_FILE_IN_USE`
    #[error("another process writes {path} now: try again when it is done")]
    InUse {
        /// Which.
        path: PathBuf,
    },
    /// `KEY_FILE_IO`
    #[error("{path} cannot be read or written: {cause}")]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// `KEY_FILE_DAMAGED`: truncated, altered, or no key file at all.
    #[error("the key file is damaged ({0}): restore it from its backup")]
    Damaged(&'static str),
    /// `KEY_FILE_COST`
    #[error("the key file asks for more memory or time than allowed: it is not one that this program wrote")]
    Cost,
    /// `KEY_FILE_PASSPHRASE`: the file as a whole is sound, but it was not written with this passphrase.
    #[error(
        "the passphrase is not the key file's, or someone altered the file: give the right one, or restore it"
    )]
    WrongPassphrase,
    /// `KEY_FILE_PASSPHRASE_GUESSED`: of a file that would be made.
    #[error(
        "a passphrase for new keys {0}: choose another, such as four words, or `openssl rand -base64 32`"
    )]
    GuessedPassphrase(BadChoice),
    /// `KEY_FILE_REPLACED`: another file stands in the place of the one that was opened.
    #[error("the key file was replaced by another one: start again, with that one's passphrase")]
    Replaced,
    /// `KEY_FILE_NONCE`: a nonce came twice.
    #[error("the source of randomness repeats itself: do not make keys on this machine")]
    Randomness,
    /// `KEY_LIBRARY`
    #[error("the cryptographic library failed: see that the machine is sound, and start again")]
    Library,
}

impl KeyFileFault {
    /// A stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "KEY_FILE_MISSING",
            Self::Exists { .. } => "KEY_FILE_EXISTS",
            Self::OpenToOthers { .. } => "KEY_FILE_OPEN_TO_OTHERS",
            Self::InUse { .. } => "KEY_FILE_IN_USE",
            Self::Io { .. } => "KEY_FILE_IO",
            Self::Damaged(_) => "KEY_FILE_DAMAGED",
            Self::Cost => "KEY_FILE_COST",
            Self::WrongPassphrase => "KEY_FILE_PASSPHRASE",
            Self::GuessedPassphrase(_) => "KEY_FILE_PASSPHRASE_GUESSED",
            Self::Replaced => "KEY_FILE_REPLACED",
            Self::Randomness => "KEY_FILE_NONCE",
            Self::Library => "KEY_LIBRARY",
        }
    }
}

impl From<KeyFileFault> for SignerFault {
    fn from(fault: KeyFileFault) -> Self {
        match fault {
            KeyFileFault::InUse { .. } | KeyFileFault::Io { .. } => Self::Temporary(fault.to_string()),
            _ => Self::Permanent(fault.to_string()),
        }
    }
}
