//! A certificate: read, checked, and read again when its files change.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::Path,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        Error, InconsistentKeys, ServerConfig,
        crypto::{CryptoProvider, aws_lc_rs},
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
        server::{ClientHello, ResolvesServerCert},
        sign::CertifiedKey,
        version::{TLS12, TLS13},
    },
};

use super::Files;

/// What the local interface shows to prove whose it is.
pub struct Certificate {
    files: Files,
    shown: Arc<Shown>,
    config: Arc<ServerConfig>,
    looked: Mutex<Looked>,
}

/// When the files were looked at.
struct Looked {
    /// As they were when they were read, or found wrong.
    done: Stamps,
    /// As they were at the last look.
    last: Stamps,
}

/// By what the two files are told from those that stood there before; of a file that is not there, nothing.
type Stamps = [Option<(u64, u64, u64, i64, i64)>; 2];

/// The only protocol that is spoken inside.
const HTTP: &[u8] = b"http/1.1";

impl Certificate {
    /// Reads a certificate and its key, which have to belong together.
    pub fn read(files: &Files) -> Result<Self, CertificateFault> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let stamps = stamps(files);
        let key = certified_key(files, &provider)?;
        let shown = Arc::new(Shown(RwLock::new(Arc::new(key))));
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(|cause| CertificateFault::unusable(&files.certificate, cause))?;
        let mut config = config
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&shown) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![HTTP.to_vec()];
        let looked = Mutex::new(Looked { done: stamps, last: stamps });
        Ok(Self { files: files.clone(), shown, config: Arc::new(config), looked })
    }

    /// For handshakes; each takes the newest certificate.
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }

    /// The certificate, then those between it and a root, in DER.
    pub fn chain(&self) -> Vec<CertificateDer<'static>> {
        self.shown.key().cert.clone()
    }

    /// Looks whether the files are others than those that were read, and have been for one look: they are replaced one
    /// after the other. Says whether a new one is shown. One that is wrong leaves the old one in its place, and is told
    /// once.
    pub fn look(&self) -> Result<bool, CertificateFault> {
        let stamps = stamps(&self.files);
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let rests = stamps == looked.last;
        looked.last = stamps;
        if !rests || stamps == looked.done {
            return Ok(false);
        }
        looked.done = stamps;
        self.shown.replace(certified_key(&self.files, self.config.crypto_provider())?);
        Ok(true)
    }
}

/// The key that handshakes use.
#[derive(Debug)]
struct Shown(RwLock<Arc<CertifiedKey>>);

impl Shown {
    fn key(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn replace(&self, key: CertifiedKey) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(key);
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.key())
    }
}

/// Links are followed: most programs that renew certificates replace a link.
fn stamps(files: &Files) -> Stamps {
    let stamp = |path: &Path| {
        let found = path.metadata().ok()?;
        Some((found.dev(), found.ino(), found.len(), found.ctime(), found.ctime_nsec()))
    };
    [stamp(&files.certificate), stamp(&files.key)]
}

fn certified_key(files: &Files, provider: &CryptoProvider) -> Result<CertifiedKey, CertificateFault> {
    let chain = chain(&files.certificate)?;
    let key = key(&files.key)?;
    let no_key = || CertificateFault::NoKey(files.key.display().to_string());
    let key = provider.key_provider.load_private_key(key).map_err(|_| no_key())?;
    let key = CertifiedKey::new(chain, key);
    match key.keys_match() {
        Ok(()) => Ok(key),
        Err(Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => Err(CertificateFault::OfAnotherKey {
            certificate: files.certificate.display().to_string(),
            key: files.key.display().to_string(),
        }),
        Err(cause) => Err(CertificateFault::unusable(&files.certificate, cause)),
    }
}

/// A key that others of this machine may read is refused.
fn key(path: &Path) -> Result<PrivateKeyDer<'static>, CertificateFault> {
    let unreadable = |cause| CertificateFault::Unreadable { path: path.display().to_string(), cause };
    let mode = path.metadata().map_err(unreadable)?.mode();
    if mode & 0o007 != 0 {
        return Err(CertificateFault::KeyForAll(path.display().to_string()));
    }
    let text = fs::read(path).map_err(unreadable)?;
    PrivateKeyDer::from_pem_slice(&text).map_err(|_| CertificateFault::NoKey(path.display().to_string()))
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, CertificateFault> {
    let name = || path.display().to_string();
    let text = fs::read(path).map_err(|cause| CertificateFault::Unreadable { path: name(), cause })?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match chain {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        _ => Err(CertificateFault::NoCertificate(name())),
    }
}

/// Why a certificate cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum CertificateFault {
    /// `CERTIFICATE_UNREADABLE`
    #[error(
        "{path}: {cause}: set local.tls_certificate and local.tls_key to files that this program may read"
    )]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        cause: io::Error,
    },
    /// `CERTIFICATE_ABSENT`
    #[error(
        "{0}: there is no certificate in this file that can be read: set local.tls_certificate to a PEM file, which begins with \
         -----BEGIN CERTIFICATE-----"
    )]
    NoCertificate(String),
    /// `CERTIFICATE_KEY_ABSENT`
    #[error(
        "{0}: there is no private key in this file that can be used: set local.tls_key to a PEM file with an RSA, ECDSA or \
         Ed25519 key and no passphrase"
    )]
    NoKey(String),
    /// `CERTIFICATE_KEY_FOR_ALL`
    #[error("{0}: everybody on this machine may use this private key: chmod o= {0}")]
    KeyForAll(String),
    /// `CERTIFICATE_OF_ANOTHER_KEY`
    #[error("{certificate} is not the certificate of the key in {key}: name two that were made together")]
    OfAnotherKey {
        /// The certificate's file.
        certificate: String,
        /// The key's.
        key: String,
    },
    /// `CERTIFICATE_UNUSABLE`
    #[error("{path}: {cause}: have another certificate made, and set local.tls_certificate to it")]
    Unusable {
        /// The certificate's file.
        path: String,
        /// What rustls says.
        cause: Error,
    },
}

impl CertificateFault {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "CERTIFICATE_UNREADABLE",
            Self::NoCertificate(_) => "CERTIFICATE_ABSENT",
            Self::NoKey(_) => "CERTIFICATE_KEY_ABSENT",
            Self::KeyForAll(_) => "CERTIFICATE_KEY_FOR_ALL",
            Self::OfAnotherKey { .. } => "CERTIFICATE_OF_ANOTHER_KEY",
            Self::Unusable { .. } => "CERTIFICATE_UNUSABLE",
        }
    }

    fn unusable(path: &Path, cause: Error) -> Self {
        Self::Unusable { path: path.display().to_string(), cause }
    }
}
