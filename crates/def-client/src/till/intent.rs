use def_protocol::reply::Seal;
use fiscal::{FiscalNumber, PayloadHash, Timestamp};
use serde::{Deserialize, Serialize};

use super::Job;
use crate::{
    answer::Refusal,
    offer::Offer,
    sale::{SealDoubt, Signer},
};

/// A sale that a till means to make, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    hash: PayloadHash,
    time: Timestamp,
    payload: String,
    signer: Option<Signer>,
    stage: Stage,
}

/// How far a sale is. Each stage is durable before the next one begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "stage")]
pub enum Stage {
    /// It may have been offered to its device.
    Meant {
        /// Whether a COMMIT of this till may have left.
        committed: bool,
        /// Whether it was sealed before that, so that someone may have its receipt.
        before: bool,
    },
    /// The device refused it for good.
    Refused(Refusal),
    /// A person took it back: it is not to be sealed any more.
    Withdrawn {
        /// Why.
        why: String,
        /// Whether the device's journal was looked through and does not have it; else that person knows what became of it.
        certain: bool,
    },
    /// It is sealed, and nothing is printed.
    Sealed {
        /// The seal.
        seal: Box<Seal>,
        /// Whether it was sealed before this till committed it, so that someone may have its receipt.
        before: bool,
    },
    /// A copy was sent to the printer.
    Printing {
        /// The seal.
        seal: Box<Seal>,
        /// Which one; 1 is the original.
        copy: u32,
        /// Where the printer puts its paper: another one cannot know what this one did.
        place: String,
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
            Self::Meant { .. } | Self::Refused(_) | Self::Withdrawn { .. } => None,
            Self::Sealed { seal, .. } | Self::Printing { seal, .. } | Self::Printed { seal, .. } => {
                Some(seal)
            }
        }
    }

    /// Whether nothing is left to do.
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Withdrawn { .. } | Self::Printed { .. })
    }
}

impl Intent {
    /// A sale that was not offered yet.
    pub(super) fn new(offer: &Offer<'_>) -> Self {
        Self {
            hash: offer.hash(),
            time: offer.invoice().timestamp,
            payload: offer.text().to_owned(),
            signer: None,
            stage: Stage::Meant { committed: false, before: false },
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

    /// To which device it was offered; none before that.
    pub const fn signer(&self) -> Option<&Signer> {
        self.signer.as_ref()
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
        let Self { payload, signer, stage, .. } = self.clone();
        let kept = Kept { payload, signer, stage };
        serde_json::to_string_pretty(&kept).expect("texts, numbers and a seal's own forms serialise")
    }

    /// Reads what was kept. A seal that is not of this sale, or not whole, is none.
    pub fn from_json(json: &[u8]) -> Result<Self, IntentFault> {
        let Kept { payload, signer, stage }: Kept =
            serde_json::from_slice(json).map_err(|_| IntentFault::Form)?;
        let offer = Offer::read(&payload).map_err(|_| IntentFault::Form)?;
        if let Stage::Printing { copy: 0, .. } | Stage::Printed { copies: 0, .. } = stage {
            return Err(IntentFault::Form);
        }
        if let Some(seal) = stage.seal() {
            SealDoubt::about(seal, &offer, None).map_err(IntentFault::Seal)?;
        }
        Ok(Self { signer, stage, ..Self::new(&offer) })
    }

    pub(super) fn offered_to(self, signer: Signer) -> Self {
        Self { signer: Some(signer), ..self }
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
    signer: Option<Signer>,
    #[serde(flatten)]
    stage: Stage,
}

/// Why what was kept is none of a till's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IntentFault {
    /// It cannot be read.
    #[error(
        "what the till kept of a sale is damaged: call a technician, and do not sell it anew before it was found"
    )]
    Form,
    /// Its seal is none, or another sale's.
    #[error(
        "the seal that the till kept of a sale is damaged ({0}): call a technician, and print nothing of it"
    )]
    Seal(SealDoubt),
    /// It is another sale's.
    #[error("what the till kept of a sale is another sale's: call a technician")]
    OtherSale,
}
