use core::fmt::{self, Write};

use crate::fault::Reason;

/// What a person wrote: 1 to 128 bytes of UTF-8 without control characters (P3).
///
/// A text read from a payload stays where it is, escapes and all; [`Text::characters`] undoes them one by one.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    written: &'a str,
    escaped: bool,
}

impl<'a> Text<'a> {
    /// The longest that there is, in bytes, escapes undone.
    pub const MAX_LENGTH: usize = 128;

    /// Takes a text as a person wrote it, not escaped.
    pub fn new(text: &'a str) -> Result<Self, Reason> {
        if text.is_empty() {
            return Err(Reason::TextEmpty);
        }
        if text.len() > Self::MAX_LENGTH {
            return Err(Reason::TextTooLong);
        }
        let mut rest = text.as_bytes();
        while let Some(width) = allowed_character(rest)? {
            rest = &rest[width..];
        }
        Ok(Self { written: text, escaped: false })
    }

    /// Takes the text that begins after an opening quote, if there is one, and says how many bytes it has up to the
    /// closing quote.
    pub(crate) fn read(text: &'a str) -> Result<(Option<Self>, usize), Reason> {
        let bytes = text.as_bytes();
        let (mut at, mut escapes) = (0, 0);
        loop {
            // The fast way through plain ASCII.
            at += bytes[at..]
                .iter()
                .take_while(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\'))
                .count();
            match bytes.get(at) {
                None => return Err(Reason::Truncated),
                Some(b'"') => break,
                Some(b'\\') => {
                    match bytes.get(at + 1) {
                        Some(b'"' | b'\\') => {}
                        // Said apart, for it is what the writer meant: a control character, escaped.
                        Some(b'b' | b'f' | b'n' | b'r' | b't') => return Err(Reason::ControlCharacter),
                        Some(_) => return Err(Reason::NeedlessEscape),
                        None => return Err(Reason::Truncated),
                    }
                    escapes += 1;
                    at += 2;
                }
                Some(_) => at += allowed_character(&bytes[at..])?.unwrap_or(1),
            }
        }
        if at - escapes > Self::MAX_LENGTH {
            return Err(Reason::TextTooLong);
        }
        Ok(((at > 0).then_some(Self { written: &text[..at], escaped: escapes > 0 }), at))
    }

    /// In bytes, escapes undone.
    pub fn length(self) -> usize {
        if self.escaped { self.characters().map(char::len_utf8).sum() } else { self.written.len() }
    }

    /// What was meant, character by character.
    pub fn characters(self) -> impl Iterator<Item = char> + 'a {
        let mut characters = self.written.chars();
        core::iter::from_fn(move || {
            let character = characters.next()?;
            if self.escaped && character == '\\' { characters.next() } else { Some(character) }
        })
    }

    /// Writes the text as it stands in a payload, without its quotes.
    pub(crate) fn write(self, out: &mut (impl Write + ?Sized)) -> fmt::Result {
        if self.escaped {
            return out.write_str(self.written);
        }
        let mut rest = self.written;
        while let Some(at) = rest.find(['"', '\\']) {
            out.write_str(&rest[..at])?;
            out.write_str("\\")?;
            out.write_str(&rest[at..=at])?;
            rest = &rest[at + 1..];
        }
        out.write_str(rest)
    }
}

/// How many bytes the first character has, if it is one that a text may hold.
///
/// Refused are Unicode's control characters (U+0000–001F, 007F–009F), its line and paragraph separators (U+2028, 2029),
/// which make lines of their own on a receipt, and its bidirectional controls (U+061C, 200E,
/// 200F, 202A–202E, 2066–2069). The bytes are UTF-8.
fn allowed_character(bytes: &[u8]) -> Result<Option<usize>, Reason> {
    let Some(&first) = bytes.first() else { return Ok(None) };
    match bytes {
        [..=0x1F | 0x7F, ..] | [0xC2, 0x80..=0x9F, ..] | [0xE2, 0x80, 0xA8 | 0xA9, ..] => {
            return Err(Reason::ControlCharacter);
        }
        [0xD8, 0x9C, ..] | [0xE2, 0x80, 0x8E | 0x8F | 0xAA..=0xAE, ..] | [0xE2, 0x81, 0xA6..=0xA9, ..] => {
            return Err(Reason::BidiCharacter);
        }
        _ => {}
    }
    Ok(Some(match first {
        ..=0x7F => 1,
        0x80..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0.. => 4,
    }))
}

/// What a quantity counts: a text of 1 to 16 bytes (P2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit<'a>(Text<'a>);

impl<'a> Unit<'a> {
    /// The longest that there is, in bytes, escapes undone.
    pub const MAX_LENGTH: usize = 16;

