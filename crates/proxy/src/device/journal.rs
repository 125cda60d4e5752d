//! The device's journal, read as far as it goes.

use def_client::HostFault;
use def_protocol::{
    DumpAsked, DumpFormat, Request,
    reply::{Dump, JournalLine},
};

use tunnel::Place;

use super::{Device, Trouble};
use crate::spool::{Entry, JournalId, SpoolFault};

type Chunk = Dump<Vec<JournalLine<String>>>;

/// A gap of so many records is filled while a sale waits for its answer; a longer one, as after a spool was lost, between
/// the sales.
const SHORT: u64 = 64;
/// So many records are not read for a spool that was lost, when a cloud holds them.
const LONG: u64 = 1_000;

/// A chunk that was read.
struct Read {
    /// Up to where there is no gap now.
    filled: u64,
    /// Where the chunk ended.
    end: u64,
    /// Whether the journal ends there.
    is_last: bool,
}

impl Device {
    /// Whether the device has records that are not kept here.
    pub(super) fn is_behind(&self) -> bool {
        self.met.as_ref().is_some_and(|met| met.journal.is_some() && met.filled < met.last_position)
    }

    /// Looks how far the journal goes, and reads it up to there.
    pub(super) fn catch_up(&mut self) -> Result<Result<(), Trouble>, SpoolFault> {
        if let Err(trouble) = self.look()? {
            return Ok(Err(trouble));
        }
        while self.is_behind() {
            if let Err(trouble) = self.fill_a_chunk()? {
                return Ok(Err(trouble));
            }
        }
        Ok(Ok(()))
    }

