//! A cloud in this process, on SQLite in a folder of its own, and a client that says exactly what it is told.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    num::NonZeroUsize,
    pin::Pin,
    sync::{
        Arc, Condvar, Mutex, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use cloud::{App, AppParts, Cloud, Config, Server, ServerLimits, SignerConfig, SystemClock};
use fiscal::{DeviceId, Invoice, Linked, PublicKey, Sealed, Timestamp, UtcOffset};
use ledger::{By, Clock, Database, Ledger, Limits, NoWitness, Parts};
use registry::{ApiKey, Maker, MerchantId, NewKey, NewMerchant, NewPlace, Reach, Registry, Role, Vault};
use serde_json::Value;
use sha2::{Digest, Sha256};
use signing::{Cost, KeyRing, RingSettings, Signer, SignerFault, SoftwareKeys};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot};
use webhooks::{Networks, Webhooks};

use crate::patience::PATIENCE;

pub(crate) const CANONICAL: &str = "application/vnd.stelala.canonical+json";
pub(crate) const CHEAP: Cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };

/// Bytes that never repeat in a process.
pub(crate) fn entropy(bytes: &mut [u8]) {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    for chunk in bytes.chunks_mut(32) {
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let digest = Sha256::digest(next.to_le_bytes());
        chunk.copy_from_slice(&digest[..chunk.len()]);
    }
}

pub(crate) fn key(number: u8) -> ApiKey {
    ApiKey::new([number; 32])
}

pub(crate) fn config(folder: &TempDir, more: &str) -> Config {
    let variables = [("STELALA_PASSPHRASE".to_owned(), "correct horse".to_owned())];
    Config::read(more, folder.path(), &variables).unwrap()
}

/// Whoever has the machine.
pub(crate) fn machine() -> By {
    By { actor: "machine".parse().unwrap(), tenant: None, request: "test".parse().unwrap() }
}

/// A key whose secret is known.
pub(crate) fn make_key(database: &dyn Database, number: u8, role: Role, reach: Reach) {
    let mut store = database.connect().unwrap();
    let new = NewKey {
        name: format!("key {number}").parse().unwrap(),
        reach,
        role,
        scopes: None,
        rate: None,
        expires: None,
    };
    let now = SystemClock.now();
    let made = Registry::over(&mut *store)
        .create_key(&Maker::MACHINE, &new, &machine(), now, &mut |bytes| bytes.fill(number))
        .unwrap();
    assert_eq!(made.0.reveal(), key(number).reveal());
}

/// A merchant of a name of his own, with an outlet for each id.
pub(crate) fn make_merchant(
    database: &dyn Database,
    config: &Config,
    name: &str,
    nif: &str,
    outlets: &[(&str, &str)],
) -> MerchantId {
    let mut store = database.connect().unwrap();
    let mut registry = Registry::over(&mut *store);
    let now = SystemClock.now();
    let new = NewMerchant { name: name.parse().unwrap(), nif: nif.parse().unwrap() };
    let merchant =
        registry.create_merchant(&Reach::Platform, &new, &machine(), now, &mut entropy).unwrap().id;
    for (id, prefix) in outlets {
        let new = NewPlace {
            id: id.parse().unwrap(),
            merchant: merchant.clone(),
            name: id.parse().unwrap(),
            address: None,
            prefix: Some(prefix.parse().unwrap()),
            zone: UtcOffset::KINSHASA,
        };
        registry.create_place(&Reach::Platform, &new, config.signer.id(), &machine(), now).unwrap();
    }
    merchant
}

/// Two outlets of the merchant of examples/day, a key for each, one of an owner, and one for the operator.
pub(crate) fn make_tenants(database: &dyn Database, config: &Config) {
    let outlets = [("KIN-GOMBE-01", "KINGOMBE01"), ("KIN-LIMETE-02", "KINLIMET02")];
    let merchant = make_merchant(database, config, "Maman Nzuzi", "A2301457K", &outlets);
    for (number, (outlet, _)) in (1..).zip(outlets) {
        let reach = Reach::Outlet(merchant.clone(), outlet.parse().unwrap());
        make_key(database, number, Role::Manager, reach);
    }
    make_key(database, 3, Role::Owner, Reach::Merchant(merchant));
    make_key(database, 9, Role::Operator, Reach::Platform);
}

/// A cloud that serves.
pub(crate) struct Bench {
    pub(crate) folder: TempDir,
    pub(crate) config: Config,
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<()>>,
}

impl Bench {
    pub(crate) fn start() -> Self {
        Self::with("")
    }

