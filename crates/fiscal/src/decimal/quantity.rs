use core::{fmt, str};

use super::{
    Amount, Overflow, UnitPrice, divide_rounded,
    form::{Form, Written},
    power_of_ten,
};
use crate::fault::Reason;

const FORM: Form = Form { negative: true, decimals: 0..=3 };

/// How many units: zero to three decimals, negative on a credit note (P4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantity {
    mantissa: i64,
    decimals: u8,
}

impl Quantity {
    /// From a mantissa and the decimals that it is written with, if it can be written so.
    pub(crate) fn from_parts(mantissa: i64, decimals: u8) -> Option<Self> {
        let written = Written { mantissa, decimals };
        FORM.holds(written).then_some(Self { mantissa, decimals })
    }

    /// The mantissa, and the decimals that it is written with.
    pub(crate) const fn parts(self) -> (i64, u8) {
        (self.mantissa, self.decimals)
    }

    /// Above zero.
    pub const fn is_positive(self) -> bool {
        self.mantissa > 0
    }

    /// Below zero.
    pub const fn is_negative(self) -> bool {
        self.mantissa < 0
    }

    /// What so many units cost: `round2(quantity × unit price)`.
    pub fn times(self, price: UnitPrice) -> Result<Amount, Overflow> {
        // At most 10^16 × 10^17, far below 2^127.
        let product = i128::from(self.mantissa) * price.mantissa();
        let excess = self.decimals + price.decimals() - Amount::DECIMALS;
        Amount::from_wide(divide_rounded(product, i128::from(power_of_ten(excess)))?)
    }

    /// So many thousandths, with as few decimals as they need; none for more than a quantity may have.
    pub fn from_thousandths(mut mantissa: i64) -> Option<Self> {
        let mut decimals = 3;
        while decimals > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            decimals -= 1;
        }
        Self::from_parts(mantissa, decimals)
    }

    /// In thousandths, whatever the decimals that it was written with.
    pub const fn thousandths(self) -> i64 {
        self.mantissa * power_of_ten(3 - self.decimals)
    }
}

impl str::FromStr for Quantity {
    type Err = Reason;

    fn from_str(text: &str) -> Result<Self, Reason> {
        let written = FORM.read(text).ok_or(Reason::QuantityForm)?;
        Ok(Self { mantissa: written.mantissa, decimals: written.decimals })
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Written { mantissa: self.mantissa, decimals: self.decimals }.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    fn line(quantity: &str, price: &str) -> Result<Amount, Overflow> {
        quantity.parse::<Quantity>().unwrap().times(price.parse().unwrap())
    }

    #[test]
    fn a_quantity_keeps_its_decimals() {
        for text in ["0", "1", "-1", "3.5", "41.375", "-0.125", "9999999999999.999"] {
            assert_eq!(text.parse::<Quantity>().unwrap().to_string(), text);
        }
        for text in ["", "-0", "-0.000", "1.", "1.0000", "+1", "01", "1e3", "10000000000000"] {
            assert_eq!(text.parse::<Quantity>(), Err(Reason::QuantityForm), "{text:?}");
        }
    }

    #[test]
    fn thousandths_are_written_with_as_few_decimals_as_they_need() {
        for (thousandths, text) in
            [(0, "0"), (-1, "-0.001"), (12_500, "12.5"), (-3_000, "-3"), (41_375, "41.375")]
        {
            assert_eq!(Quantity::from_thousandths(thousandths).unwrap().to_string(), text);
        }
        assert_eq!(Quantity::from_thousandths(9_999_999_999_999_999), "9999999999999.999".parse().ok());
        assert_eq!(Quantity::from_thousandths(10_000_000_000_000_000), None);
        assert_eq!(Quantity::from_thousandths(i64::MIN), None);
    }

    #[test]
    fn a_line_rounds_half_away_from_zero() {
        assert_eq!(line("41.375", "2990.1250").unwrap().to_string(), "123716.42");
        assert_eq!(line("0.5", "0.01").unwrap().to_string(), "0.01");
        assert_eq!(line("-0.5", "0.01").unwrap().to_string(), "-0.01");
        assert_eq!(line("0.499", "0.01").unwrap().to_string(), "0.00");
    }

    #[test]
    fn a_line_past_thirteen_digits_is_an_error() {
        assert_eq!(line("1", "9999999999999.99"), Ok(Amount::MAX));
        assert_eq!(line("1", "9999999999999.9951"), Err(Overflow));
        assert_eq!(line("9999999999999.999", "9999999999999.9999"), Err(Overflow));
    }

    #[test]
    fn thousandths_do_not_depend_on_the_written_decimals() {
        assert_eq!("3.5".parse::<Quantity>().unwrap().thousandths(), 3_500);
        assert_eq!("-3.500".parse::<Quantity>().unwrap().thousandths(), -3_500);
    }
}
