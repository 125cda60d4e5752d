//! The port for tables that are not the ledger's own, such as those of merchants, people and keys.

use super::{Cell, Cells, LedgerStore, StoreFault};

/// SQL in the dialect that both databases share, for tables that are not the ledger's own: values are `$1`, `$2` …
/// (each first used in ascending order), types BIGINT, TEXT and BLOB, in capitals. Texts compare by their bytes.
///
/// Uniqueness that is violated is a fault like any other: `ON CONFLICT DO NOTHING` and the count of rows say whether
/// something was there. A fault of any statement undoes the whole, whatever is made of it.
pub trait Statements {
    /// Changes rows, and says how many.
    fn execute(&mut self, sql: &'static str, values: &[Cell]) -> Result<u64, StoreFault>;

    /// Reads rows. Numbers are [`Cell::Integer`], as truth values are with 0 and 1.
    fn query(&mut self, sql: &'static str, values: &[Cell]) -> Result<Vec<Cells>, StoreFault>;

    /// Runs statements without values, each ended by a semicolon: `CREATE TABLE IF NOT EXISTS` and its like.
    fn script(&mut self, sql: &'static str) -> Result<(), StoreFault>;
}

/// What is done with statements in one transaction. It may be called again after a fault.
pub type StatementsWork<'a> = &'a mut dyn FnMut(&mut dyn Statements) -> Result<(), StoreFault>;

/// Reads, all at one moment, and carries an answer or a refusal of the caller's own kind out of the transaction.
pub fn look<T, F: From<StoreFault>>(
    store: &mut dyn LedgerStore,
    work: impl FnMut(&mut dyn Statements) -> Result<T, F>,
) -> Result<T, F> {
    let mut outcome = Outcome { work, answer: None };
    let done = store.look(&mut |statements| outcome.run(statements));
    outcome.after(done)
}

/// Changes in one transaction, and carries an answer out of it; whatever is refused undoes it. The work may run again, and
/// begins anew then. Changes come one after the other, so that what was read is so until the end.
pub fn change<T, F: From<StoreFault>>(
    store: &mut dyn LedgerStore,
    work: impl FnMut(&mut dyn Statements) -> Result<T, F>,
) -> Result<T, F> {
    let mut outcome = Outcome { work, answer: None };
    let done = store.change(&mut |statements| outcome.run(statements));
    outcome.after(done)
}

/// What [`StatementsWork`] does not carry.
struct Outcome<T, F, W> {
    work: W,
    answer: Option<Result<T, F>>,
}

impl<T, F: From<StoreFault>, W: FnMut(&mut dyn Statements) -> Result<T, F>> Outcome<T, F, W> {
    fn run(&mut self, statements: &mut dyn Statements) -> Result<(), StoreFault> {
        let answer = self.answer.insert((self.work)(statements));
        // Nobody sees it: a statement's own fault is known to the store, and goes before.
        if answer.is_ok() { Ok(()) } else { Err(StoreFault::Exists("a reason to undo this")) }
    }

    /// An answer counts only when the store's own end agrees with it: a value whose commit failed is none.
    fn after(self, done: Result<(), StoreFault>) -> Result<T, F> {
        match (done, self.answer) {
            (Ok(()), Some(answer)) => answer,
            (Err(_), Some(Err(refused))) => Err(refused),
            (Err(fault), _) => Err(fault.into()),
            (Ok(()), None) => {
                let said = "the store ran nothing of what it was given";
                Err(StoreFault::Unavailable(said.to_owned()).into())
            }
        }
    }
}

/// A statement has other places than it was given values.
pub(super) fn places(sql: &str, places: usize, values: usize) -> StoreFault {
    StoreFault::Unavailable(format!("a statement has {places} places for {values} values: {sql}"))
}

/// What only reads was asked to change something.
pub(super) fn only_reads(sql: &str) -> StoreFault {
    StoreFault::Unavailable(format!("a question changes nothing: use LedgerStore::change ({sql})"))
}
