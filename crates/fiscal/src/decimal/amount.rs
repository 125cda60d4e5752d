use core::{fmt, str};

use super::{
    Overflow,
    form::{Form, Written},
};
use crate::fault::Reason;

const FORM: Form = Form { negative: true, decimals: Amount::DECIMALS..=Amount::DECIMALS };

/// Money with two decimals, of either sign: `116.00`, `-16.00`, never `-0.00`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount {
    centimes: i64,
}

impl Amount {
    /// 0.00
    pub const ZERO: Self = Self { centimes: 0 };
    /// 9 999 999 999 999.99, the largest that may be written.
    pub const MAX: Self = Self { centimes: 999_999_999_999_999 };

    pub(super) const DECIMALS: u8 = 2;

    /// An amount of so many hundredths of the currency.
    pub fn from_centimes(centimes: i64) -> Result<Self, Overflow> {
        let fits = FORM.holds(Written { mantissa: centimes, decimals: Self::DECIMALS });
        if fits { Ok(Self { centimes }) } else { Err(Overflow) }
    }

    /// In hundredths of the currency.
    pub const fn centimes(self) -> i64 {
        self.centimes
    }

    /// Without its sign.
    pub const fn magnitude(self) -> Self {
        Self { centimes: self.centimes.abs() }
    }

    /// The sum, if it can be written.
    pub fn plus(self, other: Self) -> Result<Self, Overflow> {
        Self::from_centimes(self.centimes + other.centimes)
    }

    /// The difference, if it can be written.
    pub fn minus(self, other: Self) -> Result<Self, Overflow> {
        Self::from_centimes(self.centimes - other.centimes)
    }

    /// The sum of many: only the result has to fit.
    pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Result<Self, Overflow> {
        let centimes: i128 = amounts.into_iter().map(|amount| i128::from(amount.centimes)).sum();
        Self::from_wide(centimes)
    }

    pub(super) fn from_wide(centimes: i128) -> Result<Self, Overflow> {
        i64::try_from(centimes).map_err(|_| Overflow).and_then(Self::from_centimes)
    }
}

impl core::ops::Neg for Amount {
    type Output = Self;

    fn neg(self) -> Self {
        Self { centimes: -self.centimes }
    }
}

impl str::FromStr for Amount {
    type Err = Reason;

    fn from_str(text: &str) -> Result<Self, Reason> {
        FORM.read(text).map(|written| Self { centimes: written.mantissa }).ok_or(Reason::AmountForm)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Written { mantissa: self.centimes, decimals: Self::DECIMALS }.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn an_amount_is_written_as_it_was_read() {
        for text in ["0.00", "0.01", "-0.01", "116.00", "-9999999999999.99", "9999999999999.99"] {
            assert_eq!(text.parse::<Amount>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_ways_to_write_an_amount_are_refused() {
        let wrong = [
            "",
            "-",
            ".",
            "1",
            "1.",
            "1.0",
            "1.000",
            ".00",
            "00.00",
            "01.00",
            "+1.00",
            "-0.00",
            "1e2",
            "1,00",
            " 1.00",
            "1.00 ",
            "--1.00",
            "1.0a",
            "10000000000000.00",
            "-10000000000000.00",
            "٣.00",
        ];
        for text in wrong {
            assert_eq!(text.parse::<Amount>(), Err(Reason::AmountForm), "{text:?}");
        }
    }

    #[test]
    fn sums_past_thirteen_digits_are_an_error() {
        let centime = Amount::from_centimes(1).unwrap();
        assert_eq!(Amount::MAX.plus(centime), Err(Overflow));
        assert_eq!((-Amount::MAX).minus(centime), Err(Overflow));
        assert_eq!(Amount::MAX.plus(Amount::ZERO), Ok(Amount::MAX));
        assert_eq!(Amount::sum([Amount::MAX, Amount::MAX, -Amount::MAX]), Ok(Amount::MAX));
        assert_eq!(Amount::sum([Amount::MAX, Amount::MAX]), Err(Overflow));
    }
}
