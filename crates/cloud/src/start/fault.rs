use std::{io, path::Path};

use ledger::StoreFault;
use pki::PkiFault;
use registry::RegistryFault;
use signing::{KeyFileFault, SignerFault};
use webhooks::WebhookFault;

use super::Beyond;
use crate::{config::SecretFault, server::CertificateFault};

/// Why a cloud does not start, or a command on it is not done.
#[derive(Debug, thiserror::Error)]
pub enum StartFault {
    /// `SECRET`
    #[error(transparent)]
    Secret(SecretFault),
    /// `SECRET_MISSING`
    #[error("{what}: set {variable}, or name {member} in the configuration")]
    SecretMissing {
        /// What it is for.
        what: &'static str,
        /// The variable that would hold it.
        variable: &'static str,
        /// The member that would name its file.
        member: &'static str,
    },
    /// `KEYS`
    #[error(transparent)]
    Keys(#[from] KeyFileFault),
    /// `SIGNER`
    #[error(transparent)]
    Signer(#[from] SignerFault),
    /// The code is the certificate's.
    #[error(transparent)]
    Certificate(#[from] CertificateFault),
    /// The code is the certificates' or tokens'.
    #[error(transparent)]
    Pki(#[from] PkiFault),
    /// `DGI_KEY`
    #[error(
        "{0} holds no public key in PEM (P-256): name the file that the tax authority gave, as devices.dgi_key"
    )]
    DgiKey(String),
    /// `STORE`
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// `REGISTRY`
    #[error(transparent)]
    Registry(#[from] RegistryFault),
    /// `WEBHOOKS`
    #[error(transparent)]
    Webhooks(#[from] WebhookFault),
    /// `FILE`
    #[error("{path}: {cause}: it has to be a file that this program may write")]
    File {
        /// Which.
        path: String,
        /// What the system says.
        cause: io::Error,
    },
    /// `WENT_BACK`
    #[error(
        "the database went back, and would give numbers twice: by the heads in {heads}, {outlets}. Look with `stelala \
         verify ledger`; then open a new epoch of each of these outlets, registered again if need be: `stelala ledger \
         new-epoch --outlet ID --yes`. If these heads are another database's, set ledger.heads to another file"
    )]
    WentBack {
        /// The file of heads.
        heads: String,
        /// Which outlets, and how far.
        outlets: String,
    },
    /// `THREADS`
    #[error("the system gives no threads: {0}: raise the limits of this process")]
    Threads(io::Error),
}

impl StartFault {
    pub(crate) fn file(path: &Path, cause: io::Error) -> Self {
        Self::File { path: path.display().to_string(), cause }
    }

    /// Of at least one outlet.
    pub(crate) fn went_back(heads: &Path, beyond: &[Beyond]) -> Self {
        const SHOWN: usize = 10;
        let shown: Vec<String> = beyond.iter().take(SHOWN).map(ToString::to_string).collect();
        let more = match beyond.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!("; {more} more outlets"),
        };
        Self::WentBack { heads: heads.display().to_string(), outlets: shown.join("; ") + &more }
    }

    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Secret(_) => "SECRET",
            Self::SecretMissing { .. } => "SECRET_MISSING",
            Self::Keys(_) => "KEYS",
            Self::Signer(_) => "SIGNER",
            Self::Certificate(fault) => fault.code(),
            Self::Pki(fault) => fault.code(),
            Self::DgiKey(_) => "DGI_KEY",
            Self::Store(_) => "STORE",
            Self::Registry(_) => "REGISTRY",
            Self::Webhooks(_) => "WEBHOOKS",
            Self::File { .. } => "FILE",
            Self::WentBack { .. } => "WENT_BACK",
            Self::Threads(_) => "THREADS",
        }
    }
}
