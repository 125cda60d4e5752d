//! The list of tax groups as a file has it.

use std::{collections::BTreeMap, str::FromStr};

use fiscal::{Classification, DgiLetter, InvoiceType, ManifestGroup, Rate, Reason, Text};
use serde::{Deserialize, Serialize};

use super::{ManifestBook, ManifestFault, names};

/// A tax group as the file has it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    code: String,
    letter: String,
    french: String,
    english: String,
    rate: String,
    valid_from: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    invoice_types: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    classifications: Option<Vec<String>>,
}

pub(super) fn read(text: &str) -> Result<Vec<ManifestGroup<'static>>, ManifestFault> {
    let written: Vec<Written> =
        serde_json::from_str(text).map_err(|fault| ManifestFault::Form(fault.to_string()))?;
    match written.len() {
        0 => return Err(ManifestFault::Empty),
        count if count > ManifestBook::MAX_ENTRIES => return Err(ManifestFault::TooLong(count)),
        _ => {}
    }
    // All of it is right before any of it is kept.
    let groups = (1..).zip(&written).map(|(entry, written)| written.read(entry));
    let groups: Vec<_> = groups.collect::<Result<_, _>>()?;
    refuse_twice(&groups)?;
    Ok(groups.into_iter().map(kept).collect())
}

/// Of two entries for one day nobody could say which was meant.
fn refuse_twice(entries: &[Entry<'_>]) -> Result<(), ManifestFault> {
    let mut days = BTreeMap::new();
    for (entry, Entry { group, .. }) in (1..).zip(entries) {
        if let Some(first) = days.insert((group.code, group.valid_from), entry) {
            let reason = format!("entry {first} is of this group and day already: keep one of them");
            return Err(ManifestFault::Entry { entry, member: "valid_from", reason });
        }
    }
    Ok(())
}

pub(super) fn write(groups: &[ManifestGroup<'_>]) -> String {
    let written: Vec<Written> = groups.iter().map(Written::of).collect();
    // Texts always serialise.
    serde_json::to_string(&written).unwrap_or_default()
}

/// An entry that is right.
struct Entry<'w> {
    group: ManifestGroup<'w>,
    types: Vec<InvoiceType>,
    classes: Vec<Classification>,
}

fn kept(entry: Entry<'_>) -> ManifestGroup<'static> {
    let ManifestGroup { code, letter, french, english, rate, valid_from, .. } = entry.group;
    ManifestGroup {
        code,
        letter,
        french: names::name(french),
        english: names::name(english),
        rate,
        valid_from,
        invoice_types: names::types(&entry.types),
        classifications: names::classes(&entry.classes),
    }
}

impl Written {
    fn read(&self, entry: usize) -> Result<Entry<'_>, ManifestFault> {
        let wrong = |member| move |reason: String| ManifestFault::Entry { entry, member, reason };
        let group = ManifestGroup {
            code: parsed(&self.code).map_err(wrong("code"))?,
            letter: letter(&self.letter).map_err(wrong("letter"))?,
            french: named(&self.french).map_err(wrong("french"))?,
            english: named(&self.english).map_err(wrong("english"))?,
            rate: rate(&self.rate).map_err(wrong("rate"))?,
            valid_from: parsed(&self.valid_from).map_err(wrong("valid_from"))?,
            invoice_types: &[],
            classifications: &[],
        };
        let types =
            all_of(self.invoice_types.as_deref(), InvoiceType::ALL).map_err(wrong("invoice_types"))?;
        let classes =
            all_of(self.classifications.as_deref(), Classification::ALL).map_err(wrong("classifications"))?;
        Ok(Entry { group, types, classes })
    }

    fn of(group: &ManifestGroup<'_>) -> Self {
        let types = group.invoice_types;
        let classes = group.classifications;
        let not_all = |listed: usize, all: usize| listed != all;
        Self {
            code: group.code.to_string(),
            letter: group.letter.as_char().to_string(),
            french: group.french.to_owned(),
            english: group.english.to_owned(),
            rate: group.rate.to_string(),
            valid_from: group.valid_from.to_string(),
            invoice_types: not_all(types.len(), InvoiceType::ALL.len())
                .then(|| types.iter().map(|one| one.name().to_owned()).collect()),
            classifications: not_all(classes.len(), Classification::ALL.len())
                .then(|| classes.iter().map(|one| one.name().to_owned()).collect()),
        }
    }
}

fn parsed<T: FromStr<Err = Reason>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|reason: Reason| reason.to_string())
}

/// A tax is at most what is taxed: 16 for 0.16 is a slip.
fn rate(text: &str) -> Result<Rate, String> {
    let rate: Rate = parsed(text)?;
    let whole = text.split('.').next().unwrap_or_default();
    let is_fraction = whole == "0" || rate.same_value(Rate::percent(100));
    if is_fraction {
        Ok(rate)
    } else {
        Err("a fraction of at most 1.00 is expected: 16 % is 0.16".to_owned())
    }
}

fn letter(text: &str) -> Result<DgiLetter, String> {
    let letter = if let [letter] = text.as_bytes() { DgiLetter::new(*letter) } else { None };
    letter.ok_or_else(|| "one letter from A to P".to_owned())
}

fn named(text: &str) -> Result<&str, String> {
    Text::new(text).map_err(|reason| reason.to_string())?;
    if text.len() > ManifestBook::MAX_NAME {
        return Err(format!("at most {} bytes, as many as a device keeps", ManifestBook::MAX_NAME));
    }
    Ok(text)
}

/// Those that are named, or all.
fn all_of<T: FromStr<Err = Reason> + Copy>(named: Option<&[String]>, all: &[T]) -> Result<Vec<T>, String> {
    named.map_or_else(|| Ok(all.to_vec()), |named| named.iter().map(|name| parsed(name)).collect())
}
