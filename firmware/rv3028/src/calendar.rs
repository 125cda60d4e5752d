//! Between the calendar's seven bytes and seconds since 1970.
//!
//! The part's calendar goes from 2000 to 2099, where every fourth year is a leap year (3.4).

/// 2000-01-01T00:00:00
pub(crate) const FIRST: u32 = 946_684_800;
/// 2099-12-31T23:59:59
pub(crate) const LAST: u32 = 4_102_444_799;

const DAY: u32 = 86_400;
/// In four years, the first of them a leap year.
const FOUR_YEARS: u32 = 4 * 365 + 1;

/// Seconds, minutes, hours, weekday, date, month, year in BCD; none out of the part's range.
pub(crate) fn to_bytes(unix: u32) -> Option<[u8; 7]> {
    if !(FIRST..=LAST).contains(&unix) {
        return None;
    }
    let (days, second) = ((unix - FIRST) / DAY, (unix - FIRST) % DAY);
    // 2000-01-01 was a Saturday; 0 is Sunday here, the part does not care.
    let weekday = (days + 6) % 7;
    let (four, within) = (days / FOUR_YEARS, days % FOUR_YEARS);
    let (year, mut day) = match within {
        0..366 => (four * 4, within),
        _ => (four * 4 + 1 + (within - 366) / 365, (within - 366) % 365),
    };
    let mut month = 1;
    while day >= days_in(month, year) {
        day -= days_in(month, year);
        month += 1;
    }
    let fields = [second % 60, second / 60 % 60, second / 3600, weekday, day + 1, month, year];
    Some(fields.map(to_bcd))
}

/// Seconds since 1970; none for what is no time: digits above 9, the 31st of April, a bit that is always 0.
pub(crate) fn from_bytes(bytes: [u8; 7]) -> Option<u32> {
    let [second, minute, hour, _, date, month, year] = bytes;
    let (second, minute, hour) = (below(second, 60)?, below(minute, 60)?, below(hour, 24)?);
    let (date, month, year) = (below(date, 32)?, below(month, 13)?, below(year, 100)?);
    if month == 0 || date == 0 || date > days_in(month, year) {
        return None;
    }
    let months: u32 = (1..month).map(|month| days_in(month, year)).sum();
    let days = year * 365 + year.div_ceil(4) + months + date - 1;
    Some(FIRST + days * DAY + hour * 3600 + minute * 60 + second)
}

fn days_in(month: u32, year: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn below(bcd: u8, limit: u32) -> Option<u32> {
    let (tens, units) = (u32::from(bcd >> 4), u32::from(bcd & 0x0F));
    let value = tens * 10 + units;
    (tens < 10 && units < 10 && value < limit).then_some(value)
}

#[allow(clippy::cast_possible_truncation, reason = "no field is above 99")]
fn to_bcd(value: u32) -> u8 {
    (((value / 10) << 4) | (value % 10)) as u8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unix(text: &str) -> u32 {
        u32::try_from(text.parse::<fiscal::Timestamp>().unwrap().unix()).unwrap()
    }

    #[test]
    fn the_calendar_of_a_day_is_the_one_on_the_wall() {
        for (text, bytes) in [
            ("2000-01-01T00:00:00", [0x00, 0x00, 0x00, 6, 0x01, 0x01, 0x00]),
            ("2000-02-29T12:34:56", [0x56, 0x34, 0x12, 2, 0x29, 0x02, 0x00]),
            ("2026-11-20T19:40:57", [0x57, 0x40, 0x19, 5, 0x20, 0x11, 0x26]),
            ("2027-12-31T23:59:59", [0x59, 0x59, 0x23, 5, 0x31, 0x12, 0x27]),
            ("2028-01-01T00:00:00", [0x00, 0x00, 0x00, 6, 0x01, 0x01, 0x28]),
            ("2028-02-29T23:59:59", [0x59, 0x59, 0x23, 2, 0x29, 0x02, 0x28]),
            ("2028-03-01T00:00:00", [0x00, 0x00, 0x00, 3, 0x01, 0x03, 0x28]),
            ("2099-12-31T23:59:59", [0x59, 0x59, 0x23, 4, 0x31, 0x12, 0x99]),
        ] {
            assert_eq!(to_bytes(unix(text)), Some(bytes), "{text}");
            assert_eq!(from_bytes(bytes), Some(unix(text)), "{text}");
        }
    }

    #[test]
    fn before_2000_and_after_2099_there_is_no_calendar() {
        assert_eq!((unix("2000-01-01T00:00:00"), unix("2099-12-31T23:59:59")), (FIRST, LAST));
        assert_eq!(to_bytes(FIRST - 1), None);
        assert_eq!(to_bytes(LAST + 1), None);
    }

    #[test]
    fn what_is_no_time_is_none() {
        let noon = [0x00, 0x00, 0x12, 5, 0x20, 0x11, 0x26];
        for (field, value) in [
            (0, 0x60),
            (0, 0x5A),
            (0, 0x80),
            (1, 0x60),
            (1, 0x0A),
            (2, 0x24),
            (2, 0x32),
            (4, 0x00),
            (4, 0x31),
            (4, 0x32),
            (5, 0x00),
            (5, 0x13),
            (6, 0xA0),
            (6, 0x9A),
            (6, 0xFF),
        ] {
            let mut bytes = noon;
            bytes[field] = value;
            assert_eq!(from_bytes(bytes), None, "{bytes:02x?}");
        }
        assert_eq!(from_bytes([0, 0, 0, 0, 0x29, 0x02, 0x27]), None);
    }

    proptest! {
        #[test]
        fn every_second_comes_back_and_is_what_the_core_says(unix in FIRST..=LAST) {
            let bytes = to_bytes(unix).unwrap();
            prop_assert_eq!(from_bytes(bytes), Some(unix));
            let written = std::format!(
                "20{:02x}-{:02x}-{:02x}T{:02x}:{:02x}:{:02x}",
                bytes[6], bytes[5], bytes[4], bytes[2], bytes[1], bytes[0]
            );
            let told = std::string::ToString::to_string(&fiscal::Timestamp::from_unix(u64::from(unix)).unwrap());
            prop_assert_eq!(written, told);
        }

        #[test]
        fn seven_bytes_are_no_time_or_the_time_that_gives_them(bytes: [u8; 7]) {
            if let Some(unix) = from_bytes(bytes) {
                let mut back = to_bytes(unix).unwrap();
                back[3] = bytes[3];
                prop_assert_eq!(back, bytes);
            }
        }
    }
}
