//! The device's journal, read as far as it goes.

use def_client::HostFault;
use def_protocol::{
    DumpAsked, DumpFormat, Request,
    reply::{Dump, JournalLine},
};

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

    /// A cloud holds everything up to here: a journal that would take long to read is read from there on.
    pub(super) fn begin_after(&mut self, position: u64) -> Result<(), SpoolFault> {
        let Some((journal, filled)) = self.met.as_ref().and_then(|met| Some((met.journal?, met.filled)))
        else {
            return Ok(());
        };
        if position > filled.saturating_add(LONG) {
            let filled = self.spool.begin_after(journal, position)?.0;
            if let Some(met) = &mut self.met {
                met.filled = filled;
            }
            self.tell_filled();
        }
        Ok(())
    }

    /// Reads again what was read before, as a cloud asked: what is kept has to be the same.
    pub(super) fn refill(&mut self, position: u64) -> Result<Result<String, Trouble>, SpoolFault> {
        if let Err(trouble) = self.meet()? {
            return Ok(Err(trouble));
        }
        let Some(journal) = self.met.as_ref().and_then(|met| met.journal) else {
            return Ok(Err(Trouble::Absent("the device has no journal yet".to_owned())));
        };
        let mut after = position.saturating_sub(1);
        loop {
            match self.read_chunk(journal, after)? {
                Ok(chunk) if chunk.is_last || chunk.end <= after => break,
                Ok(chunk) => after = chunk.end,
                Err(trouble) => return Ok(Err(trouble)),
            }
        }
        if let Some(met) = &mut self.met {
            met.filled = self.spool.filled(journal)?.0;
        }
        self.tell_filled();
        Ok(Ok(format!(r#"{{"position":{position}}}"#)))
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
        let Some(signer) = self.met.as_ref().map(|met| met.signer.clone()) else {
            return Ok(Err(Trouble::Absent("the line was lost".to_owned())));
        };
        // Behind a line that was opened anew there may be another device.
        let is_its = |line: &JournalLine<String>| {
            let header = &line.record.header;
            header.device == signer.device_id && Some(header.key) == signer.public_key_id
        };
        if !chunk.records.iter().all(is_its) {
            self.met = None;
            return Ok(Err(Trouble::Absent("another device answers: it is asked who it is".to_owned())));
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
