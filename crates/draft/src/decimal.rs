//! Decimals from their text to the one written form that each kind of them has (P3), without a float in between.

use std::str::FromStr;

use fiscal::{Amount, ExchangeRate, Quantity, Rate, Reason, UnitPrice};

/// A kind of number, and how many decimals its written form has.
pub(crate) trait Decimal: FromStr<Err = Reason> {
    const FEWEST: usize;
    const MOST: usize;
    /// The rule that another form breaks.
    const FORM: Reason;

    /// Reads `-?(0|[1-9][0-9]*)(\.[0-9]+)?`: zeros are added up to the fewest decimals, and dropped past the most.
    fn read(text: &str) -> Result<Self, Reason> {
        rewrite(text, Self::FEWEST, Self::MOST).ok_or(Self::FORM)?.parse()
    }
}

macro_rules! decimals {
    ($($name:ident $fewest:literal $most:literal $form:ident;)*) => {$(
        impl Decimal for $name {
            const FEWEST: usize = $fewest;
            const MOST: usize = $most;
            const FORM: Reason = Reason::$form;
        }
    )*};
}

decimals! {
    Amount 2 2 AmountForm;
    UnitPrice 2 4 PriceForm;
    Quantity 0 3 QuantityForm;
    Rate 2 4 RateForm;
    ExchangeRate 4 4 ExchangeRateForm;
}

/// A rate with so many decimals, if it needs no more.
pub(crate) fn with_decimals(rate: Rate, decimals: usize) -> Option<Rate> {
    rewrite(&rate.to_string(), decimals, decimals)?.parse().ok()
}

/// The number with at least `fewest` and at most `most` decimals; none if that would change it. There is no minus zero.
fn rewrite(text: &str, fewest: usize, most: usize) -> Option<String> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (negative, magnitude) = text.strip_prefix('-').map_or((false, text), |magnitude| (true, magnitude));
    let (integer, fraction) = match magnitude.split_once('.') {
        Some((integer, fraction)) if digits(fraction) => (integer, fraction),
        Some(_) => return None,
        None => (magnitude, ""),
    };
    if !digits(integer) {
        return None;
    }
    let (kept, dropped) = fraction.split_at_checked(most).unwrap_or((fraction, ""));
    if dropped.bytes().any(|digit| digit != b'0') {
        return None;
    }
    let zero = integer.bytes().chain(kept.bytes()).all(|digit| digit == b'0');
    let sign = if negative && !zero { "-" } else { "" };
    let point = if kept.is_empty() && fewest == 0 { "" } else { "." };
    Some(format!("{sign}{integer}{point}{kept:0<fewest$}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written<T: Decimal + ToString>(text: &str) -> Result<String, Reason> {
        T::read(text).map(|number| number.to_string())
    }

    #[test]
    fn zeros_are_added_and_dropped_until_the_form_is_the_canonical_one() {
        for (text, amount) in [
            ("16", "16.00"),
            ("12.5", "12.50"),
            ("12.50", "12.50"),
            ("-0.1", "-0.10"),
            ("12.5000000", "12.50"),
            ("9999999999999.990", "9999999999999.99"),
            ("-0", "0.00"),
            ("-0.000", "0.00"),
        ] {
            assert_eq!(written::<Amount>(text).as_deref(), Ok(amount), "{text}");
        }
        assert_eq!(written::<UnitPrice>("10.95").unwrap(), "10.95");
        assert_eq!(written::<UnitPrice>("10.9500").unwrap(), "10.9500");
        assert_eq!(written::<UnitPrice>("10.95000").unwrap(), "10.9500");
        assert_eq!(written::<Quantity>("1").unwrap(), "1");
        assert_eq!(written::<Quantity>("1.0").unwrap(), "1.0");
        assert_eq!(written::<Quantity>("-2.5000").unwrap(), "-2.500");
        assert_eq!(written::<Rate>("0").unwrap(), "0.00");
        assert_eq!(written::<ExchangeRate>("2850").unwrap(), "2850.0000");
    }

    #[test]
    fn a_number_that_would_lose_a_digit_or_has_another_form_is_refused() {
        for text in [
            "12.505",
            "1e2",
            "1E2",
            "",
            "-",
            ".5",
            "5.",
            "+1",
            "01",
            "1,5",
            " 1",
            "1 ",
            "0x1",
            "NaN",
            "1.2.3",
            "--1",
            "1.-5",
            "٣",
            "1.٣",
            "10000000000000",
        ] {
            assert_eq!(written::<Amount>(text), Err(Reason::AmountForm), "{text:?}");
        }
        assert_eq!(written::<UnitPrice>("0.00001"), Err(Reason::PriceForm));
        assert_eq!(written::<UnitPrice>("-1"), Err(Reason::PriceForm));
        assert_eq!(written::<Quantity>("0.0001"), Err(Reason::QuantityForm));
        assert_eq!(written::<Rate>("10"), Err(Reason::RateForm));
        assert_eq!(written::<ExchangeRate>("0"), Err(Reason::ExchangeRateForm));
    }

    #[test]
    fn a_rate_takes_as_many_decimals_as_it_is_told_if_it_keeps_its_value() {
        let rate = |text: &str| text.parse::<Rate>().unwrap();
        assert_eq!(with_decimals(rate("0.16"), 4), Some(rate("0.1600")));
        assert_eq!(with_decimals(rate("0.1600"), 2), Some(rate("0.16")));
        assert_eq!(with_decimals(rate("0.165"), 2), None);
    }
}
