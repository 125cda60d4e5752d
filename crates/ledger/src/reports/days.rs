use fiscal::{CivilDate, Timestamp, UtcOffset};

const DAY: i64 = 86_400;

/// The times of some business days in a zone, from the first up to and without the second; none of days that are
/// backwards. The last second of the year 9999 is of no day.
pub(crate) fn span(since: CivilDate, until: CivilDate, zone: UtcOffset) -> Option<(Timestamp, Timestamp)> {
    let midnight = |days: u32| {
        let seconds = i64::from(days) * DAY - i64::from(zone.minutes()) * 60;
        // Days of a zone begin up to a day before 1970, where nothing is sealed.
        let seconds = u64::try_from(seconds).unwrap_or_default();
        Timestamp::from_unix(seconds).unwrap_or(Timestamp::LATEST)
    };
    (since <= until).then(|| (midnight(since.days()), midnight(until.days().saturating_add(1))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> CivilDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_span_has_the_seconds_of_its_days_and_no_other() {
        let zones = [UtcOffset::KINSHASA, UtcOffset::LUBUMBASHI, UtcOffset::from_minutes(-90).unwrap()];
        for zone in zones {
            let (from, to) = span(date("2026-03-14"), date("2026-03-15"), zone).unwrap();
            let day = |seconds: u64| Timestamp::from_unix(seconds).unwrap().date_at(zone).to_string();
            assert_eq!((day(from.unix() - 1), day(from.unix())), ("2026-03-13".into(), "2026-03-14".into()));
            assert_eq!((day(to.unix() - 1), day(to.unix())), ("2026-03-15".into(), "2026-03-16".into()));
        }
    }

    #[test]
    fn days_at_the_ends_of_time_have_a_span_and_backward_ones_none() {
        let zone = UtcOffset::KINSHASA;
        let (from, to) = span(date("1970-01-01"), date("9999-12-31"), zone).unwrap();
        assert_eq!((from, to.unix()), (Timestamp::EARLIEST, Timestamp::LATEST.unix() - 3_599));
        let zone = UtcOffset::from_minutes(-60).unwrap();
        assert_eq!(span(date("9999-12-31"), date("9999-12-31"), zone).unwrap().1, Timestamp::LATEST);
        assert_eq!(span(date("2026-03-15"), date("2026-03-14"), zone), None);
    }
}
