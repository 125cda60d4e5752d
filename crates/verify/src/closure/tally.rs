//! What a signer has sealed since its last closure.

use fiscal::{InvoiceNumber, RecordHash, Timestamp, UtcOffset};

use super::{
    Seen,
    activation::{Activation, Told},
    sums::Sums,
};

/// Of one signer in one epoch.
#[derive(Debug)]
pub(super) struct Tally {
    /// The outlet's zone, once a record said it.
    pub(super) zone: Option<UtcOffset>,
    /// The number of the last closure, 0 before the first; none when it is not known.
    closures: Option<u64>,
    /// The counter of the newest record, a closure included.
    counter: Option<u64>,
    /// Whether everything since the last closure is in the file.
    pub(super) whole: bool,
    pub(super) span: Span,
}

/// The records since the last closure.
#[derive(Debug, Default)]
pub(super) struct Span {
    /// The position of the first, and the hash that it names.
    pub(super) start: Option<(u64, RecordHash)>,
    /// The position of the newest, and its hash.
    pub(super) end: Option<(u64, RecordHash)>,
    /// The times of the first and the newest.
    pub(super) times: Option<(Timestamp, Timestamp)>,
    /// The same of the invoices among them, and their numbers.
    pub(super) invoice_times: Option<(Timestamp, Timestamp)>,
    pub(super) numbers: Option<(InvoiceNumber, InvoiceNumber)>,
    pub(super) sums: Sums,
    /// By how much the counter rose without a record; none when that is not known.
    pub(super) skipped: Option<u64>,
    /// Whether one of them is not what was sealed, or some are missing.
    doubtful: bool,
}

impl Tally {
    /// Of a signer whose first record in an epoch this is; `before` is what it had sealed in the epoch before, where
    /// this record follows that.
    pub(super) fn begin(seen: &Seen<'_>, before: Option<&Self>) -> Self {
        // Another first record than that of position 1 had others before it, which are not in the file.
        let whole = seen.record.link.position.value() == 1;
        let mut tally = Self {
            zone: before.and_then(|before| before.zone),
            closures: whole.then_some(0),
            counter: None,
            whole,
            span: Span { skipped: whole.then_some(0), ..Span::default() },
        };
        if let Some(before) = before.filter(|before| before.whole && !before.doubtful()) {
            tally.counter = before.counter;
            tally.span.skipped = before.span.skipped;
        } else if let Some(skipped) = Told::of(seen).and_then(|told| told.skipped) {
            tally.span.skipped = Some(skipped);
        }
        tally
    }

    /// Whether this is the hash of its newest record.
    pub(super) fn ends_with(&self, hash: &RecordHash) -> bool {
        self.span.end.is_some_and(|(_, newest)| newest == *hash)
    }

    /// Counts a record that is no closure.
    pub(super) fn add(&mut self, seen: &Seen<'_>) {
        self.approach(seen);
        self.zone = Activation::of(seen).map(|activation| activation.offset).or(self.zone);
        let (header, link) = (&seen.record.header, &seen.record.link);
        let (position, time, span) = (link.position.value(), header.time, &mut self.span);
        span.start.get_or_insert((position, link.previous));
        span.end = Some((position, seen.hash));
        extend(&mut span.times, time);
        if let Some(facts) = header.invoice() {
            extend(&mut span.invoice_times, time);
            extend(&mut span.numbers, facts.number);
            span.sums.add(facts, seen.figures);
        }
    }

    /// What every record changes.
    pub(super) fn approach(&mut self, seen: &Seen<'_>) {
        let counter = seen.record.link.counter;
        if let (Some(before), Some(skipped)) = (self.counter, &mut self.span.skipped) {
            *skipped = skipped.saturating_add(counter.saturating_sub(before.saturating_add(1)));
        }
        self.counter = Some(counter);
        self.span.doubtful |= seen.doubtful;
    }

    /// Begins anew after a closure; `number` is that closure's.
    pub(super) fn close(&mut self, seen: &Seen<'_>, number: Option<u64>) {
        self.closures = number;
        self.whole = true;
        let end = Some((seen.record.link.position.value(), seen.hash));
        self.span = Span { end, skipped: Some(0), ..Span::default() };
    }

    /// Whether sums over these records say nothing.
    pub(super) const fn doubtful(&self) -> bool {
        self.span.doubtful
    }

    /// The number that the next closure has.
    pub(super) fn next_closure(&self) -> Option<u64> {
        self.closures.map(|closures| closures.saturating_add(1))
    }
}

/// The first stays, the newest changes.
fn extend<T: Copy>(range: &mut Option<(T, T)>, newest: T) {
    *range = Some((range.map_or(newest, |(first, _)| first), newest));
}
