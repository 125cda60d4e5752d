//! Which part it is.

use crate::command::Addressed;

/// What is programmed at once at most, in bytes; a program does not go over the end of a page.
pub const PAGE: usize = 256;
/// What is erased at once, in bytes.
pub const SECTOR: u32 = 4096;

/// Winbond's number at JEDEC.
const WINBOND: u8 = 0xEF;
/// "Manufacturer and Device Identification" (8.1.1): the memory types of the 3 V parts, with the quad lines on (JV-Q) and
/// off (JV-M) as they leave the factory, and of the 1.8 V parts (JW). One line is used here, so they are all alike.
const TYPES: [u8; 4] = [0x40, 0x60, 0x70, 0x80];

/// A part that this driver knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// 8 MiB.
    W25q64,
    /// 16 MiB.
    W25q128,
    /// 32 MiB.
    W25q256,
    /// 64 MiB.
    W25q512,
}

impl Part {
    /// Which one answers so to 9Fh, if any.
    pub const fn from_jedec([manufacturer, kind, capacity]: [u8; 3]) -> Option<Self> {
        let [a, b, c, d] = TYPES;
        if manufacturer != WINBOND || (kind != a && kind != b && kind != c && kind != d) {
            return None;
        }
        match capacity {
            0x17 => Some(Self::W25q64),
            0x18 => Some(Self::W25q128),
            0x19 => Some(Self::W25q256),
            0x20 => Some(Self::W25q512),
            _ => None,
        }
    }

    /// In bytes.
    pub const fn capacity(self) -> u32 {
        match self {
            Self::W25q64 => 8 << 20,
            Self::W25q128 => 16 << 20,
            Self::W25q256 => 32 << 20,
            Self::W25q512 => 64 << 20,
        }
    }

    /// Above 16 MiB an address takes a fourth byte.
    const fn is_large(self) -> bool {
        matches!(self, Self::W25q256 | Self::W25q512)
    }

    pub(crate) const fn addressed(self) -> Addressed {
        if self.is_large() { Addressed::FOUR_BYTES } else { Addressed::THREE_BYTES }
    }

    /// See [`crate::status::is_protected`].
    pub(crate) const fn has_four_block_bits(self) -> bool {
        self.is_large()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_known_by_its_whole_name() {
        assert_eq!(Part::from_jedec([0xEF, 0x40, 0x17]), Some(Part::W25q64));
        assert_eq!(Part::from_jedec([0xEF, 0x70, 0x18]), Some(Part::W25q128));
        assert_eq!(Part::from_jedec([0xEF, 0x60, 0x19]), Some(Part::W25q256));
        assert_eq!(Part::from_jedec([0xEF, 0x40, 0x20]), Some(Part::W25q512));
        for other in [
            [0xC2, 0x40, 0x17], // another maker
            [0xEF, 0x30, 0x17], // the older W25X
            [0xEF, 0x40, 0x16], // 4 MiB
            [0xEF, 0x40, 0x21], // 128 MiB, two chips in one
            [0; 3],
            [0xFF; 3], // nobody at the bus
        ] {
            assert_eq!(Part::from_jedec(other), None, "{other:x?}");
        }
    }

    #[test]
    fn capacities_are_those_of_the_names() {
        let megabits = |part: Part| part.capacity() / (1 << 20) * 8;
        let parts = [Part::W25q64, Part::W25q128, Part::W25q256, Part::W25q512];
        assert_eq!(parts.map(megabits), [64, 128, 256, 512]);
    }
}
