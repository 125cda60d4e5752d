use def_protocol::{
    SnapshotPeriod,
    reply::{Accepted, CurrencyTotals, Snapshot, SnapshotTotals},
};
use fiscal::{
    Amount, Currency, InvoiceNumber, Timestamp, UtcOffset,
    totals::{InvoiceTotals, Sales},
};

use super::{articles::payload_of, days::span};
use crate::{
    ChainId, HeadRow, Row, StoreFault,
    books::{self, KINDS},
    store::LedgerStore,
};

/// So many records are read at once: at most 6 MB.
const AT_ONCE: usize = 256;

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
    Ok(answer(sales, period))
}

/// Of a device that holds the line: what it sealed since the last closure in its chain, or today.
pub(super) fn of_device(
    store: &mut dyn LedgerStore,
    chain: ChainId,
    zone: UtcOffset,
    now: Timestamp,
    period: SnapshotPeriod,
) -> Result<SnapshotAnswer, StoreFault> {
    let mut sales = Box::new(Sales::<KINDS>::new());
    let Some(newest) = store.newest_of(chain)? else { return Ok(answer(&sales, period)) };
    match period {
        SnapshotPeriod::Session => {
            let closure = store.closure_before(chain, newest.place.position)?;
            let mut after = closure.map(|row| row.place.position);
            loop {
                let rows = store.records(chain, after, AT_ONCE)?;
                rows.iter().try_for_each(|row| count(&mut sales, row))?;
                match rows.last() {
                    Some(last) if rows.len() == AT_ONCE => after = Some(last.place.position),
                    _ => break,
                }
            }
        }
        SnapshotPeriod::Day => {
            let today = now.max(newest.time).date_at(zone);
            // A day is never backwards to itself.
            let times = span(today, today, zone).unwrap_or((now, now));
            let mut after = None;
            loop {
                let rows = store.invoices_between(chain.outlet, times, after, AT_ONCE)?;
                let of_chain = rows.iter().filter(|row| row.place.chain == chain);
                of_chain.into_iter().try_for_each(|row| count(&mut sales, row))?;
                match rows.last() {
                    Some(last) if rows.len() == AT_ONCE => after = Some((last.time, last.place)),
                    _ => break,
                }
            }
        }
    }
    Ok(answer(&sales, period))
}

/// Counts an invoice as its signer did. One that keeps not every rule, or came without its payload, is flagged and
/// counts nowhere.
fn count(sales: &mut Sales<KINDS>, row: &Row) -> Result<(), StoreFault> {
    let Some(number) = row.number else { return Ok(()) };
    if let Some(sale) = payload_of(row)? {
        let totals = InvoiceTotals::of(sale.invoice());
        if sales.kinds.has_room(&totals) {
            sales.add(row.time, number, &totals);
        }
    }
    Ok(())
}

fn answer(sales: &Sales<KINDS>, period: SnapshotPeriod) -> SnapshotAnswer {
    let currencies = sales.kinds.by_currency();
    let cdf = currencies.iter().find(|totals| totals.currency == Currency::CDF);
    let (total, vat) = cdf.map_or((Amount::ZERO, Amount::ZERO), |totals| (totals.net, totals.vat));
    Snapshot {
        status: Accepted::Ok,
        period,
        transaction_count: u64::from(sales.count),
        totals: SnapshotTotals { total, vat },
        since: sales.since,
        sequence_start: sales.first.map(InvoiceNumber::value),
        sequence_end: sales.last.map(InvoiceNumber::value),
        currencies: currencies.iter().copied().map(CurrencyTotals::from).collect(),
    }
}
