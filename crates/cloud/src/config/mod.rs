//! What a cloud runs on: one TOML file, and environment variables for the same members.

mod access;
mod database;
mod fault;
mod file;
mod heads;
mod members;
mod secret;
mod signer;

pub use database::{DatabaseConfig, PostgresConfig};
pub use fault::ConfigFault;
pub use secret::{SecretFault, SecretSource, Secrets};
pub use signer::SignerConfig;

use std::{
    net::SocketAddr,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    time::Duration,
};

use self::file::File;
use crate::access::Access;

/// The commented file that `stelala cloud config` prints; without a change it runs on this machine only.
pub const EXAMPLE: &str = include_str!("../../../../examples/cloud.toml");

/// What a cloud runs on, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// How it listens.
    pub http: HttpConfig,
    /// Where ledgers are stored.
    pub database: DatabaseConfig,
    /// Who seals.
    pub signer: SignerConfig,
    /// How much is done at once.
    pub ledger: LedgerConfig,
    /// What is written of what happens.
    pub log: LogConfig,
    /// Who may ask for what.
    pub access: Access,
    /// Passphrases that came with the environment.
    pub secrets: Secrets,
}

/// How a cloud listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpConfig {
    /// Where.
    pub listen: SocketAddr,
    /// How many connections it holds at once; later ones wait.
    pub connections: NonZeroUsize,
    /// For so long a client may send nothing, be about to send a header, or take nothing of its answers.
    pub idle: Duration,
    /// For so long a client may be about to send a body.
    pub body: Duration,
}

/// How much a ledger does at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerConfig {
    /// The file outside the database that hears of heads (L7).
    pub heads: PathBuf,
    /// How many sales wait for each writer.
    pub queue: NonZeroUsize,
    /// How many writers share the outlets.
    pub writers: NonZeroUsize,
    /// How many connections to the database are kept for questions.
    pub readers: NonZeroUsize,
}

/// What is written of what happens, on the standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogConfig {
    /// In lines for people or for programs.
    pub json: bool,
    /// From which level on.
    pub level: tracing::Level,
}

impl Config {
    /// Reads a file's text. Relative paths start at the folder; `environment` are the variables whose names begin with
    /// `STELALA_`, which win over the file.
    pub fn read(text: &str, folder: &Path, environment: &[(String, String)]) -> Result<Self, ConfigFault> {
        let (members, secrets) = members::of_environment(environment)?;
        let file = File::read(text, &members)?;
        let http = file.http.check()?;
        let database = file.database.check(folder, &secrets)?;
        let ledger = file.ledger.check(folder, &database)?;
        let signer = file.signer.check(folder)?;
        heads::check(&ledger.heads, &database, &signer)?;
        Ok(Self {
            http,
            database,
            signer,
            ledger,
            log: file.log.check()?,
            access: access::check(file.api_keys)?,
            secrets,
        })
    }
}
