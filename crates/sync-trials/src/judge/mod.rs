//! What must hold between the ledger, the cloud's answers and the authority's books.

use std::collections::{BTreeMap, BTreeSet};

use fiscal::{FiscalNumber, RecordHash};

use crate::picture::{Booked, Named, Picture, Sealed, Standing, State};

#[cfg(test)]
mod tests;

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// What must never be.
    pub wrong: Vec<String>,
    /// What has to change still. Until nothing is here, `wrong` may say what is only on its way.
    pub moving: Vec<String>,
    /// How many there are of what.
    pub counts: Counts,
}

/// Invoices, by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// In the ledger.
    pub invoices: u64,
    /// Of them, credit notes.
    pub credit_notes: u64,
    /// In the authority's books.
    pub finalised: u64,
    /// SYNCED, with the authority's code in the ledger.
    pub synced: u64,
    /// SYNCED_WITHOUT_CODE: in the books, and the answer was lost.
    pub without_code: u64,
    /// AMBIGUOUS, and in the books.
    pub ambiguous_finalised: u64,
    /// AMBIGUOUS, and not in the books.
    pub ambiguous_not: u64,
    /// Credit notes that wait for an original in doubt.
    pub waiting: u64,
}

/// Doubts that nothing but counters or a person settles. Any other is about to be looked into.
const LASTING: [&str; 2] = ["gone_too_late", "contradicted"];
/// Why a credit note may wait.
const WAITS: [&str; 2] = ["waits_for_original", "original_stuck"];

impl Picture {
    /// Compares what is said.
    pub fn judge(&self) -> Verdict {
        let mut judge = Judge {
            sealed: self.sealed.iter().map(|sealed| (sealed.fiscal, sealed)).collect(),
            standings: self.standings.iter().map(|standing| (standing.fiscal, standing)).collect(),
            books: BTreeMap::new(),
            notes: BTreeMap::new(),
            verdict: Verdict::default(),
        };
        judge.count_once(self);
        self.books.iter().for_each(|booked| judge.enter(booked));
        self.books.iter().for_each(|booked| judge.refers(booked));
        for note in &self.notes {
            judge.notes.entry(note.of).or_default().push(&note.named);
        }
        self.sealed.iter().for_each(|sealed| judge.invoice(sealed));
        let known: BTreeSet<RecordHash> = self.sealed.iter().map(|sealed| sealed.hash).collect();
        for note in self.notes.iter().filter(|note| !known.contains(&note.of)) {
            judge.wrong(format!("the ledger notes {} of no invoice that it holds", note.named.code));
        }
        judge.verdict
    }
}

struct Judge<'a> {
    sealed: BTreeMap<FiscalNumber, &'a Sealed>,
    standings: BTreeMap<FiscalNumber, &'a Standing>,
    books: BTreeMap<FiscalNumber, &'a Booked>,
    notes: BTreeMap<RecordHash, Vec<&'a Named>>,
    verdict: Verdict,
}

impl<'a> Judge<'a> {
    fn wrong(&mut self, what: String) {
        self.verdict.wrong.push(what);
    }

    fn moving(&mut self, what: String) {
        self.verdict.moving.push(what);
    }

    /// Each list names an invoice once, and those of the ledger only.
    fn count_once(&mut self, picture: &Picture) {
        if self.sealed.len() != picture.sealed.len() {
            self.wrong("the ledger holds a number twice".to_owned());
        }
        if self.standings.len() != picture.standings.len() {
            self.wrong("the cloud lists an invoice twice".to_owned());
        }
        let strangers: Vec<_> =
            self.standings.keys().filter(|number| !self.sealed.contains_key(number)).copied().collect();
        for number in strangers {
            self.wrong(format!("{number}: the cloud lists it, and the ledger does not hold it"));
        }
    }

    /// An entry of the books: of an invoice of ours, of that outlet's machine, of that very record, and the only one.
    fn enter(&mut self, booked: &'a Booked) {
        self.verdict.counts.finalised += 1;
        let code = &booked.named.code;
        let number: Option<FiscalNumber> = booked.rn.as_deref().and_then(|rn| rn.parse().ok());
        let sealed = number.and_then(|number| self.sealed.get(&number).copied());
        let (Some(number), Some(sealed)) = (number, sealed) else {
            return self.wrong(format!(
                "{:?}: the authority finalised it as {code}, and the ledger does not hold it",
                booked.rn
            ));
        };
        if sealed.nim != booked.named.nim {
            self.wrong(format!("{number}: finalised at {}, and not at {}", booked.named.nim, sealed.nim));
        }
        let hash = sealed.hash.to_string();
        if !booked.comments.iter().any(|comment| comment.ends_with(&hash)) {
            self.wrong(format!("{number}: finalised as {code} without the hash of its record"));
        }
        if let Some(first) = self.books.insert(number, booked) {
            self.wrong(format!("{number}: finalised twice, as {} and as {code}", first.named.code));
        }
    }

