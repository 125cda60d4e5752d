use std::path::{Component, Path, PathBuf};

use super::{ConfigFault, DatabaseConfig, SecretSource, SignerConfig, TlsFiles};

/// What SQLite keeps, and what it keeps beside it.
const SQLITE: [&str; 4] = ["", "-wal", "-shm", "-journal"];

/// The file of heads is written at its end, and cut there: it must be no other file of the configuration.
pub(crate) fn check(
    heads: &Path,
    database: &DatabaseConfig,
    signer: &SignerConfig,
    tls: Option<&TlsFiles>,
    access_secret: Option<&SecretSource>,
) -> Result<(), ConfigFault> {
    let heads = plain(heads);
    let others = of_database(database)
        .into_iter()
        .chain(of_signer(signer))
        .chain(tls.into_iter().flat_map(of_tls))
        .chain(access_secret.and_then(of_access));
    match others.into_iter().find(|(_, other)| plain(other) == heads) {
        None => Ok(()),
        Some((what, _)) => {
            let problem =
                format!("this is the file of {what}: name a file of its own, as heads = \"heads.jsonl\"");
            Err(ConfigFault::member("ledger.heads", problem))
        }
    }
}

fn of_database(database: &DatabaseConfig) -> Vec<(&'static str, PathBuf)> {
    match database {
        DatabaseConfig::Sqlite(path) => {
            let beside = |end: &str| {
                let mut name = path.clone().into_os_string();
                name.push(end);
                ("database.sqlite", PathBuf::from(name))
            };
            SQLITE.into_iter().map(beside).collect()
        }
        DatabaseConfig::Postgres(config) => match &config.password {
            Some(SecretSource::File(path)) => vec![("database.password_file", path.clone())],
            _ => Vec::new(),
        },
    }
}

fn of_signer(signer: &SignerConfig) -> Vec<(&'static str, PathBuf)> {
    let (first, second) = match signer {
        SignerConfig::Software { store, passphrase_file, .. } => {
            (("signer.store", store), ("signer.passphrase_file", passphrase_file))
        }
        SignerConfig::Pkcs11 { module, pin_file, .. } => {
            (("signer.module", module), ("signer.pin_file", pin_file))
        }
    };
    let second = second.1.as_ref().map(|path| (second.0, path.clone()));
    [(first.0, first.1.clone())].into_iter().chain(second).collect()
}

fn of_tls(tls: &TlsFiles) -> [(&'static str, PathBuf); 2] {
    [("http.tls_certificate", tls.certificate.clone()), ("http.tls_key", tls.key.clone())]
}

fn of_access(secret: &SecretSource) -> Option<(&'static str, PathBuf)> {
    match secret {
        SecretSource::File(path) => Some(("access.secret_file", path.clone())),
        SecretSource::Given(_) => None,
    }
}

/// Without `.` and `..`, as far as the text says; two names of one file by links are found when it is opened, for it
/// holds no heads.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, component| {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(plain.pop()),
            other => plain.push(other),
        }
        plain
    })
}
