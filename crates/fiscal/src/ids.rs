//! Names and numbers of the field, each a type of its own (P3, S7, S8).

use core::{fmt, num::NonZeroU64, str};

use crate::fault::Reason;

/// A short ASCII text kept in place: ids are values, at most a few bytes long.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Inline<const N: usize> {
    bytes: [u8; N],
    length: u8,
}

impl<const N: usize> Inline<N> {
    fn new(text: &str, lengths: core::ops::RangeInclusive<usize>, class: Class) -> Option<Self> {
        if !lengths.contains(&text.len()) || !class.allows(text) {
            return None;
        }
        let mut bytes = [0; N];
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Some(Self { bytes, length: u8::try_from(text.len()).ok()? })
    }

    /// A constant; one that is too long or empty does not compile.
    const fn constant(text: &str) -> Self {
        let mut bytes = [0; N];
        assert!(!text.is_empty() && text.len() <= N && text.is_ascii());
        let mut at = 0;
        while at < text.len() {
            bytes[at] = text.as_bytes()[at];
            at += 1;
        }
        Self { bytes, length: text.len() as u8 }
    }

    fn as_str(&self) -> &str {
        // Only ASCII gets in, so this cannot fail.
        let text = self.bytes.get(..usize::from(self.length)).unwrap_or_default();
        str::from_utf8(text).unwrap_or_default()
    }
}

/// Which characters a kind of id may have: a bit in [`CLASSES`].
#[derive(Clone, Copy)]
struct Class(u8);

impl Class {
    const ID: Self = Self(1);
    const CAPITAL_OR_DIGIT: Self = Self(2);
    const CAPITAL: Self = Self(4);

    fn allows(self, text: &str) -> bool {
        text.bytes().all(|byte| CLASSES[usize::from(byte)] & self.0 != 0)
    }
}

/// A payload has dozens of ids, so each byte is looked up and not compared.
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0_u8;
    while byte < 0x80 {
        let mut class = 0;
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-') {
            class |= Class::ID.0;
        }
        if byte.is_ascii_uppercase() || byte.is_ascii_digit() {
            class |= Class::CAPITAL_OR_DIGIT.0;
        }
        if byte.is_ascii_uppercase() {
            class |= Class::CAPITAL.0;
        }
        classes[byte as usize] = class;
        byte += 1;
    }
    classes
};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident [$shortest:literal..=$longest:literal] $class:ident, $reason:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Inline<$longest>);

        impl $name {
            /// The shortest that there is, in bytes.
            pub const MIN_LENGTH: usize = $shortest;
            /// The longest that there is, in bytes.
            pub const MAX_LENGTH: usize = $longest;

            /// As it is written.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl str::FromStr for $name {
            type Err = Reason;

            fn from_str(text: &str) -> Result<Self, Reason> {
                Inline::new(text, $shortest..=$longest, Class::$class).map(Self).ok_or(Reason::$reason)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.as_str())
            }
        }
    )*};
}

ids! {
    /// A taxpayer's number: `[A-Z0-9]{5,15}`.
    Nif [5..=15] CAPITAL_OR_DIGIT, NifForm;
    /// One shop of a merchant: `[A-Za-z0-9._-]{1,20}`, like every id.
    OutletId [1..=20] ID, IdForm;
    /// A till.
    TerminalId [1..=20] ID, IdForm;
    /// Who stands at the till.
    CashierId [1..=20] ID, IdForm;
    /// Who seals: the specification's `device_id` and `fiscal_authority_id` (S7).
    DeviceId [1..=20] ID, IdForm;
    /// An article's code: an id of up to 32 characters.
    ItemCode [1..=32] ID, CodeForm;
    /// A tax group's code, such as `public_contract_reduced`: an id of up to 32 characters.
    GroupCode [1..=32] ID, CodeForm;
    /// What an outlet's fiscal numbers begin with, unique in the country: `[A-Z0-9]{4,10}` (S8).
    Prefix [4..=10] CAPITAL_OR_DIGIT, PrefixForm;
    /// An ISO 4217 code: three capital letters.
    Currency [3..=3] CAPITAL, CurrencyForm;
}

impl Currency {
    /// The Congolese franc.
    pub const CDF: Self = Self(Inline::constant("CDF"));
}

impl GroupCode {
    /// For the default manifest.
    pub(crate) const fn constant(code: &str) -> Self {
        Self(Inline::constant(code))
    }
}

/// The signed form of a voucher, opaque here (D5): 1 to 2,048 characters of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VoucherToken<'a>(&'a str);

impl<'a> VoucherToken<'a> {
    /// The longest that there is, in bytes.
    pub const MAX_LENGTH: usize = 2_048;

