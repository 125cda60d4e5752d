use def_protocol::{
    Output, SnapshotPeriod,
    reply::{Accepted, CurrencyTotals, Snapshot, SnapshotTotals, Streamed},
};
use fiscal::{Amount, Currency, InvoiceNumber};

use crate::{
    board::Board,
    device::{Core, Line},
    refusal::Refusal,
    state::{
        session::Sales,
        totals::{KIND_ROWS, KindTotals},
    },
};

impl<B: Board> Core<'_, B> {
    /// `RPT|X`: what was sold since the closure, or today; it was counted as it was sealed.
    #[inline(never)] // Each command pays for its own stack only.
    pub(crate) fn snapshot<O: Output>(
        &mut self,
        period: SnapshotPeriod,
        line: &mut Line<'_, O>,
    ) -> Result<(), Refusal> {
        self.vault.binding()?;
        let newest = self.vault.state.point.head.time;
        let now = self.vault.time().0.map_or(newest, |now| now.max(newest));
        let today = self.vault.business_day(now);
        // Asking forgets nothing: a clock that was wrong for a while is no new day.
        let nothing = Sales::new();
        let day = &self.vault.state.day;
        let sales = match period {
            SnapshotPeriod::Session => &self.vault.state.session.sales,
            SnapshotPeriod::Day if day.date == Some(today) => &day.sales,
            SnapshotPeriod::Day => &nothing,
        };
        let currencies = by_currency(&sales.kinds);
        let cdf = currencies.iter().find(|totals| totals.currency == Currency::CDF);
        let totals = cdf.map_or((Amount::ZERO, Amount::ZERO), |totals| (totals.net, totals.vat));
        let _ = line.send(&Snapshot {
            status: Accepted::Ok,
            period,
            transaction_count: u64::from(sales.count),
            totals: SnapshotTotals { total: totals.0, vat: totals.1 },
            since: sales.since,
            sequence_start: sales.first.map(InvoiceNumber::value),
            sequence_end: sales.last.map(InvoiceNumber::value),
            currencies: Streamed::each(currencies.iter()),
        });
        Ok(())
    }
}

/// Sales, returns and voids, currency by currency (D12).
pub(super) fn by_currency(kinds: &KindTotals) -> heapless::Vec<CurrencyTotals, KIND_ROWS> {
    let mut totals: heapless::Vec<CurrencyTotals, KIND_ROWS> = heapless::Vec::new();
    for row in kinds.rows() {
        let known = totals.iter().position(|totals| totals.currency == row.currency);
        let place = known.unwrap_or_else(|| {
            let zero = Amount::ZERO;
            let (currency, count) = (row.currency, 0);
            let new = CurrencyTotals {
                currency,
                sales: zero,
                returns: zero,
                voids: zero,
                net: zero,
                vat: zero,
                count,
            };
            // There are no more currencies than rows.
            let _ = totals.push(new);
            totals.len() - 1
        });
        let of_currency = &mut totals[place];
        let part = if row.kind.is_void() {
            &mut of_currency.voids
        } else if row.kind.invoice_type.is_credit() {
            &mut of_currency.returns
        } else {
            &mut of_currency.sales
        };
        // All sums of a currency are bounded when an invoice is let in.
        *part = part.plus(row.total).unwrap_or(*part);
        of_currency.net = of_currency.net.plus(row.total).unwrap_or(of_currency.net);
        of_currency.vat = of_currency.vat.plus(row.vat).unwrap_or(of_currency.vat);
        of_currency.count += u64::from(row.count);
    }
    totals
}
