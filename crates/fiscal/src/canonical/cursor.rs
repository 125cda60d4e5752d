//! A place in a payload, and the small steps that reading takes from there.

use core::str::FromStr;

use crate::{
    fault::{Fault, Member, Reason},
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

    /// Takes the opening of an object.
    pub(super) fn open_object(&mut self) -> Result<(), Fault> {
        self.expect("{", Reason::ObjectExpected).map_err(Fault::whole)
    }

    /// Takes the end of an object; what stands here instead is at fault. `empty` says that no member came before it.
    pub(super) fn close_object(&mut self, members: &[Member], empty: bool) -> Result<(), Fault> {
        if self.take("}") { Ok(()) } else { Err(self.instead_of_end(members, empty)) }
    }

    /// Takes the name of the member `members[index]`, which must come here.
    pub(super) fn member(&mut self, members: &[Member], index: usize) -> Result<(), Fault> {
        let before = *self;
        if (index == 0 || self.take(","))
            && members.get(index).is_some_and(|member| self.take(member.literal()))
        {
            return Ok(());
        }
        *self = before;
        Err(self.instead_of_member(members, index))
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

    /// Takes a text, or nothing of an empty string.
    pub(super) fn text_or_none(&mut self) -> Result<Option<Text<'a>>, Reason> {
        self.expect("\"", Reason::StringExpected)?;
        let (text, length) = Text::read(self.rest)?;
        self.rest = &self.rest[length + 1..];
        Ok(text)
    }

    /// Takes a text that says something.
    pub(super) fn text(&mut self) -> Result<Text<'a>, Reason> {
        self.text_or_none()?.ok_or(Reason::TextEmpty)
    }

    /// Takes a plain integer, at most 2^53 − 1.
    pub(super) fn integer(&mut self, otherwise: Reason) -> Result<u64, Reason> {
        let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let (integer, rest) = self.rest.split_at(digits);
        if integer.is_empty() {
            return Err(self.instead(otherwise));
        }
        let plain = (digits == 1 || !integer.starts_with('0')) && !rest.starts_with(['.', 'e', 'E']);
        self.rest = rest;
        // More than twenty digits do not parse.
        integer.parse().ok().filter(|value| plain && *value <= MAX_INTEGER).ok_or(otherwise)
    }

    /// The fault of what stands where `members[index]` must come.
    #[cold]
    fn instead_of_member(&self, members: &[Member], index: usize) -> Fault {
        let Some(&expected) = members.get(index) else { return Fault::whole(Reason::MemberExpected) };
        match self.name_here(index == 0) {
            Name::Spaced => Fault::at(expected, Reason::WhiteSpace),
            Name::Unknown => Fault::whole(Reason::MemberUnknown),
            Name::Known(found) => match members.iter().position(|member| *member == found) {
                None => Fault::whole(Reason::MemberUnknown),
                Some(place) if place < index => Fault::at(found, Reason::MemberTwice),
                Some(_) => Fault::at(expected, Reason::MemberExpected),
            },
            Name::None => Fault::at(expected, self.instead(Reason::MemberExpected)),
        }
    }

    /// The fault of what stands where the object must end. Optional members may be missing before it, so that one
    /// that stands here may be there twice or only too late.
    #[cold]
    fn instead_of_end(&self, members: &[Member], empty: bool) -> Fault {
        match self.name_here(empty) {
            Name::Spaced => Fault::whole(Reason::WhiteSpace),
            Name::Known(found) if members.contains(&found) => Fault::at(found, Reason::MemberMisplaced),
            Name::Known(_) | Name::Unknown => Fault::whole(Reason::MemberUnknown),
            Name::None => Fault::whole(self.instead(Reason::SeparatorExpected)),
        }
    }

    /// The name of the member that stands here, if one does.
    fn name_here(&self, first: bool) -> Name {
        let opening = if first { "\"" } else { ",\"" };
        let named = self.rest.strip_prefix(opening).and_then(|inside| inside.split_once('"'));
        match named {
            Some((name, rest)) if rest.starts_with(':') => {
                Member::named(name).map_or(Name::Unknown, Name::Known)
            }
            Some((_, rest)) if rest.starts_with(WHITE_SPACE) => Name::Spaced,
            _ => Name::None,
        }
    }

    /// The reason for something that is not what was expected.
    #[cold]
    fn instead(&self, otherwise: Reason) -> Reason {
        let rest = self.rest.trim_start_matches(',');
        if rest.is_empty() {
            Reason::Truncated
        } else if rest.starts_with(WHITE_SPACE) {
            Reason::WhiteSpace
        } else {
            otherwise
        }
    }
}

const WHITE_SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// What stands where a member's name is expected.
enum Name {
    /// No name with its colon.
    None,
    /// A name that is followed by white space.
    Spaced,
    /// A name that no object has.
    Unknown,
    /// A name that some object has.
    Known(Member),
}

/// Reads the value of the member `members[index]`.
pub(super) fn value<'a, T>(
    cursor: &mut Cursor<'a>,
    members: &[Member],
    index: usize,
    read: impl FnOnce(&mut Cursor<'a>) -> Result<T, Reason>,
) -> Result<T, Fault> {
    cursor.member(members, index)?;
    read(cursor).map_err(|reason| at_member(members, index, reason))
}

#[cold]
#[inline(never)] // One copy for all values.
fn at_member(members: &[Member], index: usize, reason: Reason) -> Fault {
    members.get(index).map_or(Fault::whole(reason), |member| Fault::at(*member, reason))
}
