//! Adding a record: header, content, mark, each complete before the next is begun.

use embedded_storage::nor_flash::MultiwriteNorFlash;

use crate::recovery::Mark;

use super::{
    ChainPoint, Journal, JournalFault, Place, SectorHeader, Sequence, Usage,
    geometry::{DATA, PAGE, SECTOR, TRAILER},
    slot::{MARK, SlotHeader},
};

/// How often a record is tried in another sector when cells fail.
const ATTEMPTS: u32 = 4;

impl<F: MultiwriteNorFlash> Journal<F> {
    /// Adds a record of which the content is these pieces, one after the other. When it says where, the record is
    /// durable and was read back.
    ///
    /// `point` is what the chain had come to before the record. The record of a new epoch is `fresh`: it begins a sector.
    pub(crate) fn append(
        &mut self,
        kind: u8,
        content: &[&[u8]],
        point: &ChainPoint,
        fresh: bool,
    ) -> Result<Place, JournalFault> {
        let length: usize = content.iter().map(|piece| piece.len()).sum();
        // Every caller's content is shorter than `CONTENT_BYTES`, which 16 bits hold.
        let header = SlotHeader { kind, length: u16::try_from(length).map_err(|_| JournalFault::Full)? };
        let mut fresh = fresh;
        for _ in 0..ATTEMPTS {
            let place = match self.end {
                Some(end) if self.open && !fresh && end.offset + header.span() <= DATA => end,
                _ => self.open_sector(header.span(), point)?,
            };
            self.open = false;
            // A mark of which a cell failed says as much as a whole one.
            if self.program(place, header, content)? && self.mark(place, header)? {
                self.end = Some(Place { offset: place.offset + header.span(), ..place });
                self.open = header.span() <= DATA;
                return Ok(place);
            }
            self.bad_sectors += 1;
            fresh = true;
        }
        Err(JournalFault::Flash)
    }

    /// Whether a record of this length could be added now, and leaves so many sectors free.
    /// With `fresh` it is to begin a sector.
    pub(crate) fn has_room(&mut self, length: usize, reserve: u32, fresh: bool) -> Result<(), JournalFault> {
        // A length past 16 bits is refused by `append`.
        let header = SlotHeader { kind: 0, length: u16::try_from(length).unwrap_or(u16::MAX) };
        let sectors = header.span().div_ceil(DATA);
        if self.free_sectors() < sectors + reserve {
            return Err(JournalFault::Full);
        }
        match self.end {
            Some(end) if self.open && !fresh && end.offset + header.span() <= DATA => Ok(()),
            _ => self.erased_run(sectors).map(|_| ()),
        }
    }

    /// Programs a record but for its mark. Says whether all of it reads back.
    fn program(&mut self, place: Place, header: SlotHeader, content: &[&[u8]]) -> Result<bool, JournalFault> {
        // What follows is begun only when this can be read, so that after a power cut it can be read as well.
        self.write_flow(place, &header.to_bytes())?;
        if !self.holds(place, &header.to_bytes())? {
            return Ok(false);
        }
        let mut check = self.key.of_slot(place, header);
        let mut pages = Pages {
            journal: self,
            at: Place { offset: place.offset + SlotHeader::LENGTH, ..place },
            waiting: heapless::Vec::new(),
        };
        for piece in content {
            check.update(piece);
            pages.push(piece)?;
        }
        pages.push(&check.finish())?;
        pages.flush()?;
        self.reads_back(place, header, content)
    }

    fn reads_back(
        &mut self,
        place: Place,
        header: SlotHeader,
        content: &[&[u8]],
    ) -> Result<bool, JournalFault> {
        let mut check = self.key.of_slot(place, header);
        content.iter().for_each(|piece| check.update(piece));
        let check = check.finish();
        let beginning = header.to_bytes();
        let mut offset = place.offset;
        let expected = [&beginning[..]].into_iter().chain(content.iter().copied()).chain([&check[..]]);
        for piece in expected {
            if !self.holds(Place { offset, ..place }, piece)? {
                return Ok(false);
            }
            offset += piece.len() as u32;
        }
        Ok(true)
    }

    /// Whether exactly these bytes stand at a place.
    pub(super) fn holds(&mut self, place: Place, bytes: &[u8]) -> Result<bool, JournalFault> {
        let mut offset = place.offset;
        for piece in bytes.chunks(64) {
            let mut read = [0; 64];
            let read = &mut read[..piece.len()];
            self.read_flow(Place { offset, ..place }, read)?;
            if read != piece {
                return Ok(false);
            }
            offset += piece.len() as u32;
        }
        Ok(true)
    }

