//! Tokens by an [`Attester`].

use def_protocol::token::{Body, Realm, Scope, sign};
use fiscal::{DeviceId, PrivateKey, PublicKey, RecordHash, Timestamp};
use signing::{Attester, SignerFault};

use crate::PkiFault;

/// A token may be a little older than the clock of its device, in seconds.
pub(crate) const EARLIER: u64 = 5 * 60;
/// In seconds.
pub(crate) const DAY: u64 = 24 * 60 * 60;

/// An attester as whoever signs tokens wants it.
pub(crate) struct TokenKey<'a>(pub(crate) &'a dyn Attester);

impl PrivateKey for TokenKey<'_> {
    type Error = SignerFault;

    fn public_key(&self) -> PublicKey {
        self.0.public_key()
    }

    fn sign(&self, hash: &RecordHash) -> Result<[u8; 64], SignerFault> {
        self.0.sign(&hash.0)
    }
}

/// From when until when a token holds: so many seconds before now, so many after.
pub(crate) fn scope(realm: Realm, device: DeviceId, now: Timestamp, around: (u64, u64)) -> Scope {
    let (before, after) = around;
    let not_before = Timestamp::from_unix(now.unix().saturating_sub(before)).unwrap_or(now);
    let not_after = Timestamp::from_unix(now.unix().saturating_add(after)).unwrap_or(Timestamp::LATEST);
    Scope { realm, device, not_before, not_after }
}

pub(crate) fn token<'b, B: Body<'b>>(
    attester: &dyn Attester,
    scope: &Scope,
    body: &B,
) -> Result<String, PkiFault> {
    let mut buffer = vec![0; B::MAX_BYTES];
    Ok(sign(scope, body, &TokenKey(attester), &mut buffer)?.to_string())
}
