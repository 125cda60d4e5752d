//! The tables of a database as they lie, for who copies or examines them and believes nothing of it.

use super::StoreFault;

/// What lies in a column of a row. Those of one column are in the order of the databases.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A number, as all are kept.
    Integer(i64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl Cell {
    /// The number, if it is one.
    pub const fn integer(&self) -> Option<i64> {
        if let Self::Integer(value) = self { Some(*value) } else { None }
    }

    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The bytes, if they are some.
    pub fn bytes(&self) -> Option<&[u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }
}

/// The cells of a row, in the order of [`Table::columns`].
pub type Cells = Vec<Cell>;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ColumnKind {
    /// Numbers.
    Integer,
    /// Texts.
    Text,
    /// Bytes.
    Bytes,
}

/// A column's name and what it holds.
pub type Column = (&'static str, ColumnKind);

/// A table. Who has the turn to append is of no table: it ends with the processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// Keys that seal or sealed.
    SealingKeys,
    /// Outlets.
    Outlets,
    /// The head of each outlet.
    Heads,
    /// All records.
    Records,
    /// The first seal of each sale.
    Sales,
    /// Idempotency keys.
    Idempotency,
    /// The log of acts.
    Acts,
    /// What was delivered and cannot be placed.
    Unfit,
    /// A table that is not the ledger's own, made through [`Statements`](crate::Statements).
    Other(&'static TableShape),
}

/// A table of another crate, as it is copied.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableShape {
    /// Its name in the database: `[a-z_]`, and none of the ledger's own.
    pub name: &'static str,
    /// Its columns; those of its key come first, and are never null. Their names are no keywords of SQL.
    pub columns: &'static [Column],
    /// How many of its columns are its key.
    pub key_columns: usize,
}

use ColumnKind::{Bytes, Integer, Text};

const UNFIT: &[Column] = &[
    ("outlet", Text),
    ("signer", Text),
    ("epoch", Integer),
    ("position", Integer),
    ("digest", Bytes),
    ("record", Bytes),
    ("body", Bytes),
    ("reason", Text),
    ("time", Integer),
];

impl Table {
    /// Every one of the ledger's own, in an order in which they can be filled.
    pub const ALL: [Self; 8] = [
        Self::SealingKeys,
        Self::Outlets,
        Self::Heads,
        Self::Records,
        Self::Sales,
        Self::Idempotency,
        Self::Acts,
        Self::Unfit,
    ];

    /// Its name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SealingKeys => "sealing_keys",
            Self::Outlets => "outlets",
            Self::Heads => "heads",
            Self::Records => "records",
            Self::Sales => "sales",
            Self::Idempotency => "idempotency",
            Self::Acts => "acts",
            Self::Unfit => "unfit",
            Self::Other(shape) => shape.name,
        }
    }

    /// Its columns; those of its key come first.
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::SealingKeys => {
                &[("id", Bytes), ("point", Bytes), ("signer", Text), ("since", Integer), ("until", Integer)]
            }
            Self::Outlets => &[("id", Text), ("nif", Text), ("prefix", Text), ("zone_minutes", Integer)],
            Self::Heads => &[
                ("outlet", Text),
                ("epoch", Integer),
                ("signer", Text),
                ("position", Integer),
                ("number", Integer),
                ("hash", Bytes),
                ("time", Integer),
                ("key", Bytes),
                ("totals", Bytes),
                ("generation", Integer),
                ("holder", Text),
            ],
            Self::Records => &[
                ("outlet", Text),
                ("epoch", Integer),
                ("signer", Text),
                ("position", Integer),
                ("seq", Integer),
                ("number", Integer),
                ("kind", Integer),
                ("time", Integer),
                ("stamped", Integer),
                ("hash", Bytes),
                ("reference_epoch", Integer),
                ("reference_number", Integer),
                ("record", Bytes),
                ("body", Text),
            ],
            Self::Sales => &[
                ("outlet", Text),
                ("stamped", Integer),
                ("hash", Bytes),
                ("epoch", Integer),
                ("signer", Text),
                ("position", Integer),
            ],
            Self::Idempotency => &[
                ("outlet", Text),
                ("key", Text),
                ("epoch", Integer),
                ("signer", Text),
                ("position", Integer),
                ("time", Integer),
            ],
            Self::Acts => &[
                ("seq", Integer),
                ("time", Integer),
                ("actor", Text),
                ("action", Text),
                ("tenant", Text),
                ("outlet", Text),
                ("subject", Text),
                ("request", Text),
            ],
            Self::Unfit => UNFIT,
            Self::Other(shape) => shape.columns,
        }
    }

    /// How many of its columns are its key.
    pub const fn key_columns(self) -> usize {
        match self {
            Self::SealingKeys | Self::Outlets | Self::Heads | Self::Acts => 1,
            Self::Records => 4,
            Self::Sales => 3,
            Self::Idempotency => 2,
            Self::Unfit => 5,
            Self::Other(shape) => shape.key_columns,
        }
    }

    /// The columns of its key.
    pub(crate) fn key(self) -> &'static [Column] {
        &self.columns()[..self.key_columns()]
    }

    /// All columns, as SQL lists them.
    pub(crate) fn list(self) -> String {
        names(self.columns())
    }
}

/// Columns, as SQL lists them.
pub(crate) fn names(columns: &[Column]) -> String {
    columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// The tables of a database, in one transaction that ends with this.
pub trait Tables: Send {
    /// The rows of a table in the order of its key, those after a key, at most so many.
    fn rows(&mut self, table: Table, after: Option<&[Cell]>, most: usize) -> Result<Vec<Cells>, StoreFault>;

    /// For each key its row, if there is one.
    fn find(&mut self, table: Table, keys: &[Cells]) -> Result<Vec<Option<Cells>>, StoreFault>;

    /// Puts rows into a table. A sealing key that is there already stays as it is.
    fn put(&mut self, table: Table, rows: &[Cells]) -> Result<(), StoreFault>;

    /// Makes all that was put durable. Without it nothing of it is kept. Until that process says that it is done, no
    /// other appends to the outlets: none takes a turn, and whoever had one of before, also one after the backup was
    /// written, has an older generation than the outlets have now.
    fn commit(self: Box<Self>, process: u64) -> Result<(), StoreFault>;
}

/// A turn that ends when its process says so, in milliseconds since 1970.
pub(crate) const HELD_UNTIL_DONE: i64 = i64::MAX;

/// So many generations a restore leaves out. Turns that were taken after the backup was written had those; there are
/// never so many.
pub(crate) const GENERATIONS_LEFT_OUT: i64 = 1 << 32;

/// A database that is to be filled has none of these.
pub(crate) const EMPTY: [Table; 7] = [
    Table::Outlets,
    Table::Heads,
    Table::Records,
    Table::Sales,
    Table::Idempotency,
    Table::Acts,
    Table::Unfit,
];

pub(crate) fn not_empty(table: Table) -> StoreFault {
    StoreFault::Unsafe(format!(
        "there is something in this database already (table {}): name an empty one in the configuration",
        table.name()
    ))
}
