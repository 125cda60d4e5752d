//! The file as it is written; what is absent has a value that is good on one machine.

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use toml::{Table, Value};

use super::{
    ConfigFault, DatabaseConfig, LedgerConfig, LogConfig, authority::AuthoritySection,
    database::DatabaseSection, devices::DevicesSection, http::HttpSection, limits::LimitsSection,
    members::Override, public::PublicSection, secret::AccessSection, signer::SignerSection,
    webhooks::WebhooksSection,
};

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct File {
    pub(crate) http: HttpSection,
    pub(crate) database: DatabaseSection,
    pub(crate) signer: SignerSection,
    pub(crate) ledger: LedgerSection,
    pub(crate) log: LogSection,
    pub(crate) limits: LimitsSection,
    pub(crate) access: AccessSection,
    pub(crate) webhooks: WebhooksSection,
    pub(crate) public: PublicSection,
    pub(crate) devices: DevicesSection,
    pub(crate) authority: AuthoritySection,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LedgerSection {
    heads: PathBuf,
    queue: NonZeroUsize,
    writers: Option<NonZeroUsize>,
    readers: NonZeroUsize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LogSection {
    format: String,
    level: String,
}

impl File {
    /// Reads the text, then what variables set in its place.
    pub(crate) fn read(text: &str, overrides: &[Override]) -> Result<Self, ConfigFault> {
        let syntax = |fault: toml::de::Error| ConfigFault::Syntax(fault.to_string());
        let mut table: Table = toml::from_str(text).map_err(syntax)?;
        refuse_secrets(&table)?;
        // The text itself, so that a fault names its line.
        let file: Self = toml::from_str(text).map_err(syntax)?;
        if overrides.is_empty() {
            return Ok(file);
        }
        for one in overrides {
            one.apply(&mut table)?;
        }
        Self::deserialize(Value::Table(table))
            .map_err(|fault| ConfigFault::member("the environment", fault.to_string()))
    }
}

fn refuse_secrets(table: &Table) -> Result<(), ConfigFault> {
    let holds = |section: &str, member: &str| {
        table.get(section).and_then(Value::as_table).is_some_and(|section| section.contains_key(member))
    };
    let secrets = [
        (
            "signer",
            "passphrase",
            "signer.passphrase",
            "write it into a file that only this program may read, and name that as passphrase_file, or set STELALA_PASSPHRASE",
        ),
        (
            "signer",
            "pin",
            "signer.pin",
            "write it into a file that only this program may read, and name that as pin_file, or set STELALA_PIN",
        ),
        (
            "database",
            "password",
            "database.password",
            "write it into a file that only this program may read, and name that as password_file, or set \
             STELALA_DATABASE_PASSWORD",
        ),
        (
            "access",
            "secret",
            "access.secret",
            "write it into a file that only this program may read, and name that as secret_file, or set STELALA_SECRET",
        ),
    ];
    for (section, member, path, instead) in secrets {
        if holds(section, member) {
            return Err(ConfigFault::Secret { member: path, instead });
        }
    }
    let key = table.get("http").and_then(|http| http.get("tls_key")).and_then(Value::as_str);
    if key.is_some_and(|key| key.contains("-----BEGIN")) {
        let instead = "write the key into a file that only this program may read, and name that";
        return Err(ConfigFault::Secret { member: "http.tls_key", instead });
    }
    Ok(())
}

impl LedgerSection {
    pub(crate) fn check(self, folder: &Path, database: &DatabaseConfig) -> Result<LedgerConfig, ConfigFault> {
        let writers = match (database, self.writers) {
            (DatabaseConfig::Sqlite(_), Some(writers)) if writers.get() > 1 => {
                return Err(ConfigFault::member(
                    "ledger.writers",
                    "SQLite has one writer: leave it out, or use PostgreSQL",
                ));
            }
            (DatabaseConfig::Sqlite(_), _) => number(1),
            (DatabaseConfig::Postgres(_), writers) => writers.unwrap_or(number(2)),
        };
        Ok(LedgerConfig { heads: folder.join(self.heads), queue: self.queue, writers, readers: self.readers })
    }
}

impl Default for LedgerSection {
    fn default() -> Self {
        Self { heads: "heads.jsonl".into(), queue: number(4_096), writers: None, readers: number(4) }
    }
}

impl LogSection {
    pub(crate) fn check(&self) -> Result<LogConfig, ConfigFault> {
        let json = match self.format.as_str() {
            "plain" => false,
            "json" => true,
            _ => return Err(ConfigFault::member("log.format", "plain or json is expected")),
        };
        let level = self.level.parse().map_err(|_| {
            ConfigFault::member(
                "log.level",
                "one of error, warn, info, debug is expected; debug has a line for each request",
            )
        })?;
        Ok(LogConfig { json, level })
    }
}

impl Default for LogSection {
    fn default() -> Self {
        Self { format: "plain".to_owned(), level: "info".to_owned() }
    }
}

/// A constant that is not 0.
pub(crate) fn number(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN)
}
