//! A cloud that takes what it is sent, and asks what a test wants.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use def_protocol::reply::Presence;
use fiscal::PublicKey;
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::{mpsc, oneshot},
    task::JoinHandle,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer},
};
use tokio_tungstenite::{WebSocketStream, accept_async, tungstenite::Message};
use tunnel::{FromCloud, FromProxy, JournalLine, Outcome, Place, Text, Work};

use super::{device::SimDevice, now};

/// A cloud.
pub(crate) struct FakeCloud {
    pub(crate) url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    /// With how often each came.
    records: Mutex<BTreeMap<Place, (JournalLine, u32)>>,
    sessions: AtomicU64,
    out: Mutex<Option<mpsc::UnboundedSender<FromCloud>>>,
    waiting: Mutex<BTreeMap<u64, oneshot::Sender<Outcome>>>,
    jobs: AtomicU64,
    /// Answers take effect and are not heard of.
    is_deaf: AtomicBool,
    disorder: AtomicU64,
    statuses: Mutex<Vec<Value>>,
    key: Mutex<Option<PublicKey>>,
    activation: Mutex<Option<(String, String)>>,
    authority: Mutex<Option<def_trials::Authority>>,
    hang_up: Mutex<Vec<oneshot::Sender<()>>>,
}

impl FakeCloud {
    pub(crate) async fn start() -> Self {
        Self::start_with(None).await
    }

    /// Over TLS, with a certificate of its own for `localhost`, which it puts into a file.
    pub(crate) async fn start_tls(certificate: &std::path::Path) -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(certificate, made.cert.pem()).unwrap();
        let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        Self::start_with(Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    async fn start_with(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let url = match &tls {
            Some(_) => format!("https://localhost:{}", address.port()),
            None => format!("http://{address}"),
        };
        let shared = Arc::new(Shared::default());
        let serving = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let _ = stream.set_nodelay(true);
                let (tls, serving) = (tls.clone(), Arc::clone(&serving));
                tokio::spawn(async move {
                    let stream: Box<dyn Stream> = match tls {
                        None => Box::new(stream),
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => Box::new(stream),
                            Err(_) => return,
                        },
                    };
                    session(stream, serving).await;
                });
            }
        });
        Self { url, shared, task }
    }

    /// It knows what a technician types for this device.
    pub(crate) fn expects(&self, device: &SimDevice) {
        let pem = operator_pem(&device.authority);
        *self.shared.activation.lock().unwrap() = Some((device.authority.activation(), pem));
        *self.shared.authority.lock().unwrap() = Some(def_trials::Authority::default());
    }

    pub(crate) fn sessions(&self) -> u64 {
        self.shared.sessions.load(Ordering::SeqCst)
    }

    pub(crate) fn is_up(&self) -> bool {
        self.shared.out.lock().unwrap().as_ref().is_some_and(|out| !out.is_closed())
    }

    /// Cuts every connection; new ones are taken.
    pub(crate) fn cut(&self) {
        drop(std::mem::take(&mut *self.shared.hang_up.lock().unwrap()));
        *self.shared.out.lock().unwrap() = None;
    }

    pub(crate) fn be_deaf(&self, is_deaf: bool) {
        self.shared.is_deaf.store(is_deaf, Ordering::SeqCst);
    }

    /// The places and records that it holds.
    pub(crate) fn held(&self) -> BTreeMap<Place, JournalLine> {
        let records = self.shared.records.lock().unwrap();
        records.iter().map(|(place, (line, _))| (*place, line.clone())).collect()
    }

    /// How often a message came that did not follow.
    pub(crate) fn disorder(&self) -> u64 {
        self.shared.disorder.load(Ordering::SeqCst)
    }

    pub(crate) fn forget_after(&self, position: u64) {
        self.shared.records.lock().unwrap().retain(|at, _| at.position <= position);
    }

    pub(crate) fn forget_epoch(&self, epoch: u32) {
        self.shared.records.lock().unwrap().retain(|at, _| at.epoch != epoch);
    }

    pub(crate) fn statuses(&self) -> Vec<Value> {
        self.shared.statuses.lock().unwrap().clone()
    }

    pub(crate) fn say(&self, message: FromCloud) {
        drop(self.shared.out.lock().unwrap().as_ref().unwrap().send(message));
    }

    /// Has a job done; none when nobody answered.
    pub(crate) async fn work(&self, work: Work) -> Option<Outcome> {
        let job = self.shared.jobs.fetch_add(1, Ordering::SeqCst);
        let (tell, told) = oneshot::channel();
        self.shared.waiting.lock().unwrap().insert(job, tell);
        self.say(FromCloud::Job { job, work });
        tokio::time::timeout(std::time::Duration::from_secs(120), told).await.ok()?.ok()
    }

    pub(crate) async fn seal(&self, payload: &str) -> Option<Outcome> {
        self.work(Work::Seal { payload: Text::new(payload).unwrap(), idempotency_key: None }).await
    }
}

