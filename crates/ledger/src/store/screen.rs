//! What can be said of parts before a database is asked.

use std::collections::BTreeSet;

use super::{Append, AppendFault, Appended, StoreFault};
use crate::{Place, Row};

/// Whether a row is a sale that the ledger itself seals: its hash may not be there yet. The epoch is not asked: a part may
/// hold sales of the old one before the record that opens the new.
pub(crate) fn is_own_sale(part: &Append, row: &Row) -> bool {
    row.is_invoice() && row.place.chain.signer == part.head.chain.signer
}

/// The answers that the parts have of themselves: an outlet's second part comes after the turn of the first, a part that
/// seals a sale or uses a key twice knows it already, and of two records in one place neither is believed.
pub(super) fn screen(parts: &[Append]) -> Result<Vec<Option<Appended>>, AppendFault> {
    let mut outlets = BTreeSet::new();
    let mut answers = Vec::with_capacity(parts.len());
    for part in parts {
        let outlet = part.head.chain.outlet;
        let own = part.rows.iter().all(|row| row.place.chain.outlet == outlet)
            && part.keys.iter().all(|key| key.place.chain.outlet == outlet)
            && part.unfit.iter().all(|unfit| unfit.outlet == outlet)
            && part.acts.iter().all(|act| act.outlet == Some(outlet));
        if !own {
            let fault = StoreFault::Corrupt(format!("a record of another outlet was offered to {outlet}"));
            return Err(AppendFault::NotDone(fault));
        }
        answers.push(if !outlets.insert(outlet) {
            Some(Appended::Overtaken)
        } else if repeats(part) {
            Some(Appended::Known)
        } else if !differ(part.rows.iter().map(|row| row.place)) {
            Some(Appended::Corrupt)
        } else {
            None
        });
    }
    Ok(answers)
}

fn repeats(part: &Append) -> bool {
    let mut sales = BTreeSet::new();
    let mut keys = BTreeSet::new();
    part.rows
        .iter()
        .filter(|row| row.is_invoice())
        .any(|row| !sales.insert((row.stamped, row.hash)) && is_own_sale(part, row))
        || part.keys.iter().any(|row| !keys.insert(&row.key))
}

fn differ(mut places: impl Iterator<Item = Place>) -> bool {
    let mut seen = BTreeSet::new();
    places.all(|place| seen.insert(place))
}
