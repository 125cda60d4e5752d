use std::{os::unix::fs::MetadataExt, path::Path, sync::Arc};

use ledger::Database;

use super::Finding;
use crate::{config::DatabaseConfig, start};

const ABOUT: &str = "database";

pub(super) fn examine(config: &DatabaseConfig) -> (Option<Arc<dyn Database>>, Vec<Finding>) {
    match config {
        DatabaseConfig::Sqlite(path) => sqlite(config, path),
        DatabaseConfig::Postgres(postgres) => {
            let (database, found) = opened(config, &format!("PostgreSQL at {}", postgres.url));
            let mut findings = vec![found];
            if postgres.allow_single_server && database.is_some() {
                findings.push(Finding::warning(
                    ABOUT,
                    "allow_single_server = true: if this server's disk dies, invoices that were answered are gone; a \
                     synchronous standby keeps them",
                ));
            }
            (database, findings)
        }
    }
}

fn sqlite(config: &DatabaseConfig, path: &Path) -> (Option<Arc<dyn Database>>, Vec<Finding>) {
    let Ok(metadata) = path.metadata() else {
        let folder = path.parent().is_some_and(Path::is_dir);
        let name = path.display();
        let finding = if folder {
            Finding::good(ABOUT, format!("{name} is not there yet: the cloud makes it when it starts"))
        } else {
            Finding::bad(
                ABOUT,
                format!("the folder of {name} does not exist: make it, or set database.sqlite"),
            )
        };
        return (None, vec![finding]);
    };
    let (database, found) = opened(config, &format!("SQLite in {}", path.display()));
    let mut findings = vec![found];
    if metadata.mode() & 0o077 != 0 {
        let name = path.display();
        findings.push(Finding::warning(
            ABOUT,
            format!("others on this machine may read {name}: chmod 600 {name}"),
        ));
    }
    (database, findings)
}

fn opened(config: &DatabaseConfig, name: &str) -> (Option<Arc<dyn Database>>, Finding) {
    match start::database(config) {
        Ok(database) => {
            (Some(database), Finding::good(ABOUT, format!("{name} opens, and keeps what it commits")))
        }
        Err(fault) => (None, Finding::bad(ABOUT, format!("{name}: {fault}"))),
    }
}
