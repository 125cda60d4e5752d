//! Numbers as spreadsheets write them. What could mean two things is refused: nobody guesses at money.

use super::{column::Column, refusal::Refusal};

/// How numbers are written in one file.
pub(super) struct Decimals {
    may_be_comma: bool,
    /// The first mark that was read: the file has no other.
    mark: Option<char>,
}

impl Decimals {
    /// A comma is a decimal mark only where it separates no cells.
    pub(super) const fn new(has_commas: bool) -> Self {
        Self { may_be_comma: !has_commas, mark: None }
    }

    /// The number with a dot, digit for digit as it stands.
    pub(super) fn read(&mut self, column: Column, text: &str) -> Result<String, Refusal> {
        let wrong = |code, advice: &str| Refusal::new(code, column.name(), format!("{text:?}: {advice}"));
        let magnitude = text.strip_prefix('-').unwrap_or(text);
        let marks = magnitude.chars().filter(|character| matches!(character, '.' | ',')).count();
        let is_grouped = |character: char| character.is_whitespace() || matches!(character, '\'' | '’' | '_');
        if marks > 1 || (magnitude.contains(is_grouped) && !magnitude.contains(char::is_alphabetic)) {
            return Err(wrong(
                "number_grouped",
                "write the number without marks between thousands, as 1234.50",
            ));
        }
        let Some((integer, mark, fraction)) = split(magnitude) else {
            return Err(wrong("number_form", "write a number of digits, as 1234.50, without a currency"));
        };
        let Some(mark) = mark else { return Ok(text.to_owned()) };
        if mark == ',' && !self.may_be_comma {
            return Err(wrong("number_comma", "where commas separate columns, decimals have a dot"));
        }
        if *self.mark.get_or_insert(mark) != mark {
            return Err(wrong(
                "number_mixed",
                "the file has decimal commas and decimal dots: write all in one way",
            ));
        }
        // A weight has three decimals; of a price, 1.500 is as often fifteen hundred as one and a half.
        let looks_like_thousands = fraction.len() == 3 && integer.len() <= 3 && !integer.starts_with('0');
        if column != Column::Quantity && looks_like_thousands {
            return Err(wrong("number_ambiguous", "is this thousands? write 1500 or 1.50"));
        }
        Ok(text.replace(',', "."))
    }
}

/// Digits, and after a mark more digits.
fn split(magnitude: &str) -> Option<(&str, Option<char>, &str)> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some(at) = magnitude.find(['.', ',']) else {
        return digits(magnitude).then_some((magnitude, None, ""));
    };
    let (integer, rest) = magnitude.split_at(at);
    let mark = rest.chars().next();
    let fraction = &rest[1..];
    (digits(integer) && digits(fraction)).then_some((integer, mark, fraction))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(decimals: &mut Decimals, text: &str) -> String {
        match decimals.read(Column::UnitPrice, text) {
            Ok(number) => number,
            Err(refusal) => refusal.code,
        }
    }

    #[test]
    fn a_dot_is_a_decimal_mark_and_a_comma_too_where_it_separates_nothing() {
        for (text, with_commas, without) in [
            ("1234", "1234", "1234"),
            ("-2", "-2", "-2"),
            ("1234.50", "1234.50", "1234.50"),
            ("1234,50", "number_comma", "1234.50"),
            ("-0,5", "number_comma", "-0.5"),
        ] {
            assert_eq!(code(&mut Decimals::new(true), text), with_commas, "{text}");
            assert_eq!(code(&mut Decimals::new(false), text), without, "{text}");
        }
    }

    #[test]
    fn what_could_mean_two_things_is_refused_by_name() {
        for (text, refused) in [
            ("1 234,50", "number_grouped"),
            ("1\u{a0}234", "number_grouped"),
            ("1\u{202f}234", "number_grouped"),
            ("1.234,50", "number_grouped"),
            ("1,234.50", "number_grouped"),
            ("1.234.567", "number_grouped"),
            ("1'234", "number_grouped"),
            ("1.500", "number_ambiguous"),
            ("12,500", "number_ambiguous"),
            ("-150.000", "number_ambiguous"),
            ("1500 FC", "number_form"),
            ("$5", "number_form"),
            ("1e3", "number_form"),
            ("+5", "number_form"),
            (".5", "number_form"),
            ("5.", "number_form"),
            ("-", "number_form"),
            ("--5", "number_form"),
            ("٣", "number_form"),
            ("=1+1", "number_form"),
        ] {
            assert_eq!(code(&mut Decimals::new(false), text), refused, "{text}");
        }
        for taken in ["0.125", "1500.000", "1.5000", "1.50"] {
            assert_eq!(code(&mut Decimals::new(false), taken), taken);
        }
        assert_eq!(Decimals::new(false).read(Column::Quantity, "1,250").as_deref(), Ok("1.250"));
    }

    #[test]
    fn a_file_has_one_decimal_mark() {
        let mut decimals = Decimals::new(false);
        assert_eq!(code(&mut decimals, "5"), "5");
        assert_eq!(code(&mut decimals, "5,25"), "5.25");
        assert_eq!(code(&mut decimals, "5.25"), "number_mixed");
    }

    proptest! {
        #[test]
        fn what_is_taken_has_the_digits_that_were_written(text in "-?[0-9 .,']{0,12}") {
            if let Ok(number) = Decimals::new(false).read(Column::Total, &text) {
                prop_assert_eq!(number.replace('.', ""), text.replace(['.', ','], ""));
            }
        }
    }
}
