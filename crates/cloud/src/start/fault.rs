use std::{io, path::Path};

use ledger::StoreFault;
use signing::{KeyFileFault, SignerFault};

use crate::config::SecretFault;

/// Why a cloud does not start, or a command on it is not done.
#[derive(Debug, thiserror::Error)]
pub enum StartFault {
    /// `SECRET`
    #[error(transparent)]
    Secret(SecretFault),
    /// `SECRET_MISSING`
    #[error("the store of keys is encrypted: set {variable}, or name a {member} in the configuration")]
    SecretMissing {
        /// The variable that would hold it.
        variable: &'static str,
        /// The member that would name its file.
        member: &'static str,
    },
    /// `KEYS`
    #[error(transparent)]
    Keys(#[from] KeyFileFault),
    /// `SIGNER`
    #[error(transparent)]
    Signer(#[from] SignerFault),
    /// `STORE`
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// `FILE`
    #[error("{path}: {cause}: it has to be a file that this program may write")]
    File {
        /// Which.
        path: String,
        /// What the system says.
        cause: io::Error,
    },
    /// `THREADS`
    #[error("the system gives no threads: {0}: raise the limits of this process")]
    Threads(io::Error),
}

impl StartFault {
    pub(crate) fn file(path: &Path, cause: io::Error) -> Self {
        Self::File { path: path.display().to_string(), cause }
    }

    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Secret(_) => "SECRET",
            Self::SecretMissing { .. } => "SECRET_MISSING",
            Self::Keys(_) => "KEYS",
            Self::Signer(_) => "SIGNER",
            Self::Store(_) => "STORE",
            Self::File { .. } => "FILE",
            Self::Threads(_) => "THREADS",
        }
    }
}