impl Drop for FakeCloud {
    fn drop(&mut self) {
        self.cut();
        self.task.abort();
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

type Socket = WebSocketStream<Box<dyn Stream>>;

async fn session(stream: Box<dyn Stream>, shared: Arc<Shared>) {
    let mut socket = accept_async(stream).await.unwrap();
    let (hang_up, hung_up) = oneshot::channel();
    shared.hang_up.lock().unwrap().push(hang_up);
    tokio::select! {
        () = converse(&mut socket, &shared) => {}
        _ = hung_up => {}
    }
}

async fn read(socket: &mut Socket) -> Option<FromProxy> {
    loop {
        match socket.next().await?.ok()? {
            Message::Text(text) => return Some(FromProxy::read(&text).unwrap()),
            Message::Close(_) => return None,
            _ => {}
        }
    }
}

async fn say(socket: &mut Socket, message: FromCloud) {
    drop(socket.send(Message::text(message.write())).await);
}

async fn greet(socket: &mut Socket, shared: &Shared) -> Option<()> {
    let FromProxy::Hello { public_key_id, .. } = read(socket).await? else { panic!("no hello") };
    if public_key_id.is_none() {
        let FromProxy::Activate { code } = read(socket).await? else { panic!("no code") };
        let known = shared.activation.lock().unwrap().clone().filter(|_| code.as_str() == "GOOD-CODE");
        let Some((token, pem)) = known else {
            let refused = FromCloud::Refused {
                code: Text::cut("ACTIVATION_REFUSED"),
                detail: Text::cut("no such code"),
            };
            say(socket, refused).await;
            return None;
        };
        say(socket, FromCloud::Activation { token: Text::cut(&token), public_key_pem: Text::cut(&pem) })
            .await;
        let FromProxy::Activated { initialised } = read(socket).await? else { panic!("not activated") };
        let key = PublicKey::from_pem(initialised["public_key"].as_str().unwrap()).unwrap();
        *shared.key.lock().unwrap() = Some(key);
        say(socket, FromCloud::Certificate { chain_pem: Text::cut("-----BEGIN CERTIFICATE-----\n") }).await;
    }
    let challenge = [7; 32];
    say(socket, FromCloud::Challenge { challenge: Text::cut(&fiscal::RecordHash(challenge).to_string()) })
        .await;
    let presence = match read(socket).await? {
        FromProxy::Presence { presence } => presence,
        FromProxy::Activated { .. } => match read(socket).await? {
            FromProxy::Presence { presence } => presence,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    let presence: Presence = serde_json::from_value(presence).unwrap();
    if let Some(key) = &*shared.key.lock().unwrap() {
        presence.verify(&challenge, key).unwrap();
    }
    let held = shared.records.lock().unwrap().keys().next_back().copied();
    let outlet = "KIN-GOMBE-01".parse().unwrap();
    say(socket, FromCloud::Welcome { outlet, held, time: now(), manifest_version: None }).await;
    Some(())
}

async fn converse(socket: &mut Socket, shared: &Shared) {
    if greet(socket, shared).await.is_none() {
        return;
    }
    let (out, mut outbox) = mpsc::unbounded_channel();
    if shared.authority.lock().unwrap().is_some() {
        drop(out.send(FromCloud::Job { job: 1_000_000, work: Work::Time {} }));
    }
    *shared.out.lock().unwrap() = Some(out);
    shared.sessions.fetch_add(1, Ordering::SeqCst);
    loop {
        tokio::select! {
            message = outbox.recv() => match message {
                Some(message) => say(socket, message).await,
                None => return,
            },
            message = read(socket) => match message {
                Some(message) => hear(socket, shared, message).await,
                None => return,
            },
        }
    }
}

async fn hear(socket: &mut Socket, shared: &Shared, message: FromProxy) {
    match message {
        FromProxy::Records { epoch, first_position, lines } => {
            let position = {
                let mut records = shared.records.lock().unwrap();
                let of_epoch = |records: &BTreeMap<Place, _>| {
                    records.keys().rfind(|place| place.epoch == epoch).map_or(0, |place| place.position)
                };
                if first_position > of_epoch(&records) + 1 {
                    shared.disorder.fetch_add(1, Ordering::SeqCst);
                } else {
                    for (position, line) in (first_position..).zip(lines) {
                        records.entry(Place { epoch, position }).or_insert((line, 0)).1 += 1;
                    }
                }
                of_epoch(&records)
            };
            if !shared.is_deaf.load(Ordering::SeqCst) {
                say(socket, FromCloud::Held { epoch, position }).await;
            }
        }
        FromProxy::Status { status, .. } => shared.statuses.lock().unwrap().push(status),
        FromProxy::Answer { job, outcome } => {
            if shared.is_deaf.load(Ordering::SeqCst) {
                return;
            }
            let waiting = shared.waiting.lock().unwrap().remove(&job);
            if let Some(tell) = waiting {
                drop(tell.send(outcome));
            }
        }
        FromProxy::TimeGrant { job, challenge, newest } => {
            let timestamp = now();
            let newest = newest.and_then(|hash| fiscal::RecordHash::from_hex(hash.as_str()));
            let signature = {
                let authority = shared.authority.lock().unwrap();
                let authority = authority.as_ref().unwrap();
                authority.time(timestamp, challenge.as_str().parse().unwrap(), newest)
            };
            let signature = super::device::base64url(signature.as_bytes());
            say(socket, FromCloud::TimeGranted { job, timestamp, signature: Text::cut(&signature) }).await;
        }
        FromProxy::Voucher { ask, body } => {
            say(socket, FromCloud::Voucher { ask, status: 201, body: serde_json::json!({"voucher": body}) })
                .await;
        }
        other => panic!("{other:?}"),
    }
}

fn operator_pem(authority: &def_trials::Authority) -> String {
    fiscal::PrivateKey::public_key(&authority.operator).to_pem().to_string()
}
