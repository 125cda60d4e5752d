//! What people and programs write into cells: amounts, times.

use edef::{AuthorityTime, Figure};
use fiscal::Timestamp;

use super::table::Entry;

/// `1 234,56`, `1,234.56`, `1234.56`
pub(super) fn figure(text: &str) -> Option<Figure> {
    let mut text: String = text.chars().filter(|mark| !mark.is_whitespace() && *mark != '\'').collect();
    for unit in ["CDF", "FC", "Fc"] {
        text = text.strip_suffix(unit).map_or(text.clone(), str::to_owned);
    }
    match (text.rfind(','), text.rfind('.')) {
        (Some(comma), Some(point)) if comma > point => text = text.replace('.', "").replace(',', "."),
        (Some(_), Some(_)) => text = text.replace(',', ""),
        (Some(comma), None) if text[..comma].contains(',') => text = text.replace(',', ""),
        (Some(_), None) => text = text.replace(',', "."),
        (None, Some(point)) if text[..point].contains('.') => text = text.replace('.', ""),
        (None, _) => {}
    }
    text.parse().ok()
}

/// A time as the authority writes it; none when the cell holds none that can be kept.
pub(super) fn time(entry: &Entry) -> Option<AuthorityTime> {
    match entry.is_number {
        true => AuthorityTime::new(&of_days(&entry.text)?),
        false => AuthorityTime::new(&entry.text),
    }
}

/// Spreadsheet programs count days since 1899-12-30, by the clock on the wall.
fn of_days(text: &str) -> Option<String> {
    const TO_1970: i128 = 25_569;
    let days: Figure = text.parse().ok()?;
    // A second is more than eleven millionths of a day; the figure is rounded to one.
    let seconds = (days.millionths() * 86_400 + 500_000).div_euclid(1_000_000) - TO_1970 * 86_400;
    Some(Timestamp::from_unix(u64::try_from(seconds).ok()?)?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for text in
            ["1234.56", "1 234,56", "1\u{a0}234,56", "1\u{202f}234.56", "1.234,56", "1,234.56", "1234,56 FC"]
        {
            assert_eq!(figure(text), Some(Figure::from_hundredths(123_456)), "{text}");
        }
        for text in ["", "abc", "1,2x"] {
            assert_eq!(figure(text), None, "{text}");
        }
    }

    #[test]
    fn a_count_of_days_is_the_time_on_the_wall() {
        let entry = Entry { text: "46057.427430555558".to_owned(), is_number: true };
        assert_eq!(time(&entry).unwrap().as_str(), "2026-02-04T10:15:30");
        let text = Entry::of_text("04/02/2026 10:15:30");
        assert_eq!(time(&text).unwrap().timestamp().unwrap().to_string(), "2026-02-04T09:15:30");
    }
}
