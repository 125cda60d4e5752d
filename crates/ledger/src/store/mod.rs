//! The port to a database, and what crosses it.

mod columns;
mod new_outlet;
mod postgres;
mod screen;
mod sqlite;
mod statements;
mod tables;

pub use self::{
    new_outlet::insert_outlet,
    postgres::{PostgresDatabase, PostgresOptions},
    sqlite::{SinceEpoch, SqliteDatabase},
    statements::{Statements, StatementsWork, change, look},
    tables::{Cell, Cells, Column, ColumnKind, Table, TableShape, Tables},
};
pub(crate) use self::{screen::is_own_sale, tables::not_empty};

use std::time::Duration;

use fiscal::{DeviceId, HeadState, KeyId, OutletId, PayloadHash, Position, PublicKey, Timestamp};

use crate::{Act, ChainId, IdempotencyKey, Outlet, Place, Reference, Row, Unfit};
use fiscal::{Epoch, InvoiceNumber, Prefix};

/// A database from which any thread may have a connection.
pub trait Database: Send + Sync {
    /// Opens a connection. The tables are made or brought up to date when the database is opened.
    fn connect(&self) -> Result<Box<dyn LedgerStore>, StoreFault>;

    /// The tables as they stand at one moment, to be read only. A database that is none, as for trials, has none.
    fn snapshot(&self) -> Result<Box<dyn Tables>, StoreFault> {
        Err(StoreFault::Unavailable("this database gives no tables".to_owned()))
    }

    /// The tables of a database without outlets, to be filled. Any other is refused.
    fn fill(&self) -> Result<Box<dyn Tables>, StoreFault> {
        self.snapshot()
    }
}

/// One connection to the database of ledgers.
///
/// Implementations hold no rules: they keep rows, compare generations, and say honestly what they know. The same
/// conformance suite runs over each.
pub trait LedgerStore: Send {
    /// Keeps a new outlet with the head of its first epoch. Id and prefix are unique: a second is [`StoreFault::Exists`].
    fn create_outlet(&mut self, outlet: &Outlet, head: &HeadRow) -> Result<(), StoreFault>;

    /// An outlet by its id.
    fn outlet(&mut self, id: OutletId) -> Result<Option<Outlet>, StoreFault>;

    /// An outlet by the prefix of its fiscal numbers.
    fn outlet_by_prefix(&mut self, prefix: Prefix) -> Result<Option<Outlet>, StoreFault>;

    /// All outlets in the order of their ids, those after one, at most so many.
    fn outlets(&mut self, after: Option<OutletId>, most: usize) -> Result<Vec<Outlet>, StoreFault>;

    /// Takes the turn to append to an outlet, and with it the next generation: whoever had it before can append no
    /// more (L3). While another process has the turn, and said that it is not done before its time is over, the answer
    /// is [`Turn::Held`]; that is for fairness only, and by the database's clock. A clock that was set back holds no
    /// turn; one of a restore ([`Tables::commit`]) is held until that process is done.
    fn take_turn(&mut self, outlet: OutletId, process: u64, lasts: Duration) -> Result<Turn, StoreFault>;

    /// The head as it is stored now, for reports. Who appends has it from its turn.
    fn head(&mut self, outlet: OutletId) -> Result<Option<HeadRow>, StoreFault>;

    /// Appends to several outlets in one transaction, durable when it returns. An outlet whose generation is no longer
    /// that of the part, or that cannot take it, is left as it was, and all others are appended to: the answers are in
    /// the order of the parts. An outlet is named by one part; a second one is [`Appended::Overtaken`].
    fn append(&mut self, parts: &[Append]) -> Result<Vec<Appended>, AppendFault>;

    /// A record by its place.
    fn at(&mut self, place: Place) -> Result<Option<Row>, StoreFault>;

    /// Which of these sales and keys are there already, in one question. A sale is its payload's own time and hash.
    fn known(
        &mut self,
        outlet: OutletId,
        sales: &[(Timestamp, PayloadHash)],
        keys: &[IdempotencyKey],
    ) -> Result<Known, StoreFault>;

    /// The invoice with a number, the ledger's own first.
    fn by_number(
        &mut self,
        outlet: OutletId,
        epoch: Epoch,
        number: InvoiceNumber,
    ) -> Result<Option<Row>, StoreFault>;

