use std::{
    net::SocketAddr,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;

use super::{ConfigFault, Network, file::number};

/// How a cloud listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpConfig {
    /// Where.
    pub listen: SocketAddr,
    /// What it shows to prove whose it is; without it, nothing is encrypted.
    pub tls: Option<TlsFiles>,
    /// Proxies whose word about who asks is taken.
    pub trusted_proxies: Vec<Network>,
    /// How many connections it holds at once; later ones wait.
    pub connections: NonZeroUsize,
    /// For so long a client may send nothing, be about to send a header, or take nothing of its answers.
    pub idle: Duration,
    /// For so long a client may be about to send a body.
    pub body: Duration,
}

/// A certificate and its private key, both PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The server's certificate, then those between it and a root.
    pub certificate: PathBuf,
    /// Its key, which nobody else may read.
    pub key: PathBuf,
}

/// As it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct HttpSection {
    listen: String,
    insecure_listen: bool,
    tls_certificate: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    trusted_proxies: Vec<String>,
    connections: NonZeroUsize,
    idle_seconds: u64,
    body_seconds: u64,
}

impl HttpSection {
    pub(crate) fn check(self, folder: &Path) -> Result<HttpConfig, ConfigFault> {
        let listen: SocketAddr = self.listen.parse().map_err(|_| {
            ConfigFault::member(
                "http.listen",
                "an address and a port are expected, as 127.0.0.1:8080 or [::1]:8080",
            )
        })?;
        let tls = tls(self.tls_certificate, self.tls_key, folder)?;
        if tls.is_none() && !listen.ip().is_loopback() && !self.insecure_listen {
            return Err(ConfigFault::member(
                "http.listen",
                "other machines would send keys and sales without encryption: name a tls_certificate and a tls_key, \
                 listen on 127.0.0.1 behind a proxy that ends TLS, or say insecure_listen = true",
            ));
        }
        Ok(HttpConfig {
            listen,
            tls,
            trusted_proxies: networks(&self.trusted_proxies)?,
            connections: self.connections,
            idle: seconds("http.idle_seconds", self.idle_seconds)?,
            body: seconds("http.body_seconds", self.body_seconds)?,
        })
    }
}

impl Default for HttpSection {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            insecure_listen: false,
            tls_certificate: None,
            tls_key: None,
            trusted_proxies: Vec::new(),
            connections: number(1_024),
            idle_seconds: 30,
            body_seconds: 10,
        }
    }
}

fn tls(
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    folder: &Path,
) -> Result<Option<TlsFiles>, ConfigFault> {
    match (certificate, key) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => {
            Ok(Some(TlsFiles { certificate: folder.join(certificate), key: folder.join(key) }))
        }
        (Some(_), None) => Err(ConfigFault::member("http.tls_key", "name the file of the certificate's key")),
        (None, Some(_)) => {
            Err(ConfigFault::member("http.tls_certificate", "name the file of the key's certificate"))
        }
    }
}

fn networks(texts: &[String]) -> Result<Vec<Network>, ConfigFault> {
    let network = |(place, text): (usize, &String)| {
        let member = format!("http.trusted_proxies[{place}]");
        text.parse().map_err(|fault| ConfigFault::member(member, format!("{fault}")))
    };
    texts.iter().enumerate().map(network).collect()
}

/// Nothing that a client does may take longer.
const MOST_SECONDS: u64 = 600;

fn seconds(member: &str, seconds: u64) -> Result<Duration, ConfigFault> {
    if (1..=MOST_SECONDS).contains(&seconds) {
        Ok(Duration::from_secs(seconds))
    } else {
        Err(ConfigFault::member(member, format!("1 to {MOST_SECONDS} seconds are expected")))
    }
}