    /// Opens as many sectors as a record of this length needs; it begins where the first of them does.
    fn open_sector(&mut self, span: u32, point: &ChainPoint) -> Result<Place, JournalFault> {
        for _ in 0..ATTEMPTS {
            let count = span.div_ceil(DATA);
            let first = self.erased_run(count)?;
            self.newest = Some(first.plus(count - 1));
            self.bad.retain(|bad| *bad >= first);
            let opened = self.open_run(first, count, Usage::Records, point)?;
            let place = Place { sector: first, offset: 0 };
            // A sector that can be read as one of records has to be followed as such, though it holds none.
            if opened || self.header(first)?.is_some() {
                self.end = Some(place);
            }
            if opened {
                return Ok(place);
            }
            self.bad_sectors += 1;
        }
        Err(JournalFault::Flash)
    }

    /// Programs the headers of sectors in a row. Says whether they read back.
    fn open_run(
        &mut self,
        first: Sequence,
        count: u32,
        usage: Usage,
        point: &ChainPoint,
    ) -> Result<bool, JournalFault> {
        for index in 0..count {
            let usage = if index == 0 { usage } else { Usage::Rest };
            let sequence = first.plus(index);
            let header =
                SectorHeader { usage, sequence, previous_end: self.end, oldest: self.oldest, point: *point };
            if !self.program_header(header)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Programs the beginning and the end of a sector; doing it twice does no harm. Says whether they read back.
    pub(super) fn program_header(&mut self, header: SectorHeader) -> Result<bool, JournalFault> {
        let address = self.ring.address(header.sequence);
        let end = address + SECTOR - TRAILER;
        self.write(address, &header.to_bytes(&self.key))?;
        // The trailer says that the header could be read once.
        if self.header(header.sequence)? != Some(header) {
            return Ok(false);
        }
        self.write(end, &header.trailer(&self.key))?;
        Ok(true)
    }

    /// Writes what mounting would else have to count again. It is of no consequence when it is interrupted.
    pub(crate) fn write_checkpoint(
        &mut self,
        content: &[u8],
        point: &ChainPoint,
    ) -> Result<(), JournalFault> {
        let header =
            SlotHeader { kind: 0, length: u16::try_from(content.len()).map_err(|_| JournalFault::Full)? };
        let count = header.span().div_ceil(DATA);
        let first = self.erased_run(count)?;
        self.newest = Some(first.plus(count - 1));
        self.bad.retain(|bad| *bad >= first);
        self.open = false;
        let place = Place { sector: first, offset: 0 };
        let opened = self.open_run(first, count, Usage::Checkpoint, point)?;
        if opened && self.program(place, header, &[content])? {
            self.checkpoint = Some(first);
            return Ok(());
        }
        self.bad_sectors += 1;
        Ok(())
    }

    /// Programs a record again as it is read, in case its cells are weak, and then its mark. Says whether all of it
    /// reads back.
    pub(crate) fn strengthen(
        &mut self,
        place: Place,
        kind: u8,
        content: &[u8],
        also_content: bool,
    ) -> Result<bool, JournalFault> {
        let header =
            SlotHeader { kind, length: u16::try_from(content.len()).map_err(|_| JournalFault::Full)? };
        if also_content && !self.program(place, header, &[content])? {
            return Ok(false);
        }
        self.mark(place, header)
    }

    /// Programs a record's mark. Says whether it can be seen.
    fn mark(&mut self, place: Place, header: SlotHeader) -> Result<bool, JournalFault> {
        let at = Place { offset: place.offset + header.mark_at(), ..place };
        self.write_flow(at, &MARK)?;
        let mut mark = [0xFF; MARK.len()];
        self.read_flow(at, &mut mark)?;
        Ok(Mark::of(mark) == Mark::Begun)
    }
}

/// Gathers bytes until a page is full, so that each page is programmed once.
struct Pages<'j, F> {
    journal: &'j mut Journal<F>,
    at: Place,
    waiting: heapless::Vec<u8, { PAGE as usize }>,
}

impl<F: MultiwriteNorFlash> Pages<'_, F> {
    fn push(&mut self, mut bytes: &[u8]) -> Result<(), JournalFault> {
        while !bytes.is_empty() {
            let room = self.journal.ring.flow(self.at.sector, self.at.offset).1 as usize - self.waiting.len();
            let (now, later) = bytes.split_at(bytes.len().min(room));
            // At most a page waits.
            let _ = self.waiting.extend_from_slice(now);
            if now.len() == room {
                self.flush()?;
            }
            bytes = later;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), JournalFault> {
        if !self.waiting.is_empty() {
            self.journal.write_flow(self.at, &self.waiting)?;
            self.at.offset += self.waiting.len() as u32;
            self.waiting.clear();
        }
        Ok(())
    }
}
