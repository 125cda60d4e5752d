//! A place in a payload, and the small steps that reading takes from there.

use core::str::FromStr;

use crate::{
    fault::{Fault, InMember, Member, Reason},
    ids::MAX_INTEGER,
    text::Text,
};

/// A place in a payload.
#[derive(Clone, Copy)]
pub struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    pub(super) const fn rest(&self) -> &'a str {
        self.rest
    }

    pub(crate) const fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Takes `literal` if it stands here.
    pub(super) fn take(&mut self, literal: &str) -> bool {
        match self.rest.strip_prefix(literal) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Takes `literal`, or says what stands here instead.
    pub(super) fn expect(&mut self, literal: &str, otherwise: Reason) -> Result<(), Reason> {
        if self.take(literal) { Ok(()) } else { Err(self.instead(otherwise)) }
    }

    /// Takes the opening of an object whose first member is `first`.
    pub(super) fn open_object(&mut self) -> Result<(), Fault> {
        self.expect("{", Reason::ObjectExpected).map_err(Fault::whole)
    }

    /// Takes the end of an object; what stands here instead is at fault.
    pub(super) fn close_object(&mut self, members: &[Member]) -> Result<(), Fault> {
        if self.take("}") {
            return Ok(());
        }
        Err(match self.member_here(",\"") {
            Some(name) => Fault::whole(misplaced(name, members, members.len())),
            None => Fault::whole(self.instead(Reason::SeparatorExpected)),
        })
    }

    /// Takes the name of the member `members[index]`, which must come here.
    pub(super) fn member(&mut self, members: &[Member], index: usize) -> Result<(), Fault> {
        let before = *self;
        let expected = members[index];
        if (index == 0 || self.take(",")) && self.take(expected.literal()) {
            return Ok(());
        }
        *self = before;
        let reason = match self.member_here(if index == 0 { "\"" } else { ",\"" }) {
            Some(name) => misplaced(name, members, index),
            None if self.rest.starts_with('}') => Reason::MemberExpected,
            None => self.instead(Reason::MemberExpected),
        };
        Err(Fault::at(expected, reason))
    }

    /// Takes the name of an optional member if it stands here; `first` says that no member came before it.
    pub(super) fn optional_member(&mut self, member: Member, first: bool) -> bool {
        let before = *self;
        if (first || self.take(",")) && self.take(member.literal()) {
            return true;
        }
        *self = before;
        false
    }

    /// Takes a string of ASCII without escapes and makes a `T` of it.
    pub(super) fn parsed<T: FromStr<Err = Reason>>(&mut self, otherwise: Reason) -> Result<T, Reason> {
        self.plain(otherwise)?.parse()
    }

    /// Takes a string without escapes.
    pub(super) fn plain(&mut self, otherwise: Reason) -> Result<&'a str, Reason> {
        let Some(inside) = self.rest.strip_prefix('"') else {
            // A number or a literal where a string belongs is a fault of form; anything else of structure.
            let literal = self.rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-');
            return Err(if literal { otherwise } else { self.instead(Reason::StringExpected) });
        };
        let length = inside.bytes().position(|byte| byte == b'"').ok_or(Reason::Truncated)?;
        let (value, rest) = inside.split_at(length);
        self.rest = &rest[1..];
        Ok(value)
    }

    /// Takes a text, which may be empty.
    pub(super) fn text_or_empty(&mut self) -> Result<Text<'a>, Reason> {
        self.expect("\"", Reason::StringExpected)?;
        let (text, length) = Text::read(self.rest)?;
        self.rest = &self.rest[length + 1..];
        Ok(text)
    }

    /// Takes a text that says something.
    pub(super) fn text(&mut self) -> Result<Text<'a>, Reason> {
        self.text_or_empty().and_then(|text| if text.is_empty() { Err(Reason::TextEmpty) } else { Ok(text) })
    }

    /// Takes a plain integer, at most 2^53 − 1.
    pub(super) fn integer(&mut self) -> Result<u64, Reason> {
        let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let (integer, rest) = self.rest.split_at(digits);
        let plain = digits == 1 || !integer.starts_with('0');
        if integer.is_empty() && rest.is_empty() {
            return Err(Reason::Truncated);
        }
        // More than twenty digits do not parse.
        let value = integer.parse().ok().filter(|value| plain && *value <= MAX_INTEGER);
        self.rest = rest;
        value.ok_or(Reason::IntegerForm)
    }

    /// The name of the member that stands here, if one does.
    fn member_here(&self, opening: &str) -> Option<&'a str> {
        let (name, rest) = self.rest.strip_prefix(opening)?.split_once('"')?;
        rest.starts_with(':').then_some(name)
    }

    /// The reason for something that is not what was expected.
    fn instead(&self, otherwise: Reason) -> Reason {
        match self.rest.trim_start_matches(',').bytes().next() {
            None => Reason::Truncated,
            Some(b' ' | b'\t' | b'\n' | b'\r') => Reason::WhiteSpace,
            Some(_) => otherwise,
        }
    }
}

/// Why the member `name` cannot stand where `members[index]` is expected.
#[cold]
fn misplaced(name: &str, members: &[Member], index: usize) -> Reason {
    let place = Member::named(name).and_then(|found| members.iter().position(|member| *member == found));
    match place {
        None => Reason::MemberUnknown,
        Some(place) if place < index => Reason::MemberTwice,
        Some(_) => Reason::MemberExpected,
    }
}

/// Reads the value of the member `members[index]`.
pub(super) fn value<'a, T>(
    cursor: &mut Cursor<'a>,
    members: &[Member],
    index: usize,
    read: impl FnOnce(&mut Cursor<'a>) -> Result<T, Reason>,
) -> Result<T, Fault> {
    cursor.member(members, index)?;
    read(cursor).at(members[index])
}
