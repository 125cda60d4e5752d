//! The end of a chain, where the next record is tied on (S3).

use super::{
    hash::{PayloadHash, RecordHash},
    header::{Header, InvoiceFacts, Subject},
    key::KeyId,
    kind::EventKind,
    linked::Linked,
    record::Link,
};
use crate::{
    ids::{DeviceId, Epoch, InvoiceNumber, Nif, OutletId, Position},
    rules::Sale,
    time::Timestamp,
};

/// Whose chain it is: a signer, an outlet and an epoch (S3), with the merchant and the key that seals now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
    /// Who seals.
    pub device: DeviceId,
    /// With which key.
    pub key: KeyId,
    /// For which outlet.
    pub outlet: OutletId,
    /// Of which merchant.
    pub nif: Nif,
    /// In which line of numbers.
    pub epoch: Epoch,
}

/// How far a chain has come: what a store keeps in order to go on from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadState {
    /// The position of the newest record; none before the first.
    pub position: Option<Position>,
    /// The last invoice number given in the outlet's epoch, by whomever; none before the first.
    pub number: Option<InvoiceNumber>,
    /// The hash of the newest record.
    pub hash: RecordHash,
    /// The time of the newest record, below which nothing is sealed.
    pub time: Timestamp,
}

impl HeadState {
    /// Before the first record of a first epoch.
    pub const START: Self =
        Self { position: None, number: None, hash: RecordHash::NONE, time: Timestamp::EARLIEST };

    /// For the signer that takes over from this one in the same epoch (L2): the numbers go on, and so do the
    /// newcomer's own positions, if it sealed in this epoch before.
    pub const fn handed_over(self, own_position: Option<Position>) -> Self {
        Self { position: own_position, ..self }
    }

    /// For a new epoch that begins after this one (D9): positions and numbers begin again, tied to this end.
    pub const fn in_new_epoch(self) -> Self {
        Self { position: None, number: None, ..self }
    }
}

/// The end of a chain, where the next record is tied on.
///
/// Linking moves it on. When what was linked is not stored after all, the head is dropped and opened again from the
/// store, so that the number is given to the next. An opened head cannot be copied; that it was opened from the
/// newest state, and only once, is the caller's word.
#[derive(Debug)]
pub struct Head {
    chain: Chain,
    state: HeadState,
}

/// What the sealer's clock and secure element say when a record is linked.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The trusted clock.
    pub now: Timestamp,
    /// How far, in seconds, the clock may be behind the newest record; the record then gets that record's time.
    pub tolerance_seconds: u64,
    /// The secure element's counter, 0 where there is none.
    pub counter: u64,
}

impl Moment {
    /// A device's clock may be 120 s behind its journal (D8).
    pub const DEVICE_TOLERANCE_SECONDS: u64 = 120;
    /// A server's clock may be 2 s behind its ledger (L3).
    pub const CLOUD_TOLERANCE_SECONDS: u64 = 2;
}

impl Head {
    /// Goes on from a stored state. The caller vouches that it is the newest.
    pub const fn open(chain: Chain, state: HeadState) -> Self {
        Self { chain, state }
    }

    /// Whose chain it is.
    pub const fn chain(&self) -> &Chain {
        &self.chain
    }

    /// How far it has come, to be stored with the records that brought it there.
    pub const fn state(&self) -> &HeadState {
        &self.state
    }

    /// Ties an invoice to the chain and gives it the next number. A fault changes nothing.
    pub fn link(&mut self, sale: &Sale, moment: Moment) -> Result<Linked, LinkFault> {
        if sale.outlet != self.chain.outlet || sale.nif != self.chain.nif {
            return Err(LinkFault::WrongOutlet);
        }
        let number = match self.state.number {
            None => InvoiceNumber::FIRST,
            Some(last) => last.next().ok_or(LinkFault::Exhausted)?,
        };
        let linked = self.tie(Subject::Invoice(InvoiceFacts::of(sale, number)), sale.hash, moment)?;
        self.state.number = Some(number);
        Ok(linked)
    }

    /// Ties a record that is no invoice to the chain; `body` is the hash of what it says, which is text.
    pub fn link_event(
        &mut self,
        kind: EventKind,
        body: PayloadHash,
        moment: Moment,
    ) -> Result<Linked, LinkFault> {
        self.tie(Subject::Event(kind), body, moment)
    }

    fn tie(&mut self, subject: Subject, payload: PayloadHash, moment: Moment) -> Result<Linked, LinkFault> {
        let behind_seconds = self.state.time.seconds_after(moment.now);
        if behind_seconds > moment.tolerance_seconds {
            return Err(LinkFault::ClockRollback { behind_seconds });
        }
        let position = match self.state.position {
            None => Position::FIRST,
            Some(last) => last.next().ok_or(LinkFault::Exhausted)?,
        };
        let time = moment.now.max(self.state.time);
        let Chain { device, key, outlet, epoch, nif: _ } = self.chain;
        let linked = Linked::new(
            Header { device, key, outlet, epoch, time, subject },
            Link { position, payload, previous: self.state.hash, counter: moment.counter },
        );
        self.state.position = Some(position);
        self.state.hash = linked.hash();
        self.state.time = time;
        Ok(linked)
    }
}

/// Why a record cannot be tied to a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkFault {
    /// `WRONG_OUTLET` (D6)
    #[error(
        "the invoice is of another merchant or outlet than this signer's: send it to that outlet's signer"
    )]
    WrongOutlet,
    /// `CLOCK_ROLLBACK_DETECTED` (D8)
    #[error("the clock is {behind_seconds} s behind the newest record: set it before the next sale")]
    ClockRollback {
        /// How far.
        behind_seconds: u64,
    },
    /// `STORAGE_FULL`: 2^53 − 1 numbers or records were given.
    #[error("the epoch has no numbers left: open a new one")]
    Exhausted,
}

impl LinkFault {
    /// The protocol's error code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::WrongOutlet => "WRONG_OUTLET",
            Self::ClockRollback { .. } => "CLOCK_ROLLBACK_DETECTED",
            // Numbers and positions are the space of an epoch.
            Self::Exhausted => "STORAGE_FULL",
        }
    }
}
