use std::io::Read;

use sha2::{Digest, Sha256};

use super::{BackupFault, BackupFigures, END, LONGEST_CELL, MAGIC, PAGE};
use crate::{Cell, Cells, ColumnKind, Table, Tables};

/// Reads a backup to its end, and says what it holds.
pub fn check(file: impl Read) -> Result<BackupFigures, BackupFault> {
    read(file, &mut |_, _| Ok(()))
}

/// Puts all rows into the tables of an empty database. Nothing of it is kept before the tables are committed, which is
/// for who has verified them. `progress` hears of rows.
pub fn restore(
    file: impl Read,
    tables: &mut dyn Tables,
    progress: &mut dyn FnMut(u64),
) -> Result<BackupFigures, BackupFault> {
    let mut waiting: (Table, Vec<Cells>) = (Table::SealingKeys, Vec::new());
    let figures = read(file, &mut |table, row| {
        if (waiting.0 != table || waiting.1.len() >= PAGE) && !waiting.1.is_empty() {
            tables.put(waiting.0, &waiting.1)?;
            progress(waiting.1.len() as u64);
            waiting.1.clear();
        }
        waiting.0 = table;
        waiting.1.push(row);
        Ok(())
    })?;
    if !waiting.1.is_empty() {
        tables.put(waiting.0, &waiting.1)?;
    }
    Ok(figures)
}

fn read(
    file: impl Read,
    each: &mut dyn FnMut(Table, Cells) -> Result<(), BackupFault>,
) -> Result<BackupFigures, BackupFault> {
    let mut file = Hashing { file, hasher: Sha256::new() };
    let mut magic = [0; MAGIC.len()];
    file.read_exact(&mut magic).map_err(|_| BackupFault::Form)?;
    if magic != *MAGIC {
        return Err(BackupFault::Form);
    }
    let (mut figures, mut stated) = (BackupFigures::default(), BackupFigures::default());
    loop {
        let [code] = array(&mut file)?;
        if code == END {
            break;
        }
        let table = Table::ALL.get(usize::from(code) - 1).copied().ok_or(BackupFault::Damaged)?;
        let cells = table.columns().iter().map(|(_, kind)| read_cell(&mut file, *kind));
        each(table, cells.collect::<Result<_, _>>()?)?;
        figures.rows[table as usize] += 1;
    }
    for rows in &mut stated.rows {
        *rows = u64::from_be_bytes(array(&mut file)?);
    }
    let digest: [u8; 32] = file.hasher.clone().finalize().into();
    let written: [u8; 32] = array(&mut file)?;
    let mut rest = [0; 1];
    let is_end = file.read(&mut rest)? == 0;
    if digest == written && figures == stated && is_end { Ok(figures) } else { Err(BackupFault::Damaged) }
}

fn read_cell(file: &mut impl Read, kind: ColumnKind) -> Result<Cell, BackupFault> {
    let [code] = array(file)?;
    match (code, kind) {
        (0, _) => Ok(Cell::Null),
        (1, ColumnKind::Integer) => Ok(Cell::Integer(i64::from_be_bytes(array(file)?))),
        (2, ColumnKind::Text) => {
            String::from_utf8(bytes(file)?).map(Cell::Text).map_err(|_| BackupFault::Damaged)
        }
        (3, ColumnKind::Bytes) => Ok(Cell::Bytes(bytes(file)?)),
        _ => Err(BackupFault::Damaged),
    }
}

fn bytes(file: &mut impl Read) -> Result<Vec<u8>, BackupFault> {
    let length = u32::from_be_bytes(array(file)?);
    if length > LONGEST_CELL {
        return Err(BackupFault::Damaged);
    }
    let mut bytes = Vec::new();
    let read = file.take(u64::from(length)).read_to_end(&mut bytes)?;
    if read as u64 == u64::from(length) { Ok(bytes) } else { Err(BackupFault::Damaged) }
}

fn array<const N: usize>(file: &mut impl Read) -> Result<[u8; N], BackupFault> {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

struct Hashing<R> {
    file: R,
    hasher: Sha256,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.file.read(buffer)?;
        self.hasher.update(&buffer[..length]);
        Ok(length)
    }
}
