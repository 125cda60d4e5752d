//! A database that counts the rows that are read from it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use fiscal::{Epoch, InvoiceNumber, KeyId, OutletId, PayloadHash, Position, Prefix, Timestamp};
use ledger::{
    Append, AppendFault, Appended, ChainId, Database, HeadRow, IdempotencyKey, Known, LedgerStore, Outlet,
    Place, Reference, Row, SealingKey, StatementsWork, StoreFault, Tables, Turn, Unfit,
};

/// How much was read.
#[derive(Default)]
pub(crate) struct Read {
    rows: AtomicUsize,
    questions: AtomicUsize,
}

impl Read {
    /// Records and questions since this was asked last.
    pub(crate) fn take(&self) -> (usize, usize) {
        (self.rows.swap(0, Ordering::SeqCst), self.questions.swap(0, Ordering::SeqCst))
    }

    fn count<T>(&self, answer: Result<T, StoreFault>, rows: impl Fn(&T) -> usize) -> Result<T, StoreFault> {
        self.questions.fetch_add(1, Ordering::SeqCst);
        self.rows.fetch_add(answer.as_ref().map_or(0, rows), Ordering::SeqCst);
        answer
    }
}

pub(crate) struct Counting(Arc<dyn Database>, Arc<Read>);

impl Counting {
    pub(crate) fn new(database: Arc<dyn Database>) -> (Self, Arc<Read>) {
        let read = Arc::new(Read::default());
        (Self(database, Arc::clone(&read)), read)
    }
}

impl Database for Counting {
    fn connect(&self) -> Result<Box<dyn LedgerStore>, StoreFault> {
        Ok(Box::new(Connection(self.0.connect()?, Arc::clone(&self.1))))
    }

    fn snapshot(&self) -> Result<Box<dyn Tables>, StoreFault> {
        self.0.snapshot()
    }

    fn fill(&self) -> Result<Box<dyn Tables>, StoreFault> {
        self.0.fill()
    }
}

struct Connection(Box<dyn LedgerStore>, Arc<Read>);

macro_rules! counted {
    ($(fn $name:ident($($argument:ident: $type:ty),*) -> $answer:ty { $rows:expr })*) => {$(
        fn $name(&mut self, $($argument: $type),*) -> Result<$answer, StoreFault> {
            let answer = self.0.$name($($argument),*);
            self.1.count(answer, $rows)
        }
    )*};
}

impl LedgerStore for Connection {
    counted! {
        fn create_outlet(outlet: &Outlet, head: &HeadRow) -> () { |_| 0 }
        fn outlet(id: OutletId) -> Option<Outlet> { |_| 0 }
        fn outlet_by_prefix(prefix: Prefix) -> Option<Outlet> { |_| 0 }
        fn outlets(after: Option<OutletId>, most: usize) -> Vec<Outlet> { |_| 0 }
        fn take_turn(outlet: OutletId, process: u64, lasts: std::time::Duration) -> Turn { |_| 0 }
        fn head(outlet: OutletId) -> Option<HeadRow> { |_| 0 }
        fn at(place: Place) -> Option<Row> { |row| usize::from(row.is_some()) }
        fn known(
            outlet: OutletId, sales: &[(Timestamp, PayloadHash)], keys: &[IdempotencyKey]
        ) -> Known { |known| known.sales.len() + known.keys.len() }
        fn by_number(outlet: OutletId, epoch: Epoch, number: InvoiceNumber) -> Option<Row> {
            |row| usize::from(row.is_some())
        }
        fn notes_on(outlet: OutletId, original: Reference) -> Vec<Row> { Vec::len }
        fn records(chain: ChainId, after: Option<Position>, most: usize) -> Vec<Row> { Vec::len }
        fn newest_of(chain: ChainId) -> Option<Row> { |row| usize::from(row.is_some()) }
        fn chains(outlet: OutletId) -> Vec<(ChainId, Position)> { |_| 0 }
        fn invoices_between(
            outlet: OutletId, times: (Timestamp, Timestamp), after: Option<(Timestamp, Place)>, most: usize
        ) -> Vec<Row> { Vec::len }
        fn closure_before(chain: ChainId, position: Position) -> Option<Row> { |row| usize::from(row.is_some()) }
        fn newest_invoice(chain: ChainId) -> Option<Row> { |row| usize::from(row.is_some()) }
        fn line_ends(chain: ChainId, most: usize) -> Vec<Row> { Vec::len }
        fn flags(outlet: OutletId, after: Option<Place>, most: usize) -> Vec<Row> { Vec::len }
        fn unfit(outlet: OutletId, after: Option<&Unfit>, most: usize) -> Vec<Unfit> { |_| 0 }
        fn is_kept(unfit: &Unfit) -> bool { |_| 0 }
        fn publish_key(key: &SealingKey) -> () { |_| 0 }
        fn retire_key(key: KeyId, at: Timestamp) -> () { |_| 0 }
        fn keys() -> Vec<SealingKey> { |_| 0 }
        fn forget_keys(before: Timestamp, most: usize) -> usize { |_| 0 }
        fn look(work: StatementsWork<'_>) -> () { |_| 0 }
        fn change(work: StatementsWork<'_>) -> () { |_| 0 }
    }

    fn append(&mut self, parts: &[Append]) -> Result<Vec<Appended>, AppendFault> {
        self.0.append(parts)
    }
}
