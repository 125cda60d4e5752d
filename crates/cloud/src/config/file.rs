//! The file as it is written; what is absent has a value that is good on one machine.

use std::{
    net::SocketAddr,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;
use toml::{Table, Value};

use super::{
    ConfigFault, DatabaseConfig, HttpConfig, LedgerConfig, LogConfig, access::KeyEntry,
    database::DatabaseSection, members::Override, signer::SignerSection,
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
    pub(crate) api_keys: Vec<KeyEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct HttpSection {
    listen: String,
    insecure_listen: bool,
    connections: NonZeroUsize,
    idle_seconds: u64,
    body_seconds: u64,
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
    ];
    for (section, member, path, instead) in secrets {
        if holds(section, member) {
            return Err(ConfigFault::Secret { member: path, instead });
        }
    }
    Ok(())
}

impl HttpSection {
    pub(crate) fn check(self) -> Result<HttpConfig, ConfigFault> {
        let listen: SocketAddr = self.listen.parse().map_err(|_| {
            ConfigFault::member(
                "http.listen",
                "an address and a port are expected, as 127.0.0.1:8080 or [::1]:8080",
            )
        })?;
        if !listen.ip().is_loopback() && !self.insecure_listen {
            return Err(ConfigFault::member(
                "http.listen",
                "other machines would send keys and sales without encryption: listen on 127.0.0.1 behind a proxy that \
                 ends TLS, or say insecure_listen = true",
            ));
        }
        Ok(HttpConfig {
            listen,
            connections: self.connections,
            idle: seconds("http.idle_seconds", self.idle_seconds)?,
            body: seconds("http.body_seconds", self.body_seconds)?,
        })
    }
}

impl Default for HttpSection {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            insecure_listen: false,
            connections: number(1_024),
            idle_seconds: 30,
            body_seconds: 10,
        }
    }
}

/// Nothing that a client does may take longer.
const MOST_SECONDS: u64 = 600;

fn seconds(member: &str, seconds: u64) -> Result<Duration, ConfigFault> {
    if (1..=MOST_SECONDS).contains(&seconds) {
        Ok(Duration::from_secs(seconds))
    } else {
        Err(ConfigFault::member(member, format!("1 to {MOST_SECONDS} seconds are expected")))
    }
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
fn number(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN)
}
