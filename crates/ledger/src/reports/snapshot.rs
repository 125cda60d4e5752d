use def_protocol::{
    SnapshotPeriod,
    reply::{Accepted, CurrencyTotals, Snapshot, SnapshotTotals},
};
use fiscal::{Amount, Currency, InvoiceNumber, Timestamp, UtcOffset, totals::Sales};

use crate::{HeadRow, StoreFault, books};

/// The answer to X, with the members of `RPT|X`.
pub type SnapshotAnswer = Snapshot<Vec<CurrencyTotals>>;

pub(super) fn of(
    head: &HeadRow,
    zone: UtcOffset,
    now: Timestamp,
    period: SnapshotPeriod,
) -> Result<SnapshotAnswer, StoreFault> {
    let corrupt = || StoreFault::Corrupt(format!("the totals at the head of {}", head.chain.outlet));
    let books = books::from_bytes(&head.totals).ok_or_else(corrupt)?;
    let today = now.max(head.state.time).date_at(zone);
    let nothing = Sales::new();
    let sales = match period {
        SnapshotPeriod::Session => &books.session.sales,
        SnapshotPeriod::Day if books.day.date == Some(today) => &books.day.sales,
        SnapshotPeriod::Day => &nothing,
    };
    let currencies = sales.kinds.by_currency();
    let cdf = currencies.iter().find(|totals| totals.currency == Currency::CDF);
    let (total, vat) = cdf.map_or((Amount::ZERO, Amount::ZERO), |totals| (totals.net, totals.vat));
    Ok(Snapshot {
        status: Accepted::Ok,
        period,
        transaction_count: u64::from(sales.count),
        totals: SnapshotTotals { total, vat },
        since: sales.since,
        sequence_start: sales.first.map(InvoiceNumber::value),
        sequence_end: sales.last.map(InvoiceNumber::value),
        currencies: currencies.iter().copied().map(CurrencyTotals::from).collect(),
    })
}
