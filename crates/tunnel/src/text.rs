use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A text of at most so many bytes.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text<const MOST: usize>(String);

/// A code, a version, a command.
pub type Word = Text<128>;
/// A sentence for a person.
pub type Sentence = Text<2_048>;
/// A signed token, or keys and certificates in PEM.
pub type Token = Text<32_768>;
/// A canonical payload, or the body of an event.
pub type Payload = Text<65_536>;
/// An idempotency key.
pub type Key = Text<64>;

/// A text that is longer than its place allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a text of {length} bytes is longer than {most}: shorten it")]
pub struct TooLong {
    /// In bytes.
    pub length: usize,
    /// In bytes.
    pub most: usize,
}

impl<const MOST: usize> Text<MOST> {
    /// The text, when it is short enough.
    pub fn new(text: impl Into<String>) -> Result<Self, TooLong> {
        let text = text.into();
        if text.len() > MOST { Err(TooLong { length: text.len(), most: MOST }) } else { Ok(Self(text)) }
    }

    /// As much of it as fits; for what a person reads.
    pub fn cut(text: &str) -> Self {
        let mut end = text.len().min(MOST);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        Self(text[..end].to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text itself.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl<const MOST: usize> TryFrom<String> for Text<MOST> {
    type Error = TooLong;

    fn try_from(text: String) -> Result<Self, TooLong> {
        Self::new(text)
    }
}

impl<const MOST: usize> fmt::Display for Text<MOST> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl<const MOST: usize> fmt::Debug for Text<MOST> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<const MOST: usize> Serialize for Text<MOST> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de, const MOST: usize> Deserialize<'de> for Text<MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
