//! Reading JSON liberally: members in any order and case, unknown ones ignored, numbers as numbers or strings, null as
//! absent. Numbers are taken as the digits that were written.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fmt,
    str::FromStr,
};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::{AuthorityTime, CallFault, Figure};

/// An object of an answer.
pub(crate) struct Object<'a>(BTreeMap<String, &'a str>);

/// Reads an object, with or without a byte-order mark before it. One that says two things under one name, in letters of
/// whatever case, contradicts itself and is malformed.
pub(crate) fn object(body: &str) -> Result<Object<'_>, CallFault> {
    let Members { all, is_contradictory } = read(body)?;
    if is_contradictory { Err(CallFault::Malformed) } else { Ok(Object(all)) }
}

/// Reads an object of which nothing may be lost: of two members of one name the first counts.
pub(crate) fn lenient(body: &str) -> Result<Object<'_>, CallFault> {
    let Members { all, .. } = read(body)?;
    Ok(Object(all))
}

/// The members of an object by their names in small letters.
#[derive(Default)]
struct Members<'a> {
    all: BTreeMap<String, &'a str>,
    is_contradictory: bool,
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Members::default();
        while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
            match members.all.entry(name.to_ascii_lowercase()) {
                Entry::Vacant(free) => {
                    free.insert(value.get());
                }
                Entry::Occupied(taken) => members.is_contradictory |= *taken.get() != value.get(),
            }
        }
        Ok(members)
    }
}

/// Reads an array: the text of each element.
pub(crate) fn elements(body: &str) -> Result<Vec<&str>, CallFault> {
    let elements: Vec<&RawValue> = read(body)?;
    Ok(elements.into_iter().map(RawValue::get).collect())
}

fn read<'a, T: serde::Deserialize<'a>>(body: &'a str) -> Result<T, CallFault> {
    serde_json::from_str(body.trim_start_matches('\u{FEFF}')).map_err(|_| CallFault::Malformed)
}

impl<'a> Object<'a> {
    /// The first of these members that is there and is not null.
    pub(crate) fn raw(&self, names: &[&str]) -> Option<&'a str> {
        let mut found = names.iter().filter_map(|name| self.0.get(&name.to_ascii_lowercase()).copied());
        found.find(|value| *value != "null")
    }

    /// A text, or a number or a truth value as it was written. Empty texts, objects and arrays are none.
    pub(crate) fn text(&self, names: &[&str]) -> Option<String> {
        let raw = self.raw(names)?;
        let text = match raw.as_bytes().first()? {
            b'"' => serde_json::from_str::<String>(raw).ok()?.trim().to_owned(),
            b'{' | b'[' => return None,
            _ => raw.to_owned(),
        };
        (!text.is_empty()).then_some(text)
    }

    /// A text of a form; one of another form is none.
    pub(crate) fn parsed<T: FromStr>(&self, names: &[&str]) -> Option<T> {
        self.text(names)?.parse().ok()
    }

    /// A time.
    pub(crate) fn time(&self, names: &[&str]) -> Option<AuthorityTime> {
        AuthorityTime::new(&self.text(names)?)
    }

    /// A number, or a string of one. What is there and is no number is a fault: nobody guesses amounts.
    pub(crate) fn figure(&self, names: &[&str]) -> Result<Option<Figure>, CallFault> {
        let Some(raw) = self.raw(names) else { return Ok(None) };
        if raw == "\"\"" {
            return Ok(None);
        }
        let text = self.text(names).ok_or(CallFault::Malformed)?;
        text.parse().map(Some).map_err(|_| CallFault::Malformed)
    }

    /// The elements of the first of these members that is an array.
    pub(crate) fn any_list(&self, names: &[&str]) -> Option<Vec<&'a str>> {
        names.iter().filter_map(|name| self.raw(&[name])).find_map(|raw| elements(raw).ok())
    }
}
