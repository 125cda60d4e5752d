//! What `--trust` names: keys that someone handed over, or a list that an authority signed.

use fiscal::{KeyFault, PublicKey};

const PEM_BEGINS: &str = "-----BEGIN ";

/// The two kinds of it, told apart by how they begin.
#[derive(Debug)]
pub(crate) enum TrustFile<'a> {
    /// Public keys in PEM.
    Keys(Vec<PublicKey>),
    /// What looks like a compact JWS; whether a root signed it is for that root to say.
    List(&'a str),
}

/// Why a file is neither, or cannot be used so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustFileFault {
    /// Another file.
    #[error("this holds neither public keys in PEM nor a signed list of keys: choose the right file")]
    Neither,
    /// A key cannot be read; the others do not count without it.
    #[error("key {place} in this file: {cause}")]
    Key {
        /// Which, from 1.
        place: usize,
        /// Why.
        cause: KeyFault,
    },
    /// A list without the key that has to have signed it.
    #[error("this is a signed list of keys: name the public key that signed it with --root ROOT.pem")]
    RootMissing,
    /// Keys with a root, which vouches for none of them.
    #[error("these are bare keys, for which no root vouches: leave --root away, or give the signed list")]
    RootUnneeded,
}

impl<'a> TrustFile<'a> {
    pub(crate) fn read(text: &'a str) -> Result<Self, TrustFileFault> {
        let text = text.trim();
        if text.starts_with(PEM_BEGINS) {
            read_keys(text).map(Self::Keys)
        } else if looks_signed(text) {
            Ok(Self::List(text))
        } else {
            Err(TrustFileFault::Neither)
        }
    }
}

fn read_keys(text: &str) -> Result<Vec<PublicKey>, TrustFileFault> {
    // Nothing stands before the first, and what stands between two goes with the one before, so that it shows.
    let bodies = text.split(PEM_BEGINS).skip(1);
    let pems = bodies.map(|body| format!("{PEM_BEGINS}{}", body.trim_end()));
    let keys = pems.enumerate().map(|(at, pem)| {
        PublicKey::from_pem(&pem).map_err(|cause| TrustFileFault::Key { place: at + 1, cause })
    });
    keys.collect()
}

/// Three parts of base64url with dots between them.
fn looks_signed(text: &str) -> bool {
    let base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(base64url);
    text.split('.').count() == 3 && text.split('.').all(is_part)
}
