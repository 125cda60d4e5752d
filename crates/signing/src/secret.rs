use std::fmt;

use zeroize::Zeroizing;

use crate::BadChoice;

/// A passphrase or PIN. It is never printed, and its memory is wiped when it is dropped.
#[derive(Clone)]
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Takes a text as it is; none when it is empty.
    pub fn new(text: String) -> Option<Self> {
        if text.is_empty() { None } else { Some(Self(Zeroizing::new(text))) }
    }

    /// Takes what stands in a file, without the line's end that an editor puts there; none when nothing is left.
    pub fn from_file_text(text: String) -> Option<Self> {
        let text = Zeroizing::new(text);
        let line = text.strip_suffix('\n').unwrap_or(&text);
        Self::new(line.strip_suffix('\r').unwrap_or(line).to_owned())
    }

    /// Whether somebody may choose it for something new.
    pub(crate) fn is_good(&self) -> Result<(), BadChoice> {
        BadChoice::look_for(&self.0)
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passphrase_is_never_printed() {
        let passphrase = Passphrase::new("correct horse".into()).unwrap();
        assert_eq!(format!("{passphrase:?}"), "Passphrase(…)");
    }

    #[test]
    fn one_end_of_line_of_a_file_is_not_part_of_the_passphrase() {
        for (text, expected) in [("a b", "a b"), ("a b\n", "a b"), ("a b\r\n", "a b"), ("a b \n\n", "a b \n")]
        {
            assert_eq!(Passphrase::from_file_text(text.into()).unwrap().expose(), expected);
        }
        assert!(Passphrase::from_file_text("\n".into()).is_none());
        assert!(Passphrase::new(String::new()).is_none());
    }
}
