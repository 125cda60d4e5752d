use std::{fmt, io, os::unix::fs::MetadataExt, path::PathBuf};

use signing::Passphrase;

/// Secrets that came with the environment.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    /// Of the software key store: `STELALA_PASSPHRASE`.
    pub passphrase: Option<Passphrase>,
    /// Of the token: `STELALA_PIN`.
    pub pin: Option<Passphrase>,
    pub(crate) database: Option<SecretSource>,
}

/// Where a secret stands.
#[derive(Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// In a file that nobody else may read.
    File(PathBuf),
    /// It came with the environment.
    Given(String),
}

/// Why a secret cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SecretFault {
    /// `SECRET_UNREADABLE`
    #[error("{path}: {cause}: write the secret into this file, readable by this program only (mode 0600)")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        cause: io::Error,
    },
    /// `SECRET_OPEN`
    #[error("{0}: others may read this secret: chmod 600 {0}")]
    Open(String),
    /// `SECRET_EMPTY`
    #[error("{0}: there is nothing in this file: write the secret into it")]
    Empty(String),
}

impl SecretSource {
    /// The secret.
    pub fn read(&self) -> Result<String, SecretFault> {
        match self {
            Self::Given(text) => Ok(text.clone()),
            Self::File(path) => read(path),
        }
    }

    /// The secret, as one that opens a key store.
    pub fn passphrase(&self) -> Result<Passphrase, SecretFault> {
        let name = match self {
            Self::File(path) => path.display().to_string(),
            Self::Given(_) => "the environment".to_owned(),
        };
        Passphrase::from_file_text(self.read()?).ok_or(SecretFault::Empty(name))
    }
}

fn read(path: &PathBuf) -> Result<String, SecretFault> {
    let name = || path.display().to_string();
    let unreadable = |cause| SecretFault::Unreadable { path: name(), cause };
    if path.metadata().map_err(unreadable)?.mode() & 0o077 != 0 {
        return Err(SecretFault::Open(name()));
    }
    std::fs::read_to_string(path).map_err(unreadable)
}

impl fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Given(_) => f.write_str("Given(…)"),
        }
    }
}
