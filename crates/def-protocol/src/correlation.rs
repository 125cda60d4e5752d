//! Which reply is to which request (D1).

use core::{fmt, str};

/// What a host puts after a command's `@`, and finds in front of its reply: `[A-Za-z0-9]{1,16}`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Correlation {
    bytes: [u8; Self::MAX_LENGTH],
    length: u8,
}

impl Correlation {
    /// The longest that there is, in characters.
    pub const MAX_LENGTH: usize = 16;

    /// As it is written, without the `@`.
    pub fn as_str(&self) -> &str {
        // Only ASCII gets in, so this cannot fail.
        let text = self.bytes.get(..usize::from(self.length)).unwrap_or_default();
        str::from_utf8(text).unwrap_or_default()
    }

    /// Reads what follows an `@`: the correlation, up to white space, `{` or the end, and the rest.
    pub(crate) fn read(after_at: &[u8]) -> Result<(Self, &[u8]), CorrelationForm> {
        let end = |byte: &u8| matches!(byte, b' ' | b'\t' | b'{');
        let length = after_at.iter().position(end).unwrap_or(after_at.len());
        let (text, rest) = after_at.split_at(length);
        Ok((Self::from_bytes(text)?, rest))
    }

    /// Of the content of a frame that may be damaged or cut: what follows the first `@`, if it is one and is near the
    /// front.
    pub(crate) fn find(content: &[u8]) -> Option<Self> {
        let head = &content[..content.len().min(Self::SEARCHED)];
        let at = head.iter().position(|byte| *byte == b'@')?;
        let no_object = !head[..at].contains(&b'{');
        let (correlation, _) = Self::read(&head[at + 1..]).ok()?;
        no_object.then_some(correlation)
    }

    /// No command and correlation together are longer than this.
    const SEARCHED: usize = 48;

    fn from_bytes(text: &[u8]) -> Result<Self, CorrelationForm> {
        let fits = (1..=Self::MAX_LENGTH).contains(&text.len()) && text.iter().all(u8::is_ascii_alphanumeric);
        if !fits {
            return Err(CorrelationForm);
        }
        let mut bytes = [0; Self::MAX_LENGTH];
        bytes[..text.len()].copy_from_slice(text);
        Ok(Self { bytes, length: text.len() as u8 })
    }
}

impl str::FromStr for Correlation {
    type Err = CorrelationForm;

    fn from_str(text: &str) -> Result<Self, CorrelationForm> {
        Self::from_bytes(text.as_bytes())
    }
}

impl fmt::Display for Correlation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Correlation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Correlation({self})")
    }
}

/// A text that is no correlation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a correlation has 1 to 16 letters and digits: write one after the command, like TXN|COMMIT@17")]
pub struct CorrelationForm;

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn a_correlation_has_one_to_sixteen_letters_and_digits() {
        for right in ["1", "17", "abcDEF0123456789"] {
            assert_eq!(right.parse::<Correlation>().unwrap().to_string(), right);
        }
        for wrong in ["", "0123456789abcdefg", "a-b", "a b", "é", "@1"] {
            assert_eq!(wrong.parse::<Correlation>(), Err(CorrelationForm), "{wrong:?}");
        }
    }

    #[test]
    fn it_is_found_in_a_damaged_frame_but_never_inside_an_object() {
        let found = |content: &[u8]| Correlation::find(content).map(|it| it.to_string());
        assert_eq!(found(b"TXN|COMMIT@17 {\"nonce\":\"AB").as_deref(), Some("17"));
        assert_eq!(found(b"QRY|STATUS@a1").as_deref(), Some("a1"));
        assert_eq!(found(b"TXN|PREPARE {\"client\":\"a@b "), None);
        assert_eq!(found(b"TXN|COMMIT@ {"), None);
        assert_eq!(found(b""), None);
    }
}
