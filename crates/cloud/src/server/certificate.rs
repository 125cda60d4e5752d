//! The certificate of a server: read, checked, and read again when its files change.

mod fault;
mod stamp;

pub use fault::CertificateFault;

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::{CryptoProvider, aws_lc_rs},
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
        server::{ClientHello, ResolvesServerCert},
        sign::CertifiedKey,
        version::{TLS12, TLS13},
    },
};

use self::stamp::Stamps;
use crate::config::{SecretSource, TlsFiles};

/// What a server shows to prove whose it is.
pub struct Certificate {
    files: TlsFiles,
    shown: Arc<Shown>,
    config: Arc<ServerConfig>,
    looked: Mutex<Looked>,
}

/// The only protocol that is spoken inside.
const HTTP: &[u8] = b"http/1.1";

impl Certificate {
    /// Reads a certificate and its key, which have to belong together.
    pub fn read(files: &TlsFiles) -> Result<Self, CertificateFault> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let stamps = Stamps::of(files);
        let key = certified_key(files, &provider)?;
        let shown = Arc::new(Shown(RwLock::new(Arc::new(key))));
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(|cause| CertificateFault::unusable(&files.certificate, cause))?;
        let mut config = config
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&shown) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![HTTP.to_vec()];
        let looked = Mutex::new(Looked { read: stamps.clone(), last: stamps, told: None });
        Ok(Self { files: files.clone(), shown, config: Arc::new(config), looked })
    }

    /// The server's certificate, then those between it and a root, in DER.
    pub(crate) fn chain(&self) -> Vec<CertificateDer<'static>> {
        self.shown.key().cert.clone()
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }

    /// Looks whether the files are others than those that were read, and have been for one look: they are replaced one
    /// after the other, and do not belong together meanwhile. Says whether a new one is shown. One that is wrong leaves
    /// the old one in its place, and is told once; one that cannot be read now is told once, too, and tried again.
    pub(super) fn look(&self) -> Result<bool, CertificateFault> {
        self.look_by(certified_key)
    }

    fn look_by(
        &self,
        read: impl FnOnce(&TlsFiles, &CryptoProvider) -> Result<CertifiedKey, CertificateFault>,
    ) -> Result<bool, CertificateFault> {
        let stamps = Stamps::of(&self.files);
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let rests = stamps == looked.last;
        looked.last = stamps.clone();
        if !rests || stamps == looked.read {
            return Ok(false);
        }
        match read(&self.files, self.config.crypto_provider()) {
            Ok(key) => {
                self.shown.replace(key);
                (looked.read, looked.told) = (stamps, None);
                Ok(true)
            }
            Err(fault) if fault.may_pass() => {
                let was_told = looked.told.replace(stamps.clone()) == Some(stamps);
                if was_told { Ok(false) } else { Err(fault) }
            }
            Err(fault) => {
                looked.read = stamps;
                Err(fault)
            }
        }
    }
}

/// When the files were looked at.
struct Looked {
    /// As they were when they were read.
    read: Stamps,
    /// As they were at the last look.
    last: Stamps,
    /// As they were when it was told that they could not be read.
    told: Option<Stamps>,
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

fn certified_key(files: &TlsFiles, provider: &CryptoProvider) -> Result<CertifiedKey, CertificateFault> {
    let chain = chain(&files.certificate)?;
    let text = SecretSource::File(files.key.clone()).read().map_err(CertificateFault::Key)?;
    let no_key = || CertificateFault::NoKey(files.key.display().to_string());
    let key = PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|_| no_key())?;
    let key = provider.key_provider.load_private_key(key).map_err(|_| no_key())?;
    let key = CertifiedKey::new(chain, key);
    match key.keys_match() {
        Ok(()) => Ok(key),
        Err(cause) => Err(CertificateFault::of_pair(files, cause)),
    }
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, CertificateFault> {
    let name = || path.display().to_string();
    let text = std::fs::read(path).map_err(|cause| CertificateFault::Unreadable { path: name(), cause })?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let chain = chain.map_err(|_| CertificateFault::NoCertificate(name()))?;
    if chain.is_empty() { Err(CertificateFault::NoCertificate(name())) } else { Ok(chain) }
}

#[cfg(test)]
mod tests;
