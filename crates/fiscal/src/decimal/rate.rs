use core::{fmt, str};

use super::{
    Amount, Overflow, divide_rounded,
    form::{Form, Written},
    power_of_ten,
};
use crate::fault::Reason;

const FORM: Form = Form { negative: false, decimals: Rate::FEWEST_DECIMALS..=Rate::MOST_DECIMALS };

/// A tax rate as a fraction: `0.16` is 16 %. Two to four decimals, below 10.
///
/// Equality is of the written form; [`Rate::same_value`] compares what it is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    mantissa: u32,
    decimals: u8,
}

impl Rate {
    const FEWEST_DECIMALS: u8 = 2;
    const MOST_DECIMALS: u8 = 4;

    /// A rate of so many hundredths, as a manifest states it.
    pub const fn percent(percent: u8) -> Self {
        Self { mantissa: percent as u32, decimals: 2 }
    }

    /// From a mantissa and the decimals that it is written with, if it can be written so.
    pub(crate) fn from_parts(mantissa: u32, decimals: u8) -> Option<Self> {
        let written = Written { mantissa: i64::from(mantissa), decimals };
        let holds = FORM.holds(written) && written.mantissa < 10 * power_of_ten(decimals);
        holds.then_some(Self { mantissa, decimals })
    }

    /// The mantissa, and the decimals that it is written with.
    pub(crate) const fn parts(self) -> (u32, u8) {
        (self.mantissa, self.decimals)
    }

    /// How many decimals it is written with; an invoice uses as many in all its groups (P3).
    pub const fn decimals(self) -> u8 {
        self.decimals
    }

    /// Whether both tax alike, however they are written.
    pub const fn same_value(self, other: Self) -> bool {
        self.ten_thousandths() == other.ten_thousandths()
    }

    /// The tax on a base: `round2(base × rate)`.
    pub fn tax_on(self, base: Amount) -> Result<Amount, Overflow> {
        let product = i128::from(base.centimes()) * i128::from(self.mantissa);
        Amount::from_wide(divide_rounded(product, self.unit())?)
    }

    /// The base in a total that includes the tax: `round2(total / (1 + rate))`.
    pub fn base_in(self, total: Amount) -> Result<Amount, Overflow> {
        let scaled = i128::from(total.centimes()) * self.unit();
        Amount::from_wide(divide_rounded(scaled, self.unit() + i128::from(self.mantissa))?)
    }

    const fn unit(self) -> i128 {
        power_of_ten(self.decimals) as i128
    }

    const fn ten_thousandths(self) -> i64 {
        self.mantissa as i64 * power_of_ten(Self::MOST_DECIMALS - self.decimals)
    }
}

impl str::FromStr for Rate {
    type Err = Reason;

    fn from_str(text: &str) -> Result<Self, Reason> {
        let written = FORM.read(text).ok_or(Reason::RateForm)?;
        if written.mantissa >= 10 * power_of_ten(written.decimals) {
            return Err(Reason::RateForm);
        }
        let mantissa = u32::try_from(written.mantissa).map_err(|_| Reason::RateForm)?;
        Ok(Self { mantissa, decimals: written.decimals })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Written { mantissa: i64::from(self.mantissa), decimals: self.decimals }.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn a_rate_keeps_its_decimals_and_compares_by_value() {
        for text in ["0.00", "0.16", "0.050", "0.0825", "1.00", "9.9999"] {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
        }
        assert!("0.16".parse::<Rate>().unwrap().same_value("0.1600".parse().unwrap()));
        assert!(!"0.16".parse::<Rate>().unwrap().same_value("0.1601".parse().unwrap()));
    }

    #[test]
    fn a_misshapen_rate_is_refused() {
        for text in ["16", "0.1", "0.16000", "-0.16", "16%", ".16", "00.16", "10.00"] {
            assert_eq!(text.parse::<Rate>(), Err(Reason::RateForm), "{text:?}");
        }
    }

    #[test]
    fn a_rate_of_parts_is_one_that_can_be_written() {
        assert_eq!(Rate::from_parts(1_600, 4), "0.1600".parse().ok());
        assert_eq!(Rate::from_parts(99_999, 4).map(Rate::parts), Some((99_999, 4)));
        for (digits, decimals) in [(100_000, 4), (1_000, 2), (1, 1), (1, 5), (1, u8::MAX), (u32::MAX, 4)] {
            assert_eq!(Rate::from_parts(digits, decimals), None, "{digits} {decimals}");
        }
    }

    #[test]
    fn the_largest_invoice_of_the_vectors_taxes_without_overflow() {
        let base: Amount = "8620689655172.40".parse().unwrap();
        assert_eq!(Rate::percent(16).tax_on(base).unwrap().to_string(), "1379310344827.58");
        assert_eq!("9.99".parse::<Rate>().unwrap().tax_on(base), Err(Overflow));
    }

    #[test]
    fn the_base_is_taken_out_of_an_inclusive_total() {
        let total: Amount = "5933.31".parse().unwrap();
        assert_eq!(Rate::percent(16).base_in(total).unwrap().to_string(), "5114.92");
        assert_eq!(Rate::percent(16).base_in(-total).unwrap().to_string(), "-5114.92");
    }
}
