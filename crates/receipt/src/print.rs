use std::num::NonZeroU32;

use fiscal::UtcOffset;

/// What a receipt shows that no payload says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Print {
    /// Who sells, as customers know it. NIF and outlet come from the payload.
    pub merchant: Option<Merchant>,
    /// The outlet's zone: receipts print local time (S7).
    pub zone: UtcOffset,
    /// In which language.
    pub language: Language,
    /// The first print, or a later one.
    pub copy: Copy,
}

impl Default for Print {
    /// The first print in French, in Kinshasa's time, of a merchant without a name.
    fn default() -> Self {
        Self { merchant: None, zone: UtcOffset::KINSHASA, language: Language::French, copy: Copy::Original }
    }
}

/// The head of a receipt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merchant {
    /// The sign above the door.
    pub name: String,
    /// Address, telephone, trade register, bank account: one line each.
    pub lines: Vec<String>,
}

/// The language of a receipt's own words; those of the payload stay as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// The default: the law is in French.
    #[default]
    French,
    /// For customers who ask.
    English,
}

/// Whether this print is the first. Counting is the caller's part: a printer forgets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copy {
    /// The first.
    Original,
    /// The so-manieth reprint, which says DUPLICATA and its number at the top and the bottom.
    Duplicate(NonZeroU32),
}

impl Language {
    /// Of a text in both, the one of this language.
    pub(crate) const fn pick<'a>(self, french: &'a str, english: &'a str) -> &'a str {
        match self {
            Self::French => french,
            Self::English => english,
        }
    }
}
