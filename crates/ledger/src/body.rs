//! What the ledger's own records say, in one form (`docs/formats.md`).

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{DeviceId, Epoch, HeadState, InvoiceNumber, Position, PublicKey, RecordHash, Timestamp};
use serde::Serialize;

use crate::{Lost, Outlet, Place, delivery::Cause, delivery::Unfit};

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
    /// Whose line it is, when it is not the ledger's own signer's.
    #[serde(skip_serializing_if = "Option::is_none")]
    signer: Option<String>,
}

/// The ledger's own signer leaves the line of numbers to a device.
#[derive(Serialize)]
struct Close {
    signer: &'static str,
    to: String,
    last_number: u64,
}

/// The ledger's own signer takes the line of numbers back.
#[derive(Serialize)]
struct HandOver {
    signer: &'static str,
    from: String,
    public_key: String,
    next_number: u64,
    close_hash: String,
    own_previous: String,
}

/// A key of a device that is lost ends at the last number that the ledger holds.
#[derive(Serialize)]
struct Revocation {
    signer: String,
    key_id: String,
    epoch: u32,
    last_number: u64,
    reason: &'static str,
    time: String,
}

/// A stretch of another signer's chain is held.
#[derive(Serialize)]
pub(crate) struct Anchor {
    pub(crate) signer: String,
    pub(crate) epoch: u32,
    pub(crate) first_position: u64,
    pub(crate) last_position: u64,
    pub(crate) previous_hash: String,
    pub(crate) last_hash: String,
}

/// The flag over a sale that two signers sealed (L4), or one of them twice.
#[derive(Serialize)]
struct Duplicate {
    reason: &'static str,
    payload_hash: String,
    first: PlaceBody,
    second: PlaceBody,
}

#[derive(Serialize)]
struct PlaceBody {
    signer: String,
    epoch: u32,
    position: u64,
}

/// The flag over a record that entered with faults (L6).
#[derive(Serialize)]
struct NonCompliant {
    reason: &'static str,
    signer: String,
    epoch: u32,
    position: u64,
    number: Option<u64>,
    causes: Vec<&'static str>,
}

/// The flag over something that cannot be placed and is kept beside the chains.
#[derive(Serialize)]
struct UnfitBody {
    reason: &'static str,
    signer: String,
    epoch: u32,
    position: u64,
    cause: &'static str,
    digest: String,
}

/// What a flag over a faulty record is called.
pub(crate) const NON_COMPLIANT: &str = "non_compliant";
/// What a flag over a second seal is called.
pub(crate) const DUPLICATE: &str = "duplicate";

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
        last_position: held.position.map_or(0, Position::value),
        last_number: held.number.map_or(0, InvoiceNumber::value),
        signer: None,
    })
}

/// The same of a device that held the line.
pub(crate) fn unreported_of(
    device: DeviceId,
    epoch: Epoch,
    position: Option<Position>,
    number: Option<InvoiceNumber>,
) -> String {
    to_json(&Unreported {
        reason: "unreported",
        epoch: epoch.0,
        last_position: position.map_or(0, Position::value),
        last_number: number.map_or(0, InvoiceNumber::value),
        signer: Some(device.to_string()),
    })
}

/// The body of the record with which the ledger's own signer leaves.
pub(crate) fn close(to: DeviceId, last: Option<InvoiceNumber>) -> String {
    let last_number = last.map_or(0, InvoiceNumber::value);
    to_json(&Close { signer: "cloud", to: to.to_string(), last_number })
}

/// The body of the record with which it takes over again; `close` is the record with which the device left, `own` the
/// newest of its own chain.
pub(crate) fn hand_over(
    from: DeviceId,
    key: &PublicKey,
    next: InvoiceNumber,
    close: RecordHash,
    own: RecordHash,
) -> String {
    to_json(&HandOver {
        signer: "cloud",
        from: from.to_string(),
        public_key: base64url(key),
        next_number: next.value(),
        close_hash: close.to_string(),
        own_previous: own.to_string(),
    })
}

/// The body of the record with which a lost device's key ends.
pub(crate) fn revocation(lost: &Lost, epoch: Epoch, last: Option<InvoiceNumber>, time: Timestamp) -> String {
    to_json(&Revocation {
        signer: lost.device.to_string(),
        key_id: lost.key.to_string(),
        epoch: epoch.0,
        last_number: last.map_or(0, InvoiceNumber::value),
        reason: lost.reason,
        time: time.to_string(),
    })
}

/// The body of the record that says which stretch of another signer's chain is held.
pub(crate) fn anchor(anchor: &Anchor) -> String {
    to_json(anchor)
}

/// The body of the flag over a second seal of a sale.
pub(crate) fn duplicate(payload: fiscal::PayloadHash, first: &Place, second: &Place) -> String {
    to_json(&Duplicate {
        reason: DUPLICATE,
        payload_hash: payload.to_string(),
        first: PlaceBody::of(first),
        second: PlaceBody::of(second),
    })
}

/// The body of the flag over a record that entered with faults.
pub(crate) fn non_compliant(place: &Place, number: Option<InvoiceNumber>, causes: &[Cause]) -> String {
    to_json(&NonCompliant {
        reason: NON_COMPLIANT,
        signer: place.chain.signer.to_string(),
        epoch: place.chain.epoch.0,
        position: place.position.value(),
        number: number.map(InvoiceNumber::value),
        causes: causes.iter().map(|cause| cause.name()).collect(),
    })
}

/// The body of the flag over something that cannot be placed.
pub(crate) fn unfit(unfit: &Unfit) -> String {
    to_json(&UnfitBody {
        reason: "unfit",
        signer: unfit.signer.to_string(),
        epoch: unfit.epoch.0,
        position: unfit.position.value(),
        cause: unfit.reason.name(),
        digest: RecordHash(unfit.digest).to_string(),
    })
}

impl PlaceBody {
    fn of(place: &Place) -> Self {
        Self {
            signer: place.chain.signer.to_string(),
            epoch: place.chain.epoch.0,
            position: place.position.value(),
        }
    }
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