    /// Takes a token as it is written.
    pub fn new(token: &'a str) -> Result<Self, Reason> {
        let fits = (1..=Self::MAX_LENGTH).contains(&token.len()) && Class::ID.allows(token);
        if fits { Ok(Self(token)) } else { Err(Reason::VoucherForm) }
    }

    /// As it is written.
    pub const fn as_str(self) -> &'a str {
        self.0
    }
}

/// The largest integer that every JSON reader in the field holds exactly: 2^53 − 1.
pub(crate) const MAX_INTEGER: u64 = (1 << 53) - 1;

/// Which line of numbers of an outlet; epochs only rise (D9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Epoch(pub u32);

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! counted {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(NonZeroU64);

        impl $name {
            /// The first, 1.
            pub const FIRST: Self = Self(NonZeroU64::MIN);
            /// The last, 2^53 − 1.
            pub const LAST: Self = match NonZeroU64::new(MAX_INTEGER) {
                Some(last) => Self(last),
                None => Self::FIRST,
            };

            /// None for 0 and for what is past [`Self::LAST`].
            pub fn new(value: u64) -> Option<Self> {
                NonZeroU64::new(value).filter(|value| value.get() <= MAX_INTEGER).map(Self)
            }

            /// As an integer.
            pub const fn value(self) -> u64 {
                self.0.get()
            }

            /// The one after, if there is one.
            pub fn next(self) -> Option<Self> {
                Self::new(self.value() + 1)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

counted! {
    /// Counts the invoices of an outlet's epoch, from 1: the specification's `invoice_seq`.
    InvoiceNumber;
    /// Counts the records of a chain, from 1, invoices or not.
    Position;
}

/// Reads digits without a leading zero.
pub(crate) fn plain_integer(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use std::{format, string::ToString};

    use super::*;

    #[test]
    fn ids_hold_one_to_twenty_characters_of_their_alphabet() {
        assert!("a".repeat(20).parse::<OutletId>().is_ok());
        assert_eq!("a".repeat(21).parse::<OutletId>(), Err(Reason::IdForm));
        for wrong in ["", "a b", "a|b", "é", "a\"", "a/b"] {
            assert_eq!(wrong.parse::<TerminalId>(), Err(Reason::IdForm), "{wrong:?}");
        }
        assert_eq!("KIN_1.a-B".parse::<CashierId>().unwrap().to_string(), "KIN_1.a-B");
    }

    #[test]
    fn codes_of_articles_and_groups_have_up_to_32_characters() {
        assert!("a".repeat(32).parse::<GroupCode>().is_ok());
        assert_eq!("a".repeat(33).parse::<GroupCode>(), Err(Reason::CodeForm));
        assert!("a".repeat(32).parse::<ItemCode>().is_ok());
        assert_eq!("a b".parse::<ItemCode>(), Err(Reason::CodeForm));
    }

    #[test]
    fn a_nif_has_five_to_fifteen_capitals_and_digits() {
        for (nif, ok) in
            [("A123", false), ("A1234", true), ("A12345678901234", true), ("A123456789012345", false)]
        {
            assert_eq!(nif.parse::<Nif>().is_ok(), ok, "{nif}");
        }
        assert_eq!("a1234".parse::<Nif>(), Err(Reason::NifForm));
    }

    #[test]
    fn a_prefix_has_four_to_ten_capitals_and_digits() {
        for (prefix, ok) in [("BON", false), ("BONO", true), ("KINSHASA01", true), ("KINSHASA012", false)] {
            assert_eq!(prefix.parse::<Prefix>().is_ok(), ok, "{prefix}");
        }
    }

    #[test]
    fn numbers_begin_at_one_and_end_at_what_every_reader_holds() {
        assert_eq!(InvoiceNumber::new(0), None);
        assert_eq!(InvoiceNumber::new(MAX_INTEGER), Some(InvoiceNumber::LAST));
        assert_eq!(InvoiceNumber::new(MAX_INTEGER + 1), None);
        assert_eq!(InvoiceNumber::LAST.next(), None);
        assert_eq!(InvoiceNumber::FIRST.next().unwrap().value(), 2);
    }

    #[test]
    fn a_voucher_has_at_most_2048_characters() {
        assert!(VoucherToken::new(&"a".repeat(VoucherToken::MAX_LENGTH)).is_ok());
        assert_eq!(VoucherToken::new(&"a".repeat(VoucherToken::MAX_LENGTH + 1)), Err(Reason::VoucherForm));
        assert_eq!(VoucherToken::new(""), Err(Reason::VoucherForm));
    }

    #[test]
    fn debug_output_names_the_type() {
        assert_eq!(format!("{:?}", "KIN-1".parse::<OutletId>().unwrap()), "OutletId(KIN-1)");
    }
}
