//! When the power comes, and after something failed.

use def_protocol::reply::Displayed;
use fiscal::{EventKind, Position};

use super::{Recovered, Trouble, Vault, trouble::LARGEST_JUMP};
use crate::{
    board::{Board, FirmwareSlots, SecureElement},
    journal::{JournalFault, Place, Sequence},
    recovery::Decision,
    refusal::Refusal,
    replay::{Signer, replay},
    state::{Ended, EventBody},
};

impl<B: Board> Vault<'_, B> {
    /// The power came: the journal is read, what was interrupted is decided, and both are put on record.
    pub(crate) fn start(&mut self) {
        self.look();
        if self.recovery.self_test {
            self.test_itself();
        }
        if self.trouble.is_none() && self.may_record() {
            let clock = self.time().1;
            let body = EventBody::Boot { firmware_version: self.factory.firmware.version, clock };
            // A journal without room for it still answers; what failed is looked at before the next command.
            let _ = self.seal_event(EventKind::Boot, &body);
        }
    }

    /// A firmware on trial is kept when it passed its self-test and read the journal. Says whether this one stays.
    pub(crate) fn keeps_firmware(&mut self) -> bool {
        if !self.slots.on_trial() {
            return true;
        }
        self.trouble.is_none() && self.slots.confirm().is_ok()
    }

    /// After each answer, and in idle time: what failed is looked at again.
    pub(crate) fn settle(&mut self) {
        if self.unsettled || self.trouble.is_some_and(|trouble| trouble.may_pass()) {
            let wanting = self.self_test.is_some_and(|test| test.failed.is_some());
            self.look();
            // A secure element that answers again has to sign rightly, too.
            if wanting && self.trouble.is_none() {
                self.test_itself();
            }
        }
    }

    fn look(&mut self) {
        self.unsettled = false;
        let mut looked = Err(Looked::Unstable);
        for _ in 0..READS {
            looked = self.try_look();
            if looked != Err(Looked::Unstable) {
                break;
            }
        }
        self.trouble = looked.err().map(|looked| match looked {
            Looked::Unstable => Trouble::Flash,
            Looked::Trouble(trouble) => trouble,
        });
        // What computes wrongly does so until the next start.
        let wanting = self.found_wanting().filter(|trouble| !trouble.may_pass());
        self.trouble = self.trouble.or(wanting);
    }

    fn try_look(&mut self) -> Result<(), Looked> {
        self.key = self.element.public_key().map_err(|_| Looked::Trouble(Trouble::Element))?;
        if self.key.is_some() {
            self.unlock().map_err(|_| Looked::Trouble(Trouble::Element))?;
        }
        let scan = self.journal.scan()?;
        let found = self.element.counter().map_err(|_| Looked::Trouble(Trouble::Element))?;
        let key = match (scan.newest, self.key) {
            (None, _) => {
                // Without a record, a key that exists was made for an INIT that was interrupted. That counts once; what
                // counted more had records.
                self.state.clear();
                self.key = None;
                return if found > LARGEST_JUMP {
                    Err(Looked::Trouble(Trouble::Counter { newest: 0, found }))
                } else {
                    Ok(())
                };
            }
            (Some(_), Some(key)) => key,
            (Some(newest), None) => {
                let place = Place { sector: newest.sequence, offset: 0 };
                let reason = "the secure element has lost its key";
                return Err(Looked::Trouble(Trouble::Corrupt { place, reason }));
            }
        };
        self.prove().map_err(|_| Looked::Trouble(Trouble::Element))?;
        let signer = Signer { device: self.factory.serial, key };
        let content = &mut self.buffers.content;
        let recovery = self.recovery;
        let decision = replay(&mut self.journal, &scan, &signer, found, recovery, self.state, content)?;
        if self.state.point.head.position.is_none() {
            self.key = None;
            return Ok(());
        }
        let newest = u64::from(self.state.point.counter);
        if found < newest || found > newest + LARGEST_JUMP {
            return Err(Looked::Trouble(Trouble::Counter { newest, found }));
        }
        // One sector at least, so that the first sale need not wait.
        self.journal.erase_ahead()?;
        // What cannot be stated for want of room is stated before the next record that leads out of it.
        let room = !self.journal.is_down_to_the_last();
        if (decision != Decision::GoOn || found > newest) && self.may_record() && room {
            self.state_recovery(decision, found)
                .map_err(|_| Looked::Trouble(self.trouble.unwrap_or(Trouble::Element)))?;
        }
        Ok(())
    }

    /// Puts on record what was decided, and which counts no record has.
    pub(super) fn state_recovery(&mut self, decision: Decision, found: u64) -> Result<(), Refusal> {
        let newest = u64::from(self.state.point.counter);
        let position = self.state.point.head.position.map_or(0, Position::value);
        let end = self.journal.end().unwrap_or(Place { sector: Sequence(0), offset: 0 });
        let body = EventBody::Recovery {
            decision: name(decision),
            counter_before: newest,
            counter_found: found,
            // The last of them is the recovery's own.
            skipped: found.saturating_sub(newest + 1),
            sector: end.sector.0,
            offset: end.offset,
        };
        self.seal_event(EventKind::Recovery, &body)?;
        self.recovered = Some(Recovered { decision, position });
        Ok(())
    }

    /// A device that is bound to no outlet has no chain, and one that is done with adds nothing to it.
    fn may_record(&self) -> bool {
        self.state.binding.is_some() && self.state.ended != Some(Ended::Decommissioned)
    }

    /// Puts it on record, and sets the clock.
    pub(crate) fn record_time(&mut self, after: fiscal::Timestamp, back: bool) -> Result<(), Refusal> {
        let before = self.time().0.map(Displayed);
        // The record first: a power cut between them leaves a clock that is as it was.
        self.seal_event(EventKind::TimeSet, &EventBody::TimeSet { before, after: Displayed(after), back })?;
        self.set_clock(after);
        Ok(())
    }
}

/// So often a record with weak cells is read until it is decided whether it is one.
const READS: u32 = 64;

/// What became of a look at the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Looked {
    /// It has to be looked at again.
    Unstable,
    Trouble(Trouble),
}

impl From<JournalFault> for Looked {
    fn from(fault: JournalFault) -> Self {
        match fault {
            JournalFault::Unstable => Self::Unstable,
            fault => Self::Trouble(fault.into()),
        }
    }
}

/// As a recovery record and the status name it.
pub(crate) const fn name(decision: Decision) -> &'static str {
    match decision {
        Decision::GoOn => "clean",
        Decision::RollForward => "rolled_forward",
        Decision::Retire => "retired",
        Decision::Corrupt => "corrupt",
    }
}
