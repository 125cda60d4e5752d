use std::{io, path::Path};

use tokio_rustls::rustls::{Error, InconsistentKeys};

use crate::config::{SecretFault, TlsFiles};

/// Why a certificate cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum CertificateFault {
    /// `CERTIFICATE_KEY`
    #[error(transparent)]
    Key(SecretFault),
    /// `CERTIFICATE_UNREADABLE`
    #[error("{path}: {cause}: set http.tls_certificate to a file that this program may read")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        cause: io::Error,
    },
    /// `CERTIFICATE_ABSENT`
    #[error(
        "{0}: there is no certificate in this file that can be read: set http.tls_certificate to a PEM file, which \
         begins with -----BEGIN CERTIFICATE-----"
    )]
    NoCertificate(String),
    /// `CERTIFICATE_KEY_ABSENT`
    #[error(
        "{0}: there is no private key in this file that can be used: set http.tls_key to a PEM file with an RSA, ECDSA \
         or Ed25519 key and no passphrase"
    )]
    NoKey(String),
    /// `CERTIFICATE_OF_ANOTHER_KEY`
    #[error("{certificate} is not the certificate of the key in {key}: name two that were made together")]
    OfAnotherKey {
        /// The certificate's file.
        certificate: String,
        /// The key's.
        key: String,
    },
    /// `CERTIFICATE_UNUSABLE`
    #[error("{path}: {cause}: have another certificate made, and set http.tls_certificate to it")]
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
            Self::Key(_) => "CERTIFICATE_KEY",
            Self::Unreadable { .. } => "CERTIFICATE_UNREADABLE",
            Self::NoCertificate(_) => "CERTIFICATE_ABSENT",
            Self::NoKey(_) => "CERTIFICATE_KEY_ABSENT",
            Self::OfAnotherKey { .. } => "CERTIFICATE_OF_ANOTHER_KEY",
            Self::Unusable { .. } => "CERTIFICATE_UNUSABLE",
        }
    }

    /// Whether the same files may be readable a moment later: what the system refused says nothing of what they hold.
    pub(super) const fn may_pass(&self) -> bool {
        matches!(self, Self::Unreadable { .. } | Self::Key(SecretFault::Unreadable { .. }))
    }

    pub(super) fn unusable(path: &Path, cause: Error) -> Self {
        Self::Unusable { path: path.display().to_string(), cause }
    }

    pub(super) fn of_pair(files: &TlsFiles, cause: Error) -> Self {
        match cause {
            Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => Self::OfAnotherKey {
                certificate: files.certificate.display().to_string(),
                key: files.key.display().to_string(),
            },
            cause => Self::unusable(&files.certificate, cause),
        }
    }
}
