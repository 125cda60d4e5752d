//! Finding the newest sector when the power comes, and making what was read of it permanent.

use embedded_storage::nor_flash::MultiwriteNorFlash;

use super::{
    CheckKey, Journal, JournalFault, Place, Ring, SectorHeader, Sequence, Slot, Usage,
    geometry::{HEADER, LONGEST_RUN, SECTOR, TRAILER},
    read::Found,
};
use crate::recovery::{Beyond, Mark};

/// What the headers of all sectors say.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Scan {
    /// The newest sector in use.
    pub(crate) newest: Option<SectorHeader>,
    /// The two newest checkpoints, the newest first.
    pub(crate) checkpoints: [Option<Sequence>; 2],
}

/// How the records of a sector end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SectorEnd {
    /// The newest record that is whole, with its mark.
    pub(crate) newest: Option<(Place, Mark)>,
    /// Where it ends.
    pub(crate) end: Place,
    /// What stands there.
    pub(crate) beyond: Beyond,
}

impl<F: MultiwriteNorFlash> Journal<F> {
    /// A log of which nothing is known yet: [`Journal::scan`] comes next.
    pub(crate) fn new(flash: F) -> Self {
        let ring = Ring::of(flash.capacity());
        Self {
            flash,
            ring,
            key: CheckKey::NONE,
            newest: None,
            end: None,
            open: false,
            erased: Sequence::FIRST,
            bad: heapless::Vec::new(),
            bad_sectors: 0,
            oldest: Sequence::FIRST,
            unfit: None,
            checkpoint: None,
        }
    }

    /// Reads the header of every sector: what is on the flash, and where. Nothing is trusted to be erased.
    pub(crate) fn scan(&mut self) -> Result<Scan, JournalFault> {
        (self.newest, self.end, self.open) = (None, None, false);
        (self.erased, self.oldest, self.checkpoint) = (Sequence::FIRST, Sequence::FIRST, None);
        self.bad.clear();
        self.scan_headers()
    }

    fn scan_headers(&mut self) -> Result<Scan, JournalFault> {
        let (mut scan, mut foreign) = (Scan::default(), None);
        for place in 0..self.ring.sectors {
            let mut bytes = [0; HEADER as usize];
            self.read_raw(place * SECTOR, &mut bytes)?;
            if bytes.starts_with(SectorHeader::MAGIC) && foreign.is_none() {
                foreign = self.sealed_by_another(place)?;
            }
            let header = SectorHeader::from_bytes(&bytes, &self.key);
            let Some(header) = header.filter(|header| header.sequence.0 % self.ring.sectors == place) else {
                continue;
            };
            if scan.newest.is_none_or(|newest| newest.sequence < header.sequence) {
                scan.newest = Some(header);
            }
            if header.usage == Usage::Checkpoint {
                let [newest, older] = &mut scan.checkpoints;
                if newest.is_none_or(|newest| newest < header.sequence) {
                    *older = newest.replace(header.sequence);
                } else if older.is_none_or(|older| older < header.sequence) {
                    *older = Some(header.sequence);
                }
            }
        }
        if let (None, Some(place)) = (scan.newest, foreign) {
            return Err(JournalFault::corrupt(place, "the journal is another secure element's"));
        }
        self.check_nothing_follows(scan.newest.map_or(Sequence(0), |newest| newest.sequence))?;
        if let Some(newest) = &scan.newest {
            self.check_span(newest)?;
            self.newest = Some(newest.sequence);
            self.erased = newest.sequence.plus(1);
            self.oldest = newest.oldest;
            self.strengthen_headers(newest)?;
        }
        Ok(scan)
    }

    /// What is live fits the ring: else the header is none that was written here, and looking for all of it would not
    /// end.
    fn check_span(&self, newest: &SectorHeader) -> Result<(), JournalFault> {
        let live = newest.sequence.0.checked_sub(newest.oldest.0);
        if newest.oldest >= Sequence::FIRST && live.is_some_and(|live| live < self.ring.sectors) {
            return Ok(());
        }
        let place = Place { sector: newest.sequence, offset: 0 };
        Err(JournalFault::corrupt(place, "the newest header names more sectors than there are"))
    }

