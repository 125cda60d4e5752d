use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The number of an e-MCF: `CD`, eight digits, a dash and a number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Nim {
    digits: u32,
    part: u16,
}

impl Nim {
    /// The nth of a simulator: `CD01000001-1`.
    pub const fn nth(number: u16) -> Self {
        Self { digits: 1_000_000 + number as u32, part: 1 }
    }
}

/// Why a text is no NIM.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("write a NIM as CD, eight digits, a dash and a number: CD01000001-1")]
pub struct NotNim;

impl FromStr for Nim {
    type Err = NotNim;

    fn from_str(text: &str) -> Result<Self, NotNim> {
        let (digits, part) = text.strip_prefix("CD").and_then(|rest| rest.split_once('-')).ok_or(NotNim)?;
        let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if digits.len() != 8 || !all_digits(digits) || !all_digits(part) || part.starts_with('0') {
            return Err(NotNim);
        }
        let nim =
            Self { digits: digits.parse().map_err(|_| NotNim)?, part: part.parse().map_err(|_| NotNim)? };
        Ok(nim)
    }
}

impl fmt::Display for Nim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CD{:08}-{}", self.digits, self.part)
    }
}

impl From<Nim> for String {
    fn from(nim: Nim) -> Self {
        nim.to_string()
    }
}

impl TryFrom<String> for Nim {
    type Error = NotNim;

    fn try_from(text: String) -> Result<Self, NotNim> {
        text.parse()
    }
}