    /// The gap before a record that was just sealed.
    pub(super) fn fill_short_gap(&mut self) -> Result<(), SpoolFault> {
        while self
            .met
            .as_ref()
            .is_some_and(|met| met.filled < met.last_position && met.last_position - met.filled <= SHORT)
        {
            if self.fill_a_chunk()?.is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Reads one chunk after what is filled.
    pub(super) fn fill_a_chunk(&mut self) -> Result<Result<(), Trouble>, SpoolFault> {
        let Some((journal, after)) = self.met.as_ref().and_then(|met| Some((met.journal?, met.filled)))
        else {
            return Ok(Ok(()));
        };
        match self.read_chunk(journal, after)? {
            Ok(chunk) => {
                if let Some(met) = &mut self.met {
                    met.filled = chunk.filled;
                    let last = if chunk.is_last { chunk.end } else { chunk.end + 1 };
                    met.last_position = if chunk.is_last { last } else { met.last_position.max(last) };
                }
                self.tell_filled();
                Ok(Ok(()))
            }
            Err(trouble) => {
                if let Some(met) = &mut self.met {
                    // Not at once again: after the next look.
                    met.last_position = met.filled;
                }
                Ok(Err(trouble))
            }
        }
    }

    /// A cloud holds everything up to here: a journal that would take long to read is read from there on. Not while it
    /// is open what became of a sale: its record may lie before.
    pub(super) fn begin_after(&mut self, held: Place) -> Result<(), SpoolFault> {
        let here = self.met.as_ref().filter(|met| met.epoch == held.epoch);
        let Some((journal, filled)) = here.and_then(|met| Some((met.journal?, met.filled))) else {
            return Ok(());
        };
        let last = self.met.as_ref().map_or(0, |met| met.last_position);
        let is_open = !self.spool.open_sales()?.is_empty();
        if is_passed_over(held.position, filled, last, is_open) {
            let filled = self.spool.begin_after(journal, held.position)?.0;
            if let Some(met) = &mut self.met {
                met.filled = filled;
            }
            self.tell_filled();
        }
        Ok(())
    }

    /// Reads again what was read before, as a cloud asked, or one place that was damaged here: what the device says is
    /// kept.
    pub(super) fn refill(
        &mut self,
        place: Place,
        is_one: bool,
    ) -> Result<Result<String, Trouble>, SpoolFault> {
        if let Err(trouble) = self.meet()? {
            return Ok(Err(trouble));
        }
        let Some((journal, epoch)) = self.met.as_ref().and_then(|met| Some((met.journal?, met.epoch))) else {
            return Ok(Err(Trouble::Absent("the device has no journal yet".to_owned())));
        };
        if place.epoch < epoch && !is_one {
            // The device shows it no more; what is kept of it is delivered again.
            return Ok(Ok(format!(r#"{{"position":{}}}"#, place.position)));
        }
        if place.epoch != epoch {
            let detail = "the device is in another epoch, and shows the journal of that one only";
            return Ok(Err(Trouble::Wrong(detail)));
        }
        // From beyond what is filled on there would be a hole.
        let after = place.position.saturating_sub(1).min(self.spool.filled(journal)?.0);
        let to = if is_one { place.position } else { u64::MAX };
        if let Err(trouble) = self.read_between(journal, after, to)? {
            return Ok(Err(trouble));
        }
        if let Some(met) = &mut self.met {
            met.filled = self.spool.filled(journal)?.0;
        }
        self.tell_filled();
        Ok(Ok(format!(r#"{{"position":{}}}"#, place.position)))
    }

    /// Whether every record of the device is kept. What was passed over because a cloud holds it, or taken out, is read
    /// again first.
    pub(super) fn make_whole(&mut self, journal: JournalId) -> Result<Result<bool, Trouble>, SpoolFault> {
        let begun = self.spool.begun(journal)?;
        if begun > 0 {
            if let Err(trouble) = self.read_between(journal, 0, begun)? {
                return Ok(Err(trouble));
            }
            self.spool.is_whole_now(journal)?;
        }
        Ok(Ok(self.spool.is_whole(journal)?))
    }

    fn read_between(
        &mut self,
        journal: JournalId,
        mut after: u64,
        to: u64,
    ) -> Result<Result<(), Trouble>, SpoolFault> {
        while after < to {
            match self.read_chunk(journal, after)? {
                Ok(chunk) if chunk.is_last || chunk.end <= after => break,
                Ok(chunk) => after = chunk.end,
                Err(trouble) => return Ok(Err(trouble)),
            }
        }
        Ok(Ok(()))
    }

    /// One chunk into the spool.
    fn read_chunk(&mut self, journal: JournalId, after: u64) -> Result<Result<Read, Trouble>, SpoolFault> {
        let pulse = self.pulse.clone();
        pulse.beat();
        let request = Request::Dump(DumpAsked { format: DumpFormat::Json, after });
        let chunk: Chunk = match self.host.tell(request, &mut |_| pulse.beat()) {
            Ok(chunk) => chunk,
            Err(HostFault::Refused(refusal)) => return Ok(Err(refusal.into())),
            Err(fault) => {
                self.met = None;
                return Ok(Err(Trouble::of_fault(fault)));
            }
        };
        let Some((signer, epoch)) = self.met.as_ref().map(|met| (met.signer.clone(), met.epoch)) else {
            return Ok(Err(Trouble::Absent("the line was lost".to_owned())));
        };
        // Behind a line that was opened anew there may be another device, or this one in a new epoch.
        let is_its = |line: &JournalLine<String>| {
            let header = &line.record.header;
            header.device == signer.device_id
                && Some(header.key) == signer.public_key_id
                && header.epoch.0 == epoch
        };
        if !chunk.records.iter().all(is_its) {
            self.met = None;
            return Ok(Err(Trouble::Absent(
                "another device answers, or a new epoch: it is asked who it is".to_owned(),
            )));
        }
        let entries: Vec<Entry> = chunk
            .records
            .into_iter()
            .map(|line| Entry { record: line.record, payload: line.payload })
            .collect();
        let filled = self.spool.fill(journal, &entries, chunk.chunk_index)?;
        Ok(Ok(Read { filled: filled.0, end: chunk.chunk_index, is_last: chunk.last }))
    }

    /// Who delivers hears how far the journal is kept.
    pub(super) fn tell_filled(&self) {
        if let Some((journal, filled)) = self.met.as_ref().and_then(|met| Some((met.journal?, met.filled))) {
            self.desk.tell_filled(journal, filled);
        }
    }
}

/// Whether what a cloud holds is not read: it is much, the device has it, and of no sale it is open what became of it.
const fn is_passed_over(held: u64, filled: u64, last: u64, is_open: bool) -> bool {
    !is_open && held <= last && held > filled.saturating_add(LONG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn much_that_a_cloud_holds_is_passed_over_unless_a_sale_is_open() {
        assert!(is_passed_over(5_000, 0, 5_001, false));
        assert!(!is_passed_over(5_000, 0, 5_001, true), "its record may lie there");
        assert!(!is_passed_over(5_000, 4_000, 5_001, false), "little is read");
        assert!(
            !is_passed_over(5_000, 0, 4_999, false),
            "of what the device does not have nothing is believed"
        );
    }
}
