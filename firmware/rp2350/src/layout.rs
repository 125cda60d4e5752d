//! The map of the 2 MiB of flash in the RP2354A's package. The journal is not there: it has a flash of its own.
//!
//! | from | bytes | what |
//! |---|---|---|
//! | `0x000000` | 4,096 | partition table, first place |
//! | `0x001000` | 4,096 | partition table, second place, erased |
//! | `0x002000` | 960 KiB | slot A |
//! | `0x0F2000` | 960 KiB | slot B |
//! | `0x1E2000` | 120 KiB | kept free; no firmware writes there |
//!
//! `partitions.json` says the same to picotool; a test compares them. What the factory burns in stands in OTP
//! ([`crate::burnt`]).

/// What one erasure takes, in bytes.
pub const SECTOR_BYTES: u32 = 4_096;

/// What one programming takes at most, in bytes.
pub const PAGE_BYTES: u32 = 256;

/// The flash in the package, in bytes.
pub const FLASH_BYTES: u32 = 2 << 20;

/// One slot, in bytes.
pub const SLOT_BYTES: u32 = 960 << 10;

/// Behind the slots.
pub const FREE_AT: u32 = Slot::B.at() + SLOT_BYTES;

const _: () = assert!(FREE_AT <= FLASH_BYTES && SLOT_BYTES.is_multiple_of(SECTOR_BYTES));

/// One of the two places of the firmware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The first partition.
    A,
    /// The second.
    B,
}

impl Slot {
    /// Where it begins in the flash, in bytes.
    pub const fn at(self) -> u32 {
        match self {
            Self::A => 2 * SECTOR_BYTES,
            Self::B => 2 * SECTOR_BYTES + SLOT_BYTES,
        }
    }

    /// The slot that begins there. A program that was put elsewhere, as on a bare board, runs from none.
    pub const fn from_start(at: u32) -> Option<Self> {
        match at {
            _ if at == Self::A.at() => Some(Self::A),
            _ if at == Self::B.at() => Some(Self::B),
            _ => None,
        }
    }

    /// The other one.
    pub const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }

    /// Where in the flash a range of the slot is. It must begin and end at multiples of `unit`, within the slot.
    pub const fn place(self, offset: u32, length: usize, unit: u32) -> Result<u32, PlaceFault> {
        if length > SLOT_BYTES as usize || offset > SLOT_BYTES - length as u32 {
            return Err(PlaceFault::OutOfSlot);
        }
        if !offset.is_multiple_of(unit) || !(length as u32).is_multiple_of(unit) {
            return Err(PlaceFault::NotAligned);
        }
        Ok(self.at() + offset)
    }
}

/// Why a range is none of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceFault {
    /// Beyond its end.
    #[error("the range ends behind the slot: a firmware has at most 983,040 bytes")]
    OutOfSlot,
    /// Not on the flash's grid.
    #[error("the range is not on the grid: erase 4,096 bytes, program multiples of 256")]
    NotAligned,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn slots_lie_side_by_side_behind_the_partition_table() {
        assert_eq!((Slot::A.at(), Slot::B.at(), FREE_AT), (0x2000, 0xF_2000, 0x1E_2000));
    }

    #[test]
    fn the_linker_gives_the_program_one_slot_and_all_of_the_ram() {
        let map = include_str!("../memory.x");
        assert!(map.contains(&format!("FLASH : ORIGIN = 0x10000000, LENGTH = {}K", SLOT_BYTES >> 10)));
        assert!(map.contains("RAM   : ORIGIN = 0x20000000, LENGTH = 520K"));
    }

    #[test]
    fn a_slot_is_known_by_its_start_only() {
        for slot in [Slot::A, Slot::B] {
            assert_eq!(Slot::from_start(slot.at()), Some(slot));
            assert_eq!(slot.other().other(), slot);
            assert_ne!(slot.other(), slot);
        }
        assert_eq!(Slot::from_start(0), None);
        assert_eq!(Slot::from_start(Slot::A.at() + SECTOR_BYTES), None);
    }

    #[test]
    fn the_last_page_is_in_the_slot_and_the_next_is_not() {
        let last = SLOT_BYTES - PAGE_BYTES;
        assert_eq!(Slot::A.place(last, 256, PAGE_BYTES), Ok(Slot::B.at() - PAGE_BYTES));
        assert_eq!(Slot::A.place(last, 512, PAGE_BYTES), Err(PlaceFault::OutOfSlot));
        assert_eq!(Slot::A.place(SLOT_BYTES, 256, PAGE_BYTES), Err(PlaceFault::OutOfSlot));
        assert_eq!(Slot::A.place(SLOT_BYTES, 0, PAGE_BYTES), Ok(Slot::B.at()));
        assert_eq!(Slot::B.place(1, 256, PAGE_BYTES), Err(PlaceFault::NotAligned));
        assert_eq!(Slot::B.place(0, 255, PAGE_BYTES), Err(PlaceFault::NotAligned));
        assert_eq!(Slot::B.place(u32::MAX, usize::MAX, 1), Err(PlaceFault::OutOfSlot));
    }

    proptest! {
        #[test]
        fn no_range_of_a_slot_touches_anything_else(offset: u32, length in 0_usize..2_000_000, unit in 0..3_usize) {
            let unit = [1, PAGE_BYTES, SECTOR_BYTES][unit];
            for slot in [Slot::A, Slot::B] {
                if let Ok(at) = slot.place(offset, length, unit) {
                    prop_assert!(at >= slot.at());
                    prop_assert!(at as usize + length <= (slot.at() + SLOT_BYTES) as usize);
                    prop_assert_eq!(at % unit, 0);
                }
            }
        }
    }
}
