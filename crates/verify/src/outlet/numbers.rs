//! The numbers of each epoch over all chains: one line without a gap, and none twice.

use fiscal::{Epoch, InvoiceNumber};

use super::{Chains, Met, Together};
use crate::{
    closure::Opening,
    finding::{Finding, Rule},
};

#[derive(Debug, Default)]
pub(super) struct Numbers {
    runs: Vec<Run>,
    /// Whether there are more than are held.
    too_many: bool,
    /// The one to which the next invoice of the chain may belong.
    open: Option<usize>,
    /// Who took the line last in the chain, while no number was given since.
    entered: Option<usize>,
    chain: usize,
    /// The first number of an epoch, where the ledger's own chain names another than 1.
    begins: Option<(Epoch, InvoiceNumber)>,
}

/// Numbers that one chain gave one after the other.
#[derive(Debug)]
struct Run {
    epoch: Epoch,
    first: InvoiceNumber,
    last: InvoiceNumber,
    /// Whether what is wrong with its first number was found already, or the ledger declares it.
    excused: bool,
    declared: bool,
    entered: Option<usize>,
    place: String,
}

impl Numbers {
    pub(super) fn meet(&mut self, met: &Met<'_>, declared: bool, entered: Option<usize>, chain: usize) {
        if chain != self.chain {
            (self.chain, self.open, self.entered) = (chain, None, None);
        }
        self.entered = entered.or(self.entered);
        if let (0, Opening::Holds(Some(first))) = (chain, met.opening) {
            self.begins = Some((met.record.header.epoch, first));
        }
        let Some(facts) = met.record.header.invoice() else { return };
        let epoch = met.record.header.epoch;
        if let Some(run) = self.open.and_then(|open| self.runs.get_mut(open)) {
            let goes_on = run.epoch == epoch && run.last.next() == Some(facts.number);
            if goes_on && run.declared == declared && !met.disordered && self.entered.is_none() {
                run.last = facts.number;
                return;
            }
        }
        if self.runs.len() >= Chains::MOST {
            (self.too_many, self.open) = (true, None);
            return;
        }
        self.runs.push(Run {
            epoch,
            first: facts.number,
            last: facts.number,
            excused: met.disordered || declared,
            declared,
            entered: self.entered.take(),
            place: (met.place)(),
        });
        self.open = Some(self.runs.len() - 1);
    }

    /// `sound` says of those who took the line whether their number was right. `whole` is whether the first epoch is
    /// here from its first number; `alone`, whether others gave numbers that are in no chain here.
    pub(super) fn conclude(mut self, whole: bool, alone: bool, sound: &[bool], together: &mut Together) {
        if self.too_many {
            together.unchecked += 1;
            return;
        }
        for run in &mut self.runs {
            run.excused |= run.entered.and_then(|entered| sound.get(entered)).is_some_and(|sound| !sound);
        }
        self.runs.sort_by_key(|run| (run.epoch, run.first, run.excused));
        let earliest = self.runs.first().map(|run| run.epoch);
        let mut line: Option<Line> = None;
        for run in &self.runs {
            let begins_here = !whole && Some(run.epoch) == earliest;
            let before = line.filter(|line| line.epoch == run.epoch).unwrap_or(Line {
                epoch: run.epoch,
                sound: 0,
                any: if begins_here { run.first.value() - 1 } else { self.before_first(run.epoch) },
            });
            let first = run.first.value();
            let rule = if run.excused {
                None
            } else if first <= before.sound {
                Some(Rule::NumberTwice)
            } else {
                // What others gave between is in their chains.
                (!alone && first > before.any + 1).then_some(Rule::NumberMissing)
            };
            together.findings.extend(rule.map(|rule| Finding { place: run.place.clone(), ..rule.into() }));
            let last = run.last.value();
            line = Some(Line {
                epoch: run.epoch,
                sound: if run.excused && run.declared { before.sound } else { before.sound.max(last) },
                any: before.any.max(last),
            });
        }
    }

    fn before_first(&self, epoch: Epoch) -> u64 {
        let begins = self.begins.filter(|(begins, _)| *begins == epoch);
        begins.map_or(0, |(_, first)| first.value() - 1)
    }
}

/// How far the line has come.
#[derive(Clone, Copy)]
struct Line {
    epoch: Epoch,
    /// By numbers of which nothing is declared.
    sound: u64,
    any: u64,
}
