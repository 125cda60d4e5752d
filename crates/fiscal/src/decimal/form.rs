//! The one written form of a decimal number (P3).

use core::fmt;

/// At most this many digits before the point.
const INTEGER_DIGITS: usize = 13;
/// No number has more after it.
const MOST_DECIMALS: usize = 4;

/// What a kind of number may look like.
pub(super) struct Form {
    pub(super) negative: bool,
    pub(super) decimals: core::ops::RangeInclusive<u8>,
}

/// A number as it was written: `mantissa / 10^decimals`.
#[derive(Clone, Copy)]
pub(super) struct Written {
    pub(super) mantissa: i64,
    pub(super) decimals: u8,
}

impl Form {
    /// Reads `-?(0|[1-9][0-9]{0,12})(\.[0-9]+)?` with the decimals that the form allows, and never a minus zero.
    pub(super) fn read(&self, text: &str) -> Option<Written> {
        let (negative, digits) = match text.as_bytes() {
            [b'-', digits @ ..] if self.negative => (true, digits),
            digits => (false, digits),
        };
        let (integer, rest) = take_digits(0, digits);
        let integer_digits = digits.len() - rest.len();
        let leading_zero = integer_digits > 1 && digits[0] == b'0';
        if integer_digits == 0 || integer_digits > INTEGER_DIGITS || leading_zero {
            return None;
        }
        let (magnitude, decimals) = match rest {
            [] => (integer, 0),
            [b'.', fraction @ ..] if (1..=MOST_DECIMALS).contains(&fraction.len()) => {
                let (magnitude, rest) = take_digits(integer, fraction);
                rest.is_empty().then_some((magnitude, fraction.len() as u8))?
            }
            _ => return None,
        };
        if !self.decimals.contains(&decimals) || negative && magnitude == 0 {
            return None;
        }
        Some(Written { mantissa: if negative { -magnitude } else { magnitude }, decimals })
    }

    /// Whether a computed number could be written in this form.
    pub(super) fn holds(&self, number: Written) -> bool {
        if !self.decimals.contains(&number.decimals) {
            return false;
        }
        let integer = number.mantissa.unsigned_abs() / super::power_of_ten(number.decimals).unsigned_abs();
        (self.negative || number.mantissa >= 0)
            && integer < super::power_of_ten(INTEGER_DIGITS as u8).unsigned_abs()
    }
}

/// Appends the leading digits to a number, seventeen of them at most; the rest is what follows them.
fn take_digits(mut number: i64, mut bytes: &[u8]) -> (i64, &[u8]) {
    let mut room = INTEGER_DIGITS + MOST_DECIMALS;
    while let [digit @ b'0'..=b'9', rest @ ..] = bytes
        && room > 0
    {
        number = number * 10 + i64::from(digit - b'0');
        bytes = rest;
        room -= 1;
    }
    (number, bytes)
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = super::power_of_ten(self.decimals).unsigned_abs();
        let magnitude = self.mantissa.unsigned_abs();
        if self.mantissa < 0 {
            f.write_str("-")?;
        }
        write!(f, "{}", magnitude / unit)?;
        if self.decimals > 0 {
            write!(f, ".{:0width$}", magnitude % unit, width = usize::from(self.decimals))?;
        }
        Ok(())
    }
}
