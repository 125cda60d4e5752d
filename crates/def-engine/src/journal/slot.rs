//! The envelope of one record on the flash.

use super::SLOT_CHECK;
use crate::recovery::Mark;

/// What stands before the content of a record.
///
/// | bytes | what |
/// |---|---|
/// | 1 | 0x5A |
/// | 1 | kind: the byte of the record's header |
/// | 2 | length of the content in bytes |
/// | 2 | CRC-16/IBM-3740 of these four |
/// | n | content |
/// | 4 | check of place, the six bytes and the content: [`super::CheckKey`] |
/// | 0–3 | not programmed, so that the mark stands on a multiple of four |
/// | 4 | commit mark: not programmed, then 0 |
///
/// They are programmed in three steps, each after the one before is complete: the six bytes, the content with its
/// check, and, when all of it reads back, the mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SlotHeader {
    pub(crate) kind: u8,
    pub(crate) length: u16,
}

impl SlotHeader {
    pub(crate) const LENGTH: u32 = 6;
    const MAGIC: u8 = 0x5A;

    pub(crate) fn to_bytes(self) -> [u8; Self::LENGTH as usize] {
        let [high, low] = self.length.to_be_bytes();
        let checked = [Self::MAGIC, self.kind, high, low];
        let [c0, c1] = SLOT_CHECK.checksum(&checked).to_be_bytes();
        [Self::MAGIC, self.kind, high, low, c0, c1]
    }

    /// None when this is no header of a record.
    pub(crate) fn from_bytes(bytes: [u8; Self::LENGTH as usize]) -> Option<Self> {
        let [magic, kind, high, low, ..] = bytes;
        let header = Self { kind, length: u16::from_be_bytes([high, low]) };
        (magic == Self::MAGIC && header.to_bytes() == bytes).then_some(header)
    }

    /// Where, from its beginning, the record's check stands.
    pub(crate) const fn check_at(self) -> u32 {
        Self::LENGTH + self.length as u32
    }

    /// Where its commit mark stands.
    pub(crate) const fn mark_at(self) -> u32 {
        (self.check_at() + 4).next_multiple_of(4)
    }

    /// How long it is in all.
    pub(crate) const fn span(self) -> u32 {
        self.mark_at() + MARK.len() as u32
    }
}

/// The commit mark when it is programmed.
pub(crate) const MARK: [u8; 4] = [0; 4];

impl Mark {
    pub(crate) fn of(bytes: [u8; MARK.len()]) -> Self {
        if bytes == [0xFF; MARK.len()] { Self::Blank } else { Self::Begun }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_header_comes_back_and_every_changed_bit_is_noticed() {
        let header = SlotHeader { kind: 0x22, length: 317 };
        let bytes = header.to_bytes();
        assert_eq!(SlotHeader::from_bytes(bytes), Some(header));
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(SlotHeader::from_bytes(changed), None, "bit {bit}");
        }
        assert_eq!(SlotHeader::from_bytes([0xFF; 6]), None);
        assert_eq!(SlotHeader::from_bytes([0; 6]), None);
    }

    #[test]
    fn the_mark_stands_on_a_multiple_of_four_after_the_check() {
        for length in 0..9 {
            let header = SlotHeader { kind: 1, length };
            assert!(header.mark_at().is_multiple_of(4) && header.mark_at() >= header.check_at() + 4);
            assert!(header.mark_at() - header.check_at() - 4 < 4);
            assert_eq!(header.span(), header.mark_at() + 4);
        }
    }
}
