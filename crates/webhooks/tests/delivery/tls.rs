use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener},
    sync::Arc,
};

use registry::Reach;
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivatePkcs8KeyDer},
};
use webhooks::{AttemptFault, Settings};

use super::{Trial, by, entropy};

const AUTHORITY: &[u8] = include_bytes!("../data/authority.der");
const CERTIFICATE: &[u8] = include_bytes!("../data/receiver.der");
const KEY: &[u8] = include_bytes!("../data/receiver-key.der");

/// Answers 200 to each request, over TLS.
fn receiver() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(CERTIFICATE)], PrivatePkcs8KeyDer::from(KEY).into())
        .unwrap();
    let config = Arc::new(config);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut input = BufReader::new(StreamOwned::new(connection, stream.unwrap()));
            // Who does not trust the certificate hangs up.
            let _ = answer(&mut input);
        }
    });
    address
}

fn answer<S: Read + Write>(input: &mut BufReader<S>) -> std::io::Result<()> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if input.read_line(&mut line)? <= 2 {
            break;
        }
        let line = line.to_ascii_lowercase();
        length = line.strip_prefix("content-length:").map_or(length, |text| text.trim().parse().unwrap());
    }
    input.read_exact(&mut vec![0; length])?;
    input.get_mut().write_all(b"HTTP/1.1 200 So\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")?;
    input.get_mut().flush()
}

#[test]
fn a_receiver_over_tls_is_told_when_its_certificate_is_trusted() {
    let address = receiver();
    let (localhost, by_address) =
        (format!("https://localhost:{}/", address.port()), format!("https://{address}/"));
    let (trusting, trusting_none) = (vec![AUTHORITY.to_vec()], Vec::new());
    for (url, roots, result) in [
        (localhost.clone(), &trusting, Ok(200)),
        (by_address, &trusting, Ok(200)),
        (localhost, &trusting_none, Err(AttemptFault::Tls)),
    ] {
        let trial = Trial::new();
        let (webhook, _) = trial.webhook(&url);
        let settings = Settings { roots: roots.clone(), ..Trial::settings() };
        let _dispatcher = trial.dispatcher(&settings, 1);
        let by = by(&trial.world.merchant);
        let ping = trial.with(|webhooks| {
            webhooks.ping(&webhook.id, &Reach::Platform, &mut entropy(4), &by, trial.now()).unwrap()
        });
        trial.until(&webhook, |all| all[0].attempts == 1);
        let attempts = trial.with(|webhooks| webhooks.delivery(&ping.id, &Reach::Platform).unwrap().1);
        assert_eq!(attempts[0].result, result, "{url}");
    }
}
