//! The one place where this program takes randomness from the operating system.

use anyhow::Context;
use fiscal::Proven;
use p256::ecdsa::SigningKey;

/// A new software key that has proven itself for some purpose.
pub(crate) fn software_key<P>() -> anyhow::Result<Proven<SigningKey, P>> {
    Proven::prove(bare_software_key()?, bytes()?).context("the new key does not work: try again")
}

/// A new software key.
pub(crate) fn bare_software_key() -> anyhow::Result<SigningKey> {
    loop {
        // One draw in 2^32 is not a key; the next one is.
        if let Ok(key) = SigningKey::from_slice(&bytes()?) {
            return Ok(key);
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "this is the one place")]
fn bytes() -> anyhow::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("the operating system gave no randomness")?;
    Ok(bytes)
}

/// Random bytes, for keys that others keep. The system has them from its start on: without them nothing can go on.
#[allow(clippy::disallowed_methods, reason = "this is the one place")]
pub(crate) fn fill(bytes: &mut [u8]) {
    if let Err(fault) = getrandom::fill(bytes) {
        panic!("the operating system gave no randomness: {fault}");
    }
}

/// A random number.
pub(crate) fn number() -> anyhow::Result<u64> {
    let [a, b, c, d, e, f, g, h, ..] = bytes()?;
    Ok(u64::from_le_bytes([a, b, c, d, e, f, g, h]))
}
