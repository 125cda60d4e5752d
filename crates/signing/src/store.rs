//! The port to where keys are kept.

use std::{fmt, str, sync::Arc};

use fiscal::{DeviceId, KeyId, PublicKey, Timestamp};
use serde::{Deserialize, Serialize};

use crate::SignerFault;

/// A place where keys are kept and sign without leaving it.
///
/// An implementation holds no rules: it keeps keys, signs hashes, and says of each fault whether waiting helps.
/// Proving keys, choosing among them and coming back after a fault is [`crate::KeyRing`]'s.
pub trait KeyStore: Send + Sync {
    /// What operators call it, for messages.
    fn name(&self) -> String;

    /// Whether its signatures are made in this process or come from elsewhere.
    fn custody(&self) -> Custody;

    /// Connects anew. It is asked again only when the connection before and all of its sessions are dropped.
    /// It may take long; whoever must not wait does not call it.
    fn connect(&self) -> Result<Arc<dyn Connection>, SignerFault>;
}

/// How far from this process signatures are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Custody {
    /// In this process: signing takes microseconds and never waits, so the asking thread may sign too.
    InProcess,
    /// In a part behind a library of somebody else: it may be slow, hang, or answer with something false.
    Elsewhere,
}

/// A store that can be used now.
pub trait Connection: Send + Sync {
    /// All keys of the store, looked up anew, in no order.
    fn keys(&self) -> Result<Vec<StoredKey>, SignerFault>;

    /// Makes a key in the store; it is durable when this returns. Sessions that are open can sign with it.
    fn make(&self, key: NewKey) -> Result<StoredKey, SignerFault>;

    /// Opens a session for one thread.
    fn session(&self) -> Result<Box<dyn Session>, SignerFault>;
}

/// One thread's way to sign.
pub trait Session: Send {
    /// Signs a SHA-256 hash: raw r‖s, either half. Looks nothing up in the store.
    fn sign(&mut self, key: KeyId, hash: &[u8; 32]) -> Result<[u8; 64], SignerFault>;
}

/// What a key is for. Keys for different purposes are distinct (S2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Seals records.
    Seal,
    /// Signs reports, exports and lists.
    Attest,
    /// Signs orders to devices: time, hand-over, acknowledgement, manifest, state (D7).
    Operate,
    /// Signs activations of devices, as the root that they were made with (D6). In production it is the manufacturer's
    /// and in another store.
    Activate,
    /// Signs certificates, requests for them, and lists of those that were revoked.
    Certify,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Seal, Self::Attest, Self::Operate, Self::Activate, Self::Certify];

    /// As it is written in key files, labels and lists.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Seal => "seal",
            Self::Attest => "attest",
            Self::Operate => "operate",
            Self::Activate => "activate",
            Self::Certify => "certify",
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl str::FromStr for Purpose {
    type Err = UnknownPurpose;

    fn from_str(text: &str) -> Result<Self, UnknownPurpose> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == text).ok_or(UnknownPurpose)
    }
}

/// A word that names no purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key is for `seal`, `attest`, `operate`, `activate` or `certify`: name one of these")]
pub struct UnknownPurpose;

/// A key as its store describes it. That the store holds its private half is not said with that: see
/// [`fiscal::Proof`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredKey {
    /// The public half.
    pub public_key: PublicKey,
    /// What it is for.
    pub purpose: Purpose,
    /// Whose it is.
    pub signer: DeviceId,
    /// When it was made.
    pub made: Timestamp,
}

/// A key that is to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// What it is for.
    pub purpose: Purpose,
    /// Whose it will be.
    pub signer: DeviceId,
    /// The time now.
    pub made: Timestamp,
}

impl NewKey {
    pub(crate) const fn with(self, public_key: PublicKey) -> StoredKey {
        StoredKey { public_key, purpose: self.purpose, signer: self.signer, made: self.made }
    }
}
