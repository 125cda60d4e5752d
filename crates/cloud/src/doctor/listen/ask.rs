//! Whether it is a cloud that listens somewhere, and which.

use std::{
    collections::BTreeSet,
    io::{Error, Read, Result, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

use serde::Deserialize;
use signing::Purpose;
use tokio_rustls::rustls::{
    self, CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme,
    StreamOwned,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};

use crate::server::Certificate;

const PATIENCE: Duration = Duration::from_secs(2);
/// What is read of an answer at most, in bytes: a list of some thousand keys.
const MOST: u64 = 1 << 20;

/// What listens somewhere.
pub(super) enum Listener {
    /// No cloud, or none that answers.
    Other,
    /// A cloud.
    Cloud {
        /// The ids of the keys by which it seals and sealed: no two clouds have them in common. None when it does not
        /// say.
        keys: Option<BTreeSet<String>>,
    },
}

/// Asks it how it is and who, over TLS if there is a certificate, which it then has to show.
pub(super) fn listener(listen: SocketAddr, certificate: Option<&Certificate>) -> Listener {
    let ask = |path: &str| -> Result<String> {
        let stream = TcpStream::connect_timeout(&listen, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        match certificate {
            None => answer(stream, listen, path),
            Some(certificate) => answer(encrypted(stream, listen, certificate)?, listen, path),
        }
    };
    if !ask("/healthz").is_ok_and(|answer| answer.contains(r#"{"status":"alive"}"#)) {
        return Listener::Other;
    }
    let keys = ask("/.well-known/fiscal-keys.json").ok();
    Listener::Cloud { keys: keys.and_then(|answer| sealing_keys(&answer)) }
}

fn answer(mut stream: impl Read + Write, listen: SocketAddr, path: &str) -> Result<String> {
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {listen}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(MOST).read_to_string(&mut answer)?;
    Ok(answer)
}

/// What is read of the list of keys.
#[derive(Deserialize)]
struct Listed {
    keys: Vec<ListedKey>,
}

#[derive(Deserialize)]
struct ListedKey {
    id: String,
    #[serde(rename = "use")]
    purpose: Purpose,
}

fn sealing_keys(answer: &str) -> Option<BTreeSet<String>> {
    let (_, body) = answer.split_once("\r\n\r\n")?;
    let Listed { keys } = serde_json::from_str(body).ok()?;
    Some(keys.into_iter().filter(|key| key.purpose == Purpose::Seal).map(|key| key.id).collect())
}

fn encrypted(
    stream: TcpStream,
    listen: SocketAddr,
    certificate: &Certificate,
) -> Result<StreamOwned<ClientConnection, TcpStream>> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Arc::new(Pinned { chain: certificate.chain(), provider: Arc::clone(&provider) });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    let name = ServerName::from(listen.ip());
    let connection = ClientConnection::new(Arc::new(config), name).map_err(Error::other)?;
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
