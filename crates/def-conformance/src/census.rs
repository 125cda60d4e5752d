//! What was asked and answered in all cases together.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::document;

/// Counts for the summary.
#[derive(Debug, Default)]
pub struct Census(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    commands: u64,
    codes: BTreeSet<String>,
    slowest: BTreeMap<String, Duration>,
    longest_reply: usize,
}

impl Census {
    /// Something was sent that should be answered.
    pub fn asked(&self) {
        self.counts().commands += 1;
    }

    /// It was answered.
    pub fn answered(&self, command: &str, took: Duration, bytes: usize, code: Option<&str>) {
        let mut counts = self.counts();
        counts.longest_reply = counts.longest_reply.max(bytes);
        if let Some(code) = code {
            counts.codes.insert(code.to_owned());
        }
        if !document::commands().contains(&command) {
            return;
        }
        let slowest = counts.slowest.entry(command.to_owned()).or_default();
        *slowest = took.max(*slowest);
    }

    /// How many requests were sent.
    pub fn commands(&self) -> u64 {
        self.counts().commands
    }

    /// The codes of refusals that came over a line.
    pub fn codes(&self) -> BTreeSet<String> {
        self.counts().codes.clone()
    }

    /// The longest reply, in bytes.
    pub fn longest_reply(&self) -> usize {
        self.counts().longest_reply
    }

    /// The longest time to the first frame of an answer, command by command.
    pub fn slowest(&self) -> BTreeMap<String, Duration> {
        self.counts().slowest.clone()
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // Counts are right after each change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