    /// A credit note names the code of its original.
    fn refers(&mut self, booked: &Booked) {
        let number: Option<FiscalNumber> = booked.rn.as_deref().and_then(|rn| rn.parse().ok());
        let Some(sealed) = number.and_then(|number| self.sealed.get(&number)) else { return };
        let original = sealed.original.map(|original| self.books.get(&original).map(|one| &one.named.code));
        let is_right = match (original, &booked.reference) {
            (None, None) => true,
            (Some(Some(code)), Some(reference)) => code == reference,
            _ => false,
        };
        if !is_right {
            let (number, reference) = (sealed.fiscal, &booked.reference);
            self.wrong(format!("{number}: finalised as a credit note of {reference:?}, not of {original:?}"));
        }
    }

    /// How an invoice stands is explained, and true by the books.
    fn invoice(&mut self, sealed: &Sealed) {
        let number = sealed.fiscal;
        let counts = &mut self.verdict.counts;
        counts.invoices += 1;
        counts.credit_notes += u64::from(sealed.original.is_some());
        let booked = self.books.get(&number).map(|booked| &booked.named);
        let Some(standing) = self.standings.get(&number).copied() else {
            return self.moving(format!("{number}: the cloud does not list it"));
        };
        let is_noted = self.notes.contains_key(&sealed.hash);
        if is_noted && standing.state != State::Synced {
            self.wrong(format!("{number}: {:?}, and the ledger notes a code", standing.state));
        }
        match standing.state {
            State::Synced => self.synced(sealed, standing, booked),
            State::SyncedWithoutCode if booked.is_some() => self.verdict.counts.without_code += 1,
            State::SyncedWithoutCode => {
                self.wrong(format!("{number}: SYNCED_WITHOUT_CODE, and not in the authority's books"));
            }
            State::Ambiguous => self.ambiguous(standing, booked.is_some()),
            State::Retry if WAITS.contains(&standing.cause.as_str()) => {
                self.waits(sealed, standing, booked.is_some());
            }
            State::Pending | State::Submitted | State::Retry => {
                self.moving(format!("{number}: {:?} by {}", standing.state, standing.cause));
            }
            State::Failed | State::Differs | State::Withdrawn => {
                let Standing { state, cause, .. } = standing;
                self.wrong(format!("{number}: {state:?} by {cause}, which nothing here explains"));
            }
        }
    }

    fn synced(&mut self, sealed: &Sealed, standing: &Standing, booked: Option<&Named>) {
        let number = sealed.fiscal;
        self.verdict.counts.synced += 1;
        match (&standing.elements, booked) {
            (Some(ours), Some(theirs)) if ours == theirs => {}
            (ours, theirs) => {
                self.wrong(format!("{number}: SYNCED as {ours:?}, in the authority's books as {theirs:?}"));
            }
        }
        match self.notes.get(&sealed.hash).map(Vec::as_slice) {
            None | Some([]) => self.moving(format!("{number}: SYNCED, and the ledger does not note it")),
            Some([note]) if standing.elements.as_ref() == Some(*note) => {}
            Some(notes) => {
                let what = format!("{number}: the ledger notes {notes:?}, not {:?}", standing.elements);
                self.wrong(what);
            }
        }
    }

    fn ambiguous(&mut self, standing: &Standing, is_booked: bool) {
        let cause = standing.doubt.as_ref().map_or("no doubt", |doubt| doubt.cause.as_str());
        if !LASTING.contains(&cause) {
            return self.moving(format!("{}: AMBIGUOUS by {cause}", standing.fiscal));
        }
        let counts = &mut self.verdict.counts;
        let count = if is_booked { &mut counts.ambiguous_finalised } else { &mut counts.ambiguous_not };
        *count += 1;
    }

    /// For an original that is not synced itself; and nothing of it is at the authority.
    fn waits(&mut self, sealed: &Sealed, standing: &Standing, is_booked: bool) {
        let number = sealed.fiscal;
        if is_booked {
            self.wrong(format!("{number}: it waits by {}, and was finalised", standing.cause));
        }
        let original = sealed.original.and_then(|original| self.standings.get(&original));
        match original.map(|original| original.state) {
            Some(State::Ambiguous | State::SyncedWithoutCode) => {
                self.verdict.counts.waiting += 1;
            }
            state => self.moving(format!("{number}: {} and its original is {state:?}", standing.cause)),
        }
    }
}
