//! A cloud in this process with an outlet, and what stands between it and who imports.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::atomic::{AtomicU64, Ordering},
    thread::JoinHandle,
    time::Duration,
};

use cloud::{Cloud, Config, SystemClock};
use fiscal::UtcOffset;
use ledger::{By, Clock};
use registry::{Maker, NewKey, NewMerchant, NewPlace, Reach, Registry, Role};
use sha2::{Digest, Sha256};
use signing::Cost;
use tempfile::TempDir;
use tokio::sync::oneshot;

const CHEAP: Cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };

fn entropy(bytes: &mut [u8]) {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    for chunk in bytes.chunks_mut(32) {
        let digest = Sha256::digest(NEXT.fetch_add(1, Ordering::Relaxed).to_le_bytes());
        chunk.copy_from_slice(&digest[..chunk.len()]);
    }
}

fn machine() -> By {
    By { actor: "machine".parse().unwrap(), tenant: None, request: "test".parse().unwrap() }
}

/// A cloud that serves, with a manager's key in `till.key`, a cashier's in `cashier.key`, an owner's in `owner.key`.
pub(crate) struct Bench {
    pub(crate) folder: TempDir,
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<()>>,
}

impl Bench {
    pub(crate) fn start() -> Self {
        Self::with(|_| String::new())
    }

    /// With more lines of configuration, which may name files of the folder.
    pub(crate) fn with(more: impl FnOnce(&Path) -> String) -> Self {
        let folder = TempDir::new().unwrap();
        let variables = [("STELALA_PASSPHRASE".to_owned(), "correct horse".to_owned())];
        let config = Config::read(&more(folder.path()), folder.path(), &variables).unwrap();
        prepare(&config, folder.path());
        let cloud = Cloud::start(&config, entropy).unwrap();
        cloud.ring().unwrap().wait_until_ready(Duration::from_secs(20)).unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let (told, address) = std::sync::mpsc::channel();
        let serving = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                told.send(listener.local_addr().unwrap()).unwrap();
                cloud.serve(listener, async { drop(stopped.await) }).await;
            });
        });
        let address = address.recv().unwrap();
        Self { folder, address, stop: Some(stop), serving: Some(serving) }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Imports a text under a name, through any address, with more arguments.
    pub(crate) fn import(&self, name: &str, text: &str, more: &[&str]) -> Imported {
        fs::write(self.path(name), text).unwrap();
        self.again(name, &format!("http://{}", self.address), more)
    }

    /// Imports a file that is there.
    pub(crate) fn again(&self, name: &str, url: &str, more: &[&str]) -> Imported {
        let output = self.command(name, url, more).output().unwrap();
        let report = Path::new(name).with_extension("report.csv");
        Imported::new(output, &self.path(report.to_str().unwrap()))
    }

    pub(crate) fn command(&self, name: &str, url: &str, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stelala"));
        command.current_dir(self.folder.path()).env_remove("STELALA_API_KEY");
        command.args(["import", name, "--url", url, "--zone", "kinshasa"]);
        if !more.contains(&"--key-file") {
            command.args(["--key-file", "till.key"]);
        }
        command.args(more);
        command
    }

    /// How many invoices the outlet has.
    pub(crate) fn sealed(&self) -> usize {
        let key = fs::read_to_string(self.path("till.key")).unwrap();
        let (mut count, mut cursor) = (0, String::new());
        loop {
            let mut stream = TcpStream::connect(self.address).unwrap();
            let request = format!(
                "GET /api/v1/invoices?limit=200{cursor} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\r\n",
                key.trim()
            );
            stream.write_all(request.as_bytes()).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            let (_, body) = answer.split_once("\r\n\r\n").unwrap();
            let page: serde_json::Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}"));
            count += page["invoices"].as_array().unwrap().len();
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return count,
            }
        }
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ = self.serving.take().map(JoinHandle::join);
    }
}

