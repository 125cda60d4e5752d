//! What the authority and the operator say to a device in use.

use fiscal::{Epoch, InvoiceNumber, RecordHash, Text, Timestamp};

use super::{Body, Fields, Kind, Sink, TokenFault};

/// Begins a new epoch, and lets go of what was acknowledged (D9).
///
/// | bytes | what |
/// |---|---|
/// | 4 | the new epoch |
/// | 44 | the newest invoice that the device holds, zeros where it holds none |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reset {
    /// The new line of numbers, above the old one.
    pub epoch: Epoch,
    /// The newest invoice: who ordered the reset knew all of them.
    pub newest: Option<Newest>,
}

/// An invoice, by number and hash: epoch (4), number (8), record hash (32).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Newest {
    /// In which line of numbers.
    pub epoch: Epoch,
    /// Its number.
    pub number: InvoiceNumber,
    /// Its record's hash.
    pub hash: RecordHash,
}

impl Newest {
    const LENGTH: usize = 4 + 8 + 32;

    fn read(fields: &mut Fields<'_>) -> Result<Self, TokenFault> {
        Ok(Self { epoch: fields.epoch()?, number: fields.number()?, hash: RecordHash(fields.array()?) })
    }

    fn write(&self, out: &mut Sink<'_>) -> Result<(), TokenFault> {
        out.put(&self.epoch.0.to_be_bytes())?;
        out.put(&self.number.value().to_be_bytes())?;
        out.put(&self.hash.0)
    }
}

impl Body<'_> for Reset {
    const KIND: Kind = Kind::Reset;

    fn read(fields: &mut Fields<'_>) -> Result<Self, TokenFault> {
        let epoch = fields.epoch()?;
        let newest = fields.array::<{ Newest::LENGTH }>()?;
        let newest =
            if newest == [0; Newest::LENGTH] { None } else { Some(Newest::read(&mut Fields(&newest))?) };
        Ok(Self { epoch, newest })
    }

    fn write(&self, out: &mut Sink<'_>) -> Result<(), TokenFault> {
        out.put(&self.epoch.0.to_be_bytes())?;
        match &self.newest {
            Some(newest) => newest.write(out),
            None => out.put(&[0; Newest::LENGTH]),
        }
    }
}

/// Hands an outlet's line of numbers from one signer to another (L2).
///
/// | bytes | what |
/// |---|---|
/// | 1 | 1 leave, 2 enter |
/// | 4 | epoch |
/// | 8 | to enter only: the next number |
/// | 32 | to enter only: hash of the last record of the signer that left |
/// | 8 | to enter only: no seal is earlier, in seconds since 1970 |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandOver {
    /// Seal a `close` record and nothing after it.
    Leave {
        /// Which line of numbers.
        epoch: Epoch,
    },
    /// Go on where another signer left.
    Enter {
        /// Which line of numbers.
        epoch: Epoch,
        /// The next number.
        next_number: InvoiceNumber,
        /// The hash of the last record of the signer that left.
        previous: RecordHash,
        /// No seal is earlier.
        floor: Timestamp,
    },
}

const LEAVE: u8 = 1;
const ENTER: u8 = 2;

impl Body<'_> for HandOver {
    const KIND: Kind = Kind::HandOver;

    fn read(fields: &mut Fields<'_>) -> Result<Self, TokenFault> {
        match fields.array()? {
            [LEAVE] => Ok(Self::Leave { epoch: fields.epoch()? }),
            [ENTER] => Ok(Self::Enter {
                epoch: fields.epoch()?,
                next_number: fields.number()?,
                previous: RecordHash(fields.array()?),
                floor: fields.time()?,
            }),
            _ => Err(TokenFault::Field("direction")),
        }
    }

    fn write(&self, out: &mut Sink<'_>) -> Result<(), TokenFault> {
        match self {
            Self::Leave { epoch } => {
                out.put(&[LEAVE])?;
                out.put(&epoch.0.to_be_bytes())
            }
            Self::Enter { epoch, next_number, previous, floor } => {
                out.put(&[ENTER])?;
                out.put(&epoch.0.to_be_bytes())?;
                out.put(&next_number.value().to_be_bytes())?;
                out.put(&previous.0)?;
                out.put(&floor.unix().to_be_bytes())
            }
        }
    }
}

/// The ledger holds everything up to an invoice, durably (D10).
///
/// | bytes | what |
/// |---|---|
/// | 44 | the newest invoice that it holds |
/// | 8 | when it said so, in seconds since 1970 |
/// | 1 | 1 to revoke the device, else 0 |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// The newest invoice that it holds.
    pub newest: Newest,
    /// When it said so: the status' `last_sync_timestamp`.
    pub time: Timestamp,
    /// Whether the device is revoked at the same time.
    pub revoke: bool,
}

impl Body<'_> for Acknowledgement {
    const KIND: Kind = Kind::Acknowledgement;

    fn read(fields: &mut Fields<'_>) -> Result<Self, TokenFault> {
        Ok(Self { newest: Newest::read(fields)?, time: fields.time()?, revoke: fields.flag()? })
    }

    fn write(&self, out: &mut Sink<'_>) -> Result<(), TokenFault> {
        self.newest.write(out)?;
        out.put(&self.time.unix().to_be_bytes())?;
        out.put(&[u8::from(self.revoke)])
    }
}

/// Ends a device's life, for now or for good (D7).
///
/// | bytes | what |
/// |---|---|
/// | 1 | 1 revoke, 2 decommission |
/// | 1 + n | why: a text of 1 to 64 bytes |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateChange<'b> {
    /// What becomes of the device.
    pub state: NewState,
    /// Why, for people.
    pub reason: &'b str,
}

/// What becomes of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum NewState {
    /// It seals no more, and still answers questions.
    Revoked = 1,
    /// The same, for good.
    Decommissioned = 2,
}

impl StateChange<'_> {
    /// The longest reason, in bytes.
    pub const MAX_REASON: usize = 64;
}

impl<'b> Body<'b> for StateChange<'b> {
    const KIND: Kind = Kind::State;

    fn read(fields: &mut Fields<'b>) -> Result<Self, TokenFault> {
        let state = match fields.array()? {
            [1] => NewState::Revoked,
            [2] => NewState::Decommissioned,
            _ => return Err(TokenFault::Field("state")),
        };
        Ok(Self { state, reason: short_text(fields.text()?, Self::MAX_REASON)? })
    }

    fn write(&self, out: &mut Sink<'_>) -> Result<(), TokenFault> {
        out.put(&[self.state as u8])?;
        out.put_text(short_text(self.reason, Self::MAX_REASON)?)
    }
}

/// A text that a payload could have, of at most so many bytes.
pub(super) fn short_text(text: &str, most: usize) -> Result<&str, TokenFault> {
    let fits = text.len() <= most && Text::new(text).is_ok();
    if fits { Ok(text) } else { Err(TokenFault::Field("text")) }
}
