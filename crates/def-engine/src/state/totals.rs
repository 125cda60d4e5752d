//! What invoices come to, counted as they are sealed (D12).

use def_protocol::reply::Nature;
use fiscal::{Amount, Currency, GroupCode, Invoice, InvoiceType, Rate, TaxGroup};

use super::codec::{Decoder, Encoder};

/// Rows of tax groups between two closures; the one that does not fit has to wait for a closure.
pub(crate) const GROUP_ROWS: usize = 48;
/// Rows of invoice types and currencies.
pub(crate) const KIND_ROWS: usize = 24;

/// What kind of business an invoice is: its type and, for a credit note, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) invoice_type: InvoiceType,
    pub(crate) nature: Option<Nature>,
}

impl Kind {
    pub(crate) fn of(invoice: &Invoice<'_>) -> Self {
        Self { invoice_type: invoice.invoice_type, nature: invoice.reference.as_ref().map(Nature::from) }
    }

    /// Whether it voids an original, and is told apart from a return.
    pub(crate) fn is_void(self) -> bool {
        self.nature == Some(Nature::Void)
    }

    fn encode(self, out: &mut Encoder<'_>) {
        let place = |place: Option<usize>| place.map_or(0, |place| place as u8 + 1);
        let invoice_type = InvoiceType::ALL.iter().position(|known| *known == self.invoice_type);
        let nature = Nature::ALL.iter().position(|known| Some(*known) == self.nature);
        out.put(&[place(invoice_type), place(nature)]);
    }

    fn decode(input: &mut Decoder<'_>) -> Option<Self> {
        let [invoice_type, nature] = input.array()?.map(|place: u8| usize::from(place).checked_sub(1));
        let nature = match nature {
            Some(place) => Some(*Nature::ALL.get(place)?),
            None => None,
        };
        Some(Self { invoice_type: *InvoiceType::ALL.get(invoice_type?)?, nature })
    }
}

/// What invoices of one kind in one currency come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KindRow {
    pub(crate) kind: Kind,
    pub(crate) currency: Currency,
    pub(crate) count: u32,
    /// Below zero for credit notes.
    pub(crate) total: Amount,
    pub(crate) vat: Amount,
}

/// What one tax group comes to on them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct GroupRow {
    pub(crate) kind: Kind,
    pub(crate) currency: Currency,
    pub(crate) group: GroupCode,
    pub(crate) rate: Rate,
    pub(crate) count: u32,
    pub(crate) base: Amount,
    pub(crate) vat: Amount,
}

/// Totals per kind and currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KindTotals(heapless::Vec<KindRow, KIND_ROWS>);

/// Totals per tax group, kind and currency.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct GroupTotals(heapless::Vec<GroupRow, GROUP_ROWS>);

impl KindTotals {
    pub(crate) const fn new() -> Self {
        Self(heapless::Vec::new())
    }

    pub(crate) fn rows(&self) -> &[KindRow] {
        &self.0
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Whether an invoice still finds its row, and no sum of its currency gets longer than an amount may be.
    ///
    /// All invoices of a row have one sign, so what they come to without their signs bounds every sum of them.
    pub(crate) fn has_room(&self, invoice: &Invoice<'_>) -> bool {
        let currency = invoice.totals.currency;
        let same = self.0.iter().filter(|row| row.currency == currency).map(|row| row.total.magnitude());
        let fits = Amount::sum(same.chain([invoice.totals.total.magnitude()])).is_ok();
        fits && (!self.0.is_full() || self.place(Kind::of(invoice), currency).is_some())
    }

    /// Counts an invoice for which there is room.
    pub(crate) fn add(&mut self, invoice: &Invoice<'_>) {
        let (kind, currency) = (Kind::of(invoice), invoice.totals.currency);
        let place = self.place(kind, currency).unwrap_or_else(|| {
            let (total, vat) = (Amount::ZERO, Amount::ZERO);
            let _ = self.0.push(KindRow { kind, currency, count: 0, total, vat });
            self.0.len().saturating_sub(1)
        });
        if let Some(row) = self.0.get_mut(place) {
            row.count += 1;
            // `has_room` said that the sums fit.
            row.total = row.total.plus(invoice.totals.total).unwrap_or(row.total);
            row.vat = row.vat.plus(invoice.totals.total_vat).unwrap_or(row.vat);
        }
    }

    fn place(&self, kind: Kind, currency: Currency) -> Option<usize> {
        self.0.iter().position(|row| row.kind == kind && row.currency == currency)
    }

    pub(crate) fn encode(&self, out: &mut Encoder<'_>) {
        out.put(&[self.0.len() as u8]);
        for row in &self.0 {
            row.kind.encode(out);
            out.text(row.currency.as_str());
            out.put(&row.count.to_be_bytes());
            out.amount(row.total);
            out.amount(row.vat);
        }
    }

    pub(crate) fn decode(input: &mut Decoder<'_>) -> Option<Self> {
        let [count] = input.array()?;
        let mut rows = heapless::Vec::new();
        for _ in 0..count {
            let row = KindRow {
                kind: Kind::decode(input)?,
                currency: input.text()?,
                count: input.u32()?,
                total: input.amount()?,
                vat: input.amount()?,
            };
            rows.push(row).ok()?;
        }
        Some(Self(rows))
    }
}

impl GroupTotals {
    pub(crate) const fn new() -> Self {
        Self(heapless::Vec::new())
    }

