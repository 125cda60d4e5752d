use fiscal::{DeviceId, Epoch, OutletId, Position, Record, Timestamp};
use sha2::{Digest, Sha256};

/// Something that was delivered and cannot be placed in a chain, as it came. It is kept beside the chains and never
/// changed: it may be the evidence of a fork, or of a disk that decays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// The outlet to which it was delivered.
    pub outlet: OutletId,
    /// Who sealed it, as it says itself.
    pub signer: DeviceId,
    /// In which epoch, as it says itself.
    pub epoch: Epoch,
    /// At which position, as it says itself.
    pub position: Position,
    /// SHA-256 of the record and the body, one behind the other: what came before is known by it.
    pub digest: [u8; 32],
    /// The record.
    pub record: Vec<u8>,
    /// What was delivered with it.
    pub body: Vec<u8>,
    /// Why it cannot be placed.
    pub reason: UnfitReason,
    /// When it was kept.
    pub time: Timestamp,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident $name:literal),* $(,)?) => {
        /// Why a record cannot be placed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum UnfitReason { $($(#[$doc])* $variant),* }

        impl UnfitReason {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word for it in the database and in flags.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// By its word.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

reasons! {
    /// It is of another signer or outlet than who delivers, or of another epoch than what came with it.
    OtherChain "other_chain",
    /// The ledger holds another record in its place.
    Fork "fork",
    /// It names another record as the one before it than there is.
    Chain "chain",
    /// What came with it is not what it seals.
    Body "body",
    /// Its signature is not the signer's, and no record behind it shows that it is the signer's all the same.
    Signature "signature",
    /// It is right, and the ledger holds its record without its body or with a false signature.
    Completes "completes",
}

impl Unfit {
    /// So much is kept of one business day of an outlet, and no more: anybody between a device and the ledger can make up
    /// as much of it as he likes.
    pub const MOST_A_DAY: usize = 64;

    /// Of a record as it came; when it is kept, the ledger says.
    pub(super) fn new(outlet: OutletId, record: &Record, body: &str, reason: UnfitReason) -> Self {
        let bytes = record.to_bytes().to_vec();
        let digest = Sha256::new().chain_update(&bytes).chain_update(body).finalize().into();
        Self {
            outlet,
            signer: record.header.device,
            epoch: record.header.epoch,
            position: record.link.position,
            digest,
            record: bytes,
            body: body.as_bytes().to_vec(),
            reason,
            time: Timestamp::EARLIEST,
        }
    }

    pub(crate) fn kept_at(self, time: Timestamp) -> Self {
        Self { time, ..self }
    }

    /// By what it is known again.
    pub(crate) fn key(&self) -> (OutletId, DeviceId, Epoch, Position, [u8; 32]) {
        (self.outlet, self.signer, self.epoch, self.position, self.digest)
    }
}
