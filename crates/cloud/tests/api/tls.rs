//! The cloud when it ends TLS itself.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, UNIX_EPOCH},
};

use cloud::{
    Config, SystemClock,
    doctor::{Finding, Severity, examine},
};
use ledger::Clock;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use tempfile::TempDir;
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName},
    version::{TLS12, TLS13},
};

use crate::{
    bench::{Bench, bearer, entropy, payload},
    patience::{PATIENCE, until},
};

/// A certificate for localhost, in a folder of its own.
struct Files {
    folder: TempDir,
    certificate: CertificateDer<'static>,
}

impl Files {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut CertificateParams)) -> Self {
        let folder = TempDir::new().unwrap();
        let certificate = renew(folder.path(), change);
        Self { folder, certificate }
    }

    /// The lines of the configuration.
    fn lines(&self) -> String {
        let folder = self.folder.path().display();
        format!("tls_certificate = \"{folder}/cert.pem\"\ntls_key = \"{folder}/key.pem\"\n")
    }

    fn serve(&self, more: &str) -> Bench {
        Bench::with(&format!("[http]\n{}{more}", self.lines()))
    }

    fn client(&self, address: SocketAddr) -> Client {
        connect(address, &self.certificate, &[&TLS13, &TLS12], &[])
    }
}

fn renew(folder: &Path, change: impl FnOnce(&mut CertificateParams)) -> CertificateDer<'static> {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    change(&mut params);
    let certificate = params.self_signed(&key).unwrap();
    for (name, text, mode) in
        [("cert.pem", certificate.pem(), 0o644), ("key.pem", key.serialize_pem(), 0o600)]
    {
        let new = folder.join("new");
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&new).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        fs::rename(&new, folder.join(name)).unwrap();
    }
    certificate.der().clone()
}

type Client = StreamOwned<ClientConnection, TcpStream>;

fn connect(
    address: SocketAddr,
    trusted: &CertificateDer<'static>,
    versions: &[&'static SupportedProtocolVersion],
    protocols: &[&str],
) -> Client {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let config = config.with_protocol_versions(versions).unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let name = ServerName::try_from("localhost").unwrap();
    StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), plain(address))
}

