use fiscal::{FiscalNumber, PayloadHash};

use super::Intent;

/// Where a till keeps its sales.
///
/// Every write is all or nothing, and durable when it returns. An intent is *open* until its receipt is printed or
/// it is refused.
pub trait IntentStore {
    /// Why it failed.
    type Error: std::error::Error;

    /// Keeps this instead of what it had of the same sale.
    fn keep(&mut self, intent: &Intent) -> Result<(), Self::Error>;

    /// Takes back that a sale is open, of one that is finished.
    fn forget(&mut self, sale: PayloadHash) -> Result<(), Self::Error>;

    /// An open sale.
    fn open(&mut self, sale: PayloadHash) -> Result<Option<Intent>, Self::Error>;

    /// All open sales, in any order.
    fn all_open(&mut self) -> Result<Vec<Intent>, Self::Error>;

    /// A sealed sale, open or finished.
    fn of_number(&mut self, number: FiscalNumber) -> Result<Option<Intent>, Self::Error>;
}

impl<S: IntentStore + ?Sized> IntentStore for &mut S {
    type Error = S::Error;

    fn keep(&mut self, intent: &Intent) -> Result<(), S::Error> {
        (**self).keep(intent)
    }

    fn forget(&mut self, sale: PayloadHash) -> Result<(), S::Error> {
        (**self).forget(sale)
    }

    fn open(&mut self, sale: PayloadHash) -> Result<Option<Intent>, S::Error> {
        (**self).open(sale)
    }

    fn all_open(&mut self) -> Result<Vec<Intent>, S::Error> {
        (**self).all_open()
    }

    fn of_number(&mut self, number: FiscalNumber) -> Result<Option<Intent>, S::Error> {
        (**self).of_number(number)
    }
}
