//! Who may reach the local interface, and the certificate that it shows beyond this machine (L10).

mod certificate;

pub use self::certificate::{Certificate, CertificateFault};

use std::{net::SocketAddr, path::PathBuf};

/// The files of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// PEM: the proxy's certificate, then those between it and a root.
    pub certificate: PathBuf,
    /// PEM: its key, without a passphrase.
    pub key: PathBuf,
}

/// Where the local interface listens, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Programs on this machine, with or without TLS.
    Loopback(SocketAddr, Option<Files>),
    /// Tills of the local network: TLS, and paired tills only.
    Network(SocketAddr, Files),
}

/// The local network without TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0} can be reached from other machines: set local.tls_certificate and local.tls_key, or listen at 127.0.0.1 or [::1]"
)]
pub struct Exposed(pub SocketAddr);

impl Exposed {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        "EXPOSED"
    }
}

impl Reach {
    /// Refuses to listen beyond this machine without TLS.
    pub fn of(listen: SocketAddr, files: Option<Files>) -> Result<Self, Exposed> {
        match files {
            files if listen.ip().to_canonical().is_loopback() => Ok(Self::Loopback(listen, files)),
            Some(files) => Ok(Self::Network(listen, files)),
            None => Err(Exposed(listen)),
        }
    }

    /// Where it listens.
    pub const fn listen(&self) -> SocketAddr {
        match self {
            Self::Loopback(listen, _) | Self::Network(listen, _) => *listen,
        }
    }

    /// The certificate's files, if it speaks TLS.
    pub const fn files(&self) -> Option<&Files> {
        match self {
            Self::Loopback(_, files) => files.as_ref(),
            Self::Network(_, files) => Some(files),
        }
    }

    /// Whether a till has to be paired.
    pub const fn needs_pairing(&self) -> bool {
        matches!(self, Self::Network(..))
    }
}

#[cfg(test)]
mod tests;
