use fiscal::{CivilDate, GroupCode, ManifestGroup};

use super::{ManifestBook, ManifestFault};

impl ManifestBook {
    /// Whether this may take the place of `old`: it is the next version, and leaves what holds on `today` and held before
    /// as it is, each group's rate, letter, invoice types and client classes. Names may change.
    ///
    /// `today` is the day where it is latest among all outlets: what a sale may have been sealed under is past.
    pub fn follows(&self, old: &Self, today: CivilDate) -> Result<(), ManifestFault> {
        if old.version.checked_add(1) != Some(self.version) {
            return Err(ManifestFault::NotNext { held: old.version, found: self.version });
        }
        // Between two days on which some entry begins nothing changes.
        let entries = || self.groups.iter().chain(&old.groups).filter(|entry| entry.valid_from <= today);
        let mut days: Vec<(CivilDate, GroupCode)> =
            entries().map(|entry| (entry.valid_from, entry.code)).collect();
        days.sort();
        for (day, code) in days {
            let (before, after) = (old.as_manifest(), self.as_manifest());
            let differs = match (before.group_on(code, day), after.group_on(code, day)) {
                (Some(before), Some(after)) => difference(before, after),
                (None, None) => None,
                _ => Some("valid_from"),
            };
            if let Some(member) = differs {
                return Err(ManifestFault::Past { code, day, member });
            }
        }
        Ok(())
    }
}

/// The first member by which two entries differ for a sale.
fn difference(one: &ManifestGroup<'_>, other: &ManifestGroup<'_>) -> Option<&'static str> {
    if !one.rate.same_value(other.rate) {
        return Some("rate");
    }
    if one.letter != other.letter {
        return Some("letter");
    }
    if !same_set(one.invoice_types, other.invoice_types) {
        return Some("invoice_types");
    }
    (!same_set(one.classifications, other.classifications)).then_some("classifications")
}

fn same_set<T: PartialEq>(one: &[T], other: &[T]) -> bool {
    one.iter().all(|item| other.contains(item)) && other.iter().all(|item| one.contains(item))
}