    /// The records that name an original, credit notes and vouchers, in the order in which they were stored.
    fn notes_on(&mut self, outlet: OutletId, original: Reference) -> Result<Vec<Row>, StoreFault>;

    /// The records of a chain in order, those after a position, at most so many.
    fn records(
        &mut self,
        chain: ChainId,
        after: Option<Position>,
        most: usize,
    ) -> Result<Vec<Row>, StoreFault>;

    /// The newest record of a chain.
    fn newest_of(&mut self, chain: ChainId) -> Result<Option<Row>, StoreFault>;

    /// The chains of an outlet, in the order of their epochs and signers, each with its newest position.
    fn chains(&mut self, outlet: OutletId) -> Result<Vec<(ChainId, Position)>, StoreFault>;

    /// The invoices of an outlet sealed from a time up to and without another, in the order of time and place, those
    /// after the last one of the page before, at most so many. Reads no others.
    fn invoices_between(
        &mut self,
        outlet: OutletId,
        times: (Timestamp, Timestamp),
        after: Option<(Timestamp, Place)>,
        most: usize,
    ) -> Result<Vec<Row>, StoreFault>;

    /// The newest closure of a chain at or before a position: what a Z report repeats, and where the one before begins.
    fn closure_before(&mut self, chain: ChainId, position: Position) -> Result<Option<Row>, StoreFault>;

    /// The newest invoice of a chain.
    fn newest_invoice(&mut self, chain: ChainId) -> Result<Option<Row>, StoreFault>;

    /// The newest records of a chain with which its signer left the outlet's line or took it over (`close`, `hand_over`),
    /// the newest first, at most so many.
    fn line_ends(&mut self, chain: ChainId, most: usize) -> Result<Vec<Row>, StoreFault>;

    /// The flags of an outlet, of all its chains, in the order of their places, those after one, at most so many.
    fn flags(&mut self, outlet: OutletId, after: Option<Place>, most: usize) -> Result<Vec<Row>, StoreFault>;

    /// What was delivered to an outlet and cannot be placed, in the order of signers, epochs, positions and digests, what
    /// is after one, at most so many.
    fn unfit(
        &mut self,
        outlet: OutletId,
        after: Option<&Unfit>,
        most: usize,
    ) -> Result<Vec<Unfit>, StoreFault>;

    /// How much of it was kept since a time.
    fn unfit_since(&mut self, outlet: OutletId, since: Timestamp) -> Result<usize, StoreFault> {
        const AT_ONCE: usize = 256;
        let (mut count, mut after) = (0, None);
        loop {
            let page = self.unfit(outlet, after.as_ref(), AT_ONCE)?;
            count += page.iter().filter(|unfit| unfit.time >= since).count();
            if page.len() < AT_ONCE {
                return Ok(count);
            }
            after = page.into_iter().last();
        }
    }

    /// Whether the same was kept before: outlet, signer, epoch, position and digest.
    fn is_kept(&mut self, unfit: &Unfit) -> Result<bool, StoreFault>;

    /// Publishes a key that seals from now on. A key is published once.
    fn publish_key(&mut self, key: &SealingKey) -> Result<(), StoreFault>;

    /// Notes that a key seals no more; a second time changes nothing.
    fn retire_key(&mut self, key: KeyId, at: Timestamp) -> Result<(), StoreFault>;

    /// All keys, the oldest first.
    fn keys(&mut self) -> Result<Vec<SealingKey>, StoreFault>;

    /// Forgets idempotency keys of records sealed before a time, at most so many; says how many they were. No append
    /// waits long for it.
    fn forget_keys(&mut self, before: Timestamp, most: usize) -> Result<usize, StoreFault>;