    pub(crate) fn with(more: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let config = config(&folder, more);
        let database = cloud::database(&config.database).unwrap();
        cloud::make_key(&config, CHEAP, &*database, &SystemClock, entropy).unwrap();
        Registry::prepare(&mut *database.connect().unwrap()).unwrap();
        Webhooks::prepare(&mut *database.connect().unwrap()).unwrap();
        make_tenants(&*database, &config);
        Self::serve(folder, config)
    }

    /// Serves what a folder holds.
    pub(crate) fn serve(folder: TempDir, config: Config) -> Self {
        let cloud = Cloud::start(&config, entropy).unwrap();
        cloud.ring().unwrap().wait_until_ready(PATIENCE).unwrap();
        Self::run(folder, config, |listener, stop| Box::pin(cloud.serve(listener, stop)))
    }

    /// Serves with a signer that does as it is told, and a queue of one place.
    pub(crate) fn with_gate() -> (Self, Arc<Gate>) {
        let (folder, config) = Self::start().stopped();
        let passphrase = config.secrets.passphrase.clone().unwrap();
        let SignerConfig::Software { store, .. } = &config.signer else { panic!("software") };
        let keys = SoftwareKeys::open(store, &passphrase, entropy).unwrap();
        let ring = KeyRing::start(Arc::new(keys), RingSettings::new(config.signer.id()), entropy);
        ring.wait_until_ready(PATIENCE).unwrap();
        let gate = Arc::new(Gate {
            ring,
            open: Mutex::new(Ok(true)),
            came: Mutex::new(0),
            changed: Condvar::new(),
            came_one: Condvar::new(),
        });
        let signer = Arc::clone(&gate) as Arc<dyn Signer>;
        (Self::with_signer(folder, config, signer, None), gate)
    }

    /// Serves with the keys of a ring.
    pub(crate) fn with_ring(folder: TempDir, config: Config, ring: KeyRing) -> Self {
        let ring = Arc::new(ring);
        Self::with_signer(folder, config, Arc::clone(&ring) as Arc<dyn Signer>, Some(ring))
    }

    fn with_signer(
        folder: TempDir,
        config: Config,
        signer: Arc<dyn Signer>,
        ring: Option<Arc<KeyRing>>,
    ) -> Self {
        let queue = NonZeroUsize::MIN;
        let parts = Parts {
            database: cloud::database(&config.database).unwrap(),
            signer: Arc::clone(&signer),
            clock: Arc::new(SystemClock),
            witness: Arc::new(NoWitness),
            process: 1,
            vouchers: None,
            attester: None,
        };
        let ledger = Ledger::start(parts, Limits { writers: queue, queue, readers: 1 }).unwrap();
        let app = App::new(AppParts {
            ledger,
            signer,
            ring,
            clock: Arc::new(SystemClock),
            entropy,
            vault: Arc::new(Vault::new([7; 32])),
            dispatcher: None,
            networks: Networks::PublicOnly,
            devices: None,
            authority: None,
            limits: config.limits,
            queue: 1,
            body: Duration::from_secs(5),
        });
        let limits = ServerLimits { connections: config.http.connections, idle: config.http.idle };
        let server = Server::new(app, limits);
        Self::run(folder, config, |listener, stop| Box::pin(server.serve(listener, stop)))
    }

    fn run(
        folder: TempDir,
        config: Config,
        serve: impl FnOnce(TcpListener, Stop) -> Pin<Box<dyn Future<Output = ()>>> + Send + 'static,
    ) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (told, address) = std::sync::mpsc::channel();
        let serving = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                told.send(listener.local_addr().unwrap()).unwrap();
                serve(listener, Box::pin(async { drop(stopped.await) })).await;
            });
        });
        let address = address.recv().unwrap();
        Self { folder, config, address, stop: Some(stop), serving: Some(serving) }
    }

    /// The merchant of examples/day.
    pub(crate) fn merchant(&self) -> MerchantId {
        let database = cloud::database(&self.config.database).unwrap();
        let mut store = database.connect().unwrap();
        let place = Registry::over(&mut *store).place_of("KIN-GOMBE-01".parse().unwrap()).unwrap();
        place.unwrap().merchant
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(self.address)
    }

    /// Has it begin to stop.
    pub(crate) fn begin_stop(&mut self) {
        drop(self.stop.take());
    }

    /// Waits until it has stopped.
    pub(crate) fn stopped(mut self) -> (TempDir, Config) {
        self.begin_stop();
        self.serving.take().unwrap().join().unwrap();
        (self.folder, self.config)
    }
}

type Stop = Pin<Box<dyn Future<Output = ()>>>;

/// A signer that signs, waits or fails as it is told.
pub(crate) struct Gate {
    ring: KeyRing,
    open: Mutex<Result<bool, SignerFault>>,
    /// How many batches have come to be sealed.
    came: Mutex<usize>,
    changed: Condvar,
    came_one: Condvar,
}

