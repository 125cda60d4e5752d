//! Texts of the authority: liberal in what they say, bounded in how much, and safe to print and to keep.

use std::{fmt, str::FromStr, sync::Arc};

/// Why a text of the authority is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} is not in its form: it has {form}; take it as the authority wrote it")]
pub struct AuthorityTextFault {
    what: &'static str,
    form: &'static str,
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident $what:literal $form:literal $lengths:expr, $allowed:expr;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = AuthorityTextFault;

            fn from_str(text: &str) -> Result<Self, AuthorityTextFault> {
                let right = $lengths.contains(&text.len()) && text.chars().all($allowed);
                if right { Ok(Self(text.into())) } else { Err(AuthorityTextFault { what: $what, form: $form }) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )* };
}

texts! {
    /// The authority's code of an invoice: 24 characters of printable ASCII without spaces.
    AuthorityCode "the authority's code" "24 letters, digits or signs of ASCII" 24..=24, is_sign;
    /// Which e-MCF made it, as `CD01002345-1`: 1 to 32 characters of printable ASCII without spaces.
    Nim "the machine's number (NIM)" "1 to 32 letters, digits or signs of ASCII" 1..=32, is_sign;
    /// Under which id it was asked for: 1 to 64 characters of printable ASCII without spaces.
    AuthorityUid "the authority's id of a request" "1 to 64 letters, digits or signs of ASCII" 1..=64, is_sign;
    /// At which host: 1 to 253 characters of printable ASCII without spaces.
    AuthorityHost "the authority's host" "1 to 253 letters, digits or signs of ASCII" 1..=253, is_sign;
    /// When, as the authority wrote it: 1 to 40 bytes.
    AuthorityTime "the authority's date and time" "1 to 40 bytes without control characters" 1..=40, is_shown;
    /// What its QR code says: 1 to 512 bytes.
    AuthorityQr "the authority's QR code" "1 to 512 bytes without control characters" 1..=512, is_shown;
    /// Its counters after it, as `64/64 FV`: 1 to 40 bytes.
    AuthorityCounters "the authority's counters" "1 to 40 bytes without control characters" 1..=40, is_shown;
}

fn is_sign(character: char) -> bool {
    character.is_ascii_graphic()
}

/// What moves no cursor, makes no line and turns no text around.
fn is_shown(character: char) -> bool {
    let turns = matches!(character, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let breaks = matches!(character, '\u{2028}' | '\u{2029}');
    !character.is_control() && !turns && !breaks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_24_characters_that_can_be_read_and_no_others() {
        assert!("TESTYKAVRVLAMCF7JNAAHX4K".parse::<AuthorityCode>().is_ok());
        assert!("abcd-EFGH-ijkl_MNOP+0123".parse::<AuthorityCode>().is_ok());
        for wrong in ["", "TESTYKAVRVLAMCF7JNAAHX4", "TESTYKAVRVLAMCF7JNAAHX4KK", "TESTYKAVRV AMCF7JNAAHX4K"]
        {
            assert!(wrong.parse::<AuthorityCode>().is_err(), "{wrong}");
        }
        assert!("TESTYKAVRVLAMCF7JNAAHX\u{e9}".parse::<AuthorityCode>().is_err(), "24 bytes, but no ASCII");
        assert!("TESTYKAVRVLAMCF7JNAAHX4\n".parse::<AuthorityCode>().is_err());
    }

    #[test]
    fn texts_are_bounded_and_play_no_tricks() {
        for (length, right) in [(0, false), (1, true), (512, true), (513, false)] {
            assert_eq!("a".repeat(length).parse::<AuthorityQr>().is_ok(), right, "{length}");
        }
        assert!("64/64 FV".parse::<AuthorityCounters>().is_ok());
        assert!("a".repeat(41).parse::<AuthorityCounters>().is_err());
        assert!("a".repeat(41).parse::<AuthorityTime>().is_err());
        assert!("a".repeat(254).parse::<AuthorityHost>().is_err());
        assert!("edef dgirdc.cd".parse::<AuthorityHost>().is_err());
        for wrong in ["a\nb", "a\u{202e}b", "a\u{2028}b", "a\u{7f}b", "a\u{85}b"] {
            assert!(wrong.parse::<AuthorityQr>().is_err(), "{wrong:?}");
        }
    }
}
