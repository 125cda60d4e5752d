use super::{GroupTotals, InvoiceTotals, KindTotals};
use crate::{
    ids::{InvoiceNumber, Position},
    seal::{Link, RecordHash},
    time::{CivilDate, Timestamp, UtcOffset},
};

/// Everything that a signer sealed since its last closure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session<const KINDS: usize, const GROUPS: usize> {
    /// By tax group.
    pub groups: GroupTotals<GROUPS>,
    /// The invoices.
    pub sales: Sales<KINDS>,
    /// The first record since then, and what it names as the one before.
    pub start: Option<(Position, RecordHash)>,
    /// The business days of the first and the last record since then.
    pub days: Option<(CivilDate, CivilDate)>,
    /// By how much the secure element's counter rose without a seal (D11).
    pub skipped: u64,
}

/// Invoices over some time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sales<const KINDS: usize> {
    /// By kind and currency.
    pub kinds: KindTotals<KINDS>,
    /// How many, notes included.
    pub count: u32,
    /// The first.
    pub first: Option<InvoiceNumber>,
    /// The last.
    pub last: Option<InvoiceNumber>,
    /// When the first was sealed.
    pub since: Option<Timestamp>,
    /// When the last was sealed.
    pub until: Option<Timestamp>,
}

/// The invoices of a business day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Day<const KINDS: usize> {
    /// Which; none before the first invoice.
    pub date: Option<CivilDate>,
    /// Its invoices.
    pub sales: Sales<KINDS>,
}

impl<const KINDS: usize, const GROUPS: usize> Session<KINDS, GROUPS> {
    /// Nothing.
    pub const fn new() -> Self {
        Self { groups: GroupTotals::new(), sales: Sales::new(), start: None, days: None, skipped: 0 }
    }

    /// Begins anew after a closure, in place.
    pub fn restart(&mut self) {
        self.groups.clear();
        self.sales.restart();
        (self.start, self.days, self.skipped) = (None, None, 0);
    }

    /// Any record but a closure, on its business day.
    pub fn extend(&mut self, link: &Link, day: CivilDate) {
        self.start.get_or_insert((link.position, link.previous));
        self.days = Some((self.days.map_or(day, |(first, _)| first), day));
    }
}

impl<const KINDS: usize> Sales<KINDS> {
    /// Nothing.
    pub const fn new() -> Self {
        Self { kinds: KindTotals::new(), count: 0, first: None, last: None, since: None, until: None }
    }

    /// Forgets everything, in place.
    pub fn restart(&mut self) {
        self.kinds.clear();
        self.count = 0;
        (self.first, self.last, self.since, self.until) = (None, None, None, None);
    }

    /// Counts an invoice for which there is room.
    pub fn add(&mut self, time: Timestamp, number: InvoiceNumber, invoice: &InvoiceTotals) {
        self.kinds.add(invoice);
        self.count = self.count.saturating_add(1);
        self.first.get_or_insert(number);
        self.last = Some(number);
        self.since.get_or_insert(time);
        self.until = Some(time);
    }
}

impl<const KINDS: usize> Day<KINDS> {
    /// Before the first invoice.
    pub const fn new() -> Self {
        Self { date: None, sales: Sales::new() }
    }

    /// Before the first invoice again, in place.
    pub fn restart(&mut self) {
        self.date = None;
        self.sales.restart();
    }

    /// Whether an invoice that is sealed on a date still finds its row.
    pub fn has_room(&self, invoice: &InvoiceTotals, date: CivilDate) -> bool {
        self.date != Some(date) || self.sales.kinds.has_room(invoice)
    }

    /// Counts an invoice on its business day, which may be a new one.
    pub fn add(&mut self, time: Timestamp, number: InvoiceNumber, invoice: &InvoiceTotals, zone: UtcOffset) {
        self.turn_to(time.date_at(zone));
        self.sales.add(time, number, invoice);
    }

    /// Forgets the day before.
    pub fn turn_to(&mut self, date: CivilDate) {
        if self.date != Some(date) {
            self.date = Some(date);
            self.sales.restart();
        }
    }
}