    /// Whether nine of ten rows are taken.
    pub(crate) fn is_nearly_full(&self) -> bool {
        self.0.len() * 10 >= GROUP_ROWS * 9
    }

    pub(crate) fn rows(&self) -> &[GroupRow] {
        &self.0
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Whether every group of an invoice still finds its row.
    pub(crate) fn has_room(&self, invoice: &Invoice<'_>) -> bool {
        let new = invoice.tax_groups.iter().filter(|group| self.place(invoice, group).is_none()).count();
        self.0.len() + new <= GROUP_ROWS
    }

    /// Counts an invoice for which there is room.
    pub(crate) fn add(&mut self, invoice: &Invoice<'_>) {
        for group in &invoice.tax_groups {
            let place = self.place(invoice, &group).unwrap_or_else(|| {
                let _ = self.0.push(GroupRow {
                    kind: Kind::of(invoice),
                    currency: invoice.totals.currency,
                    group: group.code,
                    rate: group.rate,
                    count: 0,
                    base: Amount::ZERO,
                    vat: Amount::ZERO,
                });
                self.0.len().saturating_sub(1)
            });
            if let Some(row) = self.0.get_mut(place) {
                row.count += 1;
                // As for the kinds.
                row.base = row.base.plus(group.base_amount).unwrap_or(row.base);
                row.vat = row.vat.plus(group.tax_amount).unwrap_or(row.vat);
            }
        }
    }

    fn place(&self, invoice: &Invoice<'_>, group: &TaxGroup<'_>) -> Option<usize> {
        let kind = Kind::of(invoice);
        self.0.iter().position(|row| {
            row.kind == kind
                && row.currency == invoice.totals.currency
                && row.group == group.code
                && row.rate.same_value(group.rate)
        })
    }

    pub(crate) fn encode(&self, out: &mut Encoder<'_>) {
        out.put(&[self.0.len() as u8]);
        for row in &self.0 {
            row.kind.encode(out);
            out.text(row.currency.as_str());
            out.text(row.group.as_str());
            out.display(row.rate);
            out.put(&row.count.to_be_bytes());
            out.amount(row.base);
            out.amount(row.vat);
        }
    }

    pub(crate) fn decode(input: &mut Decoder<'_>) -> Option<Self> {
        let [count] = input.array()?;
        let mut rows = heapless::Vec::new();
        for _ in 0..count {
            let row = GroupRow {
                kind: Kind::decode(input)?,
                currency: input.text()?,
                group: input.text()?,
                rate: input.text()?,
                count: input.u32()?,
                base: input.amount()?,
                vat: input.amount()?,
            };
            rows.push(row).ok()?;
        }
        Some(Self(rows))
    }
}

/// What an invoice counts against an offline bound, in centimes of CDF: its total there, whatever its sign (D10).
pub(crate) fn cdf_of(invoice: &Invoice<'_>) -> u128 {
    let total = match &invoice.annex.exchange {
        Some(exchange) => exchange.total,
        None if invoice.totals.currency == Currency::CDF => invoice.totals.total,
        // The rules of the payload ask for the exchange.
        None => Amount::ZERO,
    };
    u128::from(total.centimes().unsigned_abs())
}
