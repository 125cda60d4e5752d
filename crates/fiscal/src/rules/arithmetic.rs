use crate::{
    decimal::{Amount, Overflow, Rate},
    invoice::PriceMode,
};

/// What the lines of one tax group come to (P5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupAmounts {
    /// What is taxed.
    pub base: Amount,
    /// The tax.
    pub tax: Amount,
}

impl GroupAmounts {
    /// Base and tax of a group whose lines, each `round2(quantity × unit_price)`, sum to `lines`.
    ///
    /// Without tax in the prices, base = lines and tax = round2(base × rate). With it,
    /// base = round2(lines / (1 + rate)) and tax = lines − base.
    pub fn of_lines(lines: Amount, rate: Rate, mode: PriceMode) -> Result<Self, Overflow> {
        match mode {
            PriceMode::Exclusive => Ok(Self { base: lines, tax: rate.tax_on(lines)? }),
            PriceMode::Inclusive => {
                let base = rate.base_in(lines)?;
                Ok(Self { base, tax: lines.minus(base)? })
            }
        }
    }
}
