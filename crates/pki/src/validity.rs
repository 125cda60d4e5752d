use fiscal::Timestamp;

use crate::PkiFault;

/// From the first to the last second in which a certificate holds, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    not_before: Timestamp,
    not_after: Timestamp,
}

const DAY: u64 = 24 * 60 * 60;
/// A certificate holds a little earlier than it was made, because clocks differ.
const EARLIER: u64 = 60 * 60;

impl Validity {
    /// For how many days a device certificate holds: two years.
    pub const DEVICE_DAYS: u64 = 2 * 365;
    /// For how many days an issuing certificate holds: ten years.
    pub const ISSUING_DAYS: u64 = 10 * 365;
    /// For how many days a root holds: twenty-five years.
    pub const ROOT_DAYS: u64 = 25 * 365;

    /// Between two seconds.
    pub fn new(not_before: Timestamp, not_after: Timestamp) -> Result<Self, PkiFault> {
        if not_before <= not_after { Ok(Self { not_before, not_after }) } else { Err(PkiFault::Validity) }
    }

    /// From an hour ago, for so many days from now.
    pub fn days(now: Timestamp, days: u64) -> Result<Self, PkiFault> {
        let until = days.checked_mul(DAY).and_then(|seconds| now.unix().checked_add(seconds));
        let not_before =
            Timestamp::from_unix(now.unix().saturating_sub(EARLIER)).ok_or(PkiFault::Validity)?;
        let not_after = until.and_then(Timestamp::from_unix).ok_or(PkiFault::Validity)?;
        Self::new(not_before, not_after)
    }

    /// The first second.
    pub const fn not_before(self) -> Timestamp {
        self.not_before
    }

    /// The last second.
    pub const fn not_after(self) -> Timestamp {
        self.not_after
    }

    /// Whether a moment is within.
    pub fn holds(self, at: Timestamp) -> bool {
        (self.not_before..=self.not_after).contains(&at)
    }

    /// Whether all of it is within another.
    pub(crate) fn is_within(self, other: Self) -> bool {
        other.holds(self.not_before) && other.holds(self.not_after)
    }

    /// As much of it as is within another, if its first second is.
    pub(crate) fn within(self, other: Self) -> Result<Self, PkiFault> {
        if !other.holds(self.not_before) {
            return Err(PkiFault::Validity);
        }
        Self::new(self.not_before, self.not_after.min(other.not_after))
    }
}
