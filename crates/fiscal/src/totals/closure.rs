use core::fmt::{self, Display, Write};

use super::{CurrencyTotals, GroupRow, Session};
use crate::{
    ids::{InvoiceNumber, Position},
    seal::RecordHash,
    time::{CivilDate, UtcOffset},
};

/// The body of a closure record: every figure that it states (D12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closure<'a, const KINDS: usize, const GROUPS: usize> {
    /// The business day that was asked for.
    pub period: CivilDate,
    /// The first and the last invoice, none where there are only other records.
    pub numbers: Option<(InvoiceNumber, InvoiceNumber)>,
    /// The closure's own number in the epoch, from 1.
    pub closure: u64,
    /// The business days of the first and the last invoice or, where there is none, of the first and the last record.
    pub days: (CivilDate, CivilDate),
    /// The first and the last record that it covers.
    pub positions: (Position, Position),
    /// What the first of them names as the one before.
    pub previous_hash: RecordHash,
    /// The hash of the last.
    pub last_hash: RecordHash,
    /// The sums.
    pub session: &'a Session<KINDS, GROUPS>,
}

/// Whether a closure is made for a business day, or one that there is said again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// It is made.
    Yes,
    /// There is nothing to close under this day's name.
    No,
    /// It is made unless a closure is over this day already. Records since then that are no invoices, as of a power cut
    /// that took the answer, wait for the next one: who asks again gets the closure that was asked for.
    UnlessClosed,
}

impl<const KINDS: usize, const GROUPS: usize> Session<KINDS, GROUPS> {
    /// Whether there is something to close: sales of that day or earlier, or, of a day that is not closed yet, any
    /// record. Sales of later days are not closed under the name of an earlier one, nor is a day that has not begun.
    pub fn due(&self, date: CivilDate, today: CivilDate, zone: UtcOffset) -> Due {
        if date > today {
            return Due::No;
        }
        match (self.sales.since, self.days) {
            (Some(first), _) if first.date_at(zone) <= date => Due::Yes,
            (None, Some((first, _))) if first <= date => Due::UnlessClosed,
            _ => Due::No,
        }
    }
}

impl<const KINDS: usize, const GROUPS: usize> Closure<'_, KINDS, GROUPS> {
    /// Writes the body in its one form: JSON, as `docs/formats.md` gives it in section 12.
    pub fn write(&self, out: &mut dyn Write) -> fmt::Result {
        let (first, last) = self.numbers.unzip();
        write!(out, r#"{{"period":"{}","sequence_start":{}"#, self.period, OrNull(first))?;
        write!(out, r#","sequence_end":{},"totals":["#, OrNull(last))?;
        list(out, self.session.groups.rows(), write_group)?;
        out.write_str(r#"],"currencies":["#)?;
        list(out, &self.session.sales.kinds.by_currency(), write_currency)?;
        write!(out, r#"],"closure":{}"#, self.closure)?;
        write!(out, r#","first_day":"{}","last_day":"{}""#, self.days.0, self.days.1)?;
        let (start, end) = self.positions;
        write!(out, r#","position_start":{},"position_end":{}"#, start.value(), end.value())?;
        write!(out, r#","previous_hash":"{}","last_hash":"{}""#, self.previous_hash, self.last_hash)?;
        write!(out, r#","counter_skipped":{}}}"#, self.session.skipped)
    }
}

fn list<T>(out: &mut dyn Write, rows: &[T], write_row: fn(&mut dyn Write, &T) -> fmt::Result) -> fmt::Result {
    for (index, row) in rows.iter().enumerate() {
        if index > 0 {
            out.write_str(",")?;
        }
        write_row(out, row)?;
    }
    Ok(())
}

// No value of a row has a character that JSON escapes.

fn write_group(out: &mut dyn Write, row: &GroupRow) -> fmt::Result {
    write!(out, r#"{{"tax_group":"{}","base":"{}","vat":"{}""#, row.group, row.base, row.vat)?;
    write!(out, r#","rate":"{}","currency":"{}""#, row.rate, row.currency)?;
    write!(out, r#","invoice_type":"{}","nature":"#, row.kind.invoice_type.name())?;
    match row.kind.nature {
        Some(nature) => write!(out, r#""{nature}""#)?,
        None => out.write_str("null")?,
    }
    write!(out, r#","count":{}}}"#, row.count)
}

fn write_currency(out: &mut dyn Write, totals: &CurrencyTotals) -> fmt::Result {
    write!(out, r#"{{"currency":"{}""#, totals.currency)?;
    let CurrencyTotals { sales, returns, voids, net, vat, .. } = *totals;
    let parts = [("sales", sales), ("returns", returns), ("voids", voids), ("net", net), ("vat", vat)];
    for (name, amount) in parts {
        write!(out, r#","{name}":"{amount}""#)?;
    }
    write!(out, r#","count":{}}}"#, totals.count)
}

struct OrNull(Option<InvoiceNumber>);

impl Display for OrNull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(number) => number.value().fmt(f),
            None => f.write_str("null"),
        }
    }
}
