use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error, ser};
use serde_json::value::RawValue;

/// Millionths in one.
const ONE: i128 = 1_000_000;
const DECIMALS: usize = 6;
/// More digits before the point are no price.
const DIGITS: usize = 13;

/// An exact decimal of at most six decimals: an amount, a quantity, a rate.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Exact(i128);

impl Exact {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// A whole number.
    pub const fn whole(value: i64) -> Self {
        Self(value as i128 * ONE)
    }

    /// So many millionths.
    pub const fn millionths(value: i64) -> Self {
        Self(value as i128)
    }

    pub(crate) const fn is_negative(self) -> bool {
        self.0 < 0
    }

    pub(crate) fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    pub(crate) fn minus(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// `self × other`, rounded to so many decimals.
    pub(crate) fn times(self, other: Self, decimals: u32) -> Option<Self> {
        Self::rounded(self.0.checked_mul(other.0)?, ONE, decimals)
    }

    /// `self ÷ other`, rounded to so many decimals.
    pub(crate) fn over(self, other: Self, decimals: u32) -> Option<Self> {
        Self::rounded(self.0.checked_mul(ONE)?, other.0, decimals)
    }

    /// `numerator ÷ denominator` millionths, rounded half away from zero.
    fn rounded(numerator: i128, denominator: i128, decimals: u32) -> Option<Self> {
        let step = 10_i128.pow(DECIMALS as u32 - decimals.min(DECIMALS as u32));
        let denominator = denominator.checked_mul(step).filter(|denominator| *denominator > 0)?;
        let twice = numerator.abs().checked_mul(2)?.checked_add(denominator)?;
        let rounded = twice / denominator.checked_mul(2)?;
        rounded.checked_mul(step).map(|value| Self(value * numerator.signum()))
    }
}

/// Why a text is no number here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("write a decimal of at most 13 digits and 6 decimals, such as 1250.50")]
pub struct NotExact;

impl FromStr for Exact {
    type Err = NotExact;

    fn from_str(text: &str) -> Result<Self, NotExact> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
        let decimals = decimals.trim_end_matches('0');
        let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || whole.len() > DIGITS || decimals.len() > DECIMALS {
            return Err(NotExact);
        }
        if !all_digits(whole) || !all_digits(decimals) || digits.ends_with('.') {
            return Err(NotExact);
        }
        let value: i128 = format!("{whole}{decimals:0<DECIMALS$}").parse().map_err(|_| NotExact)?;
        Ok(Self(if negative { -value } else { value }))
    }
}

/// As few decimals as are needed: `4950`, `16.5`.
impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, rest) = (self.0.abs() / ONE, self.0.abs() % ONE);
        let rest = format!("{rest:0DECIMALS$}");
        match rest.trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            decimals => write!(f, "{sign}{whole}.{decimals}"),
        }
    }
}

/// A JSON number, digit by digit: no float on the way.
impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.to_string()).map_err(ser::Error::custom)?.serialize(serializer)
    }
}

/// A JSON number, or a string that holds one: clients in the field write both.
impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
        bare.trim().parse().map_err(D::Error::custom)
    }
}
