use fiscal::{Epoch, EventKind, InvoiceNumber, PayloadHash, Position, Record, RecordHash};

use super::place::Place;

/// What is kept of a line until all are sorted. What belongs together stands together: equal sales by their hash, in the
/// order of their lines, and an invoice by the hash of its record before what the authority is said to have of it.
///
/// | bytes | what |
/// |---|---|
/// | 1 | 0: a sale, 1: an invoice, 2: what the authority has of one |
/// | 32 | hash: of the payload for a sale, else of the invoice's record |
/// | 8 | line, from 1; 0 for an invoice |
/// | 8 | position of the line's record; 0 for an invoice |
/// | 8 | position of the invoice; 0 for a sale |
/// | 4 | epoch of a sale; else which chain the invoice is of |
/// | 8 | invoice number |
/// | 16 | of the authority's code, its SHA-256 up to here; else 0 |
/// | 1 | whether the authority answered with it; else 0 |
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kept {
    Sold(Sold),
    Of(OfInvoice),
}

/// An invoice, or what the authority is said to have of one, which stands behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct OfInvoice {
    pub(super) hash: RecordHash,
    /// None of the invoice itself.
    pub(super) note: Option<Note>,
    pub(super) target: Target,
}

/// Where an invoice stands, or is said to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Target {
    /// Which chain, of those that the referee has counted.
    pub(super) chain: u32,
    pub(super) position: Position,
    pub(super) number: InvoiceNumber,
}

/// Where it is said that the authority has an invoice, and under which code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Note {
    pub(super) line: u64,
    pub(super) position: Position,
    pub(super) code: [u8; 16],
    /// Whether the authority answered with it.
    pub(super) is_answer: bool,
}

/// That a line seals a sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sold {
    pub(super) hash: PayloadHash,
    line: u64,
    position: Position,
    epoch: Epoch,
    number: InvoiceNumber,
}

impl Sold {
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
}

impl Note {
    pub(super) const fn place(&self) -> Place {
        Place::of_event(self.line, self.position, EventKind::Authority)
    }
}

impl Kept {
    pub(super) const LENGTH: usize = 1 + 32 + 8 + 8 + 8 + 4 + 8 + 16 + 1;

    pub(super) fn to_bytes(self) -> [u8; Self::LENGTH] {
        let raw = match self {
            Self::Sold(Sold { hash, line, position, epoch, number }) => {
                let (position, number) = (position.value(), number.value());
                Raw { hash: hash.0, line, position, chain: epoch.0, number, ..Raw::default() }
            }
            Self::Of(OfInvoice { hash, note, target: Target { chain, position, number } }) => {
                let of = Raw {
                    tag: 1,
                    hash: hash.0,
                    of: position.value(),
                    chain,
                    number: number.value(),
                    ..Raw::default()
                };
                match note {
                    None => of,
                    Some(Note { line, position, code, is_answer }) => {
                        Raw { tag: 2, line, position: position.value(), code, is_answer, ..of }
                    }
                }
            }
        };
        raw.to_bytes()
    }

    /// None of bytes that this did not write.
    pub(super) fn from_bytes(bytes: &[u8; Self::LENGTH]) -> Option<Self> {
        let Raw { tag, hash, line, position, of, chain, number, code, is_answer } = Raw::from_bytes(bytes)?;
        let number = InvoiceNumber::new(number)?;
        if tag == 0 {
            let position = Position::new(position)?;
            return Some(Self::Sold(Sold {
                hash: PayloadHash(hash),
                line,
                position,
                epoch: Epoch(chain),
                number,
            }));
        }
        let target = Target { chain, position: Position::new(of)?, number };
        let note = match tag {
            1 => None,
            2 => Some(Note { line, position: Position::new(position)?, code, is_answer }),
            _ => return None,
        };
        Some(Self::Of(OfInvoice { hash: RecordHash(hash), note, target }))
    }
}

/// The table above.
#[derive(Default)]
struct Raw {
    tag: u8,
    hash: [u8; 32],
    line: u64,
    position: u64,
    of: u64,
    chain: u32,
    number: u64,
    code: [u8; 16],
    is_answer: bool,
}

impl Raw {
    fn to_bytes(&self) -> [u8; Kept::LENGTH] {
        let mut bytes = [0; Kept::LENGTH];
        bytes[0] = self.tag;
        bytes[1..33].copy_from_slice(&self.hash);
        bytes[33..41].copy_from_slice(&self.line.to_be_bytes());
        bytes[41..49].copy_from_slice(&self.position.to_be_bytes());
        bytes[49..57].copy_from_slice(&self.of.to_be_bytes());
        bytes[57..61].copy_from_slice(&self.chain.to_be_bytes());
        bytes[61..69].copy_from_slice(&self.number.to_be_bytes());
        bytes[69..85].copy_from_slice(&self.code);
        bytes[85] = u8::from(self.is_answer);
        bytes
    }

    fn from_bytes(bytes: &[u8; Kept::LENGTH]) -> Option<Self> {
        let ([tag], rest) = bytes.split_first_chunk()?;
        let (hash, rest) = rest.split_first_chunk()?;
        let (line, rest) = rest.split_first_chunk()?;
        let (position, rest) = rest.split_first_chunk()?;
        let (of, rest) = rest.split_first_chunk()?;
        let (chain, rest) = rest.split_first_chunk()?;
        let (number, rest) = rest.split_first_chunk()?;
        let (code, rest) = rest.split_first_chunk()?;
        Some(Self {
            tag: *tag,
            hash: *hash,
            line: u64::from_be_bytes(*line),
            position: u64::from_be_bytes(*position),
            of: u64::from_be_bytes(*of),
            chain: u32::from_be_bytes(*chain),
            number: u64::from_be_bytes(*number),
            code: *code,
            is_answer: *rest == [1],
        })
    }
}
