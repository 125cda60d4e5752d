//! What credit notes name by the other system's number.

use std::collections::BTreeMap;

use super::{
    check::key,
    column::Column,
    entry::{Entry, Fate, SealedAs},
    http::Client,
    place::{Place, sealed_under},
    refusal::Refusal,
};

/// Invoices that credit notes of the file name.
pub(super) struct Originals {
    /// Where in the file each invoice is.
    places: BTreeMap<String, usize>,
    /// Those that were sealed from another file.
    earlier: BTreeMap<String, Option<SealedAs>>,
}

impl Originals {
    /// Refuses credit notes whose original is not to be had. One that is in no earlier row may be sealed from another file.
    pub(super) fn find(entries: &mut [Entry], client: &Client, place: &Place) -> anyhow::Result<Self> {
        let places = entries.iter().enumerate().map(|(index, entry)| (entry.number.clone(), index)).collect();
        let mut found = Self { places, earlier: BTreeMap::new() };
        for index in 0..entries.len() {
            let Some(number) = named(entries, index) else { continue };
            let refusal = match found.place_of(&number) {
                Some(original) => refusal(entries, index, original),
                None => found.look_up(&number, client, place)?,
            };
            if let (Some(refusal), Some(entry)) = (refusal, entries.get_mut(index)) {
                entry.fate = Fate::Refused(refusal);
            }
        }
        Ok(found)
    }

    /// Where in the file a number is.
    pub(super) fn place_of(&self, number: &str) -> Option<usize> {
        self.places.get(number).copied()
    }

    /// What a credit note names, once all before it is sent.
    pub(super) fn seal<'a>(&'a self, number: &str, entries: &'a [Entry]) -> Result<&'a SealedAs, Refusal> {
        let sealed = match self.place_of(number).and_then(|place| entries.get(place)) {
            Some(Entry { fate: Fate::Sealed { seal, .. }, .. }) => Some(seal),
            Some(_) => None,
            None => self.earlier.get(number).and_then(Option::as_ref),
        };
        sealed.ok_or_else(|| not_sealed(number))
    }

    fn look_up(&mut self, number: &str, client: &Client, place: &Place) -> anyhow::Result<Option<Refusal>> {
        if !self.earlier.contains_key(number) {
            let sealed = sealed_under(client, place.outlet, &key(&place.outlet.to_string(), number))?;
            self.earlier.insert(number.to_owned(), sealed);
        }
        let is_sealed = self.earlier.get(number).is_some_and(Option::is_some);
        Ok((!is_sealed).then(|| {
            let said = format!(
                "{number:?} is neither in this file nor imported before: put it first, or name its fiscal number and \
                 original_code"
            );
            Refusal::new("original_unknown", Column::Original.name(), said)
        }))
    }
}

fn named(entries: &[Entry], index: usize) -> Option<String> {
    match entries.get(index).map(|entry| &entry.fate) {
        Some(Fate::Unsent(good)) => good.original.clone(),
        _ => None,
    }
}

fn refusal(entries: &[Entry], index: usize, original: usize) -> Option<Refusal> {
    let original = entries.get(original).filter(|_| original < index);
    match original {
        None => {
            let said = "its original comes later in the file, or is itself: put the original first";
            Some(Refusal::new("original_later", Column::Original.name(), said))
        }
        Some(Entry { number, fate: Fate::Refused(_), .. }) => Some(not_sealed(number)),
        Some(_) => None,
    }
}

fn not_sealed(number: &str) -> Refusal {
    let said = format!("its original {number:?} is refused: mend that, and import the file again");
    Refusal::new("original_refused", Column::Original.name(), said)
}
