//! What the ledger's own records say, in one form (`docs/formats.md`).

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{Epoch, HeadState, PublicKey, Timestamp};
use serde::Serialize;

use crate::Outlet;

/// The first record of an outlet's ledger, and of each epoch: what the ledger knows of the outlet.
#[derive(Serialize)]
struct Opening {
    signer: &'static str,
    merchant_nif: String,
    outlet_id: String,
    prefix: String,
    epoch: u32,
    first_number: u64,
    utc_offset_minutes: i16,
    public_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_head: Option<String>,
}

/// A key seals from now on in the place of another.
#[derive(Serialize)]
struct KeyChange {
    signer: &'static str,
    public_key: String,
    since: String,
}

/// The flag over a line of numbers that a restored backup holds only up to somewhere.
#[derive(Serialize)]
struct Unreported {
    reason: &'static str,
    epoch: u32,
    last_position: u64,
    last_number: u64,
}

/// Why an epoch is not the first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EpochReason {
    /// A backup was restored, which may miss what was answered after it (L2).
    Restored,
    /// The signer before is lost (L2).
    Forced,
}

impl EpochReason {
    const fn name(self) -> &'static str {
        match self {
            Self::Restored => "restored",
            Self::Forced => "forced",
        }
    }
}

/// The body of the record that opens an epoch; `before` is the end of the epoch before it.
pub(crate) fn opening(
    outlet: &Outlet,
    epoch: Epoch,
    key: &PublicKey,
    before: Option<(EpochReason, &HeadState)>,
) -> String {
    to_json(&Opening {
        signer: "cloud",
        merchant_nif: outlet.nif.to_string(),
        outlet_id: outlet.id.to_string(),
        prefix: outlet.prefix.to_string(),
        epoch: epoch.0,
        first_number: 1,
        utc_offset_minutes: outlet.zone.minutes(),
        public_key: base64url(key),
        reason: before.map(|(reason, _)| reason.name()),
        previous_head: before.map(|(_, head)| head.hash.to_string()),
    })
}

/// The body of the flag that an epoch may go on after what is held of it: invoices that were answered after the backup.
pub(crate) fn unreported(epoch: Epoch, held: &HeadState) -> String {
    to_json(&Unreported {
        reason: "unreported",
        epoch: epoch.0,
        last_position: held.position.map_or(0, |position| position.value()),
        last_number: held.number.map_or(0, |number| number.value()),
    })
}

/// The body of the record with which another key takes over.
pub(crate) fn key_change(key: &PublicKey, since: Timestamp) -> String {
    to_json(&KeyChange { signer: "cloud", public_key: base64url(key), since: since.to_string() })
}

fn base64url(key: &PublicKey) -> String {
    Base64UrlUnpadded::encode_string(&key.to_spki())
}

fn to_json<T: Serialize>(body: &T) -> String {
    // Texts and numbers always serialise.
    serde_json::to_string(body).unwrap_or_default()
}
