//! What an activation code says of the outlet: a token, of which the referee reads what `docs/formats.md` names.

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{EventKind, InvoiceNumber, Record, RecordHash, Subject, UtcOffset};
use serde::Deserialize;

use super::{Binding, Seen};
use crate::bytes::{take, take_text};

/// The parts of an activation code that a closure rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Activation {
    /// 0 of a device that stands by.
    pub(super) first_number: u64,
    /// The outlet's zone.
    pub(super) offset: UtcOffset,
}

/// Whether a signer may give numbers in the epoch that its record begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// From this number on, where it says so.
    Holds(Option<InvoiceNumber>),
    /// Not before it enters.
    StandsBy,
}

/// What the bodies of `provisioned` and `epoch` say; their other members are not the referee's.
#[derive(Deserialize)]
pub(super) struct Told {
    #[serde(default)]
    activation: Option<String>,
    /// Counts of the epoch before that no closure stated.
    #[serde(default)]
    pub(super) skipped: Option<u64>,
    /// Whether the device holds no line in the epoch that it begins.
    #[serde(default)]
    handed_over: bool,
}

impl Told {
    pub(super) fn of(seen: &Seen<'_>) -> Option<Self> {
        let tells =
            matches!(seen.record.header.subject, Subject::Event(EventKind::Provisioned | EventKind::Epoch));
        if !tells || seen.doubtful {
            return None;
        }
        serde_json::from_str(seen.payload?).ok()
    }
}

impl Opening {
    /// Of a record that begins a signer's chain in an epoch; `body` is none where it is not what was sealed.
    pub(crate) fn of(record: &Record, body: Option<&str>, binding: Option<Binding>) -> Self {
        let hash = RecordHash::NONE;
        let seen = Seen { record, hash, payload: body, figures: None, binding, doubtful: false };
        match record.header.subject {
            Subject::Event(EventKind::Provisioned) => match Activation::of(&seen) {
                Some(Activation { first_number: 0, .. }) => Self::StandsBy,
                Some(Activation { first_number, .. }) => Self::Holds(InvoiceNumber::new(first_number)),
                None => Self::Holds(None),
            },
            Subject::Event(EventKind::Epoch) if Told::of(&seen).is_some_and(|told| told.handed_over) => {
                Self::StandsBy
            }
            _ => Self::Holds(None),
        }
    }
}

impl Activation {
    const VERSION: u8 = 1;
    const KIND: u8 = 1;

    /// Of a record that binds a device to its outlet, or goes on with that in a new epoch.
    pub(super) fn of(seen: &Seen<'_>) -> Option<Self> {
        if let Some(Binding::Outlet { first_number, zone, .. }) = seen.binding {
            return Some(Self { first_number, offset: zone });
        }
        let token = Base64UrlUnpadded::decode_vec(&Told::of(seen)?.activation?).ok()?;
        let header = &seen.record.header;
        let mut bytes = token.as_slice();
        let [version, _realm, kind] = *take(&mut bytes)?;
        let device = take_text(&mut bytes)?;
        let _valid: &[u8; 16] = take(&mut bytes)?;
        let (_nif, outlet, _prefix) =
            (take_text(&mut bytes)?, take_text(&mut bytes)?, take_text(&mut bytes)?);
        let _epoch: &[u8; 4] = take(&mut bytes)?;
        let first_number = u64::from_be_bytes(*take(&mut bytes)?);
        let offset = UtcOffset::from_minutes(i16::from_be_bytes(*take(&mut bytes)?))?;
        let of_this =
            device == header.device.as_str().as_bytes() && outlet == header.outlet.as_str().as_bytes();
        let known = version == Self::VERSION && kind == Self::KIND;
        (of_this && known).then_some(Self { first_number, offset })
    }
}
