use fiscal::{
    Amount, CivilDate, Currency, Exchange, Fault, Item, List, Manifest, Member as M, Overflow, Path, Payment,
    Reason, Tally, TaxGroup, Totals,
};

use crate::{Draft, DraftFault, canonical, groups};

/// That tax groups and sums which a draft leaves out are to be computed, and from what.
#[derive(Clone, Copy, Debug)]
pub struct Complete<'a> {
    /// The tax groups that there are (P7).
    pub manifest: &'a Manifest<'a>,
    /// The business day of the sale in the outlet's zone (S7), for the rates that hold on it.
    pub day: CivilDate,
}

/// Every sum of an invoice: those that the draft states as it states them, and the rest computed.
pub(crate) struct Sums<'a> {
    pub(crate) tax_groups: Vec<TaxGroup<'a>>,
    pub(crate) totals: Totals,
    pub(crate) payments: Vec<Payment<'a>>,
    pub(crate) exchange: Option<Exchange>,
    /// The payment whose amount is what remained.
    pub(crate) remainder: Option<Path>,
}

impl Draft {
    /// Each sum follows from the nearest ones below it, so that a wrong one that is stated stays the one at fault.
    pub(crate) fn sums<'a>(
        &'a self,
        items: &[Item<'a>],
        complete: Option<Complete<'a>>,
    ) -> Result<Sums<'a>, DraftFault> {
        if complete.is_none()
            && let Some(member) = self.first_missing()
        {
            return Err(DraftFault::NotComputed(member));
        }
        let mut tax_groups = groups::declared(self, items, complete)?;
        let exchange = if self.needs_tally() {
            let rate = self.annex.exchange.as_ref().map(|exchange| exchange.rate);
            let tally = Tally::of(&List::from(items), &tax_groups, rate, self.invoice_type.is_credit())?;
            groups::fill(self, &mut tax_groups, &tally)?;
            self.exchange(|| tally.converted_totals(&tax_groups, self.price_mode()))?
        } else {
            self.exchange(|| (Ok(Amount::ZERO), Ok(Amount::ZERO)))?
        };
        let totals = self.totals(&tax_groups)?;
        let (payments, remainder) = self.payments(totals.total)?;
        Ok(Sums { tax_groups, totals, payments, exchange, remainder })
    }

    /// The first member, in the order of a payload, that is only there after it was computed.
    fn first_missing(&self) -> Option<Path> {
        let Some(groups) = &self.tax_groups else { return Some(Path::ROOT.member(M::TaxGroups)) };
        let of_group = groups.iter().enumerate().flat_map(|(index, group)| {
            let path = Path::ROOT.member(M::TaxGroups).element(index);
            [
                (path.member(M::Name), group.name.is_none()),
                (path.member(M::BaseAmount), group.base_amount.is_none()),
                (path.member(M::TaxAmount), group.tax_amount.is_none()),
            ]
        });
        let (totals, path) = (&self.totals, Path::ROOT.member(M::Totals));
        let of_totals = [
            (path.member(M::Subtotal), totals.subtotal.is_none()),
            (path.member(M::TotalVat), totals.total_vat.is_none()),
            (path.member(M::Total), totals.total.is_none()),
            (path.member(M::Currency), totals.currency.is_none()),
        ];
        let of_payments = self.payments.iter().enumerate().map(|(index, payment)| {
            (Path::ROOT.member(M::Payments).element(index).member(M::Amount), payment.amount.is_none())
        });
        let path = EXCHANGE;
        let of_exchange = self.annex.exchange.iter().flat_map(|exchange| {
            [
                (path.member(M::Total), exchange.total.is_none()),
                (path.member(M::TotalVat), exchange.total_vat.is_none()),
            ]
        });
        let all = of_group.chain(of_totals).chain(of_payments).chain(of_exchange);
        all.into_iter().find_map(|(path, missing)| missing.then_some(path))
    }

    /// Whether a sum is missing that comes from the items themselves.
    fn needs_tally(&self) -> bool {
        let in_groups = self.tax_groups.as_ref().is_none_or(|groups| {
            groups.iter().any(|group| group.base_amount.is_none() || group.tax_amount.is_none())
        });
        let exchange = self.annex.exchange.as_ref();
        in_groups || exchange.is_some_and(|exchange| exchange.total.is_none() || exchange.total_vat.is_none())
    }

    fn exchange(
        &self,
        converted: impl FnOnce() -> (Result<Amount, Overflow>, Result<Amount, Overflow>),
    ) -> Result<Option<Exchange>, DraftFault> {
        let Some(exchange) = &self.annex.exchange else { return Ok(None) };
        let (total, total_vat) = converted();
        Ok(Some(Exchange {
            currency: exchange.currency,
            rate: exchange.rate,
            date: exchange.date,
            total: stated_or(exchange.total, total, EXCHANGE.member(M::Total))?,
            total_vat: stated_or(exchange.total_vat, total_vat, EXCHANGE.member(M::TotalVat))?,
        }))
    }

    fn totals(&self, groups: &[TaxGroup<'_>]) -> Result<Totals, DraftFault> {
        let path = Path::ROOT.member(M::Totals);
        let bases = Amount::sum(groups.iter().map(|group| group.base_amount));
        let taxes = Amount::sum(groups.iter().map(|group| group.tax_amount));
        let subtotal = stated_or(self.totals.subtotal, bases, path.member(M::Subtotal))?;
        let total_vat = stated_or(self.totals.total_vat, taxes, path.member(M::TotalVat))?;
        let total = stated_or(self.totals.total, subtotal.plus(total_vat), path.member(M::Total))?;
        Ok(Totals { subtotal, total_vat, total, currency: self.totals.currency.unwrap_or(Currency::CDF) })
    }

    /// The payments, and the one that pays what the others leave of the total.
    fn payments(&self, total: Amount) -> Result<(Vec<Payment<'_>>, Option<Path>), DraftFault> {
        let path = Path::ROOT.member(M::Payments);
        let mut remainder = None;
        for (index, payment) in self.payments.iter().enumerate() {
            if payment.amount.is_none() {
                let path = path.element(index).member(M::Amount);
                if remainder.replace(path).is_some() {
                    return Err(DraftFault::SecondOpenPayment(path));
                }
            }
        }
        let left = || total.minus(Amount::sum(self.payments.iter().filter_map(|payment| payment.amount))?);
        let payments = self.payments.iter().map(|payment| {
            let amount = match payment.amount {
                Some(amount) => amount,
                None => left().map_err(|overflow| overflowed(overflow, path))?,
            };
            let instrument_id = payment.instrument_id.as_deref().map(canonical::text).transpose()?;
            Ok(Payment { method: payment.method, amount, instrument_id })
        });
        Ok((payments.collect::<Result<_, DraftFault>>()?, remainder))
    }
}

const EXCHANGE: Path = Path::ROOT.member(M::Annex).member(M::Exchange);

fn stated_or(
    stated: Option<Amount>,
    computed: Result<Amount, Overflow>,
    path: Path,
) -> Result<Amount, DraftFault> {
    stated.map_or_else(|| computed.map_err(|overflow| overflowed(overflow, path)), Ok)
}

/// The fault that canonical bytes would get.
pub(crate) fn overflowed(_: Overflow, path: Path) -> DraftFault {
    DraftFault::Payload(Fault { path, reason: Reason::AmountOverflow })
}
