use std::fmt;

use serde::{Deserialize, Serialize};

const SECOND: i64 = 1_000;
const DAY: i64 = 86_400 * SECOND;
/// Kinshasa's time: UTC+1, all year.
const ZONE: i64 = 3_600 * SECOND;

/// A moment: milliseconds since 1970 in UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct At(pub u64);

impl At {
    /// So many milliseconds later.
    pub const fn plus(self, milliseconds: u64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }

    /// By another clock.
    pub const fn skewed(self, milliseconds: i64) -> Self {
        Self(self.0.saturating_add_signed(milliseconds))
    }

    /// `2026-03-14`, in Kinshasa.
    pub fn date(self) -> String {
        let (year, month, day, _) = self.civil();
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// `2026-03-14T09:15:02.120+01:00`
    pub(crate) fn iso(self) -> String {
        let (_, _, _, left) = self.civil();
        format!("{}T{}.{:03}+01:00", self.date(), clock(left, ":"), left % SECOND)
    }

    /// `14/03/2026 09:15:02`
    pub(crate) fn french(self) -> String {
        let (year, month, day, left) = self.civil();
        format!("{day:02}/{month:02}/{year:04} {}", clock(left, ":"))
    }

    /// `20260314091502`
    pub(crate) fn compact(self) -> String {
        let (year, month, day, left) = self.civil();
        format!("{year:04}{month:02}{day:02}{}", clock(left, ""))
    }

    /// Year, month, day and the milliseconds of the day, in Kinshasa; after Hinnant's `civil_from_days`.
    fn civil(self) -> (i64, i64, i64, i64) {
        let local = i64::try_from(self.0).unwrap_or(i64::MAX - ZONE).saturating_add(ZONE);
        let (days, left) = (local.div_euclid(DAY), local.rem_euclid(DAY));
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        (year, month, day, left)
    }
}

fn clock(left: i64, between: &str) -> String {
    let seconds = left / SECOND;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{hours:02}{between}{minutes:02}{between}{seconds:02}")
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iso())
    }
}
