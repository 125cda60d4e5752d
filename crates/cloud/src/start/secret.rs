use std::{
    fs::OpenOptions,
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use registry::Vault;

use super::{Entropy, StartFault};
use crate::config::{Config, DatabaseConfig, SecretSource};

/// Beside an SQLite database.
const FILE: &str = "access.key";

/// What seals the secrets of second factors and webhooks.
///
/// Where the configuration names none, one is made beside the SQLite file. Processes that share a server have to be given
/// the same.
pub fn vault(config: &Config, entropy: Entropy) -> Result<Vault, StartFault> {
    let source = match (&config.access_secret, &config.database) {
        (Some(source), _) => source.clone(),
        (None, DatabaseConfig::Sqlite(database)) => {
            let path = database.with_file_name(FILE);
            make(&path, entropy)?;
            SecretSource::File(path)
        }
        (None, DatabaseConfig::Postgres(_)) => {
            return Err(StartFault::SecretMissing {
                what: "secrets of people and webhooks are sealed with one that all processes share",
                variable: "STELALA_SECRET",
                member: "access.secret_file",
            });
        }
    };
    source.key().map(Vault::new).map_err(StartFault::Secret)
}

fn make(path: &Path, entropy: Entropy) -> Result<(), StartFault> {
    let mut key = [0; 32];
    entropy(&mut key);
    let digits: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let open = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match open.and_then(|mut file| writeln!(file, "{digits}").and_then(|()| file.sync_all())) {
        Err(fault) if fault.kind() != ErrorKind::AlreadyExists => Err(StartFault::file(path, fault)),
        _ => Ok(()),
    }
}
