//! What is better done while nobody waits: erasing ahead, checkpoints, and looking for decay.

use embedded_storage::nor_flash::MultiwriteNorFlash;

use super::{Trouble, Vault};
use crate::{
    board::Board,
    journal::{Journal, JournalFault, Place, Sequence},
    state::CHECKPOINT_BYTES,
};

/// Where the search for decay has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scrub(Option<Sequence>);

impl Scrub {
    pub(crate) const fn new() -> Self {
        Self(None)
    }
}

impl<B: Board> Vault<'_, B> {
    /// Does one piece. Says whether there was one that cannot wait long.
    pub(crate) fn idle(&mut self) -> bool {
        self.settle();
        if self.trouble.is_some() {
            return false;
        }
        let done = self.erase_or_note();
        match done {
            Ok(busy) => busy,
            Err(fault) => {
                self.trouble = Some(Trouble::from(fault));
                false
            }
        }
    }

    fn erase_or_note(&mut self) -> Result<bool, JournalFault> {
        if self.journal.erase_ahead()? {
            return Ok(true);
        }
        if self.journal.checkpoint_due() && self.journal.free_sectors() > self.journal.ring().reserve() {
            return self.note();
        }
        self.scrub_next()?;
        Ok(false)
    }

    /// Writes a checkpoint.
    fn note(&mut self) -> Result<bool, JournalFault> {
        let content = &mut self.buffers.content[..CHECKPOINT_BYTES];
        let Some(content) = self.state.encode(content) else { return Ok(false) };
        self.journal.write_checkpoint(content, &self.state.point).map(|()| true)
    }

    /// Reads one sector of records again, from the oldest to the newest and round.
    fn scrub_next(&mut self) -> Result<(), JournalFault> {
        let Some(end) = self.journal.end() else { return Ok(()) };
        let oldest = self.journal.oldest();
        let next = self.scrub.0.filter(|next| *next >= oldest && *next < end.sector).unwrap_or(oldest);
        self.scrub = Scrub(Some(next.plus(1)));
        check_sector(&mut self.journal, next, end, &mut self.buffers.content)
    }
}

/// Whether every record of a sector still matches its check.
fn check_sector<F: MultiwriteNorFlash>(
    journal: &mut Journal<F>,
    sector: Sequence,
    newest: Place,
    content: &mut [u8],
) -> Result<(), JournalFault> {
    let Some(header) = journal.records_at(sector)? else { return Ok(()) };
    let next = journal.records_after(header.sequence)?;
    let end = next.and_then(|next| next.previous_end).unwrap_or(newest);
    journal.walk(sector, Some(end), content, &mut |_, _| Ok(())).map(|_| ())
}
