use fiscal::{Epoch, InvoiceNumber, PayloadHash, Position, Record};

use super::place::Place;

/// That a line seals a sale. Equal sales stand together, in the order of their lines.
///
/// | bytes | what |
/// |---|---|
/// | 32 | payload hash |
/// | 8 | line, from 1 |
/// | 8 | position |
/// | 4 | epoch |
/// | 8 | invoice number |
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sold {
    pub(super) hash: PayloadHash,
    line: u64,
    position: Position,
    epoch: Epoch,
    number: InvoiceNumber,
}

impl Sold {
    pub(super) const LENGTH: usize = 32 + 8 + 8 + 4 + 8;

    pub(super) const fn new(line: u64, record: &Record, number: InvoiceNumber) -> Self {
        Self::of(record.link.payload, line, record.link.position, record.header.epoch, number)
    }

    pub(super) const fn of(
        hash: PayloadHash,
        line: u64,
        position: Position,
        epoch: Epoch,
        number: InvoiceNumber,
    ) -> Self {
        Self { hash, line, position, epoch, number }
    }

    pub(super) const fn line(&self) -> u64 {
        self.line
    }

    pub(super) const fn epoch(&self) -> Epoch {
        self.epoch
    }

    pub(super) const fn position(&self) -> Position {
        self.position
    }

    pub(super) const fn place(&self) -> Place {
        Place::of_invoice(self.line, self.position, self.epoch, self.number)
    }

    pub(super) fn to_bytes(self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        bytes[..32].copy_from_slice(&self.hash.0);
        bytes[32..40].copy_from_slice(&self.line.to_be_bytes());
        bytes[40..48].copy_from_slice(&self.position.value().to_be_bytes());
        bytes[48..52].copy_from_slice(&self.epoch.0.to_be_bytes());
        bytes[52..].copy_from_slice(&self.number.value().to_be_bytes());
        bytes
    }

    /// None of bytes that this did not write.
    pub(super) fn from_bytes(bytes: &[u8; Self::LENGTH]) -> Option<Self> {
        let (hash, rest) = bytes.split_first_chunk()?;
        let (line, rest) = rest.split_first_chunk()?;
        let (position, rest) = rest.split_first_chunk()?;
        let (epoch, rest) = rest.split_first_chunk()?;
        Some(Self {
            hash: PayloadHash(*hash),
            line: u64::from_be_bytes(*line),
            position: Position::new(u64::from_be_bytes(*position))?,
            epoch: Epoch(u32::from_be_bytes(*epoch)),
            number: InvoiceNumber::new(u64::from_be_bytes(*rest.first_chunk()?))?,
        })
    }
}
