use fiscal::{DeviceId, Linked, PublicKey, Sealed};

/// Seals linked records with keys that never leave their store.
///
/// Any number of threads may ask at once. An implementation signs with several workers where that is faster, and does
/// not look a key up for a signature.
pub trait Signer: Send + Sync {
    /// The id under which it seals: `device_id`, `fiscal_authority_id` (S7).
    fn device(&self) -> DeviceId;

    /// The key that seals now; it has proven that it is held. Linking names it.
    fn active_key(&self) -> Result<PublicKey, SignerFault>;

    /// Seals what was linked, in its order: all of it or, when one cannot be signed, none. A key that was replaced in
    /// the meantime still seals what was linked under it.
    fn seal(&self, linked: Vec<Linked>) -> Result<Vec<Sealed>, SignerFault>;
}

/// Signs what is no record: reports, exports and lists, orders to devices, activations, or certificates. Its key is for one
/// of these and never seals (S2).
pub trait Attester: Send + Sync {
    /// The public half.
    fn public_key(&self) -> PublicKey;

    /// Signs a SHA-256 hash: raw r‖s, in the lower half.
    fn sign(&self, hash: &[u8; 32]) -> Result<[u8; 64], SignerFault>;
}

/// Why nothing was sealed. Numbers are given when records are stored, so none is lost.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignerFault {
    /// The token is away, slow or busy: it is asked again by itself.
    #[error("the signer cannot be reached now: try again in a few seconds ({0})")]
    Temporary(String),
    /// The token or the key is not what it should be: someone has to look.
    #[error("the signer cannot be used: call the operator ({0})")]
    Permanent(String),
}

impl SignerFault {
    /// Whether waiting helps.
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Temporary(_))
    }

    /// What happened, for operators.
    pub fn reason(&self) -> &str {
        match self {
            Self::Temporary(reason) | Self::Permanent(reason) => reason,
        }
    }

    /// A stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Temporary(_) => "SIGNER_TEMPORARY",
            Self::Permanent(_) => "SIGNER_PERMANENT",
        }
    }
}
