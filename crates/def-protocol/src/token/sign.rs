//! Tokens as their issuers make them.

use core::fmt;

use fiscal::{PrivateKey, Signature, SignatureFault};

use super::{Body, Scope, Sink, TokenFault, signed::signed_hash};
use crate::base64url::Base64Url;

/// Makes a token in a buffer of [`Body::MAX_BYTES`].
pub fn sign<'b, 'i, B: Body<'i>, K: PrivateKey>(
    scope: &Scope,
    body: &B,
    key: &K,
    buffer: &'b mut [u8],
) -> Result<Signed<'b>, SignFault<K::Error>> {
    let room = buffer.len().min(B::MAX_BYTES);
    let mut out = Sink::new(&mut buffer[..room]);
    scope.write(B::KIND, &mut out)?;
    body.write(&mut out)?;
    let signature = key.sign(&signed_hash(out.written())).map_err(SignFault::Sign)?;
    let signature = Signature::normalised(signature).map_err(SignFault::Form)?;
    out.put(signature.as_bytes())?;
    Ok(Signed(out.into_written()))
}

/// A token that was signed; its Display is the text that travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed<'b>(&'b [u8]);

impl<'b> Signed<'b> {
    /// The bytes, with the signature.
    pub const fn as_bytes(&self) -> &'b [u8] {
        self.0
    }
}

impl fmt::Display for Signed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Base64Url(self.0).fmt(f)
    }
}

/// Why a token was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignFault<E> {
    /// No device could read it.
    #[error(transparent)]
    Token(#[from] TokenFault),
    /// The signer failed.
    #[error("the signer failed: {0}")]
    Sign(E),
    /// The signer's answer is no signature.
    #[error("the signer answered with something that is no signature: {0}")]
    Form(SignatureFault),
}
