use std::{collections::BTreeMap, fmt};

use crate::{deck::Disturbance, judge::Counts};

/// What came of a campaign.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// How often all was disturbed and found again.
    pub cycles: u64,
    pub(crate) disturbances: BTreeMap<Disturbance, u64>,
    /// `kill -9`s of processes of the cloud.
    pub(crate) clouds_killed: u64,
    /// `kill -9`s of the authority.
    pub(crate) authorities_killed: u64,
    /// How often the leases of the dead were ended by hand.
    pub(crate) leases_ended: u64,
    /// What invoices went through, by state and cause.
    pub(crate) moves: BTreeMap<String, u64>,
    pub(crate) counts: Counts,
    /// How often it was looked, each second, until nothing moved any more.
    pub(crate) looks: u64,
    /// How many records the referee judged in the end.
    pub(crate) verified: String,
    /// What must never be.
    pub violations: Vec<String>,
}

/// What is met on the way to a doubt, and out of it.
const DOUBTS: [&str; 10] = [
    "AMBIGUOUS confirm_lost",
    "AMBIGUOUS agent_lost",
    "SUBMITTED still_pending",
    "SYNCED_WITHOUT_CODE gone_in_time",
    "AMBIGUOUS gone_too_late",
    "AMBIGUOUS contradicted",
    "RETRY counters_say_not",
    "RETRY request_lost",
    "RETRY request_failed",
    "SYNCED code_kept",
];

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |all: &mut dyn Iterator<Item = String>| all.collect::<Vec<_>>().join(", ");
        let disturbed = list(&mut self.disturbances.iter().map(|(what, times)| format!("{what} {times}")));
        writeln!(f, "{} cycles: {disturbed}", self.cycles)?;
        writeln!(
            f,
            "{} kills of a cloud's process, {} of the authority; leases of the dead ended by hand {} times",
            self.clouds_killed, self.authorities_killed, self.leases_ended
        )?;
        let Counts { invoices, credit_notes, finalised, synced, .. } = self.counts;
        writeln!(
            f,
            "{invoices} invoices ({credit_notes} credit notes): {finalised} finalised in the authority's books, \
             {synced} SYNCED with that code, noted in the ledger"
        )?;
        let Counts { without_code, ambiguous_finalised, ambiguous_not, waiting, .. } = self.counts;
        writeln!(
            f,
            "left: {without_code} SYNCED_WITHOUT_CODE, all of them finalised; {} AMBIGUOUS, {ambiguous_finalised} of them \
             finalised; {waiting} credit notes wait for these",
            ambiguous_finalised + ambiguous_not
        )?;
        writeln!(f, "at rest {} looks after the last sale, a second apart", self.looks)?;
        let met = |name: &&str| self.moves.get(*name).map(|times| format!("{name} {times}"));
        writeln!(f, "doubts met: {}", list(&mut DOUBTS.iter().filter_map(met)))?;
        if !self.verified.is_empty() {
            writeln!(f, "the referee: {}", self.verified)?;
        }
        match self.violations.as_slice() {
            [] => write!(f, "0 violations"),
            [first, ..] => write!(f, "{} violations, the first: {first}", self.violations.len()),
        }
    }
}