    /// As a text.
    pub const fn text(self) -> Text<'a> {
        self.0
    }
}

impl<'a> TryFrom<Text<'a>> for Unit<'a> {
    type Error = Reason;

    fn try_from(text: Text<'a>) -> Result<Self, Reason> {
        if text.length() <= Self::MAX_LENGTH { Ok(Self(text)) } else { Err(Reason::UnitForm) }
    }
}

impl PartialEq for Text<'_> {
    /// Two texts are equal when they mean the same, escaped or not.
    fn eq(&self, other: &Self) -> bool {
        if self.escaped == other.escaped {
            self.written == other.written
        } else {
            self.characters().eq(other.characters())
        }
    }
}

impl Eq for Text<'_> {}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.characters().try_for_each(|character| f.write_char(character))
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({self})")
    }
}

#[cfg(test)]
mod tests {
    use std::string::{String, ToString};

    use super::*;

    fn escaped(text: &str) -> String {
        let mut out = String::new();
        Text::new(text).unwrap().write(&mut out).unwrap();
        out
    }

    #[test]
    fn only_the_quote_and_the_backslash_are_escaped() {
        assert_eq!(escaped(r#"Téléviseur 32" \ démo"#), r#"Téléviseur 32\" \\ démo"#);
        let (text, length) = Text::read("32\\\" \\\\ démo\",").unwrap();
        let text = text.unwrap();
        assert_eq!(text.to_string(), "32\" \\ démo");
        assert_eq!(length, 13);
        assert_eq!(text, Text::new("32\" \\ démo").unwrap());
        assert_eq!(text.length(), "32\" \\ démo".len());
    }

    #[test]
    fn a_text_has_at_most_128_bytes_escapes_undone() {
        assert!(Text::new(&"x".repeat(128)).is_ok());
        assert_eq!(Text::new(&"x".repeat(129)), Err(Reason::TextTooLong));
        assert_eq!(Text::new(&"é".repeat(65)), Err(Reason::TextTooLong));
        let quotes = "\\\"".repeat(128) + "\"";
        assert_eq!(Text::read(&quotes).unwrap().0.unwrap().length(), 128);
        let one_more = "\\\"".repeat(129) + "\"";
        assert_eq!(Text::read(&one_more), Err(Reason::TextTooLong));
    }

    #[test]
    fn a_text_says_something() {
        assert_eq!(Text::new(""), Err(Reason::TextEmpty));
        assert_eq!(Text::read("\""), Ok((None, 0)));
    }

    #[test]
    fn a_unit_has_at_most_16_bytes() {
        let unit = |text| Text::new(text).and_then(Unit::try_from).map(|unit| unit.text().length());
        assert_eq!(unit("sixteen bytes ok"), Ok(Unit::MAX_LENGTH));
        assert_eq!(unit("seventeen bytes !"), Err(Reason::UnitForm));
    }

    #[test]
    fn every_control_and_bidirectional_character_is_refused() {
        for code in (0..=0x1F).chain(0x7F..=0x9F).chain(0x2028..=0x2029) {
            let character = char::from_u32(code).unwrap().to_string();
            assert_eq!(Text::new(&character), Err(Reason::ControlCharacter), "U+{code:04X}");
        }
        for code in [0x61C, 0x200E, 0x200F].into_iter().chain(0x202A..=0x202E).chain(0x2066..=0x2069) {
            let character = char::from_u32(code).unwrap().to_string();
            assert_eq!(Text::new(&character), Err(Reason::BidiCharacter), "U+{code:04X}");
        }
    }

    #[test]
    fn the_neighbours_of_refused_characters_are_allowed() {
        for character in [
            ' ', '~', '\u{A0}', '\u{61B}', '\u{61D}', '\u{200D}', '\u{2010}', '\u{2027}', '\u{202F}',
            '\u{2065}', '\u{206A}', '😀',
        ] {
            assert!(Text::new(&character.to_string()).is_ok(), "{character:?}");
            let closed = character.to_string() + "\"";
            assert_eq!(Text::read(&closed).unwrap().0.unwrap().length(), character.len_utf8());
        }
    }

    #[test]
    fn other_escapes_are_refused_with_their_reason() {
        assert_eq!(Text::read(r#"a\/b""#), Err(Reason::NeedlessEscape));
        assert_eq!(Text::read("a\\u0020b\""), Err(Reason::NeedlessEscape));
        assert_eq!(Text::read(r#"a\nb""#), Err(Reason::ControlCharacter));
        assert_eq!(Text::read("a\\"), Err(Reason::Truncated));
        assert_eq!(Text::read("abc"), Err(Reason::Truncated));
    }
}
