use edef::{
    Authority, CallFault, Confirmed, CurrencyRates, Finalising, InvoiceRequest, PendingInvoice, Requested,
    Status, TaxGroups, Uid,
};

/// A machine at a host that the configuration allows no more: it is sent nothing, and its invoices wait.
pub(super) struct NotAllowed;

impl Authority for NotAllowed {
    fn status(&self) -> Result<Status, CallFault> {
        Err(CallFault::Unreachable)
    }

    fn request(&self, _: &InvoiceRequest) -> Result<Requested, CallFault> {
        Err(CallFault::Unreachable)
    }

    fn pending(&self, _: &Uid) -> Result<PendingInvoice, CallFault> {
        Err(CallFault::Unreachable)
    }

    fn confirm(&self, _: &Uid, _: &Finalising) -> Result<Confirmed, CallFault> {
        Err(CallFault::Unreachable)
    }

    fn cancel(&self, _: &Uid, _: &Finalising) -> Result<(), CallFault> {
        Err(CallFault::Unreachable)
    }

    fn tax_groups(&self) -> Result<TaxGroups, CallFault> {
        Err(CallFault::Unreachable)
    }

    fn currency_rates(&self) -> Result<CurrencyRates, CallFault> {
        Err(CallFault::Unreachable)
    }
}
