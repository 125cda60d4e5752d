//! Amounts, times and shares as people read them.

use std::fmt::Display;

use fiscal::{Amount, Currency, Rate, Timestamp, UtcOffset};
use verify_cli::Lang;

/// `19 500,00` in French, `19,500.00` in English.
pub(super) fn amount(lang: Lang, amount: Amount) -> String {
    let (thousands, decimals) = match lang {
        Lang::Fr => (' ', ','),
        Lang::En => (',', '.'),
    };
    let text = amount.to_string();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
    let (whole, cents) = digits.split_once('.').unwrap_or((digits, "00"));
    format!("{sign}{}{decimals}{cents}", grouped(whole, thousands))
}

/// The same with its currency.
pub(super) fn money(lang: Lang, value: Amount, currency: Currency) -> String {
    format!("{} {currency}", amount(lang, value))
}

/// `2 097 151` in French, `2,097,151` in English.
pub(super) fn count(lang: Lang, number: u64) -> String {
    grouped(&number.to_string(), if lang == Lang::Fr { ' ' } else { ',' })
}

/// `2026-02-04 11:15:30 (UTC+1)`: the time on the outlet's wall.
pub(super) fn local(time: Timestamp, zone: UtcOffset) -> String {
    let text = time.local(zone).to_string();
    format!("{} ({})", text.replace('T', " "), zone_name(zone))
}

/// `UTC+1`, `UTC-3:30`, `UTC`
pub(super) fn zone_name(zone: UtcOffset) -> String {
    let minutes = zone.minutes();
    let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
    let sign = if minutes < 0 { '-' } else { '+' };
    match (hours, rest) {
        (0, 0) => "UTC".to_owned(),
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, rest) => format!("UTC{sign}{hours}:{rest:02}"),
    }
}

/// `16 %` in French, `16%` in English.
pub(super) fn rate(lang: Lang, rate: Rate) -> String {
    let text = rate.to_string();
    // `0.16` is 16 hundredths; a rate has at most four decimals.
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let padded = format!("{decimals:0<2}");
    let (hundredths, rest) = padded.split_at(2);
    let whole = format!("{whole}{hundredths}");
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let rest = rest.trim_end_matches('0');
    match (lang, rest) {
        (Lang::Fr, "") => format!("{whole} %"),
        (Lang::Fr, rest) => format!("{whole},{rest} %"),
        (Lang::En, "") => format!("{whole}%"),
        (Lang::En, rest) => format!("{whole}.{rest}%"),
    }
}

/// So many hundredths of the whole, rounded down; of nothing 0.
pub(super) fn percent(lang: Lang, part: u64, whole: u64) -> String {
    let share = (u128::from(part) * 100).checked_div(u128::from(whole)).unwrap_or_default();
    if lang == Lang::Fr { format!("{share} %") } else { format!("{share}%") }
}

/// `45 s`, `12 min`, `5 h`, `250 j`: in its largest unit of which it has two or more.
pub(super) fn span(lang: Lang, seconds: u64) -> String {
    const UNITS: [(u64, &str, &str); 3] = [(86_400, "j", "d"), (3_600, "h", "h"), (60, "min", "min")];
    let unit = UNITS.into_iter().find(|(length, ..)| seconds / length >= 2);
    let (length, french, english) = unit.unwrap_or((1, "s", "s"));
    format!("{} {}", seconds / length, if lang == Lang::Fr { french } else { english })
}

/// `64 Mio` in French, `64 MiB` in English; below one, in its thousandth.
pub(super) fn bytes(lang: Lang, bytes: u64) -> String {
    let byte = if lang == Lang::Fr { 'o' } else { 'B' };
    let unit = |shift: u32| bytes >> shift;
    match bytes {
        0..1_024 => format!("{bytes} {byte}"),
        1_024..1_048_576 => format!("{} Ki{byte}", unit(10)),
        _ => format!("{} Mi{byte}", unit(20)),
    }
}

/// `SG20 40Z4 6YRV GCTJ`: as people read a code aloud.
pub(super) fn in_fours(code: impl Display) -> String {
    let code = code.to_string();
    let fours: Vec<&str> =
        code.as_bytes().chunks(4).filter_map(|four| std::str::from_utf8(four).ok()).collect();
    fours.join(" ")
}

fn grouped(digits: &str, separator: char) -> String {
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_grouped_by_thousands_with_their_sign() {
        for (text, french, english) in [
            ("0.00", "0,00", "0.00"),
            ("-0.05", "-0,05", "-0.05"),
            ("999.99", "999,99", "999.99"),
            ("19500.00", "19 500,00", "19,500.00"),
            ("-1234567.80", "-1 234 567,80", "-1,234,567.80"),
        ] {
            let value = text.parse().unwrap();
            assert_eq!((amount(Lang::Fr, value), amount(Lang::En, value)), (french.into(), english.into()));
        }
        assert_eq!(count(Lang::Fr, 2_097_151), "2 097 151");
    }

    #[test]
    fn a_rate_is_a_percentage() {
        for (text, french) in [
            ("0.00", "0 %"),
            ("0.16", "16 %"),
            ("0.05", "5 %"),
            ("0.075", "7,5 %"),
            ("1.00", "100 %"),
            ("0.10", "10 %"),
        ] {
            assert_eq!(rate(Lang::Fr, text.parse().unwrap()), french, "{text}");
        }
        assert_eq!(rate(Lang::En, "0.16".parse().unwrap()), "16%");
    }

    #[test]
    fn zones_shares_and_sizes_are_short() {
        assert_eq!(zone_name(UtcOffset::KINSHASA), "UTC+1");
        assert_eq!(zone_name(UtcOffset::from_minutes(-210).unwrap()), "UTC-3:30");
        assert_eq!(zone_name(UtcOffset::UTC), "UTC");
        assert_eq!((percent(Lang::Fr, 199, 200), percent(Lang::En, 1, 0)), ("99 %".into(), "0%".into()));
        assert_eq!((bytes(Lang::Fr, 64 << 20), bytes(Lang::En, 999)), ("64 Mio".into(), "999 B".into()));
        for (seconds, text) in
            [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7_200, "2 h"), (21_679_683, "250 d")]
        {
            assert_eq!(span(Lang::En, seconds), text);
        }
        assert_eq!(in_fours("SG2040Z46YRVGCTJ"), "SG20 40Z4 6YRV GCTJ");
        let time: Timestamp = "2026-02-04T10:15:30".parse().unwrap();
        assert_eq!(local(time, UtcOffset::LUBUMBASHI), "2026-02-04 12:15:30 (UTC+2)");
    }
}
