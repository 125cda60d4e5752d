//! Finding records without reading all of the journal: a binary search over sectors, then a few records of one.

use fiscal::{Epoch, InvoiceNumber, Position, Record, Sealed, compact};

use super::{Trouble, Vault};
use crate::{
    board::Board,
    journal::{ChainPoint, Journal, JournalFault, Place, Sequence},
    kept::{Kept, opened, rebuild},
    refusal::Refusal,
};
use embedded_storage::nor_flash::MultiwriteNorFlash;

/// A place between two records, from which the next ones are read in their order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Walker {
    point: ChainPoint,
    at: Place,
    /// Where the records of the sector end.
    end: Place,
}

/// A record that a [`Walker`] came by; its content is in the buffer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Met {
    pub(crate) record: Record,
    pub(crate) place: Place,
    pub(crate) kind: u8,
    /// In bytes.
    pub(crate) length: usize,
}

/// A record that was looked for, and that the device's key did sign; its content is in the buffer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) sealed: Sealed,
    pub(crate) place: Place,
    /// In bytes.
    pub(crate) length: usize,
}

impl<B: Board> Vault<'_, B> {
    /// The invoice with this number, sealed as it was. Its content is in the buffer.
    pub(crate) fn find_invoice(
        &mut self,
        epoch: Epoch,
        number: InvoiceNumber,
    ) -> Result<Option<Found>, Refusal> {
        let Some(mut walker) =
            self.walk_from(&|point| (point.epoch, point.head.number) < (epoch, Some(number)))?
        else {
            return Ok(None);
        };
        while let Some(met) = self.step(&mut walker)? {
            match met.record.header.invoice() {
                Some(facts) if met.record.header.epoch == epoch && facts.number == number => {
                    return self.found(&met).map(Some);
                }
                Some(facts) if (met.record.header.epoch, facts.number) > (epoch, number) => return Ok(None),
                _ => {}
            }
        }
        Ok(None)
    }

    /// How many invoices the device had sealed up to this one, and what they come to in CDF; with the invoice.
    pub(crate) fn sums_up_to(
        &mut self,
        epoch: Epoch,
        number: InvoiceNumber,
    ) -> Result<Option<(u64, u128, Sealed)>, Refusal> {
        let before = |point: &ChainPoint| (point.epoch, point.head.number) < (epoch, Some(number));
        let Some(mut walker) = self.walk_from(&before)? else { return Ok(None) };
        while let Some(met) = self.step(&mut walker)? {
            let Some(facts) = met.record.header.invoice() else { continue };
            if (met.record.header.epoch, facts.number) == (epoch, number) {
                let sealed = self.verified(&met)?;
                return Ok(Some((walker.point.invoices, walker.point.cdf, sealed)));
            }
            if (met.record.header.epoch, facts.number) > (epoch, number) {
                break;
            }
        }
        Ok(None)
    }

    /// The record at a place. Its content is in the buffer.
    pub(crate) fn find_event(&mut self, place: Place) -> Result<Found, Refusal> {
        let fault = JournalFault::corrupt(place, "the record is not where it was");
        let header = self.journal.header(place.sector)?.ok_or(fault)?;
        let at = Place { sector: place.sector, offset: 0 };
        let mut walker = Walker { point: header.point, at, end: self.end_of(place.sector)? };
        while let Some(met) = self.step(&mut walker)? {
            if met.place == place {
                return self.found(&met);
            }
            if met.place > place {
                break;
            }
        }
        Err(fault.into())
    }

    /// From the first record after a position of the current epoch.
    pub(crate) fn walk_after(&mut self, position: u64) -> Result<Option<Walker>, Refusal> {
        let epoch = self.state.point.epoch;
        let Some(mut walker) = self.walk_from(&|point| {
            point.epoch < epoch || point.head.position.map_or(0, Position::value) <= position
        })?
        else {
            return Ok(None);
        };
        loop {
            let before = walker;
            match self.step(&mut walker)? {
                Some(met) if met.record.header.epoch < epoch => {}
                Some(met) if met.record.link.position.value() <= position => {}
                _ => return Ok(Some(before)),
            }
        }
    }

    /// From the last sector of which the records begin while `before` still holds.
    pub(crate) fn walk_from(
        &mut self,
        before: &dyn Fn(&ChainPoint) -> bool,
    ) -> Result<Option<Walker>, Refusal> {
        let Some(end) = self.journal.end() else { return Ok(None) };
        let sector = search(&mut self.journal, end.sector, before)?;
        let Some(header) = self.journal.records_at_or_before(sector)? else { return Ok(None) };
        let at = Place { sector: header.sequence, offset: 0 };
        let end = self.end_of(header.sequence)?;
        Ok(Some(Walker { point: header.point, at, end }))
    }

    /// The next record; its content is in the buffer. None after the newest.
    pub(crate) fn step(&mut self, walker: &mut Walker) -> Result<Option<Met>, Refusal> {
        while walker.at.offset >= walker.end.offset {
            let Some(next) = self.journal.records_after(walker.at.sector)? else { return Ok(None) };
            walker.at = Place { sector: next.sequence, offset: 0 };
            walker.end = self.end_of(next.sequence)?;
        }
        let place = walker.at;
        let corrupt = |reason| JournalFault::corrupt(place, reason);
        let binding = *self.binding()?;
        let slot = self.journal.slot(place, &mut self.buffers.content)?;
        let kept =
            Kept::read(slot.kind, slot.content).ok_or(corrupt("the record's content cannot be read"))?;
        let point = opened(&walker.point, &kept).map_err(corrupt)?;
        let key = self.key.map(|key| key.id()).ok_or(corrupt("the device has no key"))?;
        let record = rebuild(self.factory.serial, key, &binding, &point, &kept)
            .ok_or(corrupt("the record cannot be rebuilt"))?;
        walker.point = match &kept {
            Kept::Invoice(content) => compact::with_invoice(content.packed, &binding.home(), |invoice| {
                point.after_invoice(&record, invoice)
            })
            .map_err(|_| corrupt("the payload cannot be read"))?,
            Kept::Event(..) => point.after(&record),
        };
        walker.at = slot.next;
        Ok(Some(Met { record, place, kind: slot.kind, length: slot.content.len() }))
    }

    fn found(&mut self, met: &Met) -> Result<Found, Refusal> {
        Ok(Found { sealed: self.verified(met)?, place: met.place, length: met.length })
    }

    /// The record, if the device's key did sign it; if not, the journal was altered, and that is remembered.
    pub(crate) fn verified(&mut self, met: &Met) -> Result<Sealed, Refusal> {
        let key = self.key()?;
        met.record.verify(&key).map_err(|_| {
            let reason = "the device's key did not sign this record";
            self.trouble = Some(Trouble::Corrupt { place: met.place, reason });
            Refusal::corrupt(met.place, reason)
        })
    }

    /// Where the records of a sector end.
    fn end_of(&mut self, sector: Sequence) -> Result<Place, Refusal> {
        let next = self.journal.records_after(sector)?.and_then(|next| next.previous_end);
        // The newest sector's end is known since the power came.
        Ok(next.or(self.journal.end()).unwrap_or(Place { sector, offset: 0 }))
    }
}

/// The last sector whose header's point is before what is looked for.
fn search<F: MultiwriteNorFlash>(
    journal: &mut Journal<F>,
    newest: Sequence,
    before: &dyn Fn(&ChainPoint) -> bool,
) -> Result<Sequence, JournalFault> {
    let (mut low, mut high) = (journal.oldest(), newest);
    while low < high {
        let middle = low.plus(high.after(low).div_ceil(2));
        // A sector that failed has no header: the one before it says as much.
        let mut at = middle;
        let header = loop {
            match journal.header(at)? {
                Some(header) => break Some(header),
                None if at > low => at = Sequence(at.0 - 1),
                None => break None,
            }
        };
        match header {
            Some(header) if before(&header.point) => low = middle,
            Some(_) if at > low => high = Sequence(at.0 - 1),
            _ => high = low,
        }
    }
    Ok(low)
}