fn prepare(config: &Config, folder: &Path) {
    let database = cloud::database(&config.database).unwrap();
    cloud::make_key(config, CHEAP, &*database, &SystemClock, entropy).unwrap();
    let mut store = database.connect().unwrap();
    Registry::prepare(&mut *store).unwrap();
    let mut registry = Registry::over(&mut *store);
    let (now, by) = (SystemClock.now(), machine());
    let new = NewMerchant { name: "Maman Nzuzi".parse().unwrap(), nif: "A2301457K".parse().unwrap() };
    let merchant = registry.create_merchant(&Reach::Platform, &new, &by, now, &mut entropy).unwrap().id;
    for (id, prefix) in [("KIN-GOMBE-01", "KINGOMBE01"), ("KIN-LIMETE-02", "KINLIMET02")] {
        let new = NewPlace {
            id: id.parse().unwrap(),
            merchant: merchant.clone(),
            name: id.parse().unwrap(),
            address: None,
            prefix: Some(prefix.parse().unwrap()),
            zone: UtcOffset::KINSHASA,
        };
        registry.create_place(&Reach::Platform, &new, config.signer.id(), &by, now).unwrap();
    }
    let outlet = Reach::Outlet(merchant.clone(), "KIN-GOMBE-01".parse().unwrap());
    let keys = [
        ("till", Role::Manager, outlet.clone()),
        ("cashier", Role::Cashier, outlet.clone()),
        ("auditor", Role::Auditor, outlet),
        ("owner", Role::Owner, Reach::Merchant(merchant)),
    ];
    for (name, role, reach) in keys {
        let new =
            NewKey { name: name.parse().unwrap(), reach, role, scopes: None, rate: None, expires: None };
        let (secret, _) = registry.create_key(&Maker::MACHINE, &new, &by, now, &mut entropy).unwrap();
        keep_key(&folder.join(format!("{name}.key")), secret.reveal());
    }
}

pub(crate) fn keep_key(path: &Path, secret: &str) {
    fs::write(path, format!("{secret}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// How an import ended, and its report.
#[derive(Debug)]
pub(crate) struct Imported {
    pub(crate) code: Option<i32>,
    pub(crate) said: String,
    pub(crate) complained: String,
    /// invoice, result, fiscal_number, auth_code, code, member, what_to_do
    pub(crate) rows: Vec<Vec<String>>,
}

impl Imported {
    pub(crate) fn new(output: Output, report: &Path) -> Self {
        let rows = match csv::Reader::from_path(report) {
            Ok(mut reader) => {
                reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
            }
            Err(_) => Vec::new(),
        };
        Self {
            code: output.status.code(),
            said: String::from_utf8(output.stdout).unwrap(),
            complained: String::from_utf8(output.stderr).unwrap(),
            rows,
        }
    }

    pub(crate) fn count(&self, result: &str) -> usize {
        self.rows.iter().filter(|row| row[1] == result).count()
    }

    /// Of the invoice with a number.
    pub(crate) fn row(&self, number: &str) -> &[String] {
        self.rows.iter().find(|row| row[0] == number).unwrap_or_else(|| panic!("{number}: {self:?}"))
    }

    /// The fiscal numbers, in the order of the file.
    pub(crate) fn numbers(&self) -> Vec<&str> {
        self.rows.iter().map(|row| row[2].as_str()).collect()
    }
}

/// What a proxy does with a request to seal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// As if it were not there.
    Forward,
    /// The cloud seals, and its answer is lost.
    LoseAnswer,
    /// It hears nothing.
    Refuse,
    /// It is told to come again.
    Answer(&'static str),
}

/// Stands between; `turn` is asked with the number of the batch request, from 1. All else is forwarded.
pub(crate) fn proxy(cloud: SocketAddr, turn: impl Fn(usize) -> Turn + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut batches = 0;
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let Some(request) = read_message(&mut stream) else { continue };
            let mut what = Turn::Forward;
            if request.starts_with(b"POST /api/v1/invoices/batch ") {
                batches += 1;
                what = turn(batches);
            }
            match what {
                Turn::Refuse => {}
                Turn::Answer(status) => {
                    let answer = format!(
                        "HTTP/1.1 {status}\r\nRetry-After: 1\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}"
                    );
                    let _ = stream.write_all(answer.as_bytes());
                }
                Turn::Forward | Turn::LoseAnswer => {
                    let mut onward = TcpStream::connect(cloud).unwrap();
                    onward.write_all(&request).unwrap();
                    let answer = read_message(&mut onward).unwrap();
                    if what == Turn::Forward {
                        let end = answer.windows(2).position(|two| two == b"\r\n").unwrap() + 2;
                        let (first, rest) = answer.split_at(end);
                        let _ = stream.write_all(&[first, b"Connection: close\r\n", rest].concat());
                    }
                }
            }
        }
    });
    format!("http://{address}")
}

/// Header and body of a message with a Content-Length, or none.
fn read_message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut reader = BufReader::new(stream);
    let (mut message, mut length) = (Vec::new(), 0);
    loop {
        let start = message.len();
        if reader.read_until(b'\n', &mut message).ok()? == 0 {
            return None;
        }
        let line = String::from_utf8_lossy(&message[start..]).to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line == "\r\n" {
            break;
        }
    }
    let start = message.len();
    message.resize(start + length, 0);
    reader.read_exact(&mut message[start..]).ok()?;
    Some(message)
}
