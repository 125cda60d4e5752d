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

use cloud::{ApiKey, App, AppParts, Cloud, Config, Server, ServerLimits, SignerConfig, SystemClock};
use fiscal::{DeviceId, Invoice, Linked, PublicKey, Sealed, Timestamp, UtcOffset};
use ledger::{Clock, Ledger, Limits, NoWitness, Outlet, Parts};
use serde_json::Value;
use sha2::{Digest, Sha256};
use signing::{Cost, KeyRing, RingSettings, Signer, SignerFault, SoftwareKeys};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot};

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

/// Two outlets of the merchant of examples/day, a key for each, and one for the operator.
pub(crate) fn config(folder: &TempDir, more: &str) -> Config {
    let keys = format!(
        "[[api_keys]]\nhash = \"{}\"\noutlet = \"KIN-GOMBE-01\"\n[[api_keys]]\nhash = \"{}\"\noutlet = \"KIN-LIMETE-02\"\n\
         [[api_keys]]\nhash = \"{}\"\noperator = true\n",
        key(1).hash(),
        key(2).hash(),
        key(9).hash(),
    );
    let variables = [("STELALA_PASSPHRASE".to_owned(), "correct horse".to_owned())];
    Config::read(&format!("{more}\n{keys}"), folder.path(), &variables).unwrap()
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
        for (id, prefix) in [("KIN-GOMBE-01", "KINGOMBE01"), ("KIN-LIMETE-02", "KINLIMET02")] {
            let zone = UtcOffset::from_minutes(60).unwrap();
            let (id, prefix, nif) =
                (id.parse().unwrap(), prefix.parse().unwrap(), "A2301457K".parse().unwrap());
            cloud::register_outlet(&*database, &Outlet { id, nif, prefix, zone }, config.signer.id())
                .unwrap();
        }
        Self::serve(folder, config)
    }

    /// Serves what a folder holds.
    pub(crate) fn serve(folder: TempDir, config: Config) -> Self {
        let cloud = Cloud::start(&config, entropy).unwrap();
        cloud.ring().unwrap().wait_until_ready(Duration::from_secs(20)).unwrap();
        Self::run(folder, config, |listener, stop| Box::pin(cloud.serve(listener, stop)))
    }

    /// Serves with a signer that does as it is told, and a queue of one place.
    pub(crate) fn with_gate() -> (Self, Arc<Gate>) {
        let (folder, config) = Self::start().stopped();
        let passphrase = config.secrets.passphrase.clone().unwrap();
        let SignerConfig::Software { store, .. } = &config.signer else { panic!("software") };
        let keys = SoftwareKeys::open(store, &passphrase, entropy).unwrap();
        let ring = KeyRing::start(Arc::new(keys), RingSettings::new(config.signer.id()), entropy);
        ring.wait_until_ready(Duration::from_secs(20)).unwrap();
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
            access: config.access.clone(),
            queue: 1,
            body: Duration::from_secs(5),
            process: 1,
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
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: Vec<(String, String)>,
    pub(crate) body: String,
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
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
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
        let length = head
            .iter()
            .find(|(name, _)| name == "content-length")
            .map_or(0, |(_, value)| value.parse().unwrap());
        let mut body = vec![0; if line.starts_with("HEAD") { 0 } else { length }];
        self.stream.read_exact(&mut body).unwrap();
        Answer { status, head, body: String::from_utf8(body).unwrap() }
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
