//! What has to be true, by the authority's own books.

use std::collections::BTreeMap;

use edef::AuthorityCode;

use super::trial::Trial;
use crate::{Cause, Job, JobState};

impl Trial {
    /// The codes that the authority gave, by our number.
    fn finalised(&self) -> BTreeMap<String, Vec<String>> {
        let mut by_number: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for found in self.nims.iter().flat_map(|nim| self.world.finalised(*nim)) {
            if let Some(rn) = &found.rn {
                by_number.entry(rn.clone()).or_default().push(found.code.clone());
            }
        }
        by_number
    }

    /// At every time: nothing is finalised twice, each code is the right one, and what counts as not finalised is not.
    pub(super) fn check_certain(&self) -> Result<(), String> {
        let finalised = self.finalised();
        for (rn, codes) in &finalised {
            if codes.len() > 1 {
                return Err(format!("{rn} is finalised {} times", codes.len()));
            }
        }
        for job in self.memory.jobs.values() {
            let code = finalised.get(&job.fiscal.to_string()).and_then(|codes| codes.first());
            let code = code.and_then(|code| code.parse::<AuthorityCode>().ok());
            let known = job.elements.as_ref().map(|elements| elements.code);
            if known.is_some() && known != code {
                return Err(format!("{} holds {known:?} and the authority {code:?}", job.fiscal));
            }
            let is_certain = matches!(
                job.state,
                JobState::Pending
                    | JobState::Retry
                    | JobState::Failed
                    | JobState::Differs
                    | JobState::Withdrawn
            );
            if is_certain && code.is_some() {
                return Err(format!("{} is {} and the authority finalised it", job.fiscal, job.state));
            }
            if job.state == JobState::Synced && known.is_none() {
                return Err(format!("{} is SYNCED without a code", job.fiscal));
            }
            let list_is_true = self.plan.honest_list && !self.plan.foreign;
            if job.state == JobState::SyncedWithoutCode && list_is_true && code.is_none() {
                return Err(format!("{} is SYNCED_WITHOUT_CODE and the authority has it not", job.fiscal));
            }
            if job.state == JobState::Ambiguous && job.doubt.is_none() {
                return Err(format!("{} is AMBIGUOUS without a cause", job.fiscal));
            }
        }
        Ok(())
    }

    /// Whether nothing is left that goes on by itself.
    pub(super) fn is_drained(&self) -> bool {
        self.events_of_old_are_over()
            && self.memory.jobs.values().all(|job| match job.state {
                JobState::Pending | JobState::Submitted => false,
                JobState::Retry => self.waits_for_person(job),
                // The list is asked until it says something or cannot.
                JobState::Ambiguous => true,
                _ => true,
            })
    }

    fn events_of_old_are_over(&self) -> bool {
        self.agents.iter().any(|agent| agent.lane.is_some())
    }

    /// A credit note whose original is not synced yet, because a person has to act first.
    fn waits_for_person(&self, job: &Job) -> bool {
        let by = job.error.as_ref().map(|error| error.word.as_str());
        let waits = [Cause::WaitsForOriginal.name(), Cause::OriginalStuck.name()];
        let original = self.memory.original(job);
        by.is_some_and(|word| waits.contains(&word))
            && original.is_none_or(|original| original.state != JobState::Synced)
    }

    pub(super) fn is_settled(&self) -> bool {
        self.memory.jobs.values().all(|job| match job.state {
            JobState::Synced | JobState::Withdrawn => true,
            // After a restored backup an original may have been taken back by a credit note that is forgotten.
            JobState::Failed => self.memory.withheld.contains(&job.id) || self.exceeds_forgotten(job),
            // Its original was lost with what came after a backup.
            JobState::Retry => job.original.is_some() && self.memory.original(job).is_none(),
            _ => false,
        })
    }

    /// What was told of the invoices that a violation names.
    pub(super) fn story(&self, what: &str) -> String {
        let named = |job: &&Job| what.contains(&job.fiscal.to_string());
        let mut story = String::new();
        for job in self.memory.jobs.values().filter(named) {
            let steps = self.memory.told.iter().filter(|told| told.job == job.id);
            for step in steps {
                story += &format!("\n  {} {} {} {}", step.at, step.to, step.cause, step.detail);
            }
        }
        story
    }

    fn exceeds_forgotten(&self, job: &Job) -> bool {
        let exceeds = job.error.as_ref().is_some_and(|error| error.code == Some(12));
        exceeds && job.original.is_some() && self.census.restores > 0
    }

    pub(super) fn left(&self) -> String {
        let mut left = BTreeMap::<String, u64>::new();
        for job in self.memory.jobs.values() {
            if !matches!(job.state, JobState::Synced | JobState::Withdrawn) {
                let word = job.error.as_ref().map(|error| error.word.clone()).unwrap_or_default();
                *left.entry(format!("{} {word}", job.state)).or_default() += 1;
            }
        }
        format!("{left:?}, machine {:?}, {:?}", self.memory.machine.state, self.memory.machine.breaker)
    }

    /// In the end.
    pub(super) fn check_all(&mut self) -> Result<(), String> {
        self.check_certain()?;
        let synced = self.memory.jobs.values().filter(|job| job.state == JobState::Synced);
        self.census.synced += synced.count() as u64;
        for transition in &self.memory.told {
            let count = match transition.cause {
                Cause::StillPending => &mut self.census.confirmed_again,
                Cause::GoneInTime => &mut self.census.by_list,
                Cause::CountersSayNot => &mut self.census.by_counters_not,
                Cause::Contradicted => &mut self.census.contradicted,
                Cause::CodeKept => &mut self.census.codes_kept,
                _ => continue,
            };
            *count += 1;
        }
        Ok(())
    }
}
