//! Numbers and times as people here write them.

use std::fmt::Display;

use fiscal::{CivilDate, Rate, Timestamp, UtcOffset};

use crate::Language;

/// Between the thousands, and before a unit: text outputs make a plain space of it.
pub(crate) const NO_BREAK: char = '\u{A0}';

/// `19 500,00` or `19,500.00`, with all decimals that the number is written with, but at least two.
pub(crate) fn money(number: impl Display, language: Language) -> String {
    number_with(&number.to_string(), 2, language)
}

/// `19 500,00 CDF`
pub(crate) fn money_in(number: impl Display, currency: impl Display, language: Language) -> String {
    format!("{}{NO_BREAK}{currency}", money(number, language))
}

/// `41,375`, `5`: without trailing zeros.
pub(crate) fn count(number: impl Display, language: Language) -> String {
    number_with(&number.to_string(), 0, language)
}

/// `16 %` of `0.16`, `8,25 %` of `0.0825`.
pub(crate) fn percent(rate: Rate, language: Language) -> String {
    // A rate has one digit before the point and at least two after it.
    let digits = rate.to_string().replacen('.', "", 1);
    let (whole, fraction) = digits.split_at(digits.len().min(3));
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let number = number_with(&format!("{whole}.{fraction}"), 0, language);
    match language {
        Language::French => format!("{number}{NO_BREAK}%"),
        Language::English => format!("{number}%"),
    }
}

/// `14/03/2026`, or `2026-03-14` in English, where the order of the parts is nobody's guess.
pub(crate) fn date(date: CivilDate, language: Language) -> String {
    let written = date.to_string();
    match (language, written.split('-').collect::<Vec<_>>().as_slice()) {
        (Language::French, [year, month, day]) => format!("{day}/{month}/{year}"),
        _ => written,
    }
}

/// `14/03/2026 08:04:14 (Kinshasa, UTC+1)`
pub(crate) fn time(time: Timestamp, zone: UtcOffset, language: Language) -> String {
    let local = time.local(zone).to_string();
    let clock = local.split_once('T').map_or("", |(_, clock)| clock);
    // The zone is not broken in two on a narrow roll.
    let zone_words = zone_words(zone).replace(' ', &NO_BREAK.to_string());
    format!("{} {clock} ({zone_words})", date(time.date_at(zone), language))
}

fn zone_words(zone: UtcOffset) -> String {
    let minutes = zone.minutes();
    let sign = if minutes < 0 { '-' } else { '+' };
    let (hours, rest) = (minutes.unsigned_abs() / 60, minutes.unsigned_abs() % 60);
    let offset = match (hours, rest) {
        (0, 0) => "UTC".to_owned(),
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, rest) => format!("UTC{sign}{hours}:{rest:02}"),
    };
    if zone == UtcOffset::KINSHASA {
        format!("Kinshasa, {offset}")
    } else if zone == UtcOffset::LUBUMBASHI {
        format!("Lubumbashi, {offset}")
    } else {
        offset
    }
}

/// `SG20 40Z4 6YRV GCTJ`
pub(crate) fn in_fours(code: &str) -> String {
    let characters: Vec<char> = code.chars().collect();
    characters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" ")
}

/// `number` is plain: an optional minus, digits, perhaps a point and digits.
fn number_with(number: &str, least_decimals: usize, language: Language) -> String {
    let (sign, digits) = match number.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", number),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = match fraction.trim_end_matches('0').len() {
        needed if needed >= least_decimals => &fraction[..needed],
        _ => &fraction[..least_decimals.min(fraction.len())],
    };
    let (thousands, point) = match language {
        Language::French => (NO_BREAK, ','),
        Language::English => (',', '.'),
    };
    let mut out = String::from(sign);
    for (index, digit) in whole.char_indices() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            out.push(thousands);
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push(point);
        out.push_str(fraction);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use Language::{English, French};

    fn plain(text: &str) -> String {
        text.replace(NO_BREAK, " ")
    }

    #[test]
    fn money_has_its_thousands_apart_and_two_decimals_or_more() {
        for (number, french, english) in [
            ("0.00", "0,00", "0.00"),
            ("19500.00", "19 500,00", "19,500.00"),
            ("-58000.00", "-58 000,00", "-58,000.00"),
            ("-123.45", "-123,45", "-123.45"),
            ("9999999999999.99", "9 999 999 999 999,99", "9,999,999,999,999.99"),
            ("2990.1250", "2 990,125", "2,990.125"),
            ("2850.0000", "2 850,00", "2,850.00"),
        ] {
            assert_eq!(plain(&money(number, French)), french);
            assert_eq!(money(number, English), english);
        }
        assert_eq!(plain(&money_in("116.00", "CDF", French)), "116,00 CDF");
    }

    #[test]
    fn a_quantity_has_no_trailing_zeros() {
        for (number, french) in [
            ("1", "1"),
            ("1.000", "1"),
            ("41.375", "41,375"),
            ("-3.50", "-3,5"),
            ("1200", "1 200"),
            ("0.5", "0,5"),
        ] {
            assert_eq!(plain(&count(number, French)), french);
        }
    }

    #[test]
    fn a_rate_is_in_percent() {
        for (rate, french, english) in [
            ("0.16", "16 %", "16%"),
            ("0.00", "0 %", "0%"),
            ("0.0825", "8,25 %", "8.25%"),
            ("0.050", "5 %", "5%"),
            ("1.00", "100 %", "100%"),
            ("9.9999", "999,99 %", "999.99%"),
        ] {
            let rate = rate.parse().unwrap();
            assert_eq!(plain(&percent(rate, French)), french);
            assert_eq!(percent(rate, English), english);
        }
    }

    #[test]
    fn a_time_is_the_outlets_own_and_says_its_zone() {
        let sealed: Timestamp = "2026-03-14T23:04:14".parse().unwrap();
        let time = |sealed, zone, language| plain(&time(sealed, zone, language));
        assert_eq!(time(sealed, UtcOffset::KINSHASA, French), "15/03/2026 00:04:14 (Kinshasa, UTC+1)");
        assert_eq!(time(sealed, UtcOffset::LUBUMBASHI, English), "2026-03-15 01:04:14 (Lubumbashi, UTC+2)");
        assert_eq!(time(sealed, UtcOffset::UTC, French), "14/03/2026 23:04:14 (UTC)");
        let zone = UtcOffset::from_minutes(-570).unwrap();
        assert_eq!(time(sealed, zone, French), "14/03/2026 13:34:14 (UTC-9:30)");
    }

    #[test]
    fn a_code_is_read_in_fours() {
        assert_eq!(in_fours("SG2040Z46YRVGCTJ"), "SG20 40Z4 6YRV GCTJ");
    }
}
