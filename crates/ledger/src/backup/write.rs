use std::io::{self, Write};

use sha2::{Digest, Sha256};

use super::{BackupFault, BackupFigures, END, MAGIC, PAGE};
use crate::{Cell, Cells, Table, Tables};

/// Writes all rows, and the trailer by which a cut or a changed byte shows. Whoever keeps the file makes it durable
/// before it gets its name. `progress` hears of rows.
pub fn write(
    tables: &mut dyn Tables,
    out: impl Write,
    progress: &mut dyn FnMut(u64),
) -> Result<BackupFigures, BackupFault> {
    let mut out = Hashing { out, hasher: Sha256::new() };
    out.write_all(MAGIC)?;
    let mut figures = BackupFigures::default();
    for (code, table) in (1_u8..).zip(Table::ALL) {
        let mut after: Option<Cells> = None;
        loop {
            let page = tables.rows(table, after.as_deref(), PAGE)?;
            let Some(last) = page.last() else { break };
            let next = last[..table.key_columns()].to_vec();
            if after.as_ref().is_some_and(|after| *after >= next) {
                // A key that is no text: the next page would be this one again.
                return Err(crate::StoreFault::Corrupt(format!("a key of the table {}", table.name())).into());
            }
            for row in &page {
                out.write_all(&[code])?;
                row.iter().try_for_each(|cell| write_cell(&mut out, cell))?;
            }
            figures.rows[table as usize] += page.len() as u64;
            progress(page.len() as u64);
            after = Some(next);
        }
    }
    out.write_all(&[END])?;
    figures.rows.iter().try_for_each(|rows| out.write_all(&rows.to_be_bytes()))?;
    let Hashing { mut out, hasher } = out;
    out.write_all(&hasher.finalize())?;
    out.flush()?;
    Ok(figures)
}

fn write_cell(out: &mut impl Write, cell: &Cell) -> io::Result<()> {
    let (kind, bytes) = match cell {
        Cell::Null => return out.write_all(&[0]),
        Cell::Integer(value) => {
            out.write_all(&[1])?;
            return out.write_all(&value.to_be_bytes());
        }
        Cell::Text(text) => (2, text.as_bytes()),
        Cell::Bytes(bytes) => (3, bytes.as_slice()),
    };
    let length = u32::try_from(bytes.len()).ok().filter(|length| *length <= super::LONGEST_CELL);
    let length = length.ok_or_else(|| io::Error::other("a cell is longer than 16 MiB"))?;
    out.write_all(&[kind])?;
    out.write_all(&length.to_be_bytes())?;
    out.write_all(bytes)
}

struct Hashing<W> {
    out: W,
    hasher: Sha256,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.out.write(bytes)?;
        self.hasher.update(&bytes[..length]);
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
