//! From a configuration to a cloud that runs.

mod announcing;
mod authority;
mod fault;
mod keys;
mod manifest;
mod not_allowed;
mod noted;
mod published;
mod secret;
mod translating;
mod upkeep;
mod webhooks;

pub(crate) use self::webhooks::places_of;
use announcing::Announced;
pub use authority::AuthorityWay;
pub use fault::StartFault;
pub(crate) use keys::{key_store, ring};
pub use keys::{make_key, open_signer};
pub use noted::{Beyond, NotedHeads};
pub use published::PublishedSigner;
use published::Shown;
pub use secret::vault;
pub use translating::InZones;
use upkeep::Upkeep;

use std::{
    fs::OpenOptions,
    future::Future,
    io::ErrorKind,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ::webhooks::Webhooks;
use ledger::{
    Clock, Database, HeadFile, Ledger, Limits, Parts, PostgresDatabase, PostgresOptions, SqliteDatabase,
};
use registry::Registry;
use signing::{KeyRing, Signer};
use sync::Sync;
use tokio::net::TcpListener;

use crate::{
    app::{App, AppParts, DeviceTrust},
    clock::SystemClock,
    config::{Config, DatabaseConfig, Network, PostgresConfig},
    devices::{Trust, keep_up},
    doctor,
    server::{Certificate, Server, ServerLimits},
};

/// Where random bytes come from.
pub type Entropy = fn(&mut [u8]);

/// A ledger, its signer, and what serves them.
pub struct Cloud {
    app: Arc<App>,
    limits: ServerLimits,
    published: Arc<PublishedSigner>,
    certificate: Option<Certificate>,
    proxies: Vec<Network>,
}

/// How often a process looks whether another key is to seal.
const LOOK: Duration = Duration::from_secs(5);

impl Cloud {
    /// Opens the database and the store of keys, and starts the writers, unless the database went back behind the heads
    /// that were noted outside it. It does not wait for a slow signer: until that
    /// has proven a key, sales are refused for the time being.
    pub fn start(config: &Config, entropy: Entropy) -> Result<Self, StartFault> {
        let certificate = config.http.tls.as_ref().map(Certificate::read).transpose()?;
        let database = database(&config.database)?;
        let heads = &config.ledger.heads;
        NotedHeads::read(heads)?.check(&*database, heads)?;
        let mut store = database.connect()?;
        Registry::prepare(&mut *store)?;
        Webhooks::prepare(&mut *store)?;
        Sync::prepare(&mut *store)?;
        let manifest = Registry::over(&mut *store).newest_manifest()?;
        drop(store);
        let vault = Arc::new(secret::vault(config, entropy)?);
        let witness = HeadFile::open(heads).map_err(|cause| StartFault::file(heads, cause))?;
        let ring = Arc::new(ring(config, key_store(config, entropy)?, entropy));
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let published =
            Arc::new(PublishedSigner::new(Arc::clone(&ring), Arc::clone(&database), Arc::clone(&clock)));
        let trust =
            config.devices.as_ref().map(|devices| Trust::open(devices, &config.public, &ring)).transpose()?;
        let issuing = trust.as_ref().map(|trust| trust.chain().issuing().validity());
        if let Some(why) = issuing.and_then(|validity| doctor::ending(validity, clock.now())) {
            tracing::warn!("{why}");
        }
        let parts = Parts {
            database,
            signer: Arc::clone(&published) as Arc<dyn Signer>,
            clock: Arc::clone(&clock),
            witness: Arc::new(witness),
            process: number(entropy),
            vouchers: trust.as_ref().map(Trust::vouchers),
            // What is signed asks the ring when it is asked for.
            attester: None,
        };
        let (writers, queue) = (config.ledger.writers, config.ledger.queue);
        // The way to the authority has one for what it reads, and one for what it writes.
        let of_authority = if config.authority.is_some() { 2 } else { 0 };
        let limits = Limits { writers, queue, readers: config.ledger.readers.get() + of_authority };
        let ledger = Ledger::start(parts, limits).map_err(StartFault::Threads)?;
        ledger.use_manifest(manifest);
        let dispatcher = webhooks::dispatcher(&config.webhooks, &ledger, &vault, entropy)?;
        let authority = config.authority.as_ref();
        let authority =
            authority.map(|config| AuthorityWay::open(config, &ledger, &vault, entropy)).transpose()?;
        let app = App::new(AppParts {
            ledger,
            signer: Arc::new(Shown(Arc::clone(&published))),
            ring: Some(ring),
            clock,
            entropy,
            vault,
            dispatcher: Some(dispatcher),
            networks: webhooks::networks(&config.webhooks),
            devices: trust.map(DeviceTrust),
            authority,
            limits: config.limits,
            queue: writers.get().saturating_mul(queue.get()),
            body: config.http.body,
        });
        let limits = ServerLimits { connections: config.http.connections, idle: config.http.idle };
        let proxies = config.http.trusted_proxies.clone();
        Ok(Self { app, limits, published, certificate, proxies })
    }

    /// The keys of its signer.
    pub fn ring(&self) -> Option<&Arc<KeyRing>> {
        self.app.ring.as_ref()
    }

    /// Serves until `stop` is over, and ends in good order.
    pub async fn serve(self, listener: TcpListener, stop: impl Future<Output = ()>) {
        let (published, app) = (self.published, Arc::clone(&self.app));
        let look = tokio::spawn(async move {
            let announced = Arc::new(Mutex::new(Announced::default()));
            loop {
                app.limiters.forget_idle();
                let (published, app) = (Arc::clone(&published), Arc::clone(&app));
                let announced = Arc::clone(&announced);
                let follow = move || {
                    published.follow();
                    manifest::follow(&app);
                    webhooks::count(&app);
                    authority::count(&app);
                    announced.lock().unwrap_or_else(PoisonError::into_inner).look(&app);
                };
                // They log what they find.
                let _ = tokio::task::spawn_blocking(follow).await;
                tokio::time::sleep(LOOK).await;
            }
        });
        let app = Arc::clone(&self.app);
        let upkeep = tokio::spawn(async move {
            let kept = Arc::new(Mutex::new(Upkeep::default()));
            loop {
                let (app, kept) = (Arc::clone(&app), Arc::clone(&kept));
                let forget = move || {
                    let mut upkeep = kept.lock().unwrap_or_else(PoisonError::into_inner);
                    upkeep::forget_sessions(&app.ledger, SystemClock.now());
                    upkeep.forget_keys(&app.ledger, SystemClock.now())
                };
                match tokio::task::spawn_blocking(forget).await {
                    Ok(Ok(forgotten)) => tracing::debug!(forgotten, "idempotency keys past their days"),
                    Ok(Err(refusal)) => tracing::warn!(%refusal, "idempotency keys were not forgotten"),
                    Err(_) => {}
                }
                tokio::time::sleep(upkeep::EVERY).await;
            }
        });
        let devices =
            self.app.devices.clone().map(|devices| tokio::spawn(keep_up(Arc::clone(&self.app), devices)));
        let app = Arc::clone(&self.app);
        let server = Server::new(self.app, self.limits).showing(self.certificate).behind(&self.proxies);
        server.serve(listener, stop).await;
        look.abort();
        upkeep.abort();
        if let Some(devices) = devices {
            devices.abort();
        }
        authority::stop(Arc::clone(&app)).await;
        webhooks::stop(app).await;
    }
}

/// Opens a database, and makes its tables if there are none.
pub fn database(config: &DatabaseConfig) -> Result<Arc<dyn Database>, StartFault> {
    match config {
        DatabaseConfig::Sqlite(path) => sqlite(path),
        DatabaseConfig::Postgres(config) => postgres(config),
    }
}

/// Opens a database that is there: a question about none makes none.
pub fn existing_database(config: &DatabaseConfig) -> Result<Arc<dyn Database>, StartFault> {
    if let DatabaseConfig::Sqlite(path) = config
        && !path.exists()
    {
        return Err(StartFault::file(path, ErrorKind::NotFound.into()));
    }
    database(config)
}

fn sqlite(path: &Path) -> Result<Arc<dyn Database>, StartFault> {
    // It holds names of clients: a new one is for this program only, and so is the log that SQLite keeps beside it.
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(fault) if fault.kind() != ErrorKind::AlreadyExists => return Err(StartFault::file(path, fault)),
        _ => {}
    }
    Ok(Arc::new(SqliteDatabase::open(path, Arc::new(SystemClock::since_epoch))?))
}

fn postgres(config: &PostgresConfig) -> Result<Arc<dyn Database>, StartFault> {
    let mut url = config.url.clone();
    if let Some(password) = &config.password {
        let password = password.read().map_err(StartFault::Secret)?;
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str("password=");
        url.push_str(&escaped(password.trim_end_matches(['\r', '\n'])));
    }
    let (allow_single_server, insecure_network) = (config.allow_single_server, config.insecure_network);
    Ok(Arc::new(PostgresDatabase::open(&PostgresOptions { url, allow_single_server, insecure_network })?))
}

/// As a part of a URL.
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
        escaped
    })
}

/// A random number.
pub(crate) fn number(entropy: Entropy) -> u64 {
    let mut bytes = [0; 8];
    entropy(&mut bytes);
    u64::from_le_bytes(bytes)
}
