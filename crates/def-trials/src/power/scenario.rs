//! A scenario that was run once.

use def_engine::recovery::Recovery;
use def_sim::Fork;
use serde_json::Value;

use super::{journal::Line, recorder::record};
use crate::Authority;

/// A life of a device, and each operation in it at which power may fail.
pub struct Scenario {
    /// It decides everything.
    pub seed: u64,
    /// Who commands the device.
    pub authority: Authority,
    /// How the device decides after a cut.
    pub recovery: Recovery,
    /// What the host did.
    pub steps: Vec<Step>,
    /// Every record of the device, over all epochs, as the host read it after each step.
    pub lines: Vec<Line>,
    /// The operations, with the index of their step.
    pub forks: Vec<(usize, Fork)>,
}

/// One thing that the host did.
#[derive(Clone, Debug)]
pub struct Step {
    /// What was asked, if anything.
    pub flight: Flight,
    /// Where, in the lines, the epoch begins that was current before.
    pub epoch: usize,
    /// How many lines there were before.
    pub before: usize,
    /// How many there were after.
    pub after: usize,
}

/// What has no answer when power fails.
#[derive(Clone, Debug)]
pub enum Flight {
    /// Nothing: the device starts or rests.
    Nothing,
    /// A COMMIT.
    Sale {
        /// The payload.
        payload: String,
        /// Its nonce.
        nonce: String,
        /// What COMMIT answers, if it ever did.
        answer: Option<Value>,
    },
    /// An order or a closure.
    Order {
        /// The request.
        request: String,
        /// What has to be delivered again before it, because it holds only while the power does.
        before: Option<String>,
    },
}

impl Scenario {
    /// Runs it.
    ///
    /// # Panics
    /// When the device refuses what the scenario is made of.
    pub fn record(seed: u64, recovery: Recovery) -> Self {
        record(seed, recovery)
    }

    /// What the host had read of the current epoch when a step began.
    pub(super) fn observed(&self, step: &Step) -> &[Line] {
        &self.lines[step.epoch..step.before]
    }

    /// What the step added when nothing interrupted it.
    pub(super) fn made(&self, step: &Step) -> &[Line] {
        &self.lines[step.before..step.after]
    }
}
