//! Where things are on the flash: sectors in a ring, the data area of each, records that flow over several.

use core::fmt;

/// The unit of erasing, in bytes.
pub(crate) const SECTOR: u32 = 4096;
/// What stands at the beginning of a sector that is in use: [`super::header::SectorHeader`].
pub(super) const HEADER: u32 = 120;
/// What stands at its end: the sequence number again, so that a header that decays is missed.
pub(super) const TRAILER: u32 = 8;
/// What a sector holds of records, in bytes.
pub(super) const DATA: u32 = SECTOR - HEADER - TRAILER;

/// The running number of a sector in use, from 1, for as long as the device lives.
///
/// The sector with the number `n` stands in the place `n mod sectors` of the flash, so that a header in the wrong
/// place is no header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Sequence(pub(crate) u32);

impl Sequence {
    /// The first that is used.
    pub(crate) const FIRST: Self = Self(1);

    /// So many after this one.
    pub(crate) const fn plus(self, count: u32) -> Self {
        Self(self.0.saturating_add(count))
    }

    /// How many this one is after another, 0 if it is not.
    pub(crate) const fn after(self, other: Self) -> u32 {
        self.0.saturating_sub(other.0)
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a record begins: a sector, and how far into its data area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The sector.
    pub(crate) sector: Sequence,
    /// From the beginning of its data area, in bytes.
    pub(crate) offset: u32,
}

/// The flash as a ring of sectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ring {
    /// How many sectors there are.
    pub(crate) sectors: u32,
}

impl Ring {
    /// A part of so many bytes.
    pub(crate) const fn of(bytes: usize) -> Self {
        // No part is larger than 4 GiB.
        Self { sectors: (bytes / SECTOR as usize) as u32 }
    }

    /// The first address of a sector.
    pub(super) const fn address(self, sector: Sequence) -> u32 {
        sector.0 % self.sectors * SECTOR
    }

    /// The address of a byte of the data that begins at a sector and flows over those after it, and how many bytes
    /// follow in the same page of programming.
    pub(super) const fn flow(self, sector: Sequence, offset: u32) -> (u32, u32) {
        let address = self.address(sector.plus(offset / DATA)) + HEADER + offset % DATA;
        let to_page_end = PAGE - address % PAGE;
        let to_data_end = DATA - offset % DATA;
        (address, if to_page_end < to_data_end { to_page_end } else { to_data_end })
    }

    /// Sectors that only system records may take once the rest is full (D15).
    pub(crate) const fn reserve(self) -> u32 {
        clamp(self.sectors / 8, 6, 32)
    }

    /// The last of them, which are for a closure, an acknowledgement and the record of a new epoch: a device whose power
    /// fails again and again in its starts must not use them up, or nothing leads out of its being full.
    pub(crate) const fn last(self) -> u32 {
        6
    }

    /// How many sectors are kept erased ahead of the newest: the longest record and one more.
    pub(crate) const fn ahead(self) -> u32 {
        LONGEST_RUN + 1
    }

    /// After so many sectors a checkpoint is due.
    pub(crate) const fn between_checkpoints(self) -> u32 {
        clamp(self.sectors / 16, 8, 128)
    }
}

/// The unit of programming, in bytes: a program that is interrupted touches one page.
pub(super) const PAGE: u32 = 256;
/// The longest record, or checkpoint, in sectors.
pub(super) const LONGEST_RUN: u32 = 7;

const fn clamp(value: u32, least: u32, most: u32) -> u32 {
    if value < least {
        least
    } else if value > most {
        most
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_flows_from_the_end_of_a_sector_into_the_next() {
        let ring = Ring { sectors: 8 };
        assert_eq!(ring.flow(Sequence(3), 0), (3 * SECTOR + HEADER, PAGE - HEADER));
        assert_eq!(ring.flow(Sequence(3), DATA - 1), (3 * SECTOR + HEADER + DATA - 1, 1));
        assert_eq!(ring.flow(Sequence(3), DATA).0, 4 * SECTOR + HEADER);
        assert_eq!(ring.flow(Sequence(7), DATA).0, HEADER, "and around the ring's end");
    }

    #[test]
    fn a_step_never_leaves_its_page_or_its_sector() {
        let ring = Ring { sectors: 4 };
        let mut offset = 0;
        while offset < 3 * DATA {
            let (address, length) = ring.flow(Sequence(1), offset);
            assert!(length > 0 && address / PAGE == (address + length - 1) / PAGE);
            assert!(address % SECTOR + length <= SECTOR - TRAILER);
            offset += length;
        }
    }
}
