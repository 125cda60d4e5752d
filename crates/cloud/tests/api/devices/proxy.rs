//! The engine of a real device, and as much of a proxy as a cloud can see of one.

use std::{
    collections::BTreeMap,
    io::ErrorKind,
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use def_engine::{Device, Factory, Firmware, Memory};
use def_protocol::{Output, token::Realm};
use def_sim::StateDirectory;
use fiscal::{DeviceId, PayloadHash, PublicKey};
use serde_json::{Value, json};
use tokio::time::Instant;
use tungstenite::{Message, WebSocket, client};

use crate::patience::{PATIENCE, eventually};

/// A device with its proxy, on a thread.
pub(crate) struct Proxy {
    shared: Arc<Shared>,
    commands: Sender<Command>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    /// Has no network.
    away: AtomicBool,
    unplugged: AtomicBool,
    /// Answers to sales get lost.
    mute: AtomicBool,
    /// It seals, and says that it did not.
    lies: AtomicBool,
    /// Nothing is delivered.
    holds_back: AtomicBool,
    /// Records are delivered one by one, and acknowledgements are answered late.
    is_slow: AtomicBool,
    /// How often it was asked to read again.
    read_again: AtomicU64,
    /// The record at this position is lost on its way.
    loses: AtomicU64,
    /// What it asks the cloud for, and what it was answered.
    asks: Mutex<Vec<Value>>,
    answered: Mutex<Vec<Value>>,
    /// Sales that reached the device.
    sealed: AtomicU64,
}

enum Command {
    Ask(String, Sender<Value>),
}

struct Sent(Vec<u8>);

impl Output for Sent {
    fn send(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

/// How late one is that takes its time.
const LATE: Duration = Duration::from_secs(1);
/// The device's flash.
const FLASH: u64 = 2 * 1024 * 1024;

impl Proxy {
    /// Plugs a device in. Its state is kept in a folder.
    pub(crate) fn start(
        address: SocketAddr,
        folder: PathBuf,
        serial: &str,
        root: PublicKey,
        code: Option<String>,
    ) -> Self {
        let shared = Arc::new(Shared::default());
        let (commands, obeyed) = channel();
        let serial: DeviceId = serial.parse().unwrap();
        let shown = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            let directory = StateDirectory::open(folder).unwrap();
            let parts = directory.parts(FLASH).unwrap();
            let firmware = Firmware { version: "2026.11.20", build: 7 };
            let factory = Factory { serial, realm: Realm::Development, root, firmware };
            let mut memory = Box::new(Memory::new());
            let device = Device::start(parts, factory, &mut memory);
            Desk {
                device,
                serial,
                shared: shown,
                obeyed,
                code,
                address,
                initialised: None,
                keys: BTreeMap::new(),
            }
            .run();
        });
        Self { shared, commands, thread: Some(thread) }
    }

    /// Asks the device beside its port.
    pub(crate) fn ask(&self, request: &str) -> Value {
        let (tell, told) = channel();
        self.commands.send(Command::Ask(request.to_owned(), tell)).unwrap();
        told.recv_timeout(PATIENCE).unwrap()
    }

    /// Takes its network away, or gives it back.
    pub(crate) fn be_away(&self, away: bool) {
        self.shared.away.store(away, Ordering::SeqCst);
    }

    /// Pulls its device's cable out, or plugs it in; its connection to the cloud stays.
    pub(crate) fn be_unplugged(&self, unplugged: bool) {
        self.shared.unplugged.store(unplugged, Ordering::SeqCst);
    }

    /// Its answers to sales get lost.
    pub(crate) fn be_mute(&self, mute: bool) {
        self.shared.mute.store(mute, Ordering::SeqCst);
    }

    /// It seals, and says that it did not.
    pub(crate) fn lie(&self, lies: bool) {
        self.shared.lies.store(lies, Ordering::SeqCst);
    }

    /// It delivers nothing.
    pub(crate) fn hold_back(&self, holds: bool) {
        self.shared.holds_back.store(holds, Ordering::SeqCst);
    }

    /// Its records come one by one, and it takes its time over acknowledgements.
    pub(crate) fn be_slow(&self) {
        self.shared.is_slow.store(true, Ordering::SeqCst);
    }

    /// The record at a position is lost on its way, each time.
    pub(crate) fn lose(&self, position: u64) {
        self.shared.loses.store(position, Ordering::SeqCst);
    }

    /// How often it was asked to read records again.
    pub(crate) fn read_again(&self) -> u64 {
        self.shared.read_again.load(Ordering::SeqCst)
    }

    /// Has the cloud vouch for an original, through the tunnel; its answer.
    pub(crate) fn vouch(&self, body: &Value) -> Value {
        self.shared.asks.lock().unwrap().push(body.clone());
        eventually("the cloud answers", || self.shared.answered.lock().unwrap().pop())
    }

    /// How many sales it sealed.
    pub(crate) fn sealed(&self) -> u64 {
        self.shared.sealed.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

type Socket = WebSocket<TcpStream>;

struct Desk<'m> {
    device: Device<'m, StateDirectory>,
    serial: DeviceId,
    shared: Arc<Shared>,
    obeyed: Receiver<Command>,
    code: Option<String>,
    address: SocketAddr,
    /// INIT's answer.
    initialised: Option<Value>,
    /// The tills' keys, by payloads.
    keys: BTreeMap<String, String>,
}

impl Desk<'_> {
    fn run(mut self) {
        while !self.is_over() {
            if !self.shared.away.load(Ordering::SeqCst) {
                self.session();
            }
            self.obey();
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn is_over(&self) -> bool {
        self.shared.stop.load(Ordering::SeqCst)
    }

    fn obey(&mut self) {
        while let Ok(Command::Ask(request, tell)) = self.obeyed.try_recv() {
            let answer = self.ask(&request);
            let _ = tell.send(answer);
        }
    }

    fn ask(&mut self, request: &str) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut sent = Sent(Vec::new());
            self.device.receive(format!("\u{2}{request}\u{3}").as_bytes(), &mut sent);
            let text = String::from_utf8(sent.0).unwrap();
            let last = text.rsplit('\u{2}').next().unwrap().trim_end_matches('\u{3}');
            let answer: Value = serde_json::from_str(last).unwrap();
            if answer["code"] != "DEVICE_BUSY" || Instant::now() > deadline {
                return answer;
            }
            self.device.idle();
            std::thread::sleep(Duration::from_millis(150));
        }
    }

    fn session(&mut self) {
        let Ok(stream) = TcpStream::connect(self.address) else { return };
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let url = format!("ws://{}{}", self.address, tunnel::PATH);
        let Ok((mut socket, _)) = client(url, stream) else { return };
        let Some(held) = self.greet(&mut socket) else { return };
        socket.get_mut().set_read_timeout(Some(Duration::from_millis(10))).unwrap();
        let mut link = Link { socket, delivered: held, told: None, late: None };
        while !self.is_over() && !self.shared.away.load(Ordering::SeqCst) {
            self.obey();
            self.device.idle();
            if link.told.is_none_or(|told| told.elapsed() > Duration::from_millis(300)) {
                let unplugged = self.shared.unplugged.load(Ordering::SeqCst);
                let status = if unplugged { Value::Null } else { self.ask("QRY|STATUS") };
                link.say(&json!({ "type": "status", "status": status, "proxy": health(!unplugged) }));
                link.told = Some(Instant::now());
            }
            if !self.shared.holds_back.load(Ordering::SeqCst) {
                self.deliver(&mut link);
            }
            if let Some((_, job, answer)) = link.late.take_if(|(due, ..)| *due <= Instant::now()) {
                link.answer(job, &answer);
            }
            for body in self.shared.asks.lock().unwrap().drain(..) {
                link.say(&json!({ "type": "voucher", "ask": 1, "body": body }));
            }
            match link.socket.read() {
                Ok(Message::Text(text)) => {
                    if !self.hear(&mut link, &serde_json::from_str(&text).unwrap()) {
                        return;
                    }
                }
                Ok(Message::Close(_)) => return,
                Ok(_) => {}
                Err(tungstenite::Error::Io(fault))
                    if matches!(fault.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(_) => return,
            }
        }
    }

    /// Up to where the cloud holds the journal, when it has welcomed the device.
    fn greet(&mut self, socket: &mut Socket) -> Option<u64> {
        let status = self.ask("QRY|STATUS");
        let key = &status["public_key_id"];
        say(
            socket,
            &json!({ "type": "hello", "protocol": 1, "proxy_version": "test", "device": self.serial.to_string(),
            "public_key_id": key }),
        );
        if key.is_null() {
            let code = self.code.clone()?;
            say(socket, &json!({ "type": "activate", "code": code }));
            let activation = read(socket)?;
            if activation["type"] != "activation" {
                self.code = None;
                return None;
            }
            let request =
                json!({ "activation_code": activation["token"], "public_key": activation["public_key_pem"] });
            let answer = self.ask(&format!("CFG|INIT {request}"));
            assert_eq!(answer["status"], "OK", "{answer}");
            self.initialised = Some(answer.clone());
            say(socket, &json!({ "type": "activated", "initialised": answer }));
            let certificate = read(socket)?;
            assert_eq!(certificate["type"], "certificate", "{certificate}");
        }
        let challenge = read(socket)?;
        if challenge["type"] != "challenge" {
            return None;
        }
        let presence = self.ask(&format!("QRY|PROOF {}", json!({ "challenge": challenge["challenge"] })));
        say(socket, &json!({ "type": "presence", "presence": presence }));
        let welcome = read(socket)?;
        (welcome["type"] == "welcome").then(|| welcome["held"]["position"].as_u64().unwrap_or(0))
    }

    /// Sends the journal behind what was sent.
    fn deliver(&mut self, link: &mut Link) {
        let dump = json!({ "format": "json", "after": link.delivered });
        let answer = self.ask(&format!("ADM|DUMPLOG {dump}"));
        let Some(records) = answer["records"].as_array().filter(|records| !records.is_empty()) else {
            return;
        };
        let epoch = self.ask("QRY|STATUS")["epoch"].clone();
        let most = if self.shared.is_slow.load(Ordering::SeqCst) { 1 } else { records.len() };
        let lost = self.shared.loses.load(Ordering::SeqCst);
        let mut coming =
            (link.delivered + 1..).zip(&records[..most]).filter(|(position, _)| *position != lost).peekable();
        let first = coming.peek().map(|(position, _)| *position);
        link.delivered += most as u64;
        let Some(first) = first else { return };
        let lines: Vec<Value> = coming
            .map(|(_, line)| {
                let mut delivered = json!({ "record": line["record"], "payload": line["payload"] });
                let key = line["payload"].as_str().and_then(|payload| self.keys.get(payload));
                if let Some(key) = key {
                    delivered["idempotency_key"] = json!(key);
                }
                delivered
            })
            .collect();
        link.say(&json!({ "type": "records", "epoch": epoch, "first_position": first, "lines": lines }));
    }

    /// Does what the cloud says; false when it sends the device away.
    fn hear(&mut self, link: &mut Link, message: &Value) -> bool {
        match message["type"].as_str().unwrap() {
            "job" => self.work(link, message["job"].as_u64().unwrap(), &message["work"]),
            "time_granted" => {
                let set = json!({ "timestamp": message["timestamp"], "signature": message["signature"] });
                let answer = self.ask(&format!("CFG|TIME {set}"));
                assert_eq!(answer["status"], "OK", "{answer}");
                link.answer(
                    message["job"].as_u64().unwrap(),
                    &json!({ "outcome": "done", "answer": answer }),
                );
            }
            "voucher" => self.shared.answered.lock().unwrap().push(message.clone()),
            "refused" => return false,
            _ => {}
        }
        true
    }

    fn work(&mut self, link: &mut Link, job: u64, work: &Value) {
        match work["work"].as_str().unwrap() {
            "seal" => {
                if let (Some(payload), Some(key)) =
                    (work["payload"].as_str(), work["idempotency_key"].as_str())
                {
                    let known = self.keys.entry(payload.to_owned()).or_insert_with(|| key.to_owned());
                    if known.as_str() != key {
                        link.answer(
                            job,
                            &json!({ "outcome": "refused", "code": "REPLAY_DETECTED", "detail": "sealed" }),
                        );
                        return;
                    }
                }
                let mut outcome = self.seal(work["payload"].as_str().unwrap());
                if self.shared.lies.load(Ordering::SeqCst) {
                    outcome = json!({ "outcome": "unreachable", "detail": "no device" });
                }
                if self.shared.mute.load(Ordering::SeqCst) {
                    return;
                }
                link.answer(job, &outcome);
            }
            "time" => {
                let challenge = self.ask("QRY|STATUS")["challenge"].clone();
                link.say(&json!({ "type": "time_grant", "job": job, "challenge": challenge }));
            }
            "status" => {
                let answer = self.ask("QRY|STATUS");
                link.answer(job, &json!({ "outcome": "done", "answer": answer }));
            }
            "order" => {
                let command = match work["command"].as_str().unwrap() {
                    "handover" => "CFG|HANDOVER",
                    "ack" => "CFG|ACK",
                    "manifest" => "CFG|MANIFEST",
                    "state" => "CFG|STATE",
                    other => panic!("{other}"),
                };
                let answer = self.ask(&format!("{command} {}", json!({ "token": work["token"] })));
                if command == "CFG|ACK" && self.shared.is_slow.load(Ordering::SeqCst) {
                    link.late = Some((Instant::now() + LATE, job, done(&answer)));
                    return;
                }
                link.answer(job, &done(&answer));
            }
            "report" => {
                let answer = self.ask(&format!("RPT|Z {}", json!({ "date": work["report"]["date"] })));
                link.answer(job, &done(&answer));
            }
            "again" => {
                self.shared.read_again.fetch_add(1, Ordering::SeqCst);
                link.delivered = work["position"].as_u64().unwrap() - 1;
                link.answer(job, &json!({ "outcome": "done", "answer": {} }));
            }
            other => panic!("{other}"),
        }
    }

    fn seal(&mut self, payload: &str) -> Value {
        let hash = PayloadHash::of(payload.as_bytes()).to_string();
        let sealed = |seal: Value| {
            let mut seal = seal;
            seal.as_object_mut().unwrap().remove("status");
            json!({ "outcome": "sealed", "seal": seal, "payload_hash": hash })
        };
        let prepared = self.ask(&format!("TXN|PREPARE {payload}"));
        if prepared["code"] == "REPLAY_DETECTED" {
            let log = self.ask(&format!("QRY|LOG {}/{}", prepared["epoch"], prepared["invoice_seq"]));
            return sealed(log["log_entry"]["sealed"].clone());
        }
        if prepared["status"] != "OK" {
            return done(&prepared);
        }
        let committed = self.ask(&format!("TXN|COMMIT {}", json!({ "nonce": prepared["nonce"] })));
        if committed["status"] != "OK" {
            return done(&committed);
        }
        self.shared.sealed.fetch_add(1, Ordering::SeqCst);
        sealed(committed)
    }
}

fn done(answer: &Value) -> Value {
    if answer["status"] == "OK" {
        return json!({ "outcome": "done", "answer": answer });
    }
    json!({ "outcome": "refused", "code": answer["code"], "detail": answer["detail"] })
}

fn health(line_up: bool) -> Value {
    serde_json::to_value(tunnel::ProxyHealth { line_up, ..Default::default() }).unwrap()
}

struct Link {
    socket: Socket,
    delivered: u64,
    told: Option<Instant>,
    /// An answer that is due later.
    late: Option<(Instant, u64, Value)>,
}

impl Link {
    fn say(&mut self, message: &Value) {
        say(&mut self.socket, message);
    }

    fn answer(&mut self, job: u64, outcome: &Value) {
        self.say(&json!({ "type": "answer", "job": job, "outcome": outcome }));
    }
}

fn say(socket: &mut Socket, message: &Value) {
    let _ = socket.send(Message::text(message.to_string()));
}

fn read(socket: &mut Socket) -> Option<Value> {
    loop {
        match socket.read().ok()? {
            Message::Text(text) => return serde_json::from_str(&text).ok(),
            Message::Close(_) => return None,
            _ => {}
        }
    }
}
