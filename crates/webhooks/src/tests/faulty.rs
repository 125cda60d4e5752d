use std::{cell::RefCell, time::Duration};

use fiscal::{Epoch, InvoiceNumber, KeyId, OutletId, PayloadHash, Position, Prefix, Timestamp};
use ledger::{
    Append, AppendFault, Appended, ChainId, HeadRow, IdempotencyKey, Known, LedgerStore, Outlet, Place,
    Reference, Row, SealingKey, StatementsWork, StoreFault, Turn, Unfit,
};

use crate::engine::Ask;

/// When the next fault comes, counted in questions.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Crash {
    #[default]
    Never,
    /// This one is not done.
    Before(u32),
    /// This one is done, and nobody hears of it.
    After(u32),
}

/// A process's connection: after the first fault it has ended, and answers nothing.
pub(super) struct Process {
    store: RefCell<Faulty>,
}

struct Faulty {
    inner: Box<dyn LedgerStore>,
    crash: Crash,
    is_over: bool,
}

impl Process {
    pub(super) fn new(inner: Box<dyn LedgerStore>, crash: Crash) -> Self {
        Self { store: RefCell::new(Faulty { inner, crash, is_over: false }) }
    }

    pub(super) fn is_over(&self) -> bool {
        self.store.borrow().is_over
    }
}

impl Ask for Process {
    fn ask<T>(
        &self,
        question: impl FnOnce(&mut dyn LedgerStore) -> Result<T, StoreFault>,
    ) -> Result<T, StoreFault> {
        question(&mut *self.store.borrow_mut())
    }
}

impl Faulty {
    /// What the inner store says, unless the process ends here.
    fn run<T>(
        &mut self,
        work: impl FnOnce(&mut dyn LedgerStore) -> Result<T, StoreFault>,
    ) -> Result<T, StoreFault> {
        let over = || StoreFault::Unavailable("the process has ended".to_owned());
        if self.is_over {
            return Err(over());
        }
        match &mut self.crash {
            Crash::Before(0) => {
                self.is_over = true;
                Err(over())
            }
            Crash::After(0) => {
                self.is_over = true;
                // It is done all the same.
                let _ = work(&mut *self.inner);
                Err(over())
            }
            Crash::Before(left) | Crash::After(left) => {
                *left -= 1;
                work(&mut *self.inner)
            }
            Crash::Never => work(&mut *self.inner),
        }
    }
}

macro_rules! delegated {
    ($($name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*) => {$(
        fn $name(&mut self, $($argument: $type),*) -> Result<$answer, StoreFault> {
            self.run(|store| store.$name($($argument),*))
        }
    )*};
}

impl LedgerStore for Faulty {
    delegated! {
        create_outlet(outlet: &Outlet, head: &HeadRow) -> ();
        outlet(id: OutletId) -> Option<Outlet>;
        outlet_by_prefix(prefix: Prefix) -> Option<Outlet>;
        outlets(after: Option<OutletId>, most: usize) -> Vec<Outlet>;
        take_turn(outlet: OutletId, process: u64, lasts: Duration) -> Turn;
        head(outlet: OutletId) -> Option<HeadRow>;
        at(place: Place) -> Option<Row>;
        known(outlet: OutletId, sales: &[(Timestamp, PayloadHash)], keys: &[IdempotencyKey]) -> Known;
        by_number(outlet: OutletId, epoch: Epoch, number: InvoiceNumber) -> Option<Row>;
        notes_on(outlet: OutletId, original: Reference) -> Vec<Row>;
        records(chain: ChainId, after: Option<Position>, most: usize) -> Vec<Row>;
        newest_of(chain: ChainId) -> Option<Row>;
        chains(outlet: OutletId) -> Vec<(ChainId, Position)>;
        invoices_between(
            outlet: OutletId,
            times: (Timestamp, Timestamp),
            after: Option<(Timestamp, Place)>,
            most: usize
        ) -> Vec<Row>;
        closure_before(chain: ChainId, position: Position) -> Option<Row>;
        newest_invoice(chain: ChainId) -> Option<Row>;
        line_ends(chain: ChainId, most: usize) -> Vec<Row>;
        flags(outlet: OutletId, after: Option<Place>, most: usize) -> Vec<Row>;
        unfit(outlet: OutletId, after: Option<&Unfit>, most: usize) -> Vec<Unfit>;
        is_kept(unfit: &Unfit) -> bool;
        publish_key(key: &SealingKey) -> ();
        retire_key(key: KeyId, at: Timestamp) -> ();
        keys() -> Vec<SealingKey>;
        forget_keys(before: Timestamp, most: usize) -> usize;
        look(work: StatementsWork<'_>) -> ();
        change(work: StatementsWork<'_>) -> ();
    }

    fn append(&mut self, _: &[Append]) -> Result<Vec<Appended>, AppendFault> {
        Err(AppendFault::Unknown("webhooks append nothing".to_owned()))
    }
}
