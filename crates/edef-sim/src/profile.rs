use serde::{Deserialize, Serialize};

use crate::Exact;

/// A tax group: the letters A to P.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(into = "char", try_from = "char")]
pub struct Group(u8);

/// How many groups there are.
pub(crate) const GROUPS: usize = 16;

impl Group {
    /// None unless it is a letter from A to P.
    pub const fn new(letter: char) -> Option<Self> {
        if letter >= 'A' && letter <= 'P' { Some(Self(letter as u8 - b'A')) } else { None }
    }

    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..GROUPS as u8).map(Self)
    }

    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }

    /// As names of members have it: `taa`.
    pub(crate) const fn lower(self) -> char {
        (b'a' + self.0) as char
    }
}

impl From<Group> for char {
    fn from(group: Group) -> Self {
        (b'A' + group.0) as char
    }
}

impl TryFrom<char> for Group {
    type Error = &'static str;

    fn try_from(letter: char) -> Result<Self, Self::Error> {
        Self::new(letter).ok_or("a tax group is a letter from A to P")
    }
}

/// Rates per group in per cent, from a day on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Rates {
    /// The first day, as `2026-01-31`; empty for always.
    pub(crate) from: String,
    /// Per cent, from A to P.
    pub(crate) rates: [Exact; GROUPS],
}

/// Whose service is simulated.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// The DRC's: groups A to P with the rates that one live account had, two decimals.
    #[default]
    Drc,
    /// The parent system's (Benin): 18 %, whole francs, groups A to F.
    Parent,
}

impl Profile {
    pub(crate) const fn decimals(self) -> u32 {
        match self {
            Self::Drc => 2,
            Self::Parent => 0,
        }
    }

    pub(crate) const fn last_group(self) -> Group {
        match self {
            Self::Drc => Group(15),
            Self::Parent => Group(5),
        }
    }

    /// The rates that hold from the beginning.
    pub(crate) fn rates(self) -> Rates {
        let per_cent: &[(char, i64)] = match self {
            Self::Drc => &[('B', 16), ('C', 5), ('F', 16), ('G', 5), ('O', 1), ('P', 1)],
            Self::Parent => &[('B', 18), ('D', 18)],
        };
        let mut rates = [Exact::ZERO; GROUPS];
        for (letter, rate) in per_cent {
            if let Some(group) = Group::new(*letter) {
                rates[group.index()] = Exact::whole(*rate);
            }
        }
        Rates { from: String::new(), rates }
    }
}
