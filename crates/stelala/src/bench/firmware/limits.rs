//! The aims, and whether the budget keeps them.

use serde::Serialize;

use super::{
    budget::{Part, Time, parts, sum},
    measured::Measured,
};
use crate::bench::ratio::Ratio;

/// Milliseconds.
const PREPARE: f64 = 5.0;
/// Milliseconds.
const COMMIT: f64 = 200.0;
/// Invoices a second.
const INVOICES: f64 = 5.0;
/// The sale for which they hold, in lines.
const LINES: u32 = 5;

/// The budget of a sale of 5 lines, and its limits.
#[derive(Debug, Serialize)]
pub(super) struct Verdict {
    pub(super) prepare: [Part; 7],
    pub(super) commit: [Part; 7],
    /// What is done after a sale while nobody waits: erasing ahead, checkpoints, looking for decay.
    pub(super) idle: [Part; 7],
    pub(super) limits: [Limit; 6],
}

/// A figure beside its limit.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Limit {
    pub(super) name: &'static str,
    pub(super) value: f64,
    pub(super) limit: f64,
    pub(super) ratio: f64,
    pub(super) kept: bool,
    /// Whether more is better.
    #[serde(skip)]
    least: bool,
    #[serde(skip)]
    ratio_name: &'static str,
}

impl Verdict {
    pub(super) fn of(measured: &Measured) -> anyhow::Result<Self> {
        let parts_of = |name| measured.cost(name, LINES).map(parts);
        let (prepare, commit, idle) = (parts_of("PREPARE")?, parts_of("COMMIT")?, parts_of("idle")?);
        let [first, second, third] = [sum(&prepare), sum(&commit), sum(&idle)];
        let sale = first.and(second).and(third);
        let a_second = Time { usual: 1e3 / sale.usual, at_most: 1e3 / sale.at_most };
        let limits = [
            at_most("PREPARE (usual)", "PREPARE / 5 ms, usual", first.usual, PREPARE),
            at_most("PREPARE (at most)", "PREPARE / 5 ms, at most", first.at_most, PREPARE),
            at_most("COMMIT (usual)", "COMMIT / 200 ms, usual", second.usual, COMMIT),
            at_most("COMMIT (at most)", "COMMIT / 200 ms, at most", second.at_most, COMMIT),
            at_least("invoices a second (usual)", "invoices a second / 5, usual", a_second.usual, INVOICES),
            at_least(
                "invoices a second (at worst)",
                "invoices a second / 5, at worst",
                a_second.at_most,
                INVOICES,
            ),
        ];
        Ok(Self { prepare, commit, idle, limits })
    }

    pub(super) fn is_kept(&self) -> bool {
        self.limits.iter().all(|limit| limit.kept)
    }
}

impl Limit {
    /// As the other benchmarks show theirs.
    pub(super) fn ratio(&self) -> Ratio {
        let new = if self.least { Ratio::at_least } else { Ratio::at_most };
        new(self.ratio_name, self.ratio, 1.0)
    }
}

fn at_most(name: &'static str, ratio_name: &'static str, value: f64, limit: f64) -> Limit {
    Limit { name, value, limit, ratio: value / limit, kept: value <= limit, least: false, ratio_name }
}

fn at_least(name: &'static str, ratio_name: &'static str, value: f64, limit: f64) -> Limit {
    Limit { name, value, limit, ratio: value / limit, kept: value >= limit, least: true, ratio_name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::firmware::measured::Cost;

    fn cost(name: &str, instructions: u64, signatures: u64) -> Cost {
        let cost = serde_json::json!({
            "name": name, "lines": LINES, "bytes": 0, "rounds": 10, "instructions": instructions, "verification": 0,
            "signatures": signatures, "increments": 0, "counter_reads": 0, "other_element_calls": 0,
            "element_instructions": 0, "programs": 0, "programmed_bytes": 0, "reads": 0, "read_bytes": 0, "erases": 0,
            "answered_bytes": 0,
        });
        serde_json::from_value(cost).expect("a cost")
    }

    fn verdict(prepare: u64, commit: u64, signatures: u64) -> Verdict {
        let costs = vec![cost("PREPARE", prepare, 0), cost("COMMIT", commit, signatures), cost("idle", 0, 0)];
        Verdict::of(&Measured { costs, stacks: Vec::new() }).expect("all that is needed")
    }

    fn kept(verdict: &Verdict) -> [bool; 6] {
        verdict.limits.map(|limit| limit.kept)
    }

    /// Of ten rounds.
    const FIVE_MILLISECONDS: u64 = 5_769_230;
    const TWO_HUNDRED: u64 = 230_769_230;

    #[test]
    fn a_prepare_is_kept_up_to_its_limit_and_not_above() {
        assert!(verdict(FIVE_MILLISECONDS, 0, 0).is_kept());
        assert_eq!(kept(&verdict(FIVE_MILLISECONDS + 20, 0, 0)), [false, false, true, true, true, true]);
    }

    #[test]
    fn a_commit_is_kept_up_to_its_limit_and_not_above() {
        assert!(verdict(0, TWO_HUNDRED, 0).is_kept());
        assert_eq!(kept(&verdict(0, TWO_HUNDRED + 20, 0)), [true, true, false, false, false, false]);
    }

    #[test]
    fn a_signature_is_usual_or_at_worst() {
        // 92 or 158 ms, 17 on the bus, 80 of our own.
        assert_eq!(kept(&verdict(0, TWO_HUNDRED / 10 * 4, 10)), [true, true, true, false, true, false]);
    }

    #[test]
    fn without_a_command_there_is_no_verdict() {
        let measured = Measured { costs: vec![cost("PREPARE", 0, 0)], stacks: Vec::new() };
        assert!(Verdict::of(&measured).is_err());
    }
}
