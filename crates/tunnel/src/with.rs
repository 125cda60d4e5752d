//! How values of `fiscal` are written.

use std::fmt::Display;

use fiscal::{KeyId, PayloadHash, RecordHash};
use serde::{Deserialize, Deserializer, Serializer, de};

/// By Display and FromStr.
pub(crate) mod text {
    use std::str::FromStr;

    use super::*;

    pub(crate) fn serialize<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(crate) fn deserialize<'de, T: FromStr, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| de::Error::custom("a text that is not of its form"))
    }
}

/// The same, or null.
pub(crate) mod text_option {
    use std::str::FromStr;

    use super::*;

    pub(crate) fn serialize<T: Display, S: Serializer>(
        value: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.collect_str(value),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, T: FromStr, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| de::Error::custom("a text that is not of its form"))
    }
}

/// A hash in lower-case hexadecimal.
pub(crate) trait Hash: Display + Sized {
    fn from_hexadecimal(text: &str) -> Option<Self>;
}

impl Hash for PayloadHash {
    fn from_hexadecimal(text: &str) -> Option<Self> {
        bytes(text).map(Self)
    }
}

impl Hash for RecordHash {
    fn from_hexadecimal(text: &str) -> Option<Self> {
        bytes(text).map(Self)
    }
}

impl Hash for KeyId {
    fn from_hexadecimal(text: &str) -> Option<Self> {
        bytes(text).map(Self)
    }
}

pub(crate) mod hex {
    use super::*;

    pub(crate) fn serialize<T: Hash, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(crate) fn deserialize<'de, T: Hash, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        let text = String::deserialize(deserializer)?;
        T::from_hexadecimal(&text)
            .ok_or_else(|| de::Error::custom("not lower-case hexadecimal of its length"))
    }
}

pub(crate) mod hex_option {
    use super::*;

    pub(crate) fn serialize<T: Hash, S: Serializer>(
        value: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.collect_str(value),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, T: Hash, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        let read = T::from_hexadecimal(&text);
        read.map(Some).ok_or_else(|| de::Error::custom("not lower-case hexadecimal of its length"))
    }
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let known = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
    if text.len() != 2 * N || !text.bytes().all(known) {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(bytes)
}
