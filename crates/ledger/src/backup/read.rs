use std::io::Read;

use sha2::{Digest, Sha256};

use super::{
    BackupFault, BackupFigures, END, LONGEST_CELL, MAGIC, MAGIC_1, PAGE, TABLES_1, kind_code, with_others,
};
use crate::{Cell, Cells, Column, ColumnKind, Table, Tables, store::not_empty};

/// Reads a backup to its end, and says what it holds. `others` are the tables ([`Table::Other`]) beside the ledger's own that it may hold.
pub fn check(file: impl Read, others: &[Table]) -> Result<BackupFigures, BackupFault> {
    read(file, others, &mut |_, _| Ok(()))
}

/// Puts all rows into the tables of an empty database. Nothing of it is kept before the tables are committed, which is
/// for who has verified them. The `others` are made before, and empty; those that a backup of before they were does not
/// hold stay so. `progress` hears of rows.
pub fn restore(
    file: impl Read,
    others: &[Table],
    tables: &mut dyn Tables,
    progress: &mut dyn FnMut(u64),
) -> Result<BackupFigures, BackupFault> {
    for table in others {
        if !tables.rows(*table, None, 1)?.is_empty() {
            return Err(not_empty(*table).into());
        }
    }
    let mut waiting: (Table, Vec<Cells>) = (Table::SealingKeys, Vec::new());
    let figures = read(file, others, &mut |table, row| {
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
    others: &[Table],
    each: &mut dyn FnMut(Table, Cells) -> Result<(), BackupFault>,
) -> Result<BackupFigures, BackupFault> {
    let mut file = Hashing { file, hasher: Sha256::new() };
    let held = read_list(&mut file, others)?;
    let tables: Vec<Table> = held.iter().map(|(table, _)| *table).collect();
    let (mut figures, mut stated) = (BackupFigures::none_of(&tables), BackupFigures::none_of(&tables));
    loop {
        let [code] = array(&mut file)?;
        if code == END {
            break;
        }
        let at = usize::from(code) - 1;
        let (table, rows) = figures.0.get_mut(at).ok_or(BackupFault::Damaged)?;
        let (columns, width) = (table.columns(), held[at].1);
        let cells = columns[..width].iter().map(|(_, kind)| read_cell(&mut file, *kind));
        let mut cells = cells.collect::<Result<Cells, _>>()?;
        cells.resize(columns.len(), Cell::Null);
        each(*table, cells)?;
        *rows += 1;
    }
    for (_, rows) in &mut stated.0 {
        *rows = u64::from_be_bytes(array(&mut file)?);
    }
    let digest: [u8; 32] = file.hasher.clone().finalize().into();
    let written: [u8; 32] = array(&mut file)?;
    let mut rest = [0; 1];
    let is_end = file.read(&mut rest)? == 0;
    if digest == written && figures == stated && is_end { Ok(figures) } else { Err(BackupFault::Damaged) }
}

/// The form, and which tables follow, each with how many of its columns it has: those that came later are empty.
fn read_list(file: &mut impl Read, others: &[Table]) -> Result<Vec<(Table, usize)>, BackupFault> {
    let mut magic = [0; MAGIC.len()];
    file.read_exact(&mut magic).map_err(|_| BackupFault::Form)?;
    if magic == *MAGIC_1 {
        return Ok(Table::ALL[..TABLES_1].iter().map(|table| (*table, first_width(*table))).collect());
    }
    if magic != *MAGIC {
        return Err(BackupFault::Form);
    }
    let known = with_others(others);
    let [count] = array(file)?;
    let mut held: Vec<(Table, usize)> = Vec::new();
    for _ in 0..count {
        let name = read_name(file)?;
        let columns = read_columns(file)?;
        let same =
            |(read, code): &(String, u8), (name, kind): &Column| read == name && *code == kind_code(*kind);
        let table = known.iter().copied().find(|table| {
            table.name() == name
                && (first_width(*table)..=table.columns().len()).contains(&columns.len())
                && columns.iter().zip(table.columns()).all(|(read, column)| same(read, column))
        });
        let table = table.filter(|table| !held.iter().any(|(known, _)| known == table));
        held.push((table.ok_or(BackupFault::Table(name))?, columns.len()));
    }
    Ok(held)
}

/// How many columns a table had when it was first made: the head of an outlet had no holder.
fn first_width(table: Table) -> usize {
    let width = table.columns().len();
    if table == Table::Heads { width - 1 } else { width }
}

fn read_columns(file: &mut impl Read) -> Result<Vec<(String, u8)>, BackupFault> {
    let [count] = array(file)?;
    (0..count)
        .map(|_| {
            let name = read_name(file)?;
            let [kind] = array(file)?;
            Ok((name, kind))
        })
        .collect()
}

/// A name is read before the file is known to be whole, and may be shown: it has no characters but those of names.
fn read_name(file: &mut impl Read) -> Result<String, BackupFault> {
    let [length] = array(file)?;
    let mut bytes = vec![0; usize::from(length)];
    file.read_exact(&mut bytes)?;
    let name = String::from_utf8(bytes).map_err(|_| BackupFault::Damaged)?;
    let is_plain =
        name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if is_plain { Ok(name) } else { Err(BackupFault::Damaged) }
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
