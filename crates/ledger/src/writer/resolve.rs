//! After a commit whose outcome is not known: what the database holds is asked, never guessed (L3).

use std::time::Duration;

use fiscal::Sealed;

use super::{Part, TURN, Writer, refuse_all};
use crate::{Append, Appended, Refusal, StoreFault, store::Turn};

/// The pauses between questions: about ten seconds, beside what the questions themselves take. Then the clients are told
/// that it is not known.
const PAUSES_MILLIS: [u64; 9] = [0, 20, 100, 300, 600, 1_000, 2_000, 3_000, 3_000];

/// A part that may be stored.
pub(super) struct InDoubt {
    pub(super) part: Part,
    pub(super) sealed: Vec<Sealed>,
    pub(super) append: Append,
}

impl Writer {
    /// For each part takes a new turn, which waits until the old transaction has ended either way, and looks for its last
    /// record, which names all before it. The first would not do: another process may have sealed the same sale at the same
    /// place, and something else behind it.
    pub(super) fn resolve(&mut self, mut in_doubt: Vec<InDoubt>) {
        for pause in PAUSES_MILLIS {
            self.context.clock.pause(Duration::from_millis(pause));
            let mut unanswered = Vec::new();
            let mut is_away = false;
            for doubt in in_doubt {
                match if is_away { None } else { Some(self.is_stored(&doubt)) } {
                    Some(Ok(is_stored)) => self.settle_found(doubt, is_stored),
                    Some(Err(fault)) => {
                        tracing::warn!(%fault, "the database does not say yet whether a batch was stored");
                        self.store = None;
                        is_away = !matches!(fault, NotYet::Held);
                        unanswered.push(doubt);
                    }
                    None => unanswered.push(doubt),
                }
            }
            if unanswered.is_empty() {
                return;
            }
            in_doubt = unanswered;
        }
        for doubt in in_doubt {
            refuse_all(doubt.part.waiting.into_iter().map(|(job, _)| job), &Refusal::OutcomeUnknown);
        }
    }

    fn settle_found(&mut self, doubt: InDoubt, is_stored: bool) {
        let outlet = doubt.part.seat.outlet.id;
        let outcome = if is_stored { Appended::Durable } else { Appended::Overtaken };
        self.settle(doubt.part, doubt.sealed, &doubt.append.rows, outcome);
        // The generation is another's now, and others may have appended.
        self.seats.remove(&outlet);
    }

    fn is_stored(&mut self, doubt: &InDoubt) -> Result<bool, NotYet> {
        let process = self.context.process;
        let store = self.store()?;
        let Some(last) = doubt.append.rows.last() else { return Ok(true) };
        match store.take_turn(doubt.part.seat.outlet.id, process, TURN)? {
            Turn::Taken(_) => {
                let stored = store.at(last.place)?;
                Ok(stored.is_some_and(|row| row.record == last.record))
            }
            Turn::Held(_) => Err(NotYet::Held),
            Turn::NoOutlet => Ok(false),
        }
    }
}

/// Why it is not known yet.
#[derive(Debug, thiserror::Error)]
enum NotYet {
    #[error("another process has its turn")]
    Held,
    #[error(transparent)]
    Store(#[from] StoreFault),
}