impl Gate {
    pub(crate) fn set(&self, open: Result<bool, SignerFault>) {
        *self.open.lock().unwrap() = open;
        self.changed.notify_all();
    }

    /// Waits until a batch is being sealed.
    pub(crate) fn wait_for_batch(&self) {
        let came = self.came.lock().unwrap();
        drop(self.came_one.wait_while(came, |came| *came == 0).unwrap());
    }
}

impl Signer for Gate {
    fn device(&self) -> DeviceId {
        self.ring.device()
    }

    fn active_key(&self) -> Result<PublicKey, SignerFault> {
        self.open.lock().unwrap().clone()?;
        self.ring.active_key()
    }

    fn seal(&self, linked: Vec<Linked>) -> Result<Vec<Sealed>, SignerFault> {
        *self.came.lock().unwrap() += 1;
        self.came_one.notify_all();
        let open = self.open.lock().unwrap();
        let open = self.changed.wait_while(open, |open| *open == Ok(false)).unwrap();
        open.clone()?;
        drop(open);
        self.ring.seal(linked)
    }
}

/// A payload of the day, stamped so many seconds before the first one: no two are the same sale.
pub(crate) fn payload(seconds_ago: u64) -> String {
    static FIRST: OnceLock<u64> = OnceLock::new();
    let first = FIRST.get_or_init(|| SystemClock.now().unix());
    let text = include_str!("../../../../examples/day/001-bread-and-eggs.json");
    let mut invoice = Invoice::read(text.as_bytes()).unwrap();
    invoice.timestamp = Timestamp::from_unix(first - seconds_ago).unwrap();
    let mut payload = String::new();
    invoice.write(&mut payload).unwrap();
    payload
}

/// One connection.
pub(crate) struct Client {
    pub(crate) stream: BufReader<TcpStream>,
}

/// What was answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: Vec<(String, String)>,
    /// As text, with what is none replaced.
    pub(crate) body: String,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {:?} {}", self.status, self.head, self.body)
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The code of a problem, which is one in all respects.
    pub(crate) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        assert!(self.header("x-request-id").is_some(), "{self:?}");
        let json = self.json();
        assert_eq!(json["status"], self.status, "{self:?}");
        for member in ["type", "title", "detail"] {
            assert!(json[member].as_str().is_some_and(|text| !text.is_empty()), "{self:?}");
        }
        json["code"].as_str().unwrap().to_owned()
    }
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::new(stream) }
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).unwrap();
    }

    /// A request in full.
    pub(crate) fn ask(&mut self, line: &str, headers: &[(&str, &str)], body: Option<&str>) -> Answer {
        let mut text = format!("{line} HTTP/1.1\r\nHost: test\r\n");
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if let Some(body) = body {
            text.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        text.push_str("\r\n");
        text.push_str(body.unwrap_or_default());
        self.send(text.as_bytes());
        self.answer_to(line)
    }

    pub(crate) fn get(&mut self, path: &str, number: u8) -> Answer {
        self.ask(&format!("GET {path}"), &[("Authorization", &bearer(number))], None)
    }

    /// Offers a sale, with an idempotency key or without one.
    pub(crate) fn sell(&mut self, number: u8, key: Option<&str>, payload: &str) -> Answer {
        let bearer = bearer(number);
        let mut headers = vec![("Authorization", bearer.as_str()), ("Content-Type", CANONICAL)];
        headers.extend(key.map(|key| ("Idempotency-Key", key)));
        self.ask("POST /api/v1/invoices", &headers, Some(payload))
    }

    pub(crate) fn answer(&mut self) -> Answer {
        self.answer_to("")
    }

    fn answer_to(&mut self, line: &str) -> Answer {
        let first = self.line();
        let status = first.split(' ').nth(1).unwrap_or_else(|| panic!("{first:?}")).parse().unwrap();
        let mut head = Vec::new();
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(": ") else { break };
            head.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        let header =
            |name: &str| head.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let length: usize = header("content-length").map_or(0, |value| value.parse().unwrap());
        let bytes = if header("transfer-encoding") == Some("chunked") {
            self.chunks()
        } else {
            self.exactly(if line.starts_with("HEAD") { 0 } else { length })
        };
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status, head, body }
    }

    fn chunks(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        loop {
            let length = usize::from_str_radix(&self.line(), 16).unwrap();
            bytes.extend(self.exactly(length));
            assert_eq!(self.line(), "");
            if length == 0 {
                return bytes;
            }
        }
    }

    fn exactly(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).unwrap();
        bytes
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Whether the server has closed the connection.
    pub(crate) fn is_closed(&mut self) -> bool {
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest).is_ok() && rest.is_empty()
    }
}

pub(crate) fn bearer(number: u8) -> String {
    format!("Bearer {}", key(number).reveal())
}
