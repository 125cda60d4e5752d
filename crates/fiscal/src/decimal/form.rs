//! The one written form of a decimal number (P3).

use core::fmt;

/// At most this many digits before the point.
const INTEGER_DIGITS: usize = 13;

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
        let integer_digits = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let leading_zero = digits.first() == Some(&b'0') && integer_digits > 1;
        if integer_digits == 0 || integer_digits > INTEGER_DIGITS || leading_zero {
            return None;
        }
        let fraction = match &digits[integer_digits..] {
            [] => &[][..],
            [b'.', fraction @ ..] if !fraction.is_empty() => fraction,
            _ => return None,
        };
        let decimals =
            u8::try_from(fraction.len()).ok().filter(|decimals| self.decimals.contains(decimals))?;
        let mut magnitude = 0_i64;
        for byte in digits[..integer_digits].iter().chain(fraction) {
            if !byte.is_ascii_digit() {
                return None;
            }
            magnitude = magnitude * 10 + i64::from(byte - b'0');
        }
        if negative && magnitude == 0 {
            return None;
        }
        Some(Written { mantissa: if negative { -magnitude } else { magnitude }, decimals })
    }

    /// Whether a computed number could be written in this form.
    pub(super) fn holds(&self, number: Written) -> bool {
        let integer = number.mantissa.unsigned_abs() / super::power_of_ten(number.decimals).unsigned_abs();
        self.decimals.contains(&number.decimals)
            && (self.negative || number.mantissa >= 0)
            && integer < super::power_of_ten(INTEGER_DIGITS as u8).unsigned_abs()
    }
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
