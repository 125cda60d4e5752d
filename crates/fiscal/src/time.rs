//! Times as payloads and seals write them: UTC, to the second, in one form (P3, S7).

use core::{fmt, str};

// The algorithms of `jiff` without its spans and zones, which would be a tenth of a device's program.
use jiff_core::civil::{Date, UnixEpochDay};

use crate::fault::Reason;

const DAY: u64 = 86_400;

/// A second of universal time, from 1970 to 9999: `2026-02-04T10:15:30`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    seconds: u64,
}

impl Timestamp {
    /// 1970-01-01T00:00:00, before every seal.
    pub const EARLIEST: Self = Self { seconds: 0 };
    /// 9999-12-31T23:59:59
    pub const LATEST: Self = Self { seconds: 253_402_300_799 };

    /// So many seconds after 1970-01-01T00:00:00 UTC; none past [`Self::LATEST`].
    pub const fn from_unix(seconds: u64) -> Option<Self> {
        if seconds <= Self::LATEST.seconds { Some(Self { seconds }) } else { None }
    }

    /// Seconds since 1970-01-01T00:00:00 UTC.
    pub const fn unix(self) -> u64 {
        self.seconds
    }

    /// How many seconds this is after `earlier`, 0 when it is not.
    pub const fn seconds_after(self, earlier: Self) -> u64 {
        self.seconds.saturating_sub(earlier.seconds)
    }

    /// Whole days since 1970-01-01, in universal time.
    pub fn days(self) -> u32 {
        self.date_at(UtcOffset::UTC).days()
    }

    /// The civil day in an outlet's zone: its business day (S7).
    pub fn date_at(self, offset: UtcOffset) -> CivilDate {
        self.civil_at(offset).0
    }

    /// As a receipt prints it, in the outlet's zone: `2026-02-04T11:15:30`.
    pub fn local(self, offset: UtcOffset) -> impl fmt::Display {
        let (date, second) = self.civil_at(offset);
        Written(date, second)
    }

    /// The day, and the second of it.
    fn civil_at(self, offset: UtcOffset) -> (CivilDate, u32) {
        let seconds = self.seconds.saturating_add_signed(i64::from(offset.minutes()) * 60);
        // Only a zone could push a time past the years that there are, and there it stays at their first or last second.
        let seconds = seconds.min(Self::LATEST.seconds);
        (CivilDate(day(seconds / DAY)), (seconds % DAY) as u32)
    }
}

impl str::FromStr for Timestamp {
    type Err = Reason;

    fn from_str(text: &str) -> Result<Self, Reason> {
        fn read(text: &str) -> Option<Timestamp> {
            let bytes: &[u8; 19] = text.as_bytes().try_into().ok()?;
            if bytes[10] != b'T' || bytes[13] != b':' || bytes[16] != b':' {
                return None;
            }
            let days = CivilDate(read_date(&bytes[..10])?).days();
            let [hour, minute, second] =
                [two_digits(bytes, 11)?, two_digits(bytes, 14)?, two_digits(bytes, 17)?];
            if hour > 23 || minute > 59 || second > 59 {
                return None;
            }
            let second = (u64::from(hour) * 60 + u64::from(minute)) * 60 + u64::from(second);
            Timestamp::from_unix(u64::from(days) * DAY + second)
        }
        read(text).ok_or(Reason::TimestampForm)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (date, second) = self.civil_at(UtcOffset::UTC);
        Written(date, second).fmt(f)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({self})")
    }
}

/// A day, and the second of it.
struct Written(CivilDate, u32);

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(date, second) = self;
        write!(f, "{date}T{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60)
    }
}

/// So many days after 1970-01-01, which is not past the year 9999.
const fn day(days: u64) -> Date {
    match UnixEpochDay::new(days as i32) {
        Ok(day) => day.to_date(),
        // No caller has a day past the year 9999.
        Err(_) => Date::MAX,
    }
}

/// A day that exists: `2026-02-04`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CivilDate(Date);

impl CivilDate {
    /// A constant date, for manifests; a wrong one does not compile.
    pub const fn constant(year: i16, month: i8, day: i8) -> Self {
        match Date::new(year, month, day) {
            Ok(date) => Self(date),
            Err(_) => panic!("there is no such day"),
        }
    }

    /// So many days after 1970-01-01; none past the year 9999.
    pub fn from_days(days: u32) -> Option<Self> {
        let days = u64::from(days);
        (days <= Timestamp::LATEST.seconds / DAY).then(|| Self(day(days)))
    }

    /// Days since 1970-01-01, 0 for a constant before it.
    pub fn days(self) -> u32 {
        u32::try_from(self.0.to_unix_epoch_day().day()).unwrap_or_default()
    }
}

impl str::FromStr for CivilDate {
    type Err = Reason;

    fn from_str(text: &str) -> Result<Self, Reason> {
        read_date(text.as_bytes()).map(Self).ok_or(Reason::DateForm)
    }
}

impl fmt::Display for CivilDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }
}

impl fmt::Debug for CivilDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CivilDate({self})")
    }
}

/// How far an outlet's clock on the wall is ahead of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UtcOffset {
    minutes: i16,
}

impl UtcOffset {
    /// No zone.
    pub const UTC: Self = Self { minutes: 0 };
    /// Africa/Kinshasa, UTC+1.
    pub const KINSHASA: Self = Self { minutes: 60 };
    /// Africa/Lubumbashi, UTC+2.
    pub const LUBUMBASHI: Self = Self { minutes: 120 };

