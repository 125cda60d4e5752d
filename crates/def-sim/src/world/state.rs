//! What outlasts a power cut, and the operations that change it.

use std::{fmt, time::Duration};

use def_engine::board::Clock;
use fiscal::Timestamp;

use super::{Outcome, Slots, Style};
use crate::{
    clock::{ManualClock, ManualTicks},
    flash::Flash,
    random::Seeded,
    secure_element::SoftElement,
};

/// Everything of a board. To copy it takes less than a microsecond.
#[derive(Clone, Debug)]
pub struct State {
    /// The journal's flash.
    pub flash: Flash,
    /// The secure element.
    pub element: SoftElement,
    /// The clock on its battery.
    pub clock: ManualClock,
    /// Time since the board started.
    pub ticks: ManualTicks,
    /// Where nonces and keys come from.
    pub random: Seeded,
    /// Whether its debug port is closed.
    pub debug_locked: bool,
    /// The places of its firmware.
    pub slots: Slots,
}

impl State {
    /// A new board.
    pub fn new(sectors: usize, seed: u64) -> Self {
        Self {
            flash: Flash::erased(sectors, seed),
            element: SoftElement::new(),
            clock: ManualClock::lost(),
            ticks: ManualTicks::default(),
            random: Seeded::new(!seed),
            debug_locked: true,
            slots: Slots::default(),
        }
    }

    /// Lets time pass for clock and ticks.
    pub const fn pass(&mut self, time: Duration) {
        self.clock.pass(time);
        self.ticks.pass(time);
    }

    /// Leaves of an operation what a power cut leaves.
    pub fn interrupt(&mut self, operation: &Operation, outcome: Outcome) {
        match operation {
            Operation::Program { address, data } => self.flash.interrupt_program(*address, data, outcome),
            Operation::Erase { sector } => self.flash.interrupt_erase(*sector, outcome),
            Operation::Increment => self.element.advance(outcome.advance(SoftElement::LARGEST_JUMP)),
            Operation::MakeKey => {
                if outcome.advance(1) > 0 {
                    self.element.replace_key(&mut self.random);
                }
            }
            Operation::SetClock(time) => {
                if outcome.advance(1) > 0 {
                    self.clock.set(*time);
                }
            }
        }
    }

    pub(super) fn restart(&mut self) {
        self.ticks = ManualTicks::default();
        self.slots.restart();
    }
}

/// An operation that a power cut can interrupt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Of bytes within one page.
    Program {
        /// Of the first byte.
        address: u32,
        /// What is `AND`ed into the page.
        data: Vec<u8>,
    },
    /// Of one sector, by its index.
    Erase {
        /// Its address divided by 4,096.
        sector: usize,
    },
    /// Of the counter, by one.
    Increment,
    /// Of the secure element.
    MakeKey,
    /// To this time.
    SetClock(Timestamp),
}

impl Operation {
    /// The ways in which it can be interrupted.
    pub const fn styles(&self) -> &'static [Style] {
        match self {
            Self::Program { .. } => &Style::OF_PROGRAM,
            Self::Erase { .. } => &Style::OF_ERASE,
            Self::Increment => &Style::OF_INCREMENT,
            Self::MakeKey | Self::SetClock(_) => &Style::OF_OTHERS,
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Program { address, data } => write!(f, "program {} bytes at {address:#x}", data.len()),
            Self::Erase { sector } => write!(f, "erase sector {sector}"),
            Self::Increment => f.write_str("increment the counter"),
            Self::MakeKey => f.write_str("make a key"),
            Self::SetClock(time) => write!(f, "set the clock to {time}"),
        }
    }
}
