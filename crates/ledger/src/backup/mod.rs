//! A backup: every row of every table at one moment, in one file that either database can be filled from.
//!
//! | bytes | what |
//! |---|---|
//! | 16 | `stelala-backup2` and a line feed |
//! | 1 | how many tables there are |
//! | | the tables: the name, how many columns there are (1 byte), and of each the name and what it holds: 1 numbers, 2 texts, 3 bytes (1 byte). A name is its length (1 byte) and as many bytes |
//! | | rows: a byte that names the table, the first being 1, then its cells |
//! | 1 | 0: no more rows |
//! | 8 each | how many rows of each table there are |
//! | 32 | SHA-256 of all before |
//!
//! A cell is 0 for nothing, 1 and a number of 8 bytes, or 2 (text) or 3 (bytes) with a length of 4 bytes and as many
//! bytes. Numbers are big-endian.
//!
//! The ledger's own tables come first, in the order of [`Table::ALL`], then others that the caller names: these are made
//! before they are read or filled. `stelala-backup1` had no list of tables: they were the first 6 of [`Table::ALL`].

mod read;
mod write;

pub use self::{
    read::{check as check_backup, restore as restore_backup},
    write::write as write_backup,
};

use std::io;

use crate::{ColumnKind, StoreFault, Table};

const MAGIC: &[u8; 16] = b"stelala-backup2\n";
const MAGIC_1: &[u8; 16] = b"stelala-backup1\n";
/// So many of [`Table::ALL`] the first form had.
const TABLES_1: usize = 6;
const END: u8 = 0;
/// So many rows are read or put at once.
const PAGE: usize = 500;
/// Longer than anything that is stored.
const LONGEST_CELL: u32 = 16 * 1024 * 1024;

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupFigures(Vec<(Table, u64)>);

impl BackupFigures {
    fn none_of(tables: &[Table]) -> Self {
        Self(tables.iter().map(|table| (*table, 0)).collect())
    }

    /// How many rows of a table.
    pub fn rows(&self, table: Table) -> u64 {
        self.0.iter().find(|(known, _)| *known == table).map_or(0, |(_, rows)| *rows)
    }

    /// How many rows of each table, in the order of the backup.
    pub fn all(&self) -> &[(Table, u64)] {
        &self.0
    }
}

/// The ledger's own tables and others.
fn with_others(others: &[Table]) -> Vec<Table> {
    let others = others.iter().copied().filter(|table| !Table::ALL.contains(table));
    Table::ALL.into_iter().chain(others).collect()
}

/// What the list of tables says that a column holds; so does a cell.
const fn kind_code(kind: ColumnKind) -> u8 {
    match kind {
        ColumnKind::Integer => 1,
        ColumnKind::Text => 2,
        ColumnKind::Bytes => 3,
    }
}

/// Why there is no backup, or why it is not restored. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum BackupFault {
    /// The file cannot be read or written.
    #[error(transparent)]
    File(io::Error),
    /// It is none.
    #[error("this is no backup of this version: choose the file that `stelala ledger backup` wrote")]
    Form,
    /// It was cut or changed.
    #[error("this backup was cut or changed after it was written: use another copy of it")]
    Damaged,
    /// It holds something that nobody asked to restore.
    #[error(
        "this backup holds the table {0}, which this program does not have, or has otherwise: use the program that wrote it"
    )]
    Table(String),
    /// The database does not take or give it.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

impl From<io::Error> for BackupFault {
    fn from(fault: io::Error) -> Self {
        if fault.kind() == io::ErrorKind::UnexpectedEof { Self::Damaged } else { Self::File(fault) }
    }
}
