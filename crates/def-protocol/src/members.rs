//! Reads objects whose members are strings, whole numbers, and yes or no: what requests are, and records that are read again.
//!
//! All are read in one way, and not each as a type of its own, so that a device has one copy of it.

use core::{fmt, str::FromStr};

use serde::{
    Deserializer as _,
    de::{self, IgnoredAny, MapAccess, Visitor},
};
use serde_json_core::{
    de::Deserializer,
    str::{EscapedStr, EscapedStringFragment},
};

/// The longest name of a member, in bytes.
const NAME: usize = 32;

/// Reads an object with nothing after it and with these members and no others, in any order; none when it is not so.
pub fn members<const N: usize>(object: &[u8], wanted: [Member; N]) -> Option<[Given<'_>; N]> {
    let mut given = [Given::Nothing; N];
    read(object, &wanted, Others::Refused, &mut given)?;
    Some(given)
}

/// The same for an object that may have other members.
pub fn some_members<const N: usize>(object: &[u8], wanted: [Member; N]) -> Option<[Given<'_>; N]> {
    let mut given = [Given::Nothing; N];
    read(object, &wanted, Others::Ignored, &mut given)?;
    Some(given)
}

/// A member that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Member {
    /// A string, of this name.
    Text(&'static str),
    /// A whole number, of this name.
    Number(&'static str),
    /// Yes or no, of this name.
    Flag(&'static str),
}

impl Member {
    const fn name(self) -> &'static str {
        match self {
            Self::Text(name) | Self::Number(name) | Self::Flag(name) => name,
        }
    }
}

/// For a string that has escapes, of which only a PEM has many.
pub type Room = heapless::String<512>;

/// What an object says of a member.
#[derive(Clone, Copy, Debug)]
pub enum Given<'a> {
    /// It does not have it.
    Nothing,
    /// `null`
    Null,
    /// As it stands between the quotes.
    Text(EscapedStr<'a>),
    /// A whole number.
    Number(u64),
    /// `true` or `false`
    Flag(bool),
}

impl<'a> Given<'a> {
    /// A string that has no escapes, where it stands.
    pub fn plain(self) -> Option<&'a str> {
        match self {
            Self::Text(EscapedStr(text)) if !text.contains('\\') => Some(text),
            _ => None,
        }
    }

    /// A string without its escapes, where it stands or in some room.
    pub fn text<'t>(self, room: &'t mut Room) -> Option<&'t str>
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
    pub fn parsed<T: FromStr>(self) -> Option<T> {
        self.text(&mut Room::new())?.parse().ok()
    }

    /// A whole number.
    pub const fn number(self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    /// Yes or no.
    pub const fn flag(self) -> Option<bool> {
        match self {
            Self::Flag(flag) => Some(flag),
            _ => None,
        }
    }

    /// Something that may be missing or null; none when it is there and cannot be read.
    pub fn optional<T>(self, read: impl FnOnce(Self) -> Option<T>) -> Option<Option<T>> {
        match self {
            Self::Nothing | Self::Null => Some(None),
            given => read(given).map(Some),
        }
    }
}

/// Members that are not asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Others {
    Refused,
    Ignored,
}

fn read<'a>(object: &'a [u8], wanted: &[Member], others: Others, given: &mut [Given<'a>]) -> Option<()> {
    let mut name = [0; NAME];
    let mut json = Deserializer::new(object, Some(&mut name));
    json.deserialize_map(Object { wanted, others, given }).ok()?;
    json.end().ok().map(|_| ())
}

struct Object<'m, 'a> {
    wanted: &'m [Member],
    others: Others,
    given: &'m mut [Given<'a>],
}

impl<'a> Visitor<'a> for Object<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with the members that it may have, each once")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(place) = map.next_key_seed(Name(self.wanted))? {
            let (member, given) = match place.and_then(|at| self.wanted.get(at).zip(self.given.get_mut(at))) {
                Some((member, given @ Given::Nothing)) => (member, given),
                None if self.others == Others::Ignored => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
                _ => return Err(de::Error::custom("a member that there may not be")),
            };
            let value = match member {
                Member::Text(_) => map.next_value::<Option<EscapedStr<'a>>>()?.map(Given::Text),
                Member::Number(_) => map.next_value::<Option<u64>>()?.map(Given::Number),
                Member::Flag(_) => map.next_value::<Option<bool>>()?.map(Given::Flag),
            };
            *given = value.unwrap_or(Given::Null);
        }
        Ok(())
    }
}

/// Finds the place of a member by its name.
struct Name<'m>(&'m [Member]);

impl<'a> de::DeserializeSeed<'a> for Name<'_> {
    type Value = Option<usize>;

    fn deserialize<D: serde::Deserializer<'a>>(self, name: D) -> Result<Option<usize>, D::Error> {
        name.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Option<usize>, E> {
        Ok(self.0.iter().position(|member| member.name() == name))
    }
}
