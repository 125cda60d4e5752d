//! The ways in which programs write a time.

use fiscal::{Timestamp, UtcOffset};

/// Reads `2026-02-04T10:15:30`, to which a fraction of zeros and `Z` or an offset such as `+01:00` may follow; without
/// either it is UTC, as in a payload. A part of a second would be lost, so there may be none.
pub(crate) fn read(text: &str) -> Option<Timestamp> {
    let (civil, rest) = text.split_at_checked(19)?;
    let civil: Timestamp = civil.parse().ok()?;
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => {
            let zone = fraction.trim_start_matches('0');
            (zone.len() < fraction.len()).then_some(zone)?
        }
        None => rest,
    };
    let ahead = i64::from(read_zone(zone)?.minutes()) * 60;
    Timestamp::from_unix(civil.unix().checked_add_signed(-ahead)?)
}

fn read_zone(zone: &str) -> Option<UtcOffset> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| i16::from(byte - b'0'));
    match *zone.as_bytes() {
        [] | [b'Z'] => Some(UtcOffset::UTC),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let hours = digit(h1)? * 10 + digit(h2)?;
            let minutes = digit(m1)? * 10 + digit(m2)?;
            let ahead = hours * 60 + minutes;
            if minutes > 59 {
                return None;
            }
            UtcOffset::from_minutes(if sign == b'-' { -ahead } else { ahead })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_time_becomes_universal_time() {
        for (text, written) in [
            ("2026-02-04T10:15:30", "2026-02-04T10:15:30"),
            ("2026-02-04T10:15:30Z", "2026-02-04T10:15:30"),
            ("2026-02-04T10:15:30.000Z", "2026-02-04T10:15:30"),
            ("2026-02-04T10:15:30.0", "2026-02-04T10:15:30"),
            ("2026-02-04T11:15:30+01:00", "2026-02-04T10:15:30"),
            ("2026-02-04T12:15:30.000+02:00", "2026-02-04T10:15:30"),
            ("2026-02-04T00:30:00+01:00", "2026-02-03T23:30:00"),
            ("2026-12-31T22:00:00-05:30", "2027-01-01T03:30:00"),
            ("2026-02-04T10:15:30-00:00", "2026-02-04T10:15:30"),
        ] {
            assert_eq!(read(text).map(|time| time.to_string()).as_deref(), Some(written), "{text}");
        }
    }

    #[test]
    fn what_names_no_second_is_refused() {
        for text in [
            "",
            "2026-02-04",
            "2026-02-04T10:15",
            "2026-02-04T10:15:30.",
            "2026-02-04T10:15:30.5Z",
            "2026-02-04T10:15:30.001",
            "2026-02-04T10:15:30z",
            "2026-02-04 10:15:30",
            "2026-02-30T10:15:30Z",
            "2026-02-04T10:15:30+1:00",
            "2026-02-04T10:15:30+0100",
            "2026-02-04T10:15:30+01:60",
            "2026-02-04T10:15:30+99:00",
            "2026-02-04T10:15:30+01:07",
            "2026-02-04T10:15:30Z ",
            "1970-01-01T00:30:00+01:00",
            "9999-12-31T23:59:59-01:00",
            "2026-02-04T10:15:3é",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