    /// Asks other tables than the ledger's own, all at one moment. What would change something is refused.
    fn look(&mut self, work: StatementsWork<'_>) -> Result<(), StoreFault>;

    /// Changes other tables than the ledger's own in one transaction that is durable when this returns; an error undoes
    /// it. Changes of all processes come one after the other, so that what one has read stays so until it is done; nobody
    /// who appends waits for them longer than SQLite does for its one writer. When whether it was done is not known,
    /// [`StoreFault::Unavailable`] says so, and the same work may be asked for again if it looks first.
    fn change(&mut self, work: StatementsWork<'_>) -> Result<(), StoreFault>;
}

/// Whether this connection may append to an outlet now.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn {
    /// It may, under the generation that the head names.
    Taken(HeadRow),
    /// Another process has its turn for so long.
    Held(Duration),
    /// There is no such outlet.
    NoOutlet,
}

/// How far an outlet's ledger has come, as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadRow {
    /// The outlet's own chain: who seals, in which epoch.
    pub chain: ChainId,
    /// How far that chain has come.
    pub state: HeadState,
    /// Under which key the newest record was sealed; none before the first.
    pub key: Option<KeyId>,
    /// What was sold since the last closure and today, in bytes that only the ledger reads.
    pub totals: Vec<u8>,
    /// The writer's generation: each turn has the next.
    pub generation: u64,
    /// The device that holds the outlet's line of numbers; none while this chain's own signer does (L2).
    pub holder: Option<DeviceId>,
}

/// What is appended to one outlet: all of it or nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Append {
    /// The head after it, with the generation of the turn under which it is appended.
    pub head: HeadRow,
    /// The records, in order. Rows of other chains of the outlet may be among them; a sale that one of these seals may
    /// be there already, and the first stays the first.
    pub rows: Vec<Row>,
    /// Under which idempotency keys some of them were asked for.
    pub keys: Vec<KeyRow>,
    /// Who asked for some of them; acts of this outlet, in order.
    pub acts: Vec<Act>,
    /// What was delivered to the outlet and cannot be placed. What is kept already stays as it is.
    pub unfit: Vec<Unfit>,
    /// Whether the turn is over with it: nothing more waits.
    pub done: bool,
}

/// An idempotency key and what was sealed under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRow {
    /// The client's key.
    pub key: IdempotencyKey,
    /// The record.
    pub place: Place,
    /// When it was sealed.
    pub time: Timestamp,
}

/// What became of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It is durable.
    Durable,
    /// Another process has taken the turn: nothing of it was stored.
    Overtaken,
    /// A sale that the head's signer seals, or a key, is there already: nothing of it was stored.
    /// [`LedgerStore::known`] says which.
    Known,
    /// The database holds something else in the place of one of its records: nothing of it was stored; run
    /// `stelala verify ledger`.
    Corrupt,
}

/// What is there already of what was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// For each sale that was sealed the first record that seals it, whoever sealed it (L4).
    pub sales: Vec<Row>,
    /// For each key that was used what was sealed under it.
    pub keys: Vec<(IdempotencyKey, Row)>,
}

/// A key with which the ledger's signer seals or sealed.
#[derive(Clone, Debug, PartialEq)]
pub struct SealingKey {
    /// The key.
    pub key: PublicKey,
    /// Whose.
    pub signer: DeviceId,
    /// Since when it seals.
    pub since: Timestamp,
    /// Since when it seals no more.
    pub until: Option<Timestamp>,
}

/// Why a question to the database has no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreFault {
    /// The database is away, busy or full. An append changed nothing then; whether anything else did is not known, and
    /// asking again does no harm.
    #[error("the database cannot be reached or written now: try again ({0})")]
    Unavailable(String),
    /// An outlet, a prefix or a key is there already.
    #[error("{0} exists already: choose another")]
    Exists(&'static str),
    /// A row is not what it should be.
    #[error("the database holds something that the ledger did not write: run `stelala verify ledger` ({0})")]
    Corrupt(String),
    /// The database is of another version of the program.
    #[error("the database is of version {found}, this program knows {known}: use the program that wrote it")]
    Version {
        /// Of the database.
        found: i64,
        /// Of this program.
        known: i64,
    },
    /// The database would lose what was answered, as PostgreSQL without synchronous commit.
    #[error("{0}")]
    Unsafe(String),
}

/// Why it is not known, or not so, that everything was appended.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AppendFault {
    /// Nothing was stored.
    #[error("nothing was stored: {0}")]
    NotDone(StoreFault),
    /// The connection was lost or the commit failed at an unknown moment: who asks takes a new turn, which waits until
    /// the old transaction has ended either way, and reads the head.
    #[error("whether the records were stored is not known yet: {0}")]
    Unknown(String),
}
