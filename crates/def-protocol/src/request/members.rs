//! What an object says of the members that a command takes: read in one way for all commands, so that a device has
//! one copy of it.

use core::{fmt, str::FromStr};

use serde::{
    Deserializer as _,
    de::{self, MapAccess, Visitor},
};
use serde_json_core::{
    de::{Deserializer, Error},
    str::{EscapedStr, EscapedStringFragment},
};

/// For a string that has escapes: only a PEM does.
pub(super) type Room = heapless::String<512>;

/// A member by its name, with what the object says of it.
pub(super) struct Member<'a> {
    name: &'static str,
    is_number: bool,
    pub(super) given: Given<'a>,
}

/// A member that is a string.
pub(super) const fn text<'a>(name: &'static str) -> Member<'a> {
    Member { name, is_number: false, given: Given::Nothing }
}

/// A member that is a whole number.
pub(super) const fn number<'a>(name: &'static str) -> Member<'a> {
    Member { name, is_number: true, given: Given::Nothing }
}

/// What an object says of a member.
#[derive(Clone, Copy)]
pub(super) enum Given<'a> {
    Nothing,
    Null,
    /// As it stands between the quotes.
    Text(EscapedStr<'a>),
    Number(u64),
}

impl<'a> Given<'a> {
    /// A string that has no escapes, where it stands.
    pub(super) fn plain(self) -> Option<&'a str> {
        match self {
            Self::Text(EscapedStr(text)) if !text.contains('\\') => Some(text),
            _ => None,
        }
    }

    /// A string without its escapes, where it stands or in some room.
    pub(super) fn text<'t>(self, room: &'t mut Room) -> Option<&'t str>
    where
        'a: 't,
    {
        let Self::Text(text) = self else { return None };
        if let Some(plain) = self.plain() {
            return Some(plain);
        }
        for fragment in text.fragments() {
            match fragment.ok()? {
                EscapedStringFragment::NotEscaped(text) => room.push_str(text).ok()?,
                EscapedStringFragment::Escaped(character) => room.push(character).ok()?,
            }
        }
        Some(room)
    }

    /// A string that stands for something.
    pub(super) fn parsed<T: FromStr>(self) -> Option<T> {
        self.text(&mut Room::new())?.parse().ok()
    }

    /// Something that may be missing or null; none when it is there and cannot be read.
    pub(super) fn optional<T>(self, read: impl FnOnce(Self) -> Option<T>) -> Option<Option<T>> {
        match self {
            Self::Nothing | Self::Null => Some(None),
            given => read(given).map(Some),
        }
    }
}

/// Reads an object with nothing after it, and with these members once at most, in any order, and no others.
pub(super) fn read_members<'a>(object: &'a [u8], members: &mut [Member<'a>]) -> Result<(), Error> {
    let mut name = [0; 32];
    let mut json = Deserializer::new(object, Some(&mut name));
    json.deserialize_map(Object(members))?;
    json.end().map(|_| ())
}

struct Object<'m, 'a>(&'m mut [Member<'a>]);

impl<'a> Visitor<'a> for Object<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the command's members")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(place) = map.next_key_seed(Name(self.0))? {
            let member = &mut self.0[place];
            let given = if member.is_number {
                map.next_value::<Option<u64>>()?.map(Given::Number)
            } else {
                map.next_value::<Option<EscapedStr<'a>>>()?.map(Given::Text)
            };
            member.given = given.unwrap_or(Given::Null);
        }
        Ok(())
    }
}

/// Finds the place of a member that no other was found for before.
struct Name<'m, 'a>(&'m [Member<'a>]);

impl<'a> de::DeserializeSeed<'a> for Name<'_, 'a> {
    type Value = usize;

    fn deserialize<D: serde::Deserializer<'a>>(self, name: D) -> Result<usize, D::Error> {
        name.deserialize_identifier(self)
    }
}

impl<'a> Visitor<'a> for Name<'_, 'a> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of one of the command's members, once")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<usize, E> {
        let new = |member: &Member<'_>| member.name == name && matches!(member.given, Given::Nothing);
        self.0.iter().position(new).ok_or_else(|| E::invalid_value(de::Unexpected::Str(name), &self))
    }
}
