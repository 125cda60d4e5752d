use core::fmt;

use super::cursor::Cursor;
use crate::{
    compact::{Packed, Reader, UnpackFault},
    fault::{Fault, InMember, Member, Reason},
};

/// The elements of an array: a slice that a caller has, or bytes, of a payload or packed, that are read again one by
/// one.
#[derive(Clone, Copy)]
pub struct List<'a, T> {
    source: Source<'a, T>,
}

#[derive(Clone, Copy)]
enum Source<'a, T> {
    Slice(&'a [T]),
    /// What stands between the brackets, already found well-formed.
    Payload {
        elements: &'a str,
        count: usize,
    },
    /// Where the first of so many stands, already found well-formed.
    Packed {
        first: Reader<'a>,
        count: usize,
    },
}

/// What can stand in an array of a payload.
pub trait Element<'a>: Copy + Packed<'a> {
    /// Reads one element and stops after it.
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, Fault>;
}

impl<'a, T: Element<'a>> List<'a, T> {
    /// How many there are.
    pub const fn len(&self) -> usize {
        match self.source {
            Source::Slice(slice) => slice.len(),
            Source::Payload { count, .. } | Source::Packed { count, .. } => count,
        }
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements in their order.
    pub const fn iter(&self) -> ListIter<'a, T> {
        ListIter {
            source: match self.source {
                Source::Slice(slice) => Rest::Slice(slice),
                Source::Payload { elements, .. } => Rest::Payload(Cursor::new(elements)),
                Source::Packed { first, count } => Rest::Packed { next: first, left: count },
            },
        }
    }

    /// Reads an array, checks every element and remembers where it stands. More than `limit` is a fault.
    pub(super) fn read(
        cursor: &mut Cursor<'a>,
        member: Member,
        limit: usize,
        past: Reason,
    ) -> Result<Self, Fault> {
        let (elements, count) = read_array(cursor, member, limit, past, |cursor| T::read(cursor).map(drop))?;
        Ok(Self { source: Source::Payload { elements, count } })
    }

    /// Reads so many packed elements, checks every one and remembers where they stand.
    pub(crate) fn unpack(reader: &mut Reader<'a>, count: usize) -> Result<Self, UnpackFault> {
        let first = *reader;
        for _ in 0..count {
            T::unpack(reader)?;
        }
        Ok(Self { source: Source::Packed { first, count } })
    }
}

/// What stands between the brackets, and how many elements: one copy for all kinds of them.
fn read_array<'a>(
    cursor: &mut Cursor<'a>,
    member: Member,
    limit: usize,
    past: Reason,
    read: fn(&mut Cursor<'a>) -> Result<(), Fault>,
) -> Result<(&'a str, usize), Fault> {
    cursor.expect("[", Reason::ArrayExpected).at(member)?;
    let elements = cursor.rest();
    let mut count = 0;
    while !cursor.take("]") {
        if count > 0 {
            cursor.expect(",", Reason::SeparatorExpected).at(member)?;
        }
        if count == limit {
            return Err(Fault::at(member, past));
        }
        read(cursor).map_err(|fault| fault.within_element(count).within(member))?;
        count += 1;
    }
    // The bracket stands between them and the rest.
    let inside = elements.get(..elements.len() - cursor.rest().len() - 1);
    Ok((inside.unwrap_or_default(), count))
}

impl<'a, T> List<'a, T> {
    /// No elements.
    pub const EMPTY: Self = Self { source: Source::Slice(&[]) };
}

impl<'a, T> From<&'a [T]> for List<'a, T> {
    fn from(slice: &'a [T]) -> Self {
        Self { source: Source::Slice(slice) }
    }
}

impl<'a, T: Element<'a>> IntoIterator for &List<'a, T> {
    type Item = T;
    type IntoIter = ListIter<'a, T>;

    fn into_iter(self) -> ListIter<'a, T> {
        self.iter()
    }
}

impl<'a, T: Element<'a> + PartialEq> PartialEq for List<'a, T> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl<'a, T: Element<'a> + fmt::Debug> fmt::Debug for List<'a, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

/// Hands out the elements of a [`List`].
#[derive(Clone)]
pub struct ListIter<'a, T> {
    source: Rest<'a, T>,
}

#[derive(Clone)]
enum Rest<'a, T> {
    Slice(&'a [T]),
    Payload(Cursor<'a>),
    Packed { next: Reader<'a>, left: usize },
}

impl<'a, T: Element<'a>> Iterator for ListIter<'a, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        match &mut self.source {
            Rest::Slice(slice) => {
                let (first, rest) = slice.split_first()?;
                *slice = rest;
                Some(*first)
            }
            Rest::Payload(cursor) if cursor.is_at_end() => None,
            Rest::Payload(cursor) => {
                // The bytes were read once by `List::read`, so they read again.
                let element = T::read(cursor).ok()?;
                cursor.take(",");
                Some(element)
            }
            Rest::Packed { left: 0, .. } => None,
            Rest::Packed { next, left } => {
                // The bytes were read once by `List::unpack`, so they read again.
                let element = T::unpack(next).ok()?;
                *left -= 1;
                Some(element)
            }
        }
    }
}
