//! A backup: every row of every table at one moment, in one file that either database can be filled from.
//!
//! | bytes | what |
//! |---|---|
//! | 16 | `stelala-backup1` and a line feed |
//! | | rows: a byte that names the table (1 to 6, in the order of [`Table::ALL`]), then its cells |
//! | 1 | 0: no more rows |
//! | 48 | how many rows of each table there are, 6 numbers of 8 bytes |
//! | 32 | SHA-256 of all before |
//!
//! A cell is 0 for nothing, 1 and a number of 8 bytes, or 2 (text) or 3 (bytes) with a length of 4 bytes and as many
//! bytes. Numbers are big-endian.

mod read;
mod write;

pub use self::{
    read::{check as check_backup, restore as restore_backup},
    write::write as write_backup,
};

use std::io;

use crate::{StoreFault, Table};

const MAGIC: &[u8; 16] = b"stelala-backup1\n";
const END: u8 = 0;
/// So many rows are read or put at once.
const PAGE: usize = 500;
/// Longer than anything that is stored.
const LONGEST_CELL: u32 = 16 * 1024 * 1024;

/// What a backup holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BackupFigures {
    rows: [u64; 6],
}

impl BackupFigures {
    /// How many rows of a table.
    pub const fn rows(&self, table: Table) -> u64 {
        self.rows[table as usize]
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
    /// The database does not take or give it.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

impl From<io::Error> for BackupFault {
    fn from(fault: io::Error) -> Self {
        if fault.kind() == io::ErrorKind::UnexpectedEof { Self::Damaged } else { Self::File(fault) }
    }
}
