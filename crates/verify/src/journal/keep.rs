//! What is found, where it stands, and how much of it is kept.

use std::io;

use super::{Referee, place::Place, sales::Sales, verdict::JournalVerdict};
use crate::{
    finding::{Finding, Rule},
    outlet::Together,
};

impl Referee<'_> {
    pub(super) fn find(&mut self, rule: Rule) {
        self.find_at(rule.into());
    }

    pub(super) fn find_at(&mut self, finding: Finding) {
        self.doubtful |= finding.rule.shakes_sums();
        self.disordered |= finding.rule.disorders_numbers();
        if self.declared.0.excuse(finding.rule) {
            self.declared.1 = true;
            return;
        }
        let record = self.parts.in_words(self.place);
        let place = if finding.place.is_empty() { record } else { format!("{record} {}", finding.place) };
        self.keep(Finding { place, ..finding });
    }

    /// A file of nothing but faults must not fill the memory.
    pub(super) fn keep(&mut self, finding: Finding) {
        if self.verdict.findings.len() < JournalVerdict::MOST_FINDINGS {
            self.verdict.findings.push(finding);
            self.found_in.push(self.place.line);
        } else {
            self.verdict.more_findings += 1;
        }
    }

    /// Says which sales were sealed twice, but for those of which the ledger itself says so, and what is wrong with what it
    /// says that the authority has.
    pub(super) fn conclude_sales(&mut self) -> io::Result<()> {
        let sales = std::mem::replace(&mut self.sales, Sales::new(None));
        self.beside.is_whole = self.chains.is_some() && !self.verdict.is_part;
        let (twice, noted) = match &self.chains {
            None => sales.conclude(|_| false, &self.beside)?,
            Some(chains) => sales.conclude(
                |sold| chains.is_declared_twice(sold.line(), sold.epoch(), sold.position()),
                &self.beside,
            )?,
        };
        self.verdict.declared += twice.declared;
        self.verdict.authority = noted.noted + self.beside.unchecked;
        self.verdict.authority_unchecked = noted.unchecked + self.beside.unchecked;
        let places = twice.first.into_iter().map(|place| (place, Rule::SaleTwice));
        self.keep_late(places, twice.count);
        self.keep_late(noted.findings.into_values(), noted.count);
        Ok(())
    }

    /// What the chains are found to be together.
    pub(super) fn keep_together(&mut self, together: Together) {
        let Together { findings, hand_overs, unchecked, unanchored } = together;
        findings.into_iter().for_each(|finding| self.keep(finding));
        self.verdict.hand_overs = hand_overs;
        self.verdict.hand_overs_unchecked = unchecked;
        self.verdict.unanchored = unanchored;
        self.verdict.head = self.own_head.or(self.verdict.head);
    }

    /// Puts what was found last where it stands: it is the last finding of its line. `count` is how many there are, with
    /// those that are not given.
    fn keep_late(&mut self, found: impl Iterator<Item = (Place, Rule)>, count: u64) {
        let all = self.verdict.findings.len() as u64 + self.verdict.more_findings + count;
        for (place, rule) in found {
            let at = self.found_in.partition_point(|line| *line <= place.line);
            let finding = Finding { place: self.parts.in_words(place), ..rule.into() };
            self.verdict.findings.insert(at, finding);
            self.found_in.insert(at, place.line);
        }
        self.verdict.findings.truncate(JournalVerdict::MOST_FINDINGS);
        self.found_in.truncate(JournalVerdict::MOST_FINDINGS);
        self.verdict.more_findings = all - self.verdict.findings.len() as u64;
    }
}
