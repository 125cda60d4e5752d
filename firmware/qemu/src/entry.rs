//! One entry: the whole state of the secure element and the clock.

use sha2::{Digest, Sha256};

/// What is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// The private key, none before one is made.
    pub key: Option<[u8; 32]>,
    /// The monotonic counter.
    pub counter: u64,
    /// How far the clock is ahead of the host's, in seconds; none before it is set.
    pub clock: Option<i64>,
}

/// An entry as it is on the flash.
///
/// | bytes | what |
/// |---|---|
/// | 4 | sequence number, from 1, big-endian as all numbers |
/// | 1 | 1: there is a key; 0: none |
/// | 1 | 1: the clock is set; 0: not |
/// | 2 | zeros |
/// | 8 | counter |
/// | 8 | the clock's offset, signed; 0 when it is not set |
/// | 32 | key; zeros when there is none |
/// | 8 | the first bytes of the SHA-256 of everything before |
pub(crate) type Entry = [u8; LENGTH];

/// The length of an entry, in bytes.
pub(crate) const LENGTH: usize = 64;
const CHECK_AT: usize = LENGTH - 8;

impl Kept {
    pub(crate) fn to_entry(self, sequence: u32) -> Entry {
        let mut entry = [0; LENGTH];
        entry[..4].copy_from_slice(&sequence.to_be_bytes());
        entry[4] = u8::from(self.key.is_some());
        entry[5] = u8::from(self.clock.is_some());
        entry[8..16].copy_from_slice(&self.counter.to_be_bytes());
        entry[16..24].copy_from_slice(&self.clock.unwrap_or(0).to_be_bytes());
        entry[24..CHECK_AT].copy_from_slice(&self.key.unwrap_or([0; 32]));
        let check = check(&entry);
        entry[CHECK_AT..].copy_from_slice(&check);
        entry
    }

    /// The sequence number and the state, if the entry is whole.
    pub(crate) fn from_entry(entry: &Entry) -> Option<(u32, Self)> {
        let (sequence, rest) = entry.split_first_chunk()?;
        let ([has_key, has_clock, _, _], rest) = rest.split_first_chunk()?;
        let (counter, rest) = rest.split_first_chunk()?;
        let (clock, rest) = rest.split_first_chunk()?;
        let key = rest.first_chunk()?;
        let read = Self {
            key: (*has_key == 1).then_some(*key),
            counter: u64::from_be_bytes(*counter),
            clock: (*has_clock == 1).then_some(i64::from_be_bytes(*clock)),
        };
        let sequence = u32::from_be_bytes(*sequence);
        (read.to_entry(sequence) == *entry).then_some((sequence, read))
    }
}

fn check(entry: &Entry) -> [u8; 8] {
    let mut check = [0; 8];
    check.copy_from_slice(&Sha256::digest(&entry[..CHECK_AT])[..8]);
    check
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [Kept; 3] = [
        Kept { key: None, counter: 0, clock: None },
        Kept { key: Some([0xA5; 32]), counter: 2_097_151, clock: Some(-3_600) },
        Kept { key: Some([0; 32]), counter: 7, clock: Some(0) },
    ];

    #[test]
    fn what_is_written_is_read() {
        for state in STATES {
            assert_eq!(Kept::from_entry(&state.to_entry(9)), Some((9, state)));
        }
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        for bit in 0..LENGTH * 8 {
            let mut entry = STATES[1].to_entry(9);
            entry[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Kept::from_entry(&entry), None, "bit {bit}");
        }
    }

    #[test]
    fn an_entry_of_which_an_end_is_missing_is_none() {
        for length in 0..LENGTH {
            let mut entry = [0xFF; LENGTH];
            entry[..length].copy_from_slice(&STATES[1].to_entry(9)[..length]);
            assert_eq!(Kept::from_entry(&entry), None, "{length} bytes");
        }
    }
}
