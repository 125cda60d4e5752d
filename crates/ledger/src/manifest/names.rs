//! What entries name is kept for as long as the process runs, each once: a manifest is data of the whole process, and there
//! are few. So an entry can be lent as the rules take it, without being made anew for each batch of sales.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use fiscal::{Classification, InvoiceType};

static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
static TYPES: Mutex<Vec<&'static [InvoiceType]>> = Mutex::new(Vec::new());
static CLASSES: Mutex<Vec<&'static [Classification]>> = Mutex::new(Vec::new());

/// A name of a group.
pub(super) fn name(text: &str) -> &'static str {
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(text) {
        return known;
    }
    let kept: &'static str = Box::leak(text.into());
    names.insert(kept);
    kept
}

/// A list of invoice types: one of the few that there can be.
pub(super) fn types(named: &[InvoiceType]) -> &'static [InvoiceType] {
    listed(&TYPES, InvoiceType::ALL, named)
}

/// A list of client classes: one of the few that there can be.
pub(super) fn classes(named: &[Classification]) -> &'static [Classification] {
    listed(&CLASSES, Classification::ALL, named)
}

/// In the order of all, each once, so that there are no more lists than sets.
fn listed<T: Copy + PartialEq>(
    kept: &Mutex<Vec<&'static [T]>>,
    all: &'static [T],
    named: &[T],
) -> &'static [T] {
    let list: Vec<T> = all.iter().copied().filter(|one| named.contains(one)).collect();
    if list.len() == all.len() {
        return all;
    }
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = kept.iter().find(|known| **known == list) {
        return known;
    }
    let list: &'static [T] = Box::leak(list.into());
    kept.push(list);
    list
}
