//! What a secret that somebody chooses has to be.

use std::ops::RangeInclusive;

use zeroize::Zeroizing;

/// Why a text cannot be chosen as a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadChoice {
    /// It is too short, or longer than is read.
    #[error("has 10 to 128 characters")]
    Length,
    /// Everybody tries it.
    #[error("is none of the first that are tried")]
    Common,
}

impl BadChoice {
    /// How many characters a secret has that somebody chooses.
    pub const LENGTH: RangeInclusive<usize> = 10..=128;

    /// Whether a text may be chosen.
    pub fn look_for(text: &str) -> Result<(), Self> {
        if !Self::LENGTH.contains(&text.chars().count()) {
            return Err(Self::Length);
        }
        let small = Zeroizing::new(text.to_lowercase());
        if COMMON.lines().any(|common| common == small.as_str()) { Err(Self::Common) } else { Ok(()) }
    }
}

/// The most common ones of at least ten characters, in small letters, a line each.
const COMMON: &str = include_str!("common.txt");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_ten_to_128_characters_however_many_bytes_they_are() {
        for (text, expected) in [
            ("0".to_owned(), Err(BadChoice::Length)),
            ("é".repeat(9), Err(BadChoice::Length)),
            ("é".repeat(10), Ok(())),
            ("鎌".repeat(128), Ok(())),
            ("a b".repeat(43), Err(BadChoice::Length)),
            (String::new(), Err(BadChoice::Length)),
        ] {
            assert_eq!(BadChoice::look_for(&text), expected, "{text}");
        }
    }

    #[test]
    fn what_everybody_tries_first_is_no_secret() {
        assert!(COMMON.lines().count() >= 100);
        assert!(COMMON.lines().all(|line| line.chars().count() >= 10 && line == line.to_lowercase()));
        for text in ["1234567890", "Motdepasse123", "QWERTYUIOP"] {
            assert_eq!(BadChoice::look_for(text), Err(BadChoice::Common), "{text}");
        }
        assert_eq!(BadChoice::look_for("quatre mots au hasard"), Ok(()));
    }
}
