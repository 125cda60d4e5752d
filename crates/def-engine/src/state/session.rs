//! What was sealed since the last closure, and on this business day (D12).

use fiscal::{CivilDate, Header, Invoice, InvoiceNumber, Position, Record, RecordHash, Timestamp, UtcOffset};

use super::{
    codec::{Decoder, Encoder},
    totals::{GroupTotals, KindTotals},
};

/// Everything since the last closure.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Session {
    pub(crate) groups: GroupTotals,
    pub(crate) sales: Sales,
    /// The first record since then, and what it names as the one before.
    pub(crate) start: Option<(Position, RecordHash)>,
    /// The business days of the first and the last record since then.
    pub(crate) days: Option<(CivilDate, CivilDate)>,
    /// By how much the secure element's counter rose without a seal.
    pub(crate) skipped: u64,
}

/// Invoices over some time.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sales {
    pub(crate) kinds: KindTotals,
    pub(crate) count: u32,
    pub(crate) first: Option<InvoiceNumber>,
    pub(crate) last: Option<InvoiceNumber>,
    /// When the first was sealed, and the last.
    pub(crate) since: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
}

/// The invoices of a business day.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Day {
    pub(crate) date: Option<CivilDate>,
    pub(crate) sales: Sales,
}

impl Session {
    pub(crate) const fn new() -> Self {
        Self { groups: GroupTotals::new(), sales: Sales::new(), start: None, days: None, skipped: 0 }
    }

    /// Begins anew after a closure.
    pub(crate) fn restart(&mut self) {
        self.groups.clear();
        self.sales.restart();
        self.start = None;
        self.days = None;
        self.skipped = 0;
    }

    /// Any record but a closure, on its business day.
    pub(crate) fn extend(&mut self, record: &Record, day: CivilDate) {
        self.start.get_or_insert((record.link.position, record.link.previous));
        self.days = Some((self.days.map_or(day, |(first, _)| first), day));
    }

    pub(crate) fn encode(&self, out: &mut Encoder<'_>) {
        self.groups.encode(out);
        self.sales.encode(out);
        out.flag(self.start.is_some());
        if let Some((position, hash)) = self.start {
            out.put(&position.value().to_be_bytes());
            out.put(&hash.0);
        }
        out.flag(self.days.is_some());
        if let Some((first, last)) = self.days {
            out.display(first);
            out.display(last);
        }
        out.put(&self.skipped.to_be_bytes());
    }

    pub(crate) fn decode(input: &mut Decoder<'_>) -> Option<Self> {
        Some(Self {
            groups: GroupTotals::decode(input)?,
            sales: Sales::decode(input)?,
            start: if input.flag()? {
                Some((Position::new(input.u64()?)?, RecordHash(input.array()?)))
            } else {
                None
            },
            days: if input.flag()? { Some((input.text()?, input.text()?)) } else { None },
            skipped: input.u64()?,
        })
    }
}

impl Sales {
    pub(crate) const fn new() -> Self {
        Self { kinds: KindTotals::new(), count: 0, first: None, last: None, since: None, until: None }
    }

    fn restart(&mut self) {
        self.kinds.clear();
        *self = Self { kinds: core::mem::take(&mut self.kinds), ..Self::new() };
    }

    /// Counts an invoice for which there is room.
    pub(crate) fn add(&mut self, header: &Header, number: InvoiceNumber, invoice: &Invoice<'_>) {
        self.kinds.add(invoice);
        self.count += 1;
        self.first.get_or_insert(number);
        self.last = Some(number);
        self.since.get_or_insert(header.time);
        self.until = Some(header.time);
    }

    fn encode(&self, out: &mut Encoder<'_>) {
        self.kinds.encode(out);
        out.put(&self.count.to_be_bytes());
        for number in [self.first, self.last] {
            out.put(&number.map_or(0, InvoiceNumber::value).to_be_bytes());
        }
        for time in [self.since, self.until] {
            // No record is from the second 0.
            out.put(&time.map_or(0, Timestamp::unix).to_be_bytes());
        }
    }

    fn decode(input: &mut Decoder<'_>) -> Option<Self> {
        Some(Self {
            kinds: KindTotals::decode(input)?,
            count: input.u32()?,
            first: InvoiceNumber::new(input.u64()?),
            last: InvoiceNumber::new(input.u64()?),
            since: Timestamp::from_unix(input.u64()?).filter(|time| time.unix() > 0),
            until: Timestamp::from_unix(input.u64()?).filter(|time| time.unix() > 0),
        })
    }
}

impl Day {
    pub(crate) const fn new() -> Self {
        Self { date: None, sales: Sales::new() }
    }

    /// Counts an invoice on its business day, which may be a new one.
    pub(crate) fn add(
        &mut self,
        header: &Header,
        number: InvoiceNumber,
        invoice: &Invoice<'_>,
        zone: UtcOffset,
    ) {
        self.turn_to(header.time.date_at(zone));
        self.sales.add(header, number, invoice);
    }

    /// Forgets the day before.
    pub(crate) fn turn_to(&mut self, date: CivilDate) {
        if self.date != Some(date) {
            self.date = Some(date);
            self.sales.restart();
        }
    }

    pub(crate) fn encode(&self, out: &mut Encoder<'_>) {
        out.flag(self.date.is_some());
        if let Some(date) = self.date {
            out.display(date);
        }
        self.sales.encode(out);
    }

    pub(crate) fn decode(input: &mut Decoder<'_>) -> Option<Self> {
        let date = if input.flag()? { Some(input.text()?) } else { None };
        Some(Self { date, sales: Sales::decode(input)? })
    }
}
