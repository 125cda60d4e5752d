use core::{fmt, str};

use super::{
    form::{Form, Written},
    power_of_ten,
};
use crate::fault::Reason;

pub(super) const FORM: Form = Form { negative: false, decimals: 2..=4 };

/// The price of one unit: never negative, two to four decimals.
///
/// Equality is of the written form: `2.50` and `2.5000` are the same money and two prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitPrice {
    mantissa: i64,
    decimals: u8,
}

impl UnitPrice {
    /// From a mantissa and the decimals that it is written with, if it can be written so.
    pub(crate) fn from_parts(mantissa: i64, decimals: u8) -> Option<Self> {
        let written = Written { mantissa, decimals };
        FORM.holds(written).then_some(Self { mantissa, decimals })
    }

    /// The mantissa, and the decimals that it is written with.
    pub(crate) const fn parts(self) -> (i64, u8) {
        (self.mantissa, self.decimals)
    }

    /// In ten-thousandths, whatever the decimals that it was written with.
    pub const fn ten_thousandths(self) -> i64 {
        self.mantissa * power_of_ten(4 - self.decimals)
    }

    pub(super) const fn mantissa(self) -> i128 {
        self.mantissa as i128
    }

    pub(super) const fn decimals(self) -> u8 {
        self.decimals
    }

    pub(super) const fn from_written(written: Written) -> Self {
        Self { mantissa: written.mantissa, decimals: written.decimals }
    }
}

impl str::FromStr for UnitPrice {
    type Err = Reason;

    fn from_str(text: &str) -> Result<Self, Reason> {
        FORM.read(text).map(Self::from_written).ok_or(Reason::PriceForm)
    }
}

impl fmt::Display for UnitPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Written { mantissa: self.mantissa, decimals: self.decimals }.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn a_price_keeps_its_two_to_four_decimals() {
        for text in ["0.00", "2990.125", "8450.7500", "9999999999999.9999"] {
            assert_eq!(text.parse::<UnitPrice>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_negative_or_misshapen_price_is_refused() {
        for text in ["-1.00", "-0.00", "1", "1.0", "1.00000", "01.00", "10000000000000.00"] {
            assert_eq!(text.parse::<UnitPrice>(), Err(Reason::PriceForm), "{text:?}");
        }
    }
}
