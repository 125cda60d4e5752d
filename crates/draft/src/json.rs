//! JSON one level at a time: what stands inside a value is looked at only when its member is read, so that nothing is
//! ever deeper than a payload is, and a number is still the text that was sent.

use std::{fmt, str::FromStr};

use fiscal::{Fault, Member, Path, Reason, Text};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::{DraftFault, decimal::Decimal};

/// Some JSON that is well-formed, and where in the draft it stands.
#[derive(Clone, Copy)]
pub(crate) struct Value<'a> {
    json: &'a str,
    path: Path,
}

impl<'a> Value<'a> {
    /// A whole text; that it is JSON, to its last byte, is seen here and without descending into it.
    pub(crate) fn whole(text: &'a str) -> Result<Self, DraftFault> {
        let raw: &RawValue = serde_json::from_str(text)
            .map_err(|fault| DraftFault::NotJson { line: fault.line(), column: fault.column() })?;
        Ok(Self { json: raw.get(), path: Path::ROOT })
    }

    pub(crate) const fn path(&self) -> Path {
        self.path
    }

    /// The fault of this value that breaks a rule of the payload.
    pub(crate) fn breaks(&self, reason: Reason) -> DraftFault {
        DraftFault::Payload(Fault { path: self.path, reason })
    }

    /// The fault of this value that has not even a form that only drafts have.
    pub(crate) fn malformed(&self, reason: Reason) -> DraftFault {
        DraftFault::Form(Fault { path: self.path, reason })
    }

