mod ask;
mod certificate;

use std::{
    collections::BTreeSet,
    io::ErrorKind,
    net::{SocketAddr, TcpListener},
};

use ledger::{Clock, Database};

use self::ask::{Listener, listener};
use super::Finding;
use crate::{
    config::{Config, DatabaseConfig},
    server::Certificate,
};

const ABOUT: &str = "address";

pub(super) fn examine(config: &Config, database: Option<&dyn Database>, clock: &dyn Clock) -> Vec<Finding> {
    let own = || own_keys(config, database);
    let listen = config.http.listen;
    let Some(files) = &config.http.tls else { return vec![address(listen, false, None, own)] };
    let (certificate, found) = certificate::examine(files, clock.now());
    [address(listen, true, certificate.as_ref(), own)].into_iter().chain(found).collect()
}

fn address(
    listen: SocketAddr,
    encrypted: bool,
    certificate: Option<&Certificate>,
    own: impl FnOnce() -> Option<BTreeSet<String>>,
) -> Finding {
    match TcpListener::bind(listen) {
        Ok(_) if listen.ip().is_loopback() => {
            Finding::good(ABOUT, format!("{listen} is free, for this machine only"))
        }
        Ok(_) if encrypted => Finding::good(ABOUT, format!("{listen} is free, for TLS")),
        Ok(_) => Finding::warning(
            ABOUT,
            format!(
                "{listen} is free; keys and sales come without encryption: set http.tls_certificate and http.tls_key, or \
                 have a proxy on this machine end TLS"
            ),
        ),
        Err(fault) if fault.kind() == ErrorKind::AddrInUse => match listener(listen, certificate) {
            Listener::Cloud { keys } => cloud(listen, keys, own()),
            Listener::Other => Finding::bad(
                ABOUT,
                format!("another program listens at {listen}: end it, or set http.listen to another port"),
            ),
        },
        Err(fault) => {
            Finding::bad(ABOUT, format!("{listen}: {fault}: set http.listen to an address of this machine"))
        }
    }
}

/// Whether the cloud that listens there is that of the configuration: it lists the keys of this database then.
fn cloud(listen: SocketAddr, theirs: Option<BTreeSet<String>>, own: Option<BTreeSet<String>>) -> Finding {
    match (theirs, own) {
        (Some(theirs), Some(own)) if theirs != own => Finding::bad(
            ABOUT,
            format!(
                "another cloud is serving at {listen}, whose keys are not in this database: set http.listen to another \
                 port, or name that cloud's configuration with --config"
            ),
        ),
        (Some(theirs), Some(_)) if !theirs.is_empty() => {
            Finding::good(ABOUT, format!("this cloud is serving at {listen}"))
        }
        _ => Finding::warning(
            ABOUT,
            format!(
                "a cloud is serving at {listen}; whether it is this one shows only when it and this database say their \
                 keys: mend what else is said here, and ask again"
            ),
        ),
    }
}

/// The ids of the keys by which this cloud seals and sealed; none when the database cannot be asked.
fn own_keys(config: &Config, database: Option<&dyn Database>) -> Option<BTreeSet<String>> {
    match (database, &config.database) {
        (Some(database), _) => {
            let keys = database.connect().ok()?.keys().ok()?;
            Some(keys.iter().map(|known| known.key.id().to_string()).collect())
        }
        (None, DatabaseConfig::Sqlite(path)) if !path.exists() => Some(BTreeSet::new()),
        (None, _) => None,
    }
}
