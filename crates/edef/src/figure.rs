use std::{fmt, str::FromStr};

use fiscal::{Amount, Overflow};

/// A number that the authority wrote, exactly: an amount, a rate in percent.
///
/// It holds six decimals. Further ones, the noise of a float at the other end, are rounded half away from zero.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Figure {
    millionths: i128,
}

/// A text is no number, or one of more than 18 digits before its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no decimal number of at most 18 digits before its point")]
pub struct NoFigure;

impl Figure {
    /// 0
    pub const ZERO: Self = Self { millionths: 0 };
    const DECIMALS: usize = 6;
    const UNIT: i128 = 1_000_000;
    const LARGEST: i128 = 1_000_000_000_000_000_000 * Self::UNIT;

    /// So many hundredths.
    pub const fn from_hundredths(hundredths: i64) -> Self {
        Self { millionths: hundredths as i128 * 10_000 }
    }

    /// A whole number.
    pub const fn whole(units: i64) -> Self {
        Self { millionths: units as i128 * Self::UNIT }
    }

    /// In millionths.
    pub const fn millionths(self) -> i128 {
        self.millionths
    }

    /// So many millionths.
    pub const fn from_millionths(millionths: i128) -> Self {
        Self { millionths }
    }

    /// How far apart two are.
    pub const fn distance(self, other: Self) -> Self {
        Self { millionths: (self.millionths - other.millionths).abs() }
    }

    /// Whether it has no part of a unit.
    pub const fn is_whole(self) -> bool {
        self.millionths % Self::UNIT == 0
    }

    /// The amount that it is, rounded to two decimals, half away from zero.
    pub fn to_amount(self) -> Result<Amount, Overflow> {
        let hundredths = (self.millionths.abs() + 5_000) / 10_000 * self.millionths.signum();
        i64::try_from(hundredths).map_err(|_| Overflow).and_then(Amount::from_centimes)
    }
}

impl From<Amount> for Figure {
    fn from(amount: Amount) -> Self {
        Self::from_hundredths(amount.centimes())
    }
}

impl FromStr for Figure {
    type Err = NoFigure;

    /// Reads what JSON calls a number, an exponent too, and besides a leading plus and leading zeros.
    fn from_str(text: &str) -> Result<Self, NoFigure> {
        let text = text.trim();
        let (negative, text) = match text.as_bytes() {
            [b'-', ..] => (true, &text[1..]),
            [b'+', ..] => (false, &text[1..]),
            _ => (false, text),
        };
        let (digits, exponent) = match text.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent.parse::<i32>().map_err(|_| NoFigure)?),
            None => (text, 0),
        };
        let (integer, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let marks = integer.len() + fraction.len();
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if integer.is_empty() || marks > 64 || exponent.unsigned_abs() > 40 {
            return Err(NoFigure);
        }
        if !is_digits(integer) || !is_digits(fraction) {
            return Err(NoFigure);
        }
        let point = i32::try_from(integer.len()).map_err(|_| NoFigure)? + exponent;
        let millionths = scaled(integer.bytes().chain(fraction.bytes()), point)?;
        Ok(Self { millionths: if negative { -millionths } else { millionths } })
    }
}

/// The digits as millionths, with the point after so many of them.
fn scaled(digits: impl Iterator<Item = u8>, point: i32) -> Result<i128, NoFigure> {
    let last = point + 6;
    let mut value = 0_i128;
    let mut written = 0;
    for (digit, at) in digits.map(|digit| i128::from(digit - b'0')).zip(0..) {
        if at == last && digit >= 5 {
            value += 1;
        }
        if at < last {
            value = value * 10 + digit;
            written = at + 1;
        }
        if value >= Figure::LARGEST {
            return Err(NoFigure);
        }
    }
    for _ in written..last.max(0) {
        value *= 10;
        if value >= Figure::LARGEST {
            return Err(NoFigure);
        }
    }
    Ok(value)
}

impl fmt::Display for Figure {
    /// With two decimals, or as many more as it needs: `549.00`, `0.125`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.millionths.unsigned_abs();
        let unit = Self::UNIT.unsigned_abs();
        let fraction = format!("{:0width$}", magnitude % unit, width = Self::DECIMALS);
        let needed = fraction.trim_end_matches('0').len().max(2);
        let sign = if self.millionths < 0 { "-" } else { "" };
        write!(f, "{sign}{}.{}", magnitude / unit, &fraction[..needed])
    }
}

impl fmt::Debug for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Figure({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        text.parse::<Figure>().unwrap().to_string()
    }

    #[test]
    fn numbers_are_read_from_their_digits() {
        for (text, written) in [
            ("0", "0.00"),
            ("-0", "0.00"),
            ("549", "549.00"),
            ("549.1", "549.10"),
            (" 549.10 ", "549.10"),
            ("-3051.00", "-3051.00"),
            ("0.1", "0.10"),
            ("0.125", "0.125"),
            ("+007.5", "7.50"),
            ("1e3", "1000.00"),
            ("1.2345E2", "123.45"),
            ("123456e-3", "123.456"),
            ("5e-9", "0.00"),
            ("549.1500000000001", "549.15"),
            ("549.1499999999999", "549.15"),
            ("0.0000005", "0.000001"),
            ("9007199254740993.01", "9007199254740993.01"),
        ] {
            assert_eq!(read(text), written, "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in
            ["", "-", ".5", "1,5", "1.2.3", "0x1", "NaN", "1e99", "1e", "1000000000000000000", "1e18", "١"]
        {
            assert_eq!(text.parse::<Figure>(), Err(NoFigure), "{text:?}");
        }
    }

    #[test]
    fn an_amount_is_the_figure_rounded_to_two_decimals() {
        for (text, amount) in [("549.155", "549.16"), ("-549.155", "-549.16"), ("0.0049", "0.00")] {
            assert_eq!(text.parse::<Figure>().unwrap().to_amount().unwrap().to_string(), amount);
        }
        assert_eq!("10000000000000".parse::<Figure>().unwrap().to_amount(), Err(Overflow));
    }
}
