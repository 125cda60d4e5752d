//! What stands at the beginning of each sector in use.

use fiscal::{
    Epoch, HeadState, Invoice, InvoiceNumber, Position, Record, RecordHash, Timestamp, totals::cdf_of,
};

use super::{
    check::CheckKey,
    geometry::{HEADER, Place, Sequence},
};

/// The beginning of a sector.
///
/// | bytes | what |
/// |---|---|
/// | 4 | `SLJ1` |
/// | 1 | use: `L` records, `+` the rest of a long record, `C` a checkpoint |
/// | 1 | 0 |
/// | 2 | where the records of the sector before end: offset in its data area |
/// | 4 | sequence number of this sector |
/// | 4 | sequence number of the sector before that holds records, 0 for none |
/// | 4 | sequence number of the oldest sector that is live |
/// | 4 | epoch |
/// | 8 | position of the newest record before this sector, 0 for none |
/// | 8 | number of the newest invoice before it, 0 for none |
/// | 32 | hash of the newest record before it |
/// | 8 | its time, in seconds since 1970 |
/// | 4 | its secure-element counter |
/// | 8 | how many invoices the device sealed before it, in all epochs |
/// | 16 | what they come to in CDF, in centimes, credit notes counted as if they were sales |
/// | 8 | the latest time that one of their payloads states, in seconds since 1970 |
/// | 4 | check of what stands before: [`CheckKey`] |
///
/// Integers are big-endian. The last eight bytes of the sector repeat the sequence number with a check of its own.
/// All of it follows from the records before, so programming it twice programs the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SectorHeader {
    pub(crate) usage: Usage,
    pub(crate) sequence: Sequence,
    /// Where the records before this sector end, none before the first.
    pub(crate) previous_end: Option<Place>,
    pub(crate) oldest: Sequence,
    pub(crate) point: ChainPoint,
}

/// What a sector is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Usage {
    /// Records begin in it.
    Records,
    /// It holds the rest of a long record or checkpoint.
    Rest,
    /// It holds what mounting would else have to count again.
    Checkpoint,
}

impl Usage {
    const fn byte(self) -> u8 {
        match self {
            Self::Records => b'L',
            Self::Rest => b'+',
            Self::Checkpoint => b'C',
        }
    }
}

/// How far the chain, and all that is counted along it, has come at some place of the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChainPoint {
    pub(crate) epoch: Epoch,
    pub(crate) head: HeadState,
    /// The newest record's counter.
    pub(crate) counter: u32,
    /// Invoices that this device ever sealed.
    pub(crate) invoices: u64,
    /// What they come to in CDF, in centimes, without their signs.
    pub(crate) cdf: u128,
    /// The latest time that a payload of theirs states.
    pub(crate) stated: Timestamp,
}

impl ChainPoint {
    /// Before the first record of a device.
    pub(crate) const START: Self = Self {
        epoch: Epoch(0),
        head: HeadState::START,
        counter: 0,
        invoices: 0,
        cdf: 0,
        stated: Timestamp::EARLIEST,
    };
}

impl ChainPoint {
    /// After one more record, as far as the chain goes.
    pub(crate) fn after(self, record: &Record) -> Self {
        let number = record.header.invoice().map(|facts| facts.number).or(self.head.number);
        Self {
            epoch: record.header.epoch,
            head: HeadState {
                position: Some(record.link.position),
                number,
                hash: record.hash(),
                time: record.header.time,
            },
            // Counters past 32 bits are refused before anything is linked.
            counter: u32::try_from(record.link.counter).unwrap_or(u32::MAX),
            ..self
        }
    }
}

impl ChainPoint {
    /// After one more invoice.
    pub(crate) fn after_invoice(self, record: &Record, invoice: &Invoice<'_>) -> Self {
        Self {
            // No device seals so many; a point that says so was not written by one.
            invoices: self.invoices.saturating_add(1),
            cdf: self.cdf.saturating_add(cdf_of(invoice)),
            stated: self.stated.max(invoice.timestamp),
            ..self.after(record)
        }
    }
}

const CHECKED: usize = HEADER as usize - 4;

impl SectorHeader {
    /// How every header begins.
    pub(crate) const MAGIC: &[u8; 4] = b"SLJ1";

    pub(crate) fn to_bytes(self, key: &CheckKey) -> [u8; HEADER as usize] {
        let mut bytes = [0; HEADER as usize];
        let mut at = 0;
        let mut put = |field: &[u8]| {
            bytes[at..at + field.len()].copy_from_slice(field);
            at += field.len();
        };
        let (previous, end) = self.previous_end.map_or((0, 0), |place| (place.sector.0, place.offset));
        let point = &self.point;
        put(Self::MAGIC);
        put(&[self.usage.byte(), 0]);
        // An offset is below 4,096.
        put(&(end as u16).to_be_bytes());
        put(&self.sequence.0.to_be_bytes());
        put(&previous.to_be_bytes());
        put(&self.oldest.0.to_be_bytes());
        put(&point.epoch.0.to_be_bytes());
        put(&point.head.position.map_or(0, Position::value).to_be_bytes());
        put(&point.head.number.map_or(0, InvoiceNumber::value).to_be_bytes());
        put(&point.head.hash.0);
        put(&point.head.time.unix().to_be_bytes());
        put(&point.counter.to_be_bytes());
        put(&point.invoices.to_be_bytes());
        put(&point.cdf.to_be_bytes());
        put(&point.stated.unix().to_be_bytes());
        let check = key.of_header(&bytes[..CHECKED]);
        bytes[CHECKED..].copy_from_slice(&check);
        bytes
    }

