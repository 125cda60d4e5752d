use core::{fmt, str};

use super::{
    Overflow, UnitPrice, divide_rounded,
    form::{Form, Written},
    power_of_ten, price,
};
use crate::fault::Reason;

const FORM: Form = Form { negative: false, decimals: ExchangeRate::DECIMALS..=ExchangeRate::DECIMALS };

/// What one unit of a foreign currency is in CDF: above zero, four decimals (P6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExchangeRate {
    mantissa: i64,
}

impl ExchangeRate {
    const DECIMALS: u8 = 4;

    /// So many ten-thousandths, if it can be written.
    pub(crate) fn from_ten_thousandths(mantissa: i64) -> Option<Self> {
        let holds = mantissa > 0 && FORM.holds(Written { mantissa, decimals: Self::DECIMALS });
        holds.then_some(Self { mantissa })
    }

    /// In ten-thousandths.
    pub(crate) const fn ten_thousandths(self) -> i64 {
        self.mantissa
    }

    /// The price in CDF, rounded to two decimals.
    pub fn convert(self, price: UnitPrice) -> Result<UnitPrice, Overflow> {
        // At most 10^17 × 10^17, below 2^127.
        let product = price.mantissa() * i128::from(self.mantissa);
        let excess = price.decimals() + Self::DECIMALS - 2;
        let centimes = divide_rounded(product, i128::from(power_of_ten(excess)))?;
        let written = Written { mantissa: i64::try_from(centimes).map_err(|_| Overflow)?, decimals: 2 };
        if price::FORM.holds(written) { Ok(UnitPrice::from_written(written)) } else { Err(Overflow) }
    }
}

impl str::FromStr for ExchangeRate {
    type Err = Reason;

    fn from_str(text: &str) -> Result<Self, Reason> {
        let written =
            FORM.read(text).filter(|written| written.mantissa > 0).ok_or(Reason::ExchangeRateForm)?;
        Ok(Self { mantissa: written.mantissa })
    }
}

impl fmt::Display for ExchangeRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Written { mantissa: self.mantissa, decimals: Self::DECIMALS }.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    fn convert(price: &str, rate: &str) -> Result<UnitPrice, Overflow> {
        rate.parse::<ExchangeRate>().unwrap().convert(price.parse().unwrap())
    }

    #[test]
    fn a_price_is_converted_and_rounded_to_two_decimals() {
        assert_eq!(convert("8450.7500", "2850.0000").unwrap().to_string(), "24084637.50");
        assert_eq!(convert("0.0001", "50.0000").unwrap().to_string(), "0.01");
        assert_eq!(convert("0.0001", "49.9999").unwrap().to_string(), "0.00");
    }

    #[test]
    fn a_converted_price_past_thirteen_digits_is_an_error() {
        assert_eq!(convert("9999999999999.99", "1.0000").unwrap().to_string(), "9999999999999.99");
        assert_eq!(convert("9999999999999.99", "1.0001"), Err(Overflow));
        assert_eq!(convert("9999999999999.9999", "9999999999999.9999"), Err(Overflow));
    }

    #[test]
    fn an_exchange_rate_has_four_decimals_and_is_above_zero() {
        for text in ["2850", "2850.00", "2850.00000", "0.0000", "-1.0000"] {
            assert_eq!(text.parse::<ExchangeRate>(), Err(Reason::ExchangeRateForm), "{text:?}");
        }
    }
}
