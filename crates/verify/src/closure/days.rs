//! The business days of a span, in the outlet's zone.

use fiscal::{CivilDate, Record, UtcOffset};

use super::{body::Closure, tally::Span};

/// What the records say of a closure's days.
#[derive(Clone, Copy, Debug)]
pub(super) struct Days {
    pub(super) first: CivilDate,
    pub(super) last: CivilDate,
    /// The day on which it was sealed.
    pub(super) sealed: CivilDate,
}

impl Days {
    /// By the first invoice and the last or, where there is none, by the first record and the last.
    pub(super) fn of(span: &Span, closure: &Record, zone: UtcOffset) -> Option<Self> {
        let (first, last) = span.invoice_times.or(span.times)?;
        let sealed = closure.header.time.date_at(zone);
        Some(Self { first: first.date_at(zone), last: last.date_at(zone), sealed })
    }

    /// In a zone that the file does not say: the one that fits what is stated, if the world has one.
    pub(super) fn guess(span: &Span, closure: &Record, stated: &Closure) -> Option<Self> {
        let zones = (-12 * 4..=14 * 4).filter_map(|quarter| UtcOffset::from_minutes(quarter * 15));
        let mut days = zones.filter_map(|zone| Self::of(span, closure, zone));
        let fitting = days.find(|days| stated.days == (days.first, days.last) && days.hold(stated.period));
        fitting.or_else(|| Self::of(span, closure, UtcOffset::KINSHASA))
    }

    /// Whether a closure of these days may be called by this one: not before its first, nor before it began.
    pub(super) fn hold(&self, period: CivilDate) -> bool {
        self.first <= period && period <= self.sealed
    }
}
