use fiscal::{Epoch, EventKind, InvoiceNumber, PayloadHash, Position, Record, RecordHash};

use super::place::Place;
use crate::line::Source;

/// What is kept of a line until all are sorted. What belongs together stands together: equal sales by their hash, in the
/// order of their lines, and an invoice by the hash of its record before what the authority is said to have of it.
///
/// | bytes | what |
/// |---|---|
/// | 1 | 0: a sale, 1: an invoice, 2: what the authority has of one, 3: the code of that |
/// | 32 | hash: of the payload for a sale, of the code, else of the invoice's record |
/// | 8 | line, from 1; 0 for an invoice |
/// | 8 | position of the line's record; 0 for an invoice |
/// | 8 | position of the invoice; 0 for a sale |
/// | 4 | epoch of a sale; else which chain the invoice is of |
/// | 8 | invoice number |
/// | 16 | of what the authority has, the SHA-256 of its code up to here; else 0 |
/// | 1 | of the same, how it came, and 128 more of a trial; else 0 |
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kept {
    Sold(Sold),
    Of(OfInvoice),
    Code(CodeOf),
}

/// Of which invoice a code is said to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CodeOf {
    /// SHA-256 of the code and whose it is.
    pub(super) hash: [u8; 32],
    pub(super) line: u64,
    pub(super) position: Position,
    pub(super) target: Target,
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
    /// How it came.
    pub(super) source: Source,
    /// Whether it is of a service for trials.
    pub(super) is_test: bool,
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

impl CodeOf {
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
                    Some(Note { line, position, code, source, is_test }) => {
                        let how = source as u8 | if is_test { Raw::TRIAL } else { 0 };
                        Raw { tag: 2, line, position: position.value(), code, how, ..of }
                    }
                }
            }
            Self::Code(CodeOf { hash, line, position, target }) => Raw {
                tag: 3,
                hash,
                line,
                position: position.value(),
                of: target.position.value(),
                chain: target.chain,
                number: target.number.value(),
                ..Raw::default()
            },
        };
        raw.to_bytes()
    }

    /// None of bytes that this did not write.
    pub(super) fn from_bytes(bytes: &[u8; Self::LENGTH]) -> Option<Self> {
        let Raw { tag, hash, line, position, of, chain, number, code, how } = Raw::from_bytes(bytes)?;
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
            2 => Some(Note {
                line,
                position: Position::new(position)?,
                code,
                source: *Source::ALL.get(usize::from(how & !Raw::TRIAL))?,
                is_test: how & Raw::TRIAL != 0,
            }),
            3 => {
                let position = Position::new(position)?;
                return Some(Self::Code(CodeOf { hash, line, position, target }));
            }
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
    how: u8,
}

impl Raw {
    const TRIAL: u8 = 128;

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
        bytes[85] = self.how;
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
        let ([how], _) = rest.split_first_chunk()?;
        Some(Self {
            tag: *tag,
            hash: *hash,
            line: u64::from_be_bytes(*line),
            position: u64::from_be_bytes(*position),
            of: u64::from_be_bytes(*of),
            chain: u32::from_be_bytes(*chain),
            number: u64::from_be_bytes(*number),
            code: *code,
            how: *how,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_away_of_the_authority_is_read_back() {
        let position = Position::new(9).unwrap();
        let target =
            Target { chain: 3, position: Position::new(5).unwrap(), number: InvoiceNumber::new(7).unwrap() };
        let mut kept = vec![Kept::Code(CodeOf { hash: [8; 32], line: 2, position, target })];
        for source in Source::ALL {
            for is_test in [false, true] {
                let note = Some(Note { line: 2, position, code: [6; 16], source, is_test });
                kept.push(Kept::Of(OfInvoice { hash: RecordHash([4; 32]), note, target }));
            }
        }
        for kept in kept {
            assert_eq!(Kept::from_bytes(&kept.to_bytes()), Some(kept));
        }
    }
}
