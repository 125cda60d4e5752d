//! The ledgers in a PostgreSQL database.

mod append;
mod read;
mod session;
mod statements;
mod store;
mod tables;

use std::{fmt, sync::Arc, time::Duration};

use ::postgres::{
    Config,
    config::{Host, SslMode},
};

use self::{session::Session, store::PostgresStore, tables::PostgresTables};
use super::{Database, LedgerStore, StoreFault, Tables};

/// How to reach PostgreSQL, and what is allowed there. Everything that is not said is the safe value.
#[derive(Clone, Debug, Default)]
pub struct PostgresOptions {
    /// A URL or a list of `key=value`, as PostgreSQL's own programs take them. The tables are in the schema
    /// `stelala_ledger`.
    pub url: String,
    /// Allows a server without synchronous replication. When its disk is lost, invoices that were answered are lost (L3).
    pub allow_single_server: bool,
    /// Allows a server over a network that is safe by other means. There is no TLS to PostgreSQL yet: Unix sockets and
    /// this machine's own addresses need none, all other hosts are refused without this.
    pub insecure_network: bool,
}

/// The ledgers in a PostgreSQL database.
///
/// Each connection sets `synchronous_commit` for itself and refuses a server that would lose commits all the same. One
/// that breaks is opened again by the next call.
#[derive(Clone)]
pub struct PostgresDatabase {
    settings: Arc<Settings>,
}

impl PostgresDatabase {
    /// Connects, and makes the tables where there are none. Tables of another version are refused and left as they are.
    pub fn open(options: &PostgresOptions) -> Result<Self, StoreFault> {
        let settings = Arc::new(Settings::new(options)?);
        Session::open(&settings)?.make_tables()?;
        Ok(Self { settings })
    }
}

impl Database for PostgresDatabase {
    fn connect(&self) -> Result<Box<dyn LedgerStore>, StoreFault> {
        Ok(Box::new(PostgresStore::connect(Arc::clone(&self.settings))?))
    }

    fn snapshot(&self) -> Result<Box<dyn Tables>, StoreFault> {
        Ok(Box::new(PostgresTables::snapshot(&self.settings)?))
    }

    fn fill(&self) -> Result<Box<dyn Tables>, StoreFault> {
        Ok(Box::new(PostgresTables::fill(&self.settings)?))
    }
}

impl fmt::Debug for PostgresDatabase {
    /// Says nothing of the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresDatabase")
            .field("hosts", &self.settings.config.get_hosts())
            .field("database", &self.settings.config.get_dbname())
            .finish_non_exhaustive()
    }
}

/// What every connection is made with.
struct Settings {
    config: Config,
    allow_single_server: bool,
}

impl Settings {
    fn new(options: &PostgresOptions) -> Result<Self, StoreFault> {
        let mut config: Config = options.url.parse().map_err(|_| {
            // The parser's own words may hold the password.
            StoreFault::Unsafe("this is no PostgreSQL URL: write postgresql://user@host/database".to_owned())
        })?;
        if !options.insecure_network {
            refuse_networks(&config)?;
        }
        config
            .ssl_mode(SslMode::Disable)
            .application_name("stelala")
            .connect_timeout(Duration::from_secs(5))
            .tcp_user_timeout(Duration::from_secs(20))
            .keepalives_idle(Duration::from_secs(10))
            .keepalives_interval(Duration::from_secs(3))
            .keepalives_retries(3);
        Ok(Self { config, allow_single_server: options.allow_single_server })
    }
}

fn refuse_networks(config: &Config) -> Result<(), StoreFault> {
    let named_here = |host: &Host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
        }
    };
    // An address, where one is given, is where the connection goes, whatever the name says.
    let here = if config.get_hostaddrs().is_empty() {
        !config.get_hosts().is_empty() && config.get_hosts().iter().all(named_here)
    } else {
        config.get_hostaddrs().iter().all(std::net::IpAddr::is_loopback)
    };
    if here {
        return Ok(());
    }
    Err(StoreFault::Unsafe(
        "PostgreSQL is on another machine and there is no TLS to it yet: use a Unix socket or a tunnel that ends on \
         this machine, or set insecure_network = true where the network itself is safe"
            .to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(url: &str, insecure_network: bool) -> Option<String> {
        let options = PostgresOptions { url: url.to_owned(), insecure_network, ..Default::default() };
        Settings::new(&options).err().map(|fault| fault.to_string())
    }

    #[test]
    fn this_machine_needs_no_leave() {
        for here in [
            "postgresql://ledger@localhost/ledger",
            "postgresql://ledger@127.0.0.1:5433/ledger",
            "postgresql://ledger@[::1]/ledger",
            "host=/run/postgresql user=ledger",
            "postgresql://ledger@%2Frun%2Fpostgresql/ledger",
        ] {
            assert_eq!(refusal(here, false), None, "{here}");
        }
    }

    #[test]
    fn another_machine_needs_leave() {
        for there in [
            "postgresql://ledger@db.example/ledger",
            "postgresql://ledger@10.0.0.7/ledger",
            "host=localhost,10.0.0.7 user=ledger",
            "host=localhost hostaddr=10.0.0.7 user=ledger",
            "user=ledger",
        ] {
            assert!(refusal(there, false).is_some_and(|said| said.contains("TLS")), "{there}");
            assert_eq!(refusal(there, true), None, "{there}");
        }
    }

    #[test]
    fn a_refused_url_is_not_repeated() {
        let said = refusal("postgresql://ledger:secret@local host/ledger?nonsense=secret", false).unwrap();
        assert!(!said.contains("secret"), "{said}");
    }
}