fn plain(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Until the connection ends; without the good-bye of TLS this is an error.
fn rest(mut stream: impl Read) -> std::io::Result<String> {
    let mut text = Vec::new();
    stream.read_to_end(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

const ALIVE: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

fn is_alive(mut client: Client) -> bool {
    client.write_all(ALIVE).is_ok()
        && rest(&mut client).is_ok_and(|answer| answer.contains(r#"{"status":"alive"}"#))
}

#[test]
fn a_request_over_tls_1_2_and_1_3_is_answered() {
    let files = Files::new();
    let bench = files.serve("");
    for version in [&TLS12, &TLS13] {
        for protocols in [&[][..], &["http/1.1"], &["h2", "http/1.1"]] {
            let mut client = connect(bench.address, &files.certificate, &[version], protocols);
            client.write_all(ALIVE).unwrap();
            let answer = rest(&mut client).unwrap();
            assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("alive"), "{answer}");
            assert_eq!(client.conn.protocol_version(), Some(version.version));
            let spoken = client.conn.alpn_protocol();
            assert_eq!(spoken, (!protocols.is_empty()).then_some(b"http/1.1".as_slice()));
        }
    }
    let mut only_h2 = connect(bench.address, &files.certificate, &[&TLS13], &["h2"]);
    assert!(only_h2.write_all(ALIVE).and_then(|()| rest(&mut only_h2)).is_err(), "it is not spoken");
}

#[test]
fn another_certificate_is_not_taken_for_ours() {
    let (files, other) = (Files::new(), Files::new());
    let bench = files.serve("");
    assert!(!is_alive(other.client(bench.address)));
    assert!(is_alive(files.client(bench.address)));
}

#[test]
fn plain_http_on_a_port_of_tls_gets_no_answer_and_does_no_harm() {
    let files = Files::new();
    let bench = files.serve("idle_seconds = 1");
    for said in [ALIVE, b"\x16\x03\x01\xff\xff", b"\0", &[0xff; 40_000]] {
        let mut stream = plain(bench.address);
        // It may be closed while this is still being said.
        let _ = stream.write_all(said);
        let mut answer = Vec::new();
        match stream.read_to_end(&mut answer) {
            Ok(_) => {}
            Err(fault) => assert_eq!(fault.kind(), ErrorKind::ConnectionReset),
        }
        // An alert of TLS at most.
        assert!(answer.len() <= 7 && !answer.starts_with(b"HTTP"), "{answer:?}");
    }
    assert!(is_alive(files.client(bench.address)));
}

#[test]
fn who_says_nothing_or_too_slowly_in_the_handshake_loses_the_place() {
    let files = Files::new();
    let bench = files.serve("idle_seconds = 3\nconnections = 2");
    let silent = plain(bench.address);
    let mut slow = plain(bench.address);
    let address = bench.address;
    let trusted = files.certificate.clone();
    let (told, served) = mpsc::channel();
    let waiting = thread::spawn(move || {
        let alive = is_alive(connect(address, &trusted, &[&TLS13], &[]));
        told.send(()).unwrap();
        alive
    });
    // The beginning of a handshake, a byte at a time, each long before the three seconds are over.
    let began = std::iter::once(0x16).chain([3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]).chain([7; 100]);
    let mut ended = false;
    for byte in began {
        thread::sleep(Duration::from_millis(100));
        if slow.write_all(&[byte]).is_err() {
            ended = true;
            break;
        }
    }
    assert!(ended, "it goes on for as long as it likes");
    assert!(served.recv_timeout(PATIENCE).is_ok());
    assert!(waiting.join().unwrap(), "who waited for a place is served");
    assert_eq!(rest(silent).unwrap(), "");
}

#[test]
fn a_sale_over_tls_that_is_on_its_way_when_the_cloud_stops_is_still_answered() {
    // It says good-bye for five seconds at most; a busy machine takes seconds for what takes none.
    assert!((0..3).any(|_| answers_and_stops_at_once()), "it waits for the other");
}

fn answers_and_stops_at_once() -> bool {
    let files = Files::new();
    let mut bench = files.serve("idle_seconds = 600");
    let (mut client, payload) = (files.client(bench.address), payload(1));
    let (first, rest) = payload.split_at(100);
    let head = format!(
        "POST /api/v1/invoices HTTP/1.1\r\nHost: localhost\r\nAuthorization: {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{first}",
        bearer(1),
        payload.len()
    );
    client.write_all(head.as_bytes()).unwrap();
    assert!(is_alive(files.client(bench.address)));
    // Nothing was asked by one that is still shaking hands: nobody waits for it.
    let silent = plain(bench.address);
    thread::sleep(Duration::from_millis(100));
    bench.begin_stop();
    thread::sleep(Duration::from_millis(300));
    client.write_all(rest.as_bytes()).unwrap();
    let answer = self::rest(&mut client).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201") && answer.contains("connection: close"), "{answer}");
    let (told, stopped) = mpsc::channel();
    thread::spawn(move || {
        bench.stopped();
        told.send(())
    });
    let at_once = stopped.recv_timeout(Duration::from_secs(4)).is_ok();
    if at_once {
        assert_eq!(self::rest(silent).unwrap(), "");
    }
    at_once
}

#[test]
fn who_does_not_read_answers_over_tls_loses_the_place() {
    let files = Files::new();
    let bench = files.serve("connections = 1\nidle_seconds = 3");
    let mut silent = files.client(bench.address);
    silent.sock.set_write_timeout(Some(Duration::from_millis(50))).unwrap();
    let asked = b"GET /metrics HTTP/1.1\r\nHost: test\r\n\r\n".repeat(100);
    let (mut at, mut waited) = (0, 0);
    let ended = loop {
        match silent.write(&asked[at..]) {
            Ok(length) if length > 0 => at = (at + length) % asked.len(),
            Err(fault) if fault.kind() != ErrorKind::WouldBlock => break true,
            // Half a minute.
            _ if waited == 500 => break false,
            _ => {
                waited += 1;
                thread::sleep(Duration::from_millis(10));
            }
        }
    };
    assert!(ended, "its place is taken for ever");
    assert!(is_alive(files.client(bench.address)), "others are served");
}

#[test]
fn a_renewed_certificate_is_shown_without_a_restart() {
    let files = Files::new();
    let bench = files.serve("");
    assert!(is_alive(files.client(bench.address)));
    let next = renew(files.folder.path(), |_| {});
    until("it shows the new one", || is_alive(connect(bench.address, &next, &[&TLS13], &[])));
    assert!(!is_alive(files.client(bench.address)));
}

#[test]
fn other_machines_may_be_listened_to_with_a_certificate_only() {
    let folder = TempDir::new().unwrap();
    let read = |text: &str| Config::read(text, folder.path(), &[]);
    let tls = "tls_certificate = \"cert.pem\"\ntls_key = \"key.pem\"";
    let config = read(&format!("[http]\nlisten = \"0.0.0.0:8443\"\n{tls}")).unwrap();
    assert_eq!(config.http.tls.unwrap().key, folder.path().join("key.pem"));
    for (text, member) in [
        ("listen = \"0.0.0.0:8443\"", "http.listen"),
        ("tls_key = \"key.pem\"", "http.tls_certificate"),
        ("tls_certificate = \"cert.pem\"", "http.tls_key"),
    ] {
        let fault = read(&format!("[http]\n{text}")).unwrap_err();
        assert!(fault.to_string().starts_with(member), "{fault}");
    }
    let fault = read("[http]\ntls_key = \"-----BEGIN PRIVATE KEY-----\"").unwrap_err();
    assert_eq!(fault.code(), "CONFIG_SECRET");
}

/// What the doctor says of a certificate, and of the address: a free one, or that of a cloud in whose folder it is asked.
fn examined(files: &Files, serving: Option<&Bench>) -> Vec<Finding> {
    let empty = TempDir::new().unwrap();
    let folder = serving.map_or(empty.path(), |bench| bench.folder.path());
    let text = format!("[http]\n{}", files.lines());
    let mut config = Config::read(&text, folder, &[]).unwrap();
    config.http.listen = serving.map_or("127.0.0.1:0".parse().unwrap(), |bench| bench.address);
    let found = examine(&config, &SystemClock, entropy);
    found.into_iter().filter(|finding| ["TLS", "address"].contains(&finding.about)).collect()
}

#[test]
fn the_doctor_says_for_which_names_and_until_when_a_certificate_is_valid() {
    let files = Files::with(|params| {
        params.subject_alt_names.push(rcgen::SanType::IpAddress([192, 0, 2, 7].into()));
        params.not_after = date_time_ymd(2999, 1, 2);
    });
    let found = examined(&files, None).remove(1);
    assert_eq!(found.severity, Severity::Good);
    assert!(
        found.sentence.contains("for localhost, 192.0.2.7, valid until 2999-01-02T00:00:00Z"),
        "{found:?}"
    );
    let soon = UNIX_EPOCH + Duration::from_secs(SystemClock.now().unix() + 29 * 86_400);
    let soon = Files::with(|params| params.not_after = soon.into());
    let found = examined(&soon, None).remove(1);
    assert!(found.severity == Severity::Warning && found.sentence.contains("renewed"), "{found:?}");
    let over = Files::with(|params| params.not_after = date_time_ymd(2020, 1, 2));
    let found = examined(&over, None).remove(1);
    assert!(found.severity == Severity::Bad && found.sentence.contains("2020-01-02"), "{found:?}");
    let later = Files::with(|params| params.not_before = date_time_ymd(2998, 1, 2));
    let found = examined(&later, None).remove(1);
    assert!(found.severity == Severity::Bad && found.sentence.contains("clock"), "{found:?}");
    let nobody = Files::with(|params| params.subject_alt_names.clear());
    let found = examined(&nobody, None).remove(1);
    assert!(found.severity == Severity::Warning && found.sentence.contains("names no host"), "{found:?}");
}

#[test]
fn the_doctor_says_when_key_and_certificate_are_not_of_each_other() {
    let (files, other) = (Files::new(), Files::new());
    fs::copy(other.folder.path().join("key.pem"), files.folder.path().join("key.pem")).unwrap();
    let found = examined(&files, None).remove(1);
    assert!(found.severity == Severity::Bad && found.sentence.contains("made together"), "{found:?}");
}

#[test]
fn the_doctor_knows_a_cloud_that_serves_with_this_certificate_from_any_other_program() {
    let (files, other) = (Files::new(), Files::new());
    let bench = files.serve("");
    let found = examined(&files, Some(&bench)).remove(0);
    assert!(
        found.severity == Severity::Good && found.sentence.contains("this cloud is serving"),
        "{found:?}"
    );
    let found = examined(&other, Some(&bench)).remove(0);
    assert!(found.severity == Severity::Bad && found.sentence.contains("another program"), "{found:?}");
}