    /// Where a sector is in use, as its last bytes say, which come after its header. (Where they are blank, the first
    /// header that there ever was may have been interrupted.)
    fn sealed_by_another(&mut self, place: u32) -> Result<Option<Place>, JournalFault> {
        let mut trailer = [0; TRAILER as usize];
        self.read_raw(place * SECTOR + SECTOR - TRAILER, &mut trailer)?;
        let used = trailer != [0xFF; TRAILER as usize];
        Ok(used.then_some(Place { sector: Sequence(place), offset: 0 }))
    }

    /// A sector's last bytes are programmed after its header is complete: where they stand without it, it decayed.
    fn check_nothing_follows(&mut self, newest: Sequence) -> Result<(), JournalFault> {
        let next = newest.plus(1);
        let mut trailer = [0; TRAILER as usize];
        self.read_raw(self.ring.address(next) + SECTOR - TRAILER, &mut trailer)?;
        if SectorHeader::from_trailer(trailer, &self.key) == Some(next) {
            let place = Place { sector: next, offset: 0 };
            return Err(JournalFault::corrupt(place, "the header of the newest sector cannot be read"));
        }
        Ok(())
    }

    /// The newest headers may be weak: programmed again, they read the same for ever.
    fn strengthen_headers(&mut self, newest: &SectorHeader) -> Result<(), JournalFault> {
        let mut header = *newest;
        for _ in 0..LONGEST_RUN {
            if !self.program_header(header)? {
                return Err(JournalFault::Flash);
            }
            if header.usage != Usage::Rest {
                return Ok(());
            }
            let before = Sequence(header.sequence.0.saturating_sub(1));
            let place = Place { sector: before, offset: 0 };
            header = self
                .header(before)?
                .ok_or(JournalFault::corrupt(place, "the beginning of a long record is missing"))?;
        }
        Ok(())
    }

    /// Reads a checkpoint; none when it was interrupted.
    pub(crate) fn checkpoint<'b>(
        &mut self,
        sector: Sequence,
        buffer: &'b mut [u8],
    ) -> Result<Option<&'b [u8]>, JournalFault> {
        match self.look(Place { sector, offset: 0 }, buffer)? {
            Found::Whole(slot) => {
                self.checkpoint = Some(self.checkpoint.map_or(sector, |newest| newest.max(sector)));
                Ok(Some(slot.content))
            }
            Found::Nothing(_) => Ok(None),
        }
    }

    /// Shows each record of a sector to `visit`, up to where the next sector says that they end, or, in the newest,
    /// up to the first that is not whole.
    pub(crate) fn walk(
        &mut self,
        sector: Sequence,
        end: Option<Place>,
        buffer: &mut [u8],
        visit: &mut dyn FnMut(Place, Slot<'_>) -> Result<(), JournalFault>,
    ) -> Result<SectorEnd, JournalFault> {
        let mut at = Place { sector, offset: 0 };
        let mut newest = None;
        while end.is_none_or(|end| at.offset < end.offset) {
            if end.is_none() && self.unfit == Some(at) {
                return Ok(SectorEnd { newest, end: at, beyond: Beyond::Partial(Mark::Blank) });
            }
            match self.look(at, buffer)? {
                Found::Whole(slot) => {
                    visit(at, slot)?;
                    newest = Some((at, slot.mark));
                    at = slot.next;
                }
                Found::Nothing(beyond) if end.is_none() => return Ok(SectorEnd { newest, end: at, beyond }),
                Found::Nothing(_) => {
                    return Err(JournalFault::corrupt(at, "the record does not match its check"));
                }
            }
        }
        Ok(SectorEnd { newest, end: at, beyond: Beyond::Blank })
    }

    /// Leaves the sector after the newest as it is, for this turn of the ring.
    pub(crate) fn pass_over_next(&mut self) {
        if let Some(newest) = self.newest {
            let next = newest.plus(1);
            // The list was cleared when the headers were read.
            let _ = self.bad.push(next);
            self.erased = next.plus(1);
        }
    }

    /// A record that was never answered cannot be made permanent: it is passed over from now on.
    pub(crate) const fn give_up(&mut self, place: Place) {
        self.unfit = Some(place);
    }

    /// Goes on from here: `open` when the next record may follow in the same sector.
    pub(crate) fn resume(&mut self, end: Option<Place>, open: bool) {
        self.end = end;
        self.open = open && end.is_some_and(|end| Some(end.sector) == self.newest);
    }
}
