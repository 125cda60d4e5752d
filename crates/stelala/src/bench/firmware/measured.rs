//! What the program measured.

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

/// All of it.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) costs: Vec<Cost>,
    pub(super) stacks: Vec<Stack>,
}

/// What one command cost: sums over all rounds.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cost {
    pub(super) name: String,
    /// Of the sale.
    pub(super) lines: u32,
    /// Of its payload.
    pub(super) bytes: u32,
    pub(super) rounds: u32,
    /// Without those of the parts in memory that are chips on a board.
    pub(super) instructions: u64,
    /// Those of them that verify the secure element's signature.
    pub(super) verification: u64,
    pub(super) signatures: u64,
    pub(super) increments: u64,
    pub(super) counter_reads: u64,
    pub(super) other_element_calls: u64,
    /// What the secure element in software took, for comparison; not in `instructions`.
    pub(super) element_instructions: u64,
    /// Pages that were programmed.
    pub(super) programs: u64,
    pub(super) programmed_bytes: u64,
    pub(super) reads: u64,
    pub(super) read_bytes: u64,
    /// Sectors that were erased.
    pub(super) erases: u64,
    pub(super) answered_bytes: u64,
}

/// How deep the stack was in something.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stack {
    pub(super) name: String,
    pub(super) bytes: u64,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Line {
    Calibration { expected: u64, instructions: u64 },
    Cost(Cost),
    Stack(Stack),
}

impl Measured {
    /// Reads the program's lines. Figures of a machine that does not count instructions are refused.
    pub(super) fn read(output: &str) -> anyhow::Result<Self> {
        let mut measured = Self { costs: Vec::new(), stacks: Vec::new() };
        let mut calibrated = false;
        for line in output.lines() {
            match serde_json::from_str(line).with_context(|| format!("the program said: {line}"))? {
                Line::Calibration { expected, instructions }
                    if expected.abs_diff(instructions) > expected / 100 =>
                {
                    bail!(
                        "QEMU counted {instructions} instructions where {expected} are: its -icount is another"
                    )
                }
                Line::Calibration { .. } => calibrated = true,
                Line::Cost(cost) => measured.costs.push(cost),
                Line::Stack(stack) => measured.stacks.push(stack),
            }
        }
        if calibrated { Ok(measured) } else { bail!("the program did not say whether its count is right") }
    }

    /// What a command cost for sales of so many lines.
    pub(super) fn cost(&self, name: &str, lines: u32) -> anyhow::Result<&Cost> {
        let found = self.costs.iter().find(|cost| cost.name == name && cost.lines == lines);
        found.with_context(|| format!("the program did not measure {name} of {lines} lines"))
    }
}

impl Cost {
    /// On average of the rounds.
    pub(super) fn mean(&self, sum: u64) -> f64 {
        sum as f64 / f64::from(self.rounds.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALIBRATED: &str = r#"{"kind":"calibration","expected":2000000,"instructions":2000050}"#;

    #[test]
    fn a_count_that_is_off_by_more_than_a_hundredth_is_refused() {
        assert!(Measured::read(CALIBRATED).is_ok());
        let off = CALIBRATED.replace("2000050", "2020001");
        assert!(Measured::read(&off).unwrap_err().to_string().contains("-icount"));
        assert!(Measured::read("").is_err());
    }

    #[test]
    fn a_line_that_is_not_known_is_refused() {
        assert!(Measured::read(&format!("{CALIBRATED}\nHello")).is_err());
        assert!(Measured::read(&format!("{CALIBRATED}\n{}", r#"{"kind":"stack","name":"a"}"#)).is_err());
    }
}