    /// The members of an object: each one of `known`, and none twice.
    pub(crate) fn object(self, known: &'static [Member]) -> Result<Object<'a>, DraftFault> {
        if !self.json.starts_with('{') {
            return Err(self.breaks(Reason::ObjectExpected));
        }
        let mut reader = serde_json::Deserializer::from_str(self.json);
        let named = Members(known).deserialize(&mut reader).map_err(|_| DraftFault::Escape(self.path))?;
        let mut members = Vec::with_capacity(named.len());
        for (name, json) in named {
            let member = match name {
                Name::Known(member) => member,
                Name::Unknown(name) => return Err(self.unknown(&name)),
            };
            let value = Value { json, path: self.path.member(member) };
            if members.iter().any(|(other, _)| *other == member) {
                return Err(value.breaks(Reason::MemberTwice));
            }
            members.push((member, value));
        }
        Ok(Object { path: self.path, members })
    }

    /// The elements of an array of at most `most`.
    pub(crate) fn array<T>(
        self,
        most: usize,
        past: Reason,
        mut read: impl FnMut(Value<'a>) -> Result<T, DraftFault>,
    ) -> Result<Vec<T>, DraftFault> {
        let elements = self.elements()?;
        if elements.len() > most {
            return Err(self.breaks(past));
        }
        elements
            .into_iter()
            .enumerate()
            .map(|(index, raw)| read(Value { json: raw.get(), path: self.path.element(index) }))
            .collect()
    }

    /// A pair of strings, of which the second may be empty.
    pub(crate) fn pair(self) -> Result<(String, Option<String>), DraftFault> {
        let elements = self.elements()?;
        let [name, value] = elements[..] else { return Err(DraftFault::NotPair(self.path)) };
        let part = |raw: &'a RawValue| Value { json: raw.get(), path: self.path };
        Ok((part(name).text()?, part(value).text_or_none()?))
    }

    fn elements(&self) -> Result<Vec<&'a RawValue>, DraftFault> {
        if !self.json.starts_with('[') {
            return Err(self.breaks(Reason::ArrayExpected));
        }
        // It is known to be JSON, and raw values are not looked into.
        serde_json::from_str(self.json).map_err(|_| self.breaks(Reason::ArrayExpected))
    }

    fn string(self) -> Result<String, DraftFault> {
        if !self.json.starts_with('"') {
            return Err(self.breaks(Reason::StringExpected));
        }
        // It is known to be JSON; only a surrogate without its other half is still wrong.
        serde_json::from_str(self.json).map_err(|_| DraftFault::Escape(self.path))
    }

    /// A string that a payload has in one form only.
    pub(crate) fn parsed<T: FromStr<Err = Reason>>(self) -> Result<T, DraftFault> {
        self.string()?.parse().map_err(|reason| self.breaks(reason))
    }

    /// A string that keeps a rule.
    pub(crate) fn checked(self, rule: impl FnOnce(&str) -> Result<(), Reason>) -> Result<String, DraftFault> {
        let string = self.string()?;
        rule(&string).map_err(|reason| self.breaks(reason))?;
        Ok(string)
    }

    /// A string in one of the forms that only drafts have.
    pub(crate) fn string_as<T>(
        self,
        otherwise: Reason,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, DraftFault> {
        read(&self.string()?).ok_or_else(|| self.malformed(otherwise))
    }

    /// A text that says something.
    pub(crate) fn text(self) -> Result<String, DraftFault> {
        self.text_or_none()?.ok_or_else(|| self.breaks(Reason::TextEmpty))
    }

    /// A text, or nothing of an empty string.
    pub(crate) fn text_or_none(self) -> Result<Option<String>, DraftFault> {
        let text = self.checked(|text| if text.is_empty() { Ok(()) } else { Text::new(text).map(|_| ()) })?;
        Ok((!text.is_empty()).then_some(text))
    }

    /// A decimal, as a number or as a string.
    pub(crate) fn decimal<T: Decimal>(self) -> Result<T, DraftFault> {
        let read = if self.json.starts_with('"') { T::read(&self.string()?) } else { T::read(self.json) };
        read.map_err(|reason| self.malformed(reason))
    }

    /// A plain integer.
    pub(crate) fn integer<T>(
        self,
        otherwise: Reason,
        read: impl FnOnce(u64) -> Option<T>,
    ) -> Result<T, DraftFault> {
        self.json.parse().ok().and_then(read).ok_or_else(|| self.breaks(otherwise))
    }

    /// The fault of a member that no object here has. Its name is whatever somebody sent: as much of it as can be read.
    #[cold]
    fn unknown(&self, name: &str) -> DraftFault {
        const SHOWN: usize = 40;
        let printable = |character: char| {
            let known = Text::new(character.encode_utf8(&mut [0; 4])).is_ok();
            if known { character } else { char::REPLACEMENT_CHARACTER }
        };
        let name: String = name.chars().take(SHOWN).map(printable).collect();
        let point = if self.path == Path::ROOT { "" } else { "." };
        DraftFault::MemberUnknown { member: format!("{}{point}{name}", self.path) }
    }
}

/// An object whose members are known ones.
pub(crate) struct Object<'a> {
    path: Path,
    members: Vec<(Member, Value<'a>)>,
}

impl<'a> Object<'a> {
    /// Reads a member that has to be there.
    pub(crate) fn required<T>(
        &self,
        member: Member,
        read: impl FnOnce(Value<'a>) -> Result<T, DraftFault>,
    ) -> Result<T, DraftFault> {
        self.optional(member, read)?.ok_or_else(|| DraftFault::Missing(self.path.member(member)))
    }

    /// Reads a member if it is there.
    pub(crate) fn optional<T>(
        &self,
        member: Member,
        read: impl FnOnce(Value<'a>) -> Result<T, DraftFault>,
    ) -> Result<Option<T>, DraftFault> {
        let found = self.members.iter().find(|(known, _)| *known == member);
        found.map(|(_, value)| read(*value)).transpose()
    }

    /// How many members there are.
    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }
}

/// Reads an object's names and leaves its values unread.
struct Members(&'static [Member]);

enum Name {
    Known(Member),
    Unknown(String),
}

impl<'a> DeserializeSeed<'a> for Members {
    type Value = Vec<(Name, &'a str)>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Members {
    type Value = Vec<(Name, &'a str)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(name) = map.next_key_seed(OneOf(self.0))? {
            members.push((name, map.next_value::<&RawValue>()?.get()));
            // One more than there are is unknown or doubled.
            if members.len() > self.0.len() {
                while map.next_entry::<serde::de::IgnoredAny, &RawValue>()?.is_some() {}
                break;
            }
        }
        Ok(members)
    }
}

/// Reads a name.
struct OneOf(&'static [Member]);

impl<'a> DeserializeSeed<'a> for OneOf {
    type Value = Name;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Name, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for OneOf {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member's name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Name, E> {
        let known = self.0.iter().find(|member| member.name() == name);
        Ok(known.map_or_else(|| Name::Unknown(name.to_owned()), |member| Name::Known(*member)))
    }
}
