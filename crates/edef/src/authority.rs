use crate::{
    CallFault, Confirmed, CurrencyRates, Finalising, InvoiceRequest, PendingInvoice, Requested, Status,
    TaxGroups, Uid,
};

/// One e-MCF, the authority's machine for one shop: a URL and a token.
///
/// No call is repeated by an implementation: whether it may be is for the caller to decide, by [`CallFault::effect_of_confirm`].
pub trait Authority: Send + Sync {
    /// What the machine is, and what waits to be finalised.
    fn status(&self) -> Result<Status, CallFault>;
    /// Asks to normalise an invoice. Without a confirm within two minutes it never was.
    fn request(&self, invoice: &InvoiceRequest) -> Result<Requested, CallFault>;
    /// A request that is not finalised.
    fn pending(&self, uid: &Uid) -> Result<PendingInvoice, CallFault>;
    /// Finalises a request.
    fn confirm(&self, uid: &Uid, totals: &Finalising) -> Result<Confirmed, CallFault>;
    /// Gives a request up.
    fn cancel(&self, uid: &Uid, totals: &Finalising) -> Result<(), CallFault>;
    /// The rates that hold at the authority today.
    fn tax_groups(&self) -> Result<TaxGroups, CallFault>;
    /// The authority's exchange rates.
    fn currency_rates(&self) -> Result<CurrencyRates, CallFault>;
}

impl<A: Authority + ?Sized> Authority for std::sync::Arc<A> {
    fn status(&self) -> Result<Status, CallFault> {
        (**self).status()
    }

    fn request(&self, invoice: &InvoiceRequest) -> Result<Requested, CallFault> {
        (**self).request(invoice)
    }

    fn pending(&self, uid: &Uid) -> Result<PendingInvoice, CallFault> {
        (**self).pending(uid)
    }

    fn confirm(&self, uid: &Uid, totals: &Finalising) -> Result<Confirmed, CallFault> {
        (**self).confirm(uid, totals)
    }

    fn cancel(&self, uid: &Uid, totals: &Finalising) -> Result<(), CallFault> {
        (**self).cancel(uid, totals)
    }

    fn tax_groups(&self) -> Result<TaxGroups, CallFault> {
        (**self).tax_groups()
    }

    fn currency_rates(&self) -> Result<CurrencyRates, CallFault> {
        (**self).currency_rates()
    }
}
