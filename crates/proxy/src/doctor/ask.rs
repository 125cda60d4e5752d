//! Asks the proxy that runs on this machine, as a program beside it does.

use std::{
    io::{Error, ErrorKind, Read, Result, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

use tokio_rustls::rustls::{
    self, CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme,
    StreamOwned,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};

use super::Language;
use crate::{
    LocalConfig,
    tls::{Certificate, Files},
};

/// How long to wait for a connection.
const CONNECTING: Duration = Duration::from_secs(2);
/// No answer of a proxy is longer.
const LONGEST: u64 = 4 * 1024 * 1024;

/// What a proxy answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Of HTTP.
    pub status: u16,
    /// JSON, most often.
    pub body: String,
}

/// Asks the local interface of a proxy with this configuration. Over TLS it has to show the configured certificate.
pub fn ask(
    local: &LocalConfig,
    method: &str,
    path: &str,
    json: Option<&str>,
    language: Language,
    patience: Duration,
) -> Result<Answer> {
    let address = near(local.listen);
    let stream = TcpStream::connect_timeout(&address, CONNECTING)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(CONNECTING))?;
    let request = request(address, method, path, json, language);
    let answer = match &local.tls {
        None => exchange(stream, &request)?,
        Some(files) => exchange(encrypted(stream, address, files)?, &request)?,
    };
    parse(&answer).ok_or_else(|| Error::new(ErrorKind::InvalidData, "what listens there is no proxy"))
}

/// Who listens everywhere listens here.
fn near(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

fn request(address: SocketAddr, method: &str, path: &str, json: Option<&str>, language: Language) -> String {
    let tongue = match language {
        Language::French => "fr",
        Language::English => "en",
    };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAccept-Language: {tongue}\r\n"
    );
    match json {
        None => format!("{head}\r\n"),
        Some(json) => {
            let length = json.len();
            format!("{head}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{json}")
        }
    }
}

fn exchange(mut stream: impl Read + Write, request: &str) -> Result<Vec<u8>> {
    stream.write_all(request.as_bytes())?;
    stream.flush()?;
    let mut answer = Vec::new();
    match stream.take(LONGEST).read_to_end(&mut answer) {
        // Some end a connection without TLS's farewell; what came is checked by its length.
        Err(fault) if fault.kind() != ErrorKind::UnexpectedEof => Err(fault),
        _ => Ok(answer),
    }
}

/// A whole answer of HTTP/1.1 with a length, as proxies write them.
fn parse(answer: &[u8]) -> Option<Answer> {
    let (head, body) = std::str::from_utf8(answer).ok()?.split_once("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    if length.is_some_and(|length| length != body.len()) {
        return None;
    }
    Some(Answer { status, body: body.to_owned() })
}

fn encrypted(
    stream: TcpStream,
    address: SocketAddr,
    files: &Files,
) -> Result<StreamOwned<ClientConnection, TcpStream>> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let chain = Certificate::read(files).map_err(Error::other)?.chain();
    let verifier = Arc::new(Pinned { chain, provider: Arc::clone(&provider) });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    let connection =
        ClientConnection::new(Arc::new(config), ServerName::from(address.ip())).map_err(Error::other)?;
    Ok(StreamOwned::new(connection, stream))
}

/// Takes one certificate, whoever signed it and whatever it names: that it is ours is the question.
#[derive(Debug)]
struct Pinned {
    chain: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        if self.chain.first().is_some_and(|own| own == shown) {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_taken_whole_or_not_at_all() {
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(parse(whole), Some(Answer { status: 200, body: "{}".into() }));
        for wrong in [
            &b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}"[..],
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n",
            b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
            b"HTTP/1.1 2\r\n\r\n",
            b"\xff\r\n\r\n",
        ] {
            assert_eq!(parse(wrong), None, "{}", String::from_utf8_lossy(wrong));
        }
    }

    #[test]
    fn who_listens_everywhere_is_asked_here() {
        for (listen, near_by) in [
            ("0.0.0.0:7", "127.0.0.1:7"),
            ("[::]:7", "[::1]:7"),
            ("192.168.1.2:7", "192.168.1.2:7"),
            ("127.0.0.1:7", "127.0.0.1:7"),
        ] {
            assert_eq!(near(listen.parse().unwrap()), near_by.parse().unwrap());
        }
    }
}
