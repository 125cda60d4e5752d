use std::{
    fmt, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use signing::Passphrase;

/// Secrets that came with the environment.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    /// Of the software key store: `STELALA_PASSPHRASE`.
    pub passphrase: Option<Passphrase>,
    /// Of the token: `STELALA_PIN`.
    pub pin: Option<Passphrase>,
    pub(crate) database: Option<SecretSource>,
    /// What seals the secrets of people: `STELALA_SECRET`.
    pub(crate) access: Option<SecretSource>,
}

/// As it is written: where the secret stands that what people sign in with is sealed with.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AccessSection {
    secret_file: Option<PathBuf>,
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
    /// `SECRET_NOT_KEY`
    #[error("{0}: 64 hexadecimal digits are expected: `openssl rand -hex 32` makes them")]
    NotKey(String),
}

impl AccessSection {
    pub(crate) fn check(self, folder: &Path, secrets: &Secrets) -> Option<SecretSource> {
        let file = self.secret_file.map(|path| SecretSource::File(folder.join(path)));
        secrets.access.clone().or(file)
    }
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
        Passphrase::from_file_text(self.read()?).ok_or_else(|| SecretFault::Empty(self.name()))
    }

    /// The secret, as one of 32 bytes: 64 hexadecimal digits.
    pub fn key(&self) -> Result<[u8; 32], SecretFault> {
        let text = self.read()?;
        let key = fiscal::PayloadHash::from_hex(text.trim_end());
        key.map(|key| key.0).ok_or_else(|| SecretFault::NotKey(self.name()))
    }

    fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Given(_) => "the environment".to_owned(),
        }
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
