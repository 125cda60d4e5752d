//! Reading records, and what stands where there is none.

use embedded_storage::nor_flash::MultiwriteNorFlash;

use super::{
    Journal, JournalFault, Place, SectorHeader, Sequence, Usage,
    geometry::{DATA, HEADER, LONGEST_RUN},
    slot::{MARK, SlotHeader},
};
use crate::recovery::{Beyond, Mark};

/// A record whose check is right.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot<'a> {
    /// The byte of the record's header.
    pub(crate) kind: u8,
    /// What was stored.
    pub(crate) content: &'a [u8],
    /// Whether its commit was begun.
    pub(crate) mark: Mark,
    /// Where the next record begins, in the same sector.
    pub(crate) next: Place,
}

/// What stands at a place.
pub(crate) enum Found<'a> {
    /// A record that is whole.
    Whole(Slot<'a>),
    /// Something else.
    Nothing(Beyond),
}

impl<F: MultiwriteNorFlash> Journal<F> {
    /// Reads the record that begins at a place. Where it is known to be one, anything else is a fault.
    pub(crate) fn slot<'b>(&mut self, place: Place, buffer: &'b mut [u8]) -> Result<Slot<'b>, JournalFault> {
        match self.look(place, buffer)? {
            Found::Whole(slot) => Ok(slot),
            Found::Nothing(_) => Err(JournalFault::corrupt(place, "the record does not match its check")),
        }
    }

    /// Says what stands at a place of a sector of records.
    pub(crate) fn look<'b>(&mut self, place: Place, buffer: &'b mut [u8]) -> Result<Found<'b>, JournalFault> {
        if place.offset + SlotHeader::LENGTH > DATA {
            return Ok(Found::Nothing(Beyond::Blank));
        }
        let mut beginning = [0; SlotHeader::LENGTH as usize];
        self.read_flow(place, &mut beginning)?;
        let Some(header) = SlotHeader::from_bytes(beginning) else {
            let rest_blank = self.is_blank_after(place)?;
            return Ok(Found::Nothing(
                match (beginning == [0xFF; SlotHeader::LENGTH as usize], rest_blank) {
                    (true, true) => Beyond::Blank,
                    (false, true) => Beyond::TornHeader,
                    (_, false) => Beyond::Foreign,
                },
            ));
        };
        let at = |offset: u32| Place { offset: place.offset + offset, ..place };
        // Only a record that begins its sector may flow into the next ones.
        let room = if place.offset == 0 { LONGEST_RUN * DATA } else { DATA - place.offset };
        let content = buffer.get_mut(..usize::from(header.length));
        let Some(content) = content.filter(|_| header.span() <= room) else {
            return Ok(Found::Nothing(Beyond::Partial(Mark::Blank)));
        };
        let (mut check, mut mark) = ([0; 4], [0; MARK.len()]);
        self.read_flow(at(SlotHeader::LENGTH), content)?;
        self.read_flow(at(header.check_at()), &mut check)?;
        self.read_flow(at(header.mark_at()), &mut mark)?;
        let mark = Mark::of(mark);
        let mut digest = self.key.of_slot(place, header);
        digest.update(content);
        if digest.finish() != check {
            return Ok(Found::Nothing(Beyond::Partial(mark)));
        }
        let next = at(header.span());
        Ok(Found::Whole(Slot { kind: header.kind, content, mark, next }))
    }

    /// Whether nothing can be seen in a sector's data after the beginning of a record at this place.
    fn is_blank_after(&mut self, place: Place) -> Result<bool, JournalFault> {
        let mut chunk = [0; 64];
        let mut offset = place.offset + SlotHeader::LENGTH;
        while offset < DATA {
            let chunk = &mut chunk[..64.min((DATA - offset) as usize)];
            self.read_flow(Place { offset, ..place }, chunk)?;
            if chunk.iter().any(|byte| *byte != 0xFF) {
                return Ok(false);
            }
            offset += chunk.len() as u32;
        }
        Ok(true)
    }

    /// The header of a sector, if it is one and stands in its place.
    pub(crate) fn header(&mut self, sector: Sequence) -> Result<Option<SectorHeader>, JournalFault> {
        let mut bytes = [0; HEADER as usize];
        self.read_raw(self.ring.address(sector), &mut bytes)?;
        Ok(SectorHeader::from_bytes(&bytes, &self.key).filter(|header| header.sequence == sector))
    }

    /// The first sector of records after this one, which must say that it follows it; none after the newest.
    ///
    /// Between them may be checkpoints, rests of long records, sectors that failed, and such as were passed over.
    pub(crate) fn records_after(&mut self, sector: Sequence) -> Result<Option<SectorHeader>, JournalFault> {
        let mut follower = self.next_records(sector)?;
        while let Some(header) = follower {
            let next = self.next_records(header.sequence)?;
            // A header that was interrupted may read well or not; the one after it says that it does not count.
            if next.is_some_and(|next| next.previous_sector() < header.sequence) {
                follower = next;
                continue;
            }
            return if header.previous_sector() == sector {
                Ok(Some(header))
            } else {
                let place = Place { sector: header.sequence, offset: 0 };
                Err(JournalFault::corrupt(place, "a sector before this one is missing"))
            };
        }
        Ok(None)
    }

    /// The next header of a sector of records, whether it counts or not.
    fn next_records(&mut self, sector: Sequence) -> Result<Option<SectorHeader>, JournalFault> {
        let newest = self.newest.unwrap_or(sector);
        let mut next = sector.plus(1);
        while next <= newest {
            if let Some(header) = self.header(next)?.filter(|header| header.usage == Usage::Records) {
                return Ok(Some(header));
            }
            next = next.plus(1);
        }
        Ok(None)
    }

    /// The header of a sector of records, if it is one and counts.
    pub(crate) fn records_at(&mut self, sector: Sequence) -> Result<Option<SectorHeader>, JournalFault> {
        let header = self.header(sector)?.filter(|header| header.usage == Usage::Records);
        let next = self.next_records(sector)?;
        Ok(header.filter(|_| next.is_none_or(|next| next.previous_sector() >= sector)))
    }

    /// The newest sector of records at or before this one, of those that count.
    pub(crate) fn records_at_or_before(
        &mut self,
        sector: Sequence,
    ) -> Result<Option<SectorHeader>, JournalFault> {
        let mut at = sector;
        while at >= Sequence::FIRST && sector.after(at) < self.ring.sectors {
            if let Some(header) = self.records_at(at)? {
                return Ok(Some(header));
            }
            at = Sequence(at.0 - 1);
        }
        Ok(None)
    }
}