    /// So many minutes ahead of UTC: whole quarter hours from -12:00 to +14:00, for the world has no other.
    pub fn from_minutes(minutes: i16) -> Option<Self> {
        let known = (-12 * 60..=14 * 60).contains(&minutes) && minutes % 15 == 0;
        known.then_some(Self { minutes })
    }

    /// In minutes, negative west of Greenwich.
    pub const fn minutes(self) -> i16 {
        self.minutes
    }
}

fn read_date(bytes: &[u8]) -> Option<Date> {
    let bytes: &[u8; 10] = bytes.try_into().ok()?;
    if bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let year = i16::from(two_digits(bytes, 0)?) * 100 + i16::from(two_digits(bytes, 2)?);
    if year < 1970 {
        return None;
    }
    // Two digits are less than 100.
    Date::new(year, two_digits(bytes, 5)? as i8, two_digits(bytes, 8)? as i8).ok()
}

fn two_digits(bytes: &[u8], at: usize) -> Option<u8> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| byte - b'0');
    let [tens, units] = *bytes.get(at..)?.first_chunk()?;
    Some(digit(tens)? * 10 + digit(units)?)
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn a_time_is_written_as_it_was_read() {
        for text in
            ["1970-01-01T00:00:00", "2026-02-04T10:15:30", "2028-02-29T23:59:59", "9999-12-31T23:59:59"]
        {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), text);
        }
        assert_eq!("9999-12-31T23:59:59".parse::<Timestamp>(), Ok(Timestamp::LATEST));
        assert_eq!("1970-01-01T00:00:00".parse::<Timestamp>(), Ok(Timestamp::EARLIEST));
        assert_eq!(Timestamp::from_unix(Timestamp::LATEST.unix() + 1), None);
    }

    #[test]
    fn times_that_do_not_exist_or_are_written_otherwise_are_refused() {
        let wrong = [
            "",
            "2026-02-30T10:15:30",
            "2026-02-29T10:15:30",
            "2026-13-01T00:00:00",
            "2026-02-04T24:00:00",
            "2026-02-04T10:60:00",
            "2026-02-04T10:15:60",
            "2026-02-04T10:15:30Z",
            "2026-02-04 10:15:30",
            "2026-2-4T10:15:30",
            "1969-12-31T23:59:59",
            "2026-02-04T10:15",
            "+026-02-04T10:15:30",
            "2026-02-04T1a:15:30",
        ];
        for text in wrong {
            assert_eq!(text.parse::<Timestamp>(), Err(Reason::TimestampForm), "{text:?}");
        }
        assert_eq!("2026-02-30".parse::<CivilDate>(), Err(Reason::DateForm));
    }

    #[test]
    fn the_business_day_is_the_outlets_own() {
        let late: Timestamp = "2026-02-04T22:30:00".parse().unwrap();
        assert_eq!(late.date_at(UtcOffset::UTC).to_string(), "2026-02-04");
        assert_eq!(late.date_at(UtcOffset::KINSHASA).to_string(), "2026-02-04");
        assert_eq!(late.date_at(UtcOffset::LUBUMBASHI).to_string(), "2026-02-05");
        assert_eq!(late.local(UtcOffset::LUBUMBASHI).to_string(), "2026-02-05T00:30:00");
    }

    #[test]
    fn a_day_is_the_same_as_a_date_and_as_a_count_since_1970() {
        for (text, days) in
            [("1970-01-01", 0), ("1970-01-02", 1), ("2026-02-04", 20_488), ("9999-12-31", 2_932_896)]
        {
            let date: CivilDate = text.parse().unwrap();
            assert_eq!((date.days(), CivilDate::from_days(days)), (days, Some(date)), "{text}");
        }
        assert_eq!(CivilDate::from_days(2_932_897), None);
        assert_eq!(CivilDate::from_days(u32::MAX), None);
        assert_eq!(CivilDate::constant(1969, 12, 31).days(), 0);
    }

    #[test]
    fn the_days_of_a_time_change_at_midnight_in_universal_time() {
        let last: Timestamp = "2026-02-04T23:59:59".parse().unwrap();
        assert_eq!(last.days(), 20_488);
        assert_eq!(Timestamp::from_unix(last.unix() + 1).unwrap().days(), 20_489);
        assert_eq!(last.date_at(UtcOffset::KINSHASA).days(), 20_489);
    }

    #[test]
    fn an_offset_is_whole_quarter_hours_from_twelve_behind_to_fourteen_ahead() {
        for minutes in [-720, -210, 0, 15, 60, 345, 840] {
            assert_eq!(UtcOffset::from_minutes(minutes).unwrap().minutes(), minutes);
        }
        for minutes in [-735, -721, 1, 5, 10, 14, 59, 855, i16::MIN, i16::MAX] {
            assert_eq!(UtcOffset::from_minutes(minutes), None, "{minutes}");
        }
        assert_eq!(UtcOffset::from_minutes(60), Some(UtcOffset::KINSHASA));
        assert_eq!(UtcOffset::LUBUMBASHI.minutes(), 120);
    }

    #[test]
    fn the_last_second_has_a_day_in_every_zone() {
        assert_eq!(Timestamp::LATEST.to_string(), "9999-12-31T23:59:59");
        assert_eq!(Timestamp::EARLIEST.date_at(UtcOffset::KINSHASA).to_string(), "1970-01-01");
    }
}
