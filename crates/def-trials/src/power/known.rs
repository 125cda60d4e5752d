//! What a host knows of the journal, and reads again.

use fiscal::EventKind;

use super::{
    audit::{follows, numbered},
    check::After,
    journal::{Line, dump},
};
use crate::Host;

/// How much of what was known before is read again on a path that is not looked at thoroughly.
const TAIL: usize = 2;

/// What the host has read of the current epoch.
pub(super) struct Known<'a> {
    /// Before the cut.
    pub(super) base: &'a [Line],
    /// Since.
    pub(super) fresh: Vec<Line>,
    /// What was added by answers, and not read yet.
    pending: Vec<Added>,
}

/// A record that an answer promised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Added {
    Event(EventKind),
    /// With its payload.
    Invoice(String),
}

impl Added {
    fn of(line: &Line) -> Self {
        line.kind().map_or_else(|| Self::Invoice(line.payload.clone()), Self::Event)
    }
}

impl<'a> Known<'a> {
    /// Before anything was read after the cut.
    pub(super) const fn of(base: &'a [Line]) -> Self {
        Self { base, fresh: Vec::new(), pending: Vec::new() }
    }

    pub(super) fn lines(&self) -> impl DoubleEndedIterator<Item = &Line> {
        self.base.iter().chain(&self.fresh)
    }

    pub(super) fn last(&self) -> Option<&Line> {
        self.fresh.last().or(self.base.last())
    }

    pub(super) fn len(&self) -> u64 {
        (self.base.len() + self.fresh.len()) as u64
    }

    pub(super) fn last_number(&self) -> u64 {
        let pending = self.pending.iter().filter(|added| matches!(added, Added::Invoice(_))).count();
        self.lines().rev().find_map(Line::number).map_or(0, |number| number.value()) + pending as u64
    }

    pub(super) fn expect(&mut self, added: Added) {
        self.pending.push(added);
    }

    pub(super) fn number_of(&self, payload: &str) -> Option<u64> {
        let line = self.lines().rev().find(|line| line.number().is_some() && line.payload == payload)?;
        line.number().map(|number| number.value())
    }

    /// Reads again: what was known must be as it was. Gives all that came after the cut.
    pub(super) fn read(&self, after: &After<'_>, host: &mut Host<'_>) -> Result<Vec<Line>, String> {
        // The first record is known by its hash: to ask for it may seal that the journal was exported.
        let tail = if after.thorough { 1 } else { self.base.len().saturating_sub(TAIL).max(1) };
        let known: Vec<&Line> = self.lines().skip(tail).collect();
        let from = tail.min(self.base.len() + self.fresh.len());
        let read = dump(host, from as u64)?;
        if read.len() < known.len() || known.iter().zip(&read).any(|(known, read)| *known != read) {
            return Err("a record that was seen is gone or changed".into());
        }
        let fresh_from = self.base.len().max(from) - from;
        let mut fresh = self.fresh[..from.saturating_sub(self.base.len())].to_vec();
        fresh.extend_from_slice(&read[fresh_from..]);
        let mut before = self.base.last();
        let mut number = self.base.iter().rev().find_map(Line::number).map_or(0, |number| number.value());
        let key = after.thorough.then(|| after.world.state().element.peek_key()).flatten();
        for line in &fresh {
            follows(before, line)?;
            number = numbered(number, line)?;
            if key.is_some_and(|key| line.record.verify(&key).is_err()) {
                return Err("the device's key did not sign a record".into());
            }
            before = Some(line);
        }
        Ok(fresh)
    }

    /// Reads again: exactly what was expected was added.
    pub(super) fn read_on(&mut self, after: &After<'_>, host: &mut Host<'_>) -> Result<(), String> {
        let fresh = self.read(after, host)?;
        let added: Vec<Added> = fresh[self.fresh.len()..].iter().map(Added::of).collect();
        if added != self.pending {
            return Err(format!("{added:?} were added, not {:?}", self.pending));
        }
        self.pending.clear();
        self.fresh = fresh;
        Ok(())
    }
}
