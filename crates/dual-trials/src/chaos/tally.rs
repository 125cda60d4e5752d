use std::{collections::BTreeMap, fmt, sync::atomic::Ordering};

use serde::{Deserialize, Serialize};

use super::{
    shop::Shop,
    till::{Asked, Belief},
};

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// Runs, each over a ledger of its own.
    pub runs: u64,
    /// What was done, by its name.
    pub deeds: BTreeMap<String, u64>,
    /// Switches that were asked for and done.
    pub switched: u64,
    /// Power cuts in or after a COMMIT.
    pub power_cuts: u64,
    /// Answers that were lost after they took effect.
    pub lost: u64,
    /// Sales and notes that terminals know to be sealed.
    pub sealed: u64,
    /// Those of them that take an original back.
    pub notes: u64,
    /// Offers that were refused for good.
    pub refused: u64,
    /// Offers that were left without an answer.
    pub doubts: u64,
    /// Sealed sales that were offered again.
    pub repeats: u64,
    /// Sales that went from the device to the cloud.
    pub moved: u64,
    /// What was refused for the time being or for good, by its code.
    pub refusals: BTreeMap<String, u64>,
    /// Records that the referee judged.
    pub records: u64,
    /// What must never be.
    pub violations: u64,
}

impl Tally {
    /// Both.
    pub fn add(&mut self, other: &Self) {
        let numbers = |tally: &Self| {
            let Self { runs, switched, power_cuts, lost, sealed, notes, .. } = *tally;
            let Self { refused, doubts, repeats, moved, records, violations, .. } = *tally;
            [
                runs, switched, power_cuts, lost, sealed, notes, refused, doubts, repeats, moved, records,
                violations,
            ]
        };
        let (mut ours, theirs) = (numbers(self), numbers(other));
        ours.iter_mut().zip(theirs).for_each(|(number, other)| *number += other);
        [
            self.runs,
            self.switched,
            self.power_cuts,
            self.lost,
            self.sealed,
            self.notes,
            self.refused,
            self.doubts,
            self.repeats,
            self.moved,
            self.records,
            self.violations,
        ] = ours;
        for (ours, theirs) in [(&mut self.deeds, &other.deeds), (&mut self.refusals, &other.refusals)] {
            for (name, count) in theirs {
                *ours.entry(name.clone()).or_default() += count;
            }
        }
    }

    /// Counts what terminals believe.
    pub(super) fn count(&mut self, asked: &[Asked], shop: &Shop) {
        for one in asked {
            match &one.belief {
                Belief::Sealed(_) => {
                    self.sealed += 1;
                    self.notes += u64::from(one.is_note);
                }
                Belief::Refused(_) => self.refused += 1,
                Belief::Open => {}
            }
        }
        self.doubts = shop.counts.doubts.load(Ordering::SeqCst);
        self.repeats = shop.counts.repeats.load(Ordering::SeqCst);
        self.moved = shop.counts.moved.load(Ordering::SeqCst);
        self.refusals = shop.refusals();
        self.violations = shop.violations();
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { runs, switched, power_cuts, lost, sealed, notes, .. } = self;
        let Self { refused, doubts, repeats, moved, records, violations, .. } = self;
        let list = |of: &BTreeMap<String, u64>| {
            of.iter().map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
        };
        writeln!(f, "{runs} runs: {}", list(&self.deeds))?;
        writeln!(
            f,
            "{switched} switches done, {power_cuts} power cuts at a COMMIT, {lost} answers lost after they took effect"
        )?;
        writeln!(
            f,
            "{sealed} sales sealed, {notes} of them credit notes; {refused} refused for good; {doubts} offers without an \
             answer, {repeats} repeated after their seal, {moved} taken from the device to the cloud"
        )?;
        writeln!(f, "for the time being or for good: {}", list(&self.refusals))?;
        write!(f, "the referee read {records} records; {violations} violations")
    }
}
