//! What a cloud runs on: one TOML file, and environment variables for the same members.

mod authority;
mod database;
mod devices;
mod fault;
mod file;
mod heads;
mod http;
mod limits;
mod members;
mod network;
mod public;
mod secret;
mod signer;
#[cfg(test)]
mod tests;
mod webhooks;

pub use authority::AuthorityConfig;
pub use database::{DatabaseConfig, PostgresConfig};
pub use devices::DevicesConfig;
pub use fault::ConfigFault;
pub use http::{HttpConfig, TlsFiles};
pub use limits::LimitsConfig;
pub use network::{Network, NetworkFault};
pub use public::PublicConfig;
pub use secret::{SecretFault, SecretSource, Secrets};
pub use signer::SignerConfig;
pub use webhooks::WebhooksConfig;

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use self::file::File;
pub use crate::limits::Allowance;

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
    /// How much may be asked for.
    pub limits: LimitsConfig,
    /// Where the secret stands that seals what people sign in with: 32 bytes, see [`SecretSource::key`].
    pub access_secret: Option<SecretSource>,
    /// How receivers of webhooks are told.
    pub webhooks: WebhooksConfig,
    /// Where others find this cloud.
    pub public: PublicConfig,
    /// Devices that seal, if there are any.
    pub devices: Option<DevicesConfig>,
    /// The way to the tax authority, if invoices are sent there.
    pub authority: Option<AuthorityConfig>,
    /// Passphrases that came with the environment.
    pub secrets: Secrets,
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
        let http = file.http.check(folder)?;
        let database = file.database.check(folder, &secrets)?;
        let ledger = file.ledger.check(folder, &database)?;
        let signer = file.signer.check(folder)?;
        let access_secret = file.access.check(folder, &secrets);
        heads::check(&ledger.heads, &database, &signer, http.tls.as_ref(), access_secret.as_ref())?;
        Ok(Self {
            http,
            database,
            signer,
            ledger,
            log: file.log.check()?,
            limits: file.limits.check()?,
            access_secret,
            webhooks: file.webhooks.check()?,
            public: file.public.check()?,
            devices: file.devices.check(folder)?,
            authority: file.authority.check()?,
            secrets,
        })
    }
}
