use std::{fmt, str::FromStr};

use fiscal::{DeviceId, OutletId};
use ledger::Place;

use crate::EventKind;

/// What is announced that no record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// How a device is.
    Device(DeviceNews, OutletId, DeviceId),
    /// What became of an invoice at the authority; the place is that of its own record.
    Submission(SubmissionNews, Place),
    /// What needs someone on the way to the authority: of one outlet, or of all the merchant's.
    Alert(AlertCause, Option<OutletId>),
}

/// How a device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceNews {
    /// It cannot be reached.
    Offline,
    /// It can again.
    Online,
    /// It will need someone soon.
    Warning,
    /// Its certificate ends within 30 days.
    CertificateExpiring,
}

/// What became of an invoice at the authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubmissionNews {
    /// It is refused.
    Failed,
    /// Nobody knows.
    Ambiguous,
    /// The authority computes other amounts.
    Differs,
}

/// The word for what needs someone: 1 to 40 small letters, digits and underscores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertCause(String);

impl News {
    /// What a webhook asks for to hear it.
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::Device(DeviceNews::Offline, ..) => EventKind::DeviceOffline,
            Self::Device(DeviceNews::Online, ..) => EventKind::DeviceOnline,
            Self::Device(DeviceNews::Warning, ..) => EventKind::DeviceWarning,
            Self::Device(DeviceNews::CertificateExpiring, ..) => EventKind::CertificateExpiring,
            Self::Submission(SubmissionNews::Failed, _) => EventKind::AuthorityFailed,
            Self::Submission(SubmissionNews::Ambiguous, _) => EventKind::AuthorityAmbiguous,
            Self::Submission(SubmissionNews::Differs, _) => EventKind::AuthorityDiffers,
            Self::Alert(..) => EventKind::AuthorityAlert,
        }
    }

    /// Of which outlet it tells, if it is one.
    pub(crate) const fn outlet(&self) -> Option<OutletId> {
        match self {
            Self::Device(_, outlet, _) => Some(*outlet),
            Self::Submission(_, place) => Some(place.chain.outlet),
            Self::Alert(_, outlet) => *outlet,
        }
    }
}

impl FromStr for AlertCause {
    type Err = AlertCauseFault;

    fn from_str(text: &str) -> Result<Self, AlertCauseFault> {
        let is_word = text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        if is_word && (1..=40).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(AlertCauseFault)
        }
    }
}

impl fmt::Display for AlertCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is no word for an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cause of an alert is a word of 1 to 40 small letters, digits and underscores")]
pub struct AlertCauseFault;

/// What a delivery is about, where no record says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// A device of an outlet.
    Device(OutletId, DeviceId),
    /// What needs someone: of one outlet, or of all the merchant's.
    Alert(Option<OutletId>, AlertCause),
}
