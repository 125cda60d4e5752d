use def_protocol::{
    Output, SnapshotPeriod,
    reply::{Accepted, CurrencyTotals, Snapshot, SnapshotTotals, Streamed},
};
use fiscal::{Amount, Currency, InvoiceNumber, totals::Sales};

use crate::{
    board::Board,
    device::{Core, Line},
    refusal::Refusal,
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
        let day = &self.vault.state.counted.day;
        let sales = match period {
            SnapshotPeriod::Session => &self.vault.state.counted.session.sales,
            SnapshotPeriod::Day if day.date == Some(today) => &day.sales,
            SnapshotPeriod::Day => &nothing,
        };
        let currencies = sales.kinds.by_currency();
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
            currencies: Streamed::each(currencies.iter().copied().map(CurrencyTotals::from)),
        });
        Ok(())
    }
}
