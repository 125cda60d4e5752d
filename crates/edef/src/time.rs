use std::fmt;

use fiscal::Timestamp;

/// A time as the authority wrote it.
///
/// What it means is known for the forms that public clients have met; a time without a zone is the authority's own,
/// Kinshasa's (UTC+1).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AuthorityTime {
    text: String,
}

/// What a time without a zone is ahead of UTC.
const KINSHASA_MILLISECONDS: i64 = 3_600_000;

impl AuthorityTime {
    /// The longest text that is taken, in bytes.
    pub const MAX_LENGTH: usize = 40;

    /// Takes any short text that can be shown; an empty one is none.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let fits = !text.is_empty() && text.len() <= Self::MAX_LENGTH && text.chars().all(is_shown);
        fits.then(|| Self { text: text.to_owned() })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Milliseconds since 1970, if the text is in a form that is known.
    pub fn unix_milliseconds(&self) -> Option<i64> {
        let (clock, zone) = split_zone(&self.text)?;
        let (clock, milliseconds) = split_fraction(clock)?;
        let seconds: Timestamp = canonical(clock)?.parse().ok()?;
        let seconds = i64::try_from(seconds.unix()).ok()?;
        Some(seconds * 1_000 + milliseconds - zone.unwrap_or(KINSHASA_MILLISECONDS))
    }

    /// In whole seconds, UTC.
    pub fn timestamp(&self) -> Option<Timestamp> {
        let seconds = self.unix_milliseconds()?.div_euclid(1_000);
        Timestamp::from_unix(u64::try_from(seconds).ok()?)
    }
}

/// What moves no cursor, makes no line and turns no text around, as the ledger seals it.
pub(crate) fn is_shown(character: char) -> bool {
    let hidden = matches!(character, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    !character.is_control() && !hidden
}

/// Takes `Z` or `+01:00` off the end: milliseconds ahead of UTC.
fn split_zone(text: &str) -> Option<(&str, Option<i64>)> {
    if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        return Some((clock, Some(0)));
    }
    let Some(time_at) = text.find(['T', ' ']) else { return Some((text, None)) };
    let Some(at) = text[time_at..].rfind(['+', '-']).map(|at| time_at + at) else {
        return Some((text, None));
    };
    let sign = if text[at..].starts_with('-') { -1 } else { 1 };
    let digits: String = text[at + 1..].chars().filter(|mark| *mark != ':').collect();
    if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let hours: i64 = digits[..2].parse().ok()?;
    let minutes: i64 = if digits.len() == 4 { digits[2..].parse().ok()? } else { 0 };
    (hours <= 14 && minutes < 60)
        .then(|| (text[..at].trim_end(), Some(sign * (hours * 60 + minutes) * 60_000)))
}

fn split_fraction(clock: &str) -> Option<(&str, i64)> {
    let Some((whole, fraction)) = clock.split_once('.') else { return Some((clock, 0)) };
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let three: String = fraction.chars().chain("00".chars()).take(3).collect();
    Some((whole, three.parse().ok()?))
}

/// `2026-02-04T10:15:30` of one of the forms.
fn canonical(clock: &str) -> Option<String> {
    let bytes = clock.as_bytes();
    if !clock.is_ascii() {
        return None;
    }
    if bytes.len() == 14 && bytes.iter().all(u8::is_ascii_digit) {
        let part = |from: usize, to: usize| &clock[from..to];
        let (day, time) = ((part(0, 4), part(4, 6), part(6, 8)), (part(8, 10), part(10, 12), part(12, 14)));
        return Some(format!("{}-{}-{}T{}:{}:{}", day.0, day.1, day.2, time.0, time.1, time.2));
    }
    let (day, time) = clock.split_once(['T', ' ']).unwrap_or((clock, "00:00:00"));
    let time = if time.len() == 5 { format!("{time}:00") } else { time.trim().to_owned() };
    let parts: Vec<&str> = day.split(['/', '-']).collect();
    match parts[..] {
        [year, month, day] if year.len() == 4 => Some(format!("{year}-{month:0>2}-{day:0>2}T{time}")),
        [day, month, year] if year.len() == 4 => Some(format!("{year}-{month:0>2}-{day:0>2}T{time}")),
        _ => None,
    }
}

impl fmt::Display for AuthorityTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for AuthorityTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuthorityTime({})", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_that_clients_met_is_one_time() {
        for text in [
            "2025-12-01T10:03:34+01:00",
            "2025-12-01T09:03:34Z",
            "2025-12-01T10:03:34.0000000+01:00",
            "2025-12-01T10:03:34",
            "2025-12-01 10:03:34",
            "01/12/2025 10:03:34",
            "1/12/2025 10:03:34",
            "01-12-2025 10:03:34",
            "20251201100334",
            "2025-12-01T11:03:34+0200",
            "2025-12-01T08:03:34-01",
        ] {
            let time = AuthorityTime::new(text).unwrap();
            assert_eq!(time.timestamp().unwrap().to_string(), "2025-12-01T09:03:34", "{text}");
        }
        let time = AuthorityTime::new("2025-12-01T10:03:34.9338917+01:00").unwrap();
        assert_eq!(time.unix_milliseconds(), Some(1_764_579_814_933));
        assert_eq!(
            AuthorityTime::new("2025-12-01").unwrap().timestamp().unwrap().to_string(),
            "2025-11-30T23:00:00"
        );
    }

    #[test]
    fn an_unknown_form_is_kept_and_has_no_meaning() {
        for text in [
            "yesterday",
            "2025-13-01T10:00:00",
            "12/2025",
            "2025-12-01T10:03:34+1",
            "2025-12-01T10:03:34.x",
            "é-1-2025",
        ] {
            let time = AuthorityTime::new(text).unwrap();
            assert_eq!((time.as_str(), time.unix_milliseconds()), (text, None), "{text}");
        }
        assert_eq!(AuthorityTime::new(" "), None);
        assert_eq!(AuthorityTime::new("a\nb"), None);
        assert_eq!(AuthorityTime::new(&"1".repeat(65)), None);
    }
}