    /// None when this is no header of a sector.
    pub(crate) fn from_bytes(bytes: &[u8; HEADER as usize], key: &CheckKey) -> Option<Self> {
        let (checked, check) = bytes.split_at(CHECKED);
        if key.of_header(checked) != check {
            return None;
        }
        let mut input = Fields(checked);
        if input.array()? != *Self::MAGIC {
            return None;
        }
        let usage = match input.array()? {
            [b'L', 0] => Usage::Records,
            [b'+', 0] => Usage::Rest,
            [b'C', 0] => Usage::Checkpoint,
            _ => return None,
        };
        let end = u32::from(u16::from_be_bytes(input.array()?));
        let sequence = Sequence(input.u32()?);
        let previous = Sequence(input.u32()?);
        let oldest = Sequence(input.u32()?);
        let epoch = Epoch(input.u32()?);
        let head = HeadState {
            position: Position::new(input.u64()?),
            number: InvoiceNumber::new(input.u64()?),
            hash: RecordHash(input.array()?),
            time: Timestamp::from_unix(input.u64()?)?,
        };
        let point = ChainPoint {
            epoch,
            head,
            counter: input.u32()?,
            invoices: input.u64()?,
            cdf: u128::from_be_bytes(input.array()?),
            stated: Timestamp::from_unix(input.u64()?)?,
        };
        let previous_end = (previous.0 != 0).then_some(Place { sector: previous, offset: end });
        Some(Self { usage, sequence, previous_end, oldest, point })
    }

    /// The sector of records before this one, 0 for none.
    pub(crate) fn previous_sector(&self) -> Sequence {
        self.previous_end.map_or(Sequence(0), |end| end.sector)
    }

    /// The last bytes of the sector.
    pub(crate) fn trailer(self, key: &CheckKey) -> [u8; 8] {
        let sequence = self.sequence.0.to_be_bytes();
        let mut bytes = [0; 8];
        bytes[..4].copy_from_slice(&sequence);
        bytes[4..].copy_from_slice(&key.of_trailer(self.sequence));
        bytes
    }

    /// The sequence number that a sector's last bytes repeat.
    pub(crate) fn from_trailer(bytes: [u8; 8], key: &CheckKey) -> Option<Sequence> {
        let mut input = Fields(&bytes);
        let sequence = Sequence(input.u32()?);
        (input.array()? == key.of_trailer(sequence)).then_some(sequence)
    }
}

/// Takes fields from the front of some bytes.
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: CheckKey = CheckKey([9; 32]);

    fn header() -> SectorHeader {
        SectorHeader {
            usage: Usage::Records,
            sequence: Sequence(70_000),
            previous_end: Some(Place { sector: Sequence(69_998), offset: 3_900 }),
            oldest: Sequence(12),
            point: ChainPoint {
                epoch: Epoch(3),
                head: HeadState {
                    position: Position::new(1_000),
                    number: InvoiceNumber::new(900),
                    hash: RecordHash([7; 32]),
                    time: Timestamp::from_unix(1_800_000_000).unwrap(),
                },
                counter: 1_024,
                invoices: 901,
                cdf: u128::MAX / 3,
                stated: Timestamp::from_unix(1_800_000_600).unwrap(),
            },
        }
    }

    #[test]
    fn a_header_comes_back_as_it_was() {
        for usage in [Usage::Records, Usage::Rest, Usage::Checkpoint] {
            let header = SectorHeader { usage, ..header() };
            assert_eq!(SectorHeader::from_bytes(&header.to_bytes(&KEY), &KEY), Some(header));
        }
        let first = SectorHeader { previous_end: None, point: ChainPoint::START, ..header() };
        assert_eq!(SectorHeader::from_bytes(&first.to_bytes(&KEY), &KEY), Some(first));
        assert_eq!(SectorHeader::from_trailer(first.trailer(&KEY), &KEY), Some(Sequence(70_000)));
    }

    #[test]
    fn every_changed_bit_and_another_secret_are_noticed() {
        let other = CheckKey([8; 32]);
        assert_eq!(SectorHeader::from_bytes(&header().to_bytes(&KEY), &other), None);
        assert_eq!(SectorHeader::from_trailer(header().trailer(&KEY), &other), None);
        let bytes = header().to_bytes(&KEY);
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(SectorHeader::from_bytes(&changed, &KEY), None, "bit {bit}");
        }
        assert_eq!(SectorHeader::from_bytes(&[0xFF; HEADER as usize], &KEY), None);
        assert_eq!(SectorHeader::from_bytes(&[0; HEADER as usize], &KEY), None);
    }
}
