//! The database of a cloud, for one command.

use std::sync::Arc;

use ::cloud::Config;
use ::ledger::{Database, Table};
use registry::Registry;
use sync::Sync;
use webhooks::Webhooks;

/// Opens a cloud's database, which is made if there is none, and brings one of an older version up to date.
pub(crate) fn opened(config: &Config) -> anyhow::Result<Arc<dyn Database>> {
    prepared(::cloud::database(&config.database)?)
}

/// The same of a database that is there: a question about none makes none.
pub(crate) fn existing(config: &Config) -> anyhow::Result<Arc<dyn Database>> {
    prepared(::cloud::existing_database(&config.database)?)
}

fn prepared(database: Arc<dyn Database>) -> anyhow::Result<Arc<dyn Database>> {
    let mut store = database.connect()?;
    Registry::prepare(&mut *store)?;
    Webhooks::prepare(&mut *store)?;
    Sync::prepare(&mut *store)?;
    drop(store);
    Ok(database)
}

/// The tables beside the ledger's, which a backup carries too.
pub(crate) fn tables_beside() -> Vec<Table> {
    [registry::TABLES, webhooks::TABLES, sync::TABLES].concat()
}
