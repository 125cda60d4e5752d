use def_protocol::{
    DumpAsked, DumpFormat, Output,
    reply::{Accepted, DigestLine, Dump, JournalLine, List, Stream, Streamed},
};
use fiscal::{EventKind, compact};

use crate::{
    board::Board,
    device::{Core, Line},
    kept::Kept,
    refusal::Refusal,
    state::{Binding, Ended, EventBody},
    vault::{Met, Vault, Walker},
};

/// A chunk has at most so many records, and ends after so many bytes of the journal. The signature of each record of
/// a digest is verified, which takes a tenth of a second on a device, and an answer is to take less than a second.
const RECORDS: u32 = 16;
const DIGESTS: u32 = 8;
const BYTES: usize = 16 * 1024;

impl<B: Board> Core<'_, B> {
    /// `ADM|DUMPLOG`: one chunk of the journal, from a cursor that the host keeps (D13).
    #[inline(never)] // Each command pays for its own stack only.
    pub(crate) fn dump<O: Output>(
        &mut self,
        asked: DumpAsked,
        line: &mut Line<'_, O>,
    ) -> Result<(), Refusal> {
        self.vault.binding()?;
        if asked.after == 0 {
            self.record_export(asked.format)?;
        }
        let newest = self.vault.state.next_position() - 1;
        let chunk = match self.vault.walk_after(asked.after)? {
            Some(walker) => self.measure(walker, asked.format)?,
            None => None,
        };
        let Some(Chunk { walker, count, end }) = chunk else {
            let records: &[&str] = &[];
            let _ = line.send(&Dump { status: Accepted::Ok, chunk_index: asked.after, records, last: true });
            return Ok(());
        };
        let records = Streamed::new(Records { vault: &mut self.vault, walker, count, format: asked.format });
        let reply = Dump { status: Accepted::Ok, chunk_index: end, records, last: end == newest };
        line.send(&reply).map_err(|_| {
            let trouble = self.vault.trouble.as_ref().map(|trouble| trouble.refusal());
            trouble.unwrap_or(crate::journal::JournalFault::Flash.into())
        })
    }

    /// Which records make the chunk.
    fn measure(&mut self, walker: Walker, format: DumpFormat) -> Result<Option<Chunk>, Refusal> {
        let most = match format {
            DumpFormat::Json => RECORDS,
            DumpFormat::Digest => DIGESTS,
        };
        let (mut at, mut count, mut bytes, mut end) = (walker, 0, 0, 0);
        while count < most && bytes < BYTES {
            let Some(met) = self.vault.step(&mut at)? else { break };
            count += 1;
            bytes += met.length;
            end = met.record.link.position.value();
        }
        Ok((count > 0).then_some(Chunk { walker, count, end }))
    }

    /// That the journal was read from its beginning is put on record, when there is something new in it.
    fn record_export(&mut self, format: DumpFormat) -> Result<(), Refusal> {
        let state = &self.vault.state;
        let news = state.point.invoices > state.exported && state.ended != Some(Ended::Decommissioned);
        let room = !self.vault.journal.is_down_to_the_last();
        if self.vault.trouble.is_none() && news && room {
            let to = state.next_position() - 1;
            self.vault
                .seal_event(EventKind::Export, &EventBody::Export { format: format.as_str(), from: 1, to })?;
        }
        Ok(())
    }
}

struct Chunk {
    walker: Walker,
    count: u32,
    end: u64,
}

/// The records of a chunk, read while they are sent.
struct Records<'r, 'm, B: Board> {
    vault: &'r mut Vault<'m, B>,
    walker: Walker,
    count: u32,
    format: DumpFormat,
}

impl<B: Board> Stream for Records<'_, '_, B> {
    fn stream<L: List>(mut self, list: &mut L) -> Result<(), L::Error> {
        for _ in 0..self.count {
            let Ok(Some(met)) = self.vault.step(&mut self.walker) else { return Err(list.fail()) };
            match self.format {
                DumpFormat::Json => push_line(self.vault, &met, list)?,
                DumpFormat::Digest => {
                    let Ok(sealed) = self.vault.verified(&met) else { return Err(list.fail()) };
                    list.push(&DigestLine::from(&sealed))?;
                }
            }
        }
        Ok(())
    }
}

fn push_line<B: Board, L: List>(vault: &mut Vault<'_, B>, met: &Met, list: &mut L) -> Result<(), L::Error> {
    let Ok(home) = vault.binding().map(Binding::home) else { return Err(list.fail()) };
    let buffers = &mut *vault.buffers;
    let payload = match Kept::read(met.kind, &buffers.content[..met.length]) {
        Some(Kept::Event(_, event)) => event.body,
        Some(Kept::Invoice(invoice)) => {
            buffers.text.clear();
            if compact::unpack(invoice.packed, &home, &mut buffers.text).is_err() {
                return Err(list.fail());
            }
            buffers.text.as_str()
        }
        None => return Err(list.fail()),
    };
    list.push(&JournalLine { record: met.record, payload: Some(payload) })
}
