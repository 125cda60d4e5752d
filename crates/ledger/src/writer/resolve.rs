//! After a commit whose outcome is not known: what the database holds is asked, never guessed (L3).

use std::time::Duration;

use fiscal::Sealed;

use super::{Part, TURN, Writer};
use crate::{Appended, Refusal, Row, StoreFault, store::Turn};

/// The pauses between questions: about ten seconds in all, after which the clients are told that it is not known.
const PAUSES_MILLIS: [u64; 12] = [0, 20, 50, 100, 200, 400, 800, 1_200, 1_600, 2_000, 2_000, 2_000];

impl Writer {
    /// Takes a new turn, which waits until the old transaction has ended either way, and looks for the part's last
    /// record, which names all before it. The first would not do: another process may have sealed the same sale at the same
    /// place, and something else behind it.
    pub(super) fn resolve(&mut self, part: Part, sealed: Vec<Sealed>, rows: &[Row]) {
        for pause in PAUSES_MILLIS {
            self.context.clock.pause(Duration::from_millis(pause));
            match self.is_stored(&part, rows) {
                Ok(true) => {
                    let outlet = part.seat.outlet.id;
                    self.settle(part, sealed, rows, Appended::Durable);
                    // The generation is another's now, and others may have appended.
                    self.seats.remove(&outlet);
                    return;
                }
                Ok(false) => return self.settle(part, sealed, rows, Appended::Overtaken),
                Err(fault) => {
                    tracing::warn!(%fault, "the database does not say yet whether a batch was stored");
                    self.store = None;
                }
            }
        }
        for (job, _) in part.waiting {
            job.answer(Err(Refusal::OutcomeUnknown));
        }
    }

    fn is_stored(&mut self, part: &Part, rows: &[Row]) -> Result<bool, StoreFault> {
        let process = self.context.process;
        let store = self.store()?;
        let Some(last) = rows.last() else { return Ok(true) };
        match store.take_turn(part.seat.outlet.id, process, TURN)? {
            Turn::Taken(_) => {
                let stored = store.at(last.place)?;
                Ok(stored.is_some_and(|row| row.record == last.record))
            }
            Turn::Held(_) => Err(StoreFault::Unavailable("another process has its turn".to_owned())),
            Turn::NoOutlet => Ok(false),
        }
    }
}
