//! Fixed-point numbers that cannot be mixed up: amounts, prices, quantities, rates (P3, P5, P6).
//!
//! A number keeps the decimals that it was written with, so that it is written back as it was read. Nothing here
//! wraps or loses a digit in silence: what does not fit is [`Overflow`], and rounding is half away from zero.

mod amount;
mod exchange;
mod form;
mod price;
mod quantity;
mod rate;

pub use amount::Amount;
pub use exchange::ExchangeRate;
pub use price::UnitPrice;
pub use quantity::Quantity;
pub use rate::Rate;

/// A computed number has more digits than its type may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the computed number has more digits than an invoice may hold: split the invoice")]
pub struct Overflow;

/// `numerator / denominator` to the nearest integer, half away from zero. The denominator is positive.
fn divide_rounded(numerator: i128, denominator: i128) -> Result<i128, Overflow> {
    let (dividend, divisor) = (numerator.unsigned_abs(), denominator.unsigned_abs());
    // Almost every product fits 64 bits, where a division costs a tenth.
    let quotient = match (u64::try_from(dividend), u64::try_from(divisor)) {
        (Ok(narrow), Ok(by)) => narrow.checked_div(by).map(u128::from),
        _ => dividend.checked_div(divisor),
    };
    let quotient = quotient.ok_or(Overflow)?;
    let rest = dividend - quotient * divisor;
    let away = rest >= divisor - rest;
    let rounded = i128::try_from(quotient + u128::from(away)).map_err(|_| Overflow)?;
    Ok(if numerator < 0 { -rounded } else { rounded })
}

const fn power_of_ten(exponent: u8) -> i64 {
    10_i64.pow(exponent as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_round_away_from_zero_on_both_sides() {
        for (numerator, rounded) in [(5, 1), (4, 0), (-5, -1), (-4, 0), (15, 2), (-15, -2), (0, 0), (14, 1)] {
            assert_eq!(divide_rounded(numerator, 10), Ok(rounded), "{numerator}/10");
        }
    }

    #[test]
    fn an_odd_denominator_rounds_to_the_nearest() {
        assert_eq!(divide_rounded(1, 3), Ok(0));
        assert_eq!(divide_rounded(2, 3), Ok(1));
        assert_eq!(divide_rounded(-2, 3), Ok(-1));
        assert_eq!(divide_rounded(7, 2), Ok(4));
    }

    #[test]
    fn wide_and_narrow_division_agree_at_the_border() {
        let border = i128::from(i64::MAX);
        for numerator in [border - 1, border, border + 1, -border - 1, -border - 2] {
            let expected = numerator / 100 + (numerator % 100) / 50;
            assert_eq!(divide_rounded(numerator, 100), Ok(expected), "{numerator}");
        }
    }
}
