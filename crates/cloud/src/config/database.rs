use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{ConfigFault, SecretSource, Secrets};

/// Where ledgers are stored.
#[derive(Clone, Debug)]
pub enum DatabaseConfig {
    /// In a file.
    Sqlite(PathBuf),
    /// On a server.
    Postgres(PostgresConfig),
}

/// A PostgreSQL server.
#[derive(Clone, Debug)]
pub struct PostgresConfig {
    /// Its address, without a password.
    pub url: String,
    /// Where its password stands, if it asks for one.
    pub password: Option<SecretSource>,
    /// Take a server without synchronous replication: what it answered is gone with its disk (L3).
    pub allow_single_server: bool,
    /// Take a connection over the network without encryption.
    pub insecure_network: bool,
}

/// As it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DatabaseSection {
    sqlite: Option<PathBuf>,
    postgres: Option<String>,
    password_file: Option<PathBuf>,
    allow_single_server: bool,
    insecure_network: bool,
}

impl DatabaseSection {
    pub(crate) fn check(self, folder: &Path, secrets: &Secrets) -> Result<DatabaseConfig, ConfigFault> {
        match (self.sqlite, self.postgres) {
            (Some(_), Some(_)) => {
                Err(ConfigFault::member("database", "sqlite and postgres are two places: keep one of them"))
            }
            (sqlite, None) => {
                let path = sqlite.unwrap_or_else(|| "ledger.sqlite".into());
                Ok(DatabaseConfig::Sqlite(folder.join(path)))
            }
            (None, Some(url)) => {
                if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
                    let problem = "an address is expected, as postgres://stelala@127.0.0.1/stelala";
                    return Err(ConfigFault::member("database.postgres", problem));
                }
                if holds_password(&url) {
                    return Err(ConfigFault::Secret {
                        member: "database.postgres",
                        instead: "name a password_file, or set STELALA_DATABASE_PASSWORD",
                    });
                }
                let file = self.password_file.map(|path| SecretSource::File(folder.join(path)));
                let given = secrets.database.clone();
                Ok(DatabaseConfig::Postgres(PostgresConfig {
                    url,
                    password: given.or(file),
                    allow_single_server: self.allow_single_server,
                    insecure_network: self.insecure_network,
                }))
            }
        }
    }
}

/// In front of the host, or among the settings behind it.
fn holds_password(url: &str) -> bool {
    let (_, rest) = url.split_once("://").unwrap_or_default();
    let (address, settings) = rest.split_once('?').unwrap_or((rest, ""));
    let user = address.split('/').next().and_then(|server| server.rsplit_once('@'));
    user.is_some_and(|(user, _)| user.contains(':'))
        || settings.split('&').any(|one| one.starts_with("password="))
}
