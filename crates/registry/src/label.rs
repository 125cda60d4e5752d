use std::{fmt, str::FromStr};

use fiscal::{Reason, Text};

/// What a person wrote in one line, as the name of a shop or its address: 1 to 128 bytes without control characters,
/// like every text of an invoice (P3).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label(String);

impl Label {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Label {
    type Err = Reason;

    fn from_str(text: &str) -> Result<Self, Reason> {
        Text::new(text).map(|_| Self(text.to_owned()))
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_a_text_as_invoices_have_them() {
        assert_eq!(
            "Alimentation Mbuyi & Fils".parse::<Label>().unwrap().as_str(),
            "Alimentation Mbuyi & Fils"
        );
        assert_eq!("é".repeat(64).parse::<Label>().unwrap().as_str().len(), 128);
        assert_eq!("é".repeat(65).parse::<Label>(), Err(Reason::TextTooLong));
        assert_eq!("".parse::<Label>(), Err(Reason::TextEmpty));
        for wrong in ["a\nb", "a\u{0}", "\u{1b}[2J", "a\u{7f}"] {
            assert_eq!(wrong.parse::<Label>(), Err(Reason::ControlCharacter), "{wrong:?}");
        }
        assert_eq!("a\u{202e}b".parse::<Label>(), Err(Reason::BidiCharacter));
    }
}
