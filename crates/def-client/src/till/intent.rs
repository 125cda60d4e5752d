use def_protocol::reply::Seal;
use fiscal::{FiscalNumber, PayloadHash, Timestamp};
use serde::{Deserialize, Serialize};

use super::Job;
use crate::{answer::Refusal, offer::Offer};

/// A sale that a till means to make, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    hash: PayloadHash,
    time: Timestamp,
    payload: String,
    stage: Stage,
}

/// How far a sale is. Each stage is durable before the next one begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "stage")]
pub enum Stage {
    /// It may have been offered to a device.
    Meant,
    /// A device refused it for good.
    Refused(Refusal),
    /// It is sealed, and nothing is printed.
    Sealed {
        /// The seal.
        seal: Box<Seal>,
        /// Whether it was sealed before this till offered it, so that someone may have its receipt.
        before: bool,
    },
    /// A copy was sent to the printer.
    Printing {
        /// The seal.
        seal: Box<Seal>,
        /// Which one; 1 is the original.
        copy: u32,
    },
    /// So many copies came out.
    Printed {
        /// The seal.
        seal: Box<Seal>,
        /// The original and its duplicates.
        copies: u32,
    },
}

impl Stage {
    /// The seal, once there is one.
    pub fn seal(&self) -> Option<&Seal> {
        match self {
            Self::Meant | Self::Refused(_) => None,
            Self::Sealed { seal, .. } | Self::Printing { seal, .. } | Self::Printed { seal, .. } => {
                Some(seal)
            }
        }
    }

    /// Whether nothing is left to do.
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Printed { .. })
    }
}

impl Intent {
    /// A sale that was not offered yet.
    pub fn new(offer: &Offer<'_>) -> Self {
        Self {
            hash: offer.hash(),
            time: offer.invoice().timestamp,
            payload: offer.text().to_owned(),
            stage: Stage::Meant,
        }
    }

    /// The sale's identity.
    pub const fn hash(&self) -> PayloadHash {
        self.hash
    }

    /// The bytes that were offered.
    pub fn payload(&self) -> &str {
        &self.payload
    }

    /// How far it is.
    pub const fn stage(&self) -> &Stage {
        &self.stage
    }

    /// The number under which it was sealed.
    pub fn number(&self) -> Option<FiscalNumber> {
        self.stage.seal().map(|seal| seal.fiscal_number)
    }

    /// As it is kept: one object.
    pub fn to_json(&self) -> String {
        // Texts, numbers and the seal's own forms always serialise.
        serde_json::to_string_pretty(&Kept { payload: self.payload.clone(), stage: self.stage.clone() })
            .unwrap_or_default()
    }

    /// Reads what was kept. A seal of another sale is none.
    pub fn from_json(json: &[u8]) -> Result<Self, IntentFault> {
        let Kept { payload, stage }: Kept = serde_json::from_slice(json).map_err(|_| IntentFault::Form)?;
        let offer = Offer::read(&payload).map_err(|_| IntentFault::Form)?;
        let intent = Self { stage, ..Self::new(&offer) };
        let fits = intent.stage.seal().is_none_or(|seal| seal.payload_hash == intent.hash);
        if fits { Ok(intent) } else { Err(IntentFault::OtherSeal) }
    }

    pub(super) fn at(self, stage: Stage) -> Self {
        Self { stage, ..self }
    }

    pub(super) fn order(&self) -> (Timestamp, PayloadHash) {
        (self.time, self.hash)
    }

    pub(super) fn job<'a>(&'a self, seal: &'a Seal, copy: u32) -> Job<'a> {
        Job { payload: &self.payload, seal, copy }
    }
}

#[derive(Serialize, Deserialize)]
struct Kept {
    payload: String,
    #[serde(flatten)]
    stage: Stage,
}

/// Why what was kept is none of a till's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IntentFault {
    /// It cannot be read.
    #[error(
        "what the till kept of a sale is damaged: restore it from a copy, or look the sale up in the device"
    )]
    Form,
    /// Its seal is another sale's.
    #[error("what the till kept of a sale has the seal of another: restore it from a copy")]
    OtherSeal,
}
