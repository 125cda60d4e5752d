use std::io::{self, Write};

use sha2::{Digest, Sha256};

use super::{BackupFault, BackupFigures, END, MAGIC, PAGE, kind_code, with_others};
use crate::{Cell, Cells, Table, Tables};

/// Writes all rows of the ledger's tables and of others ([`Table::Other`]), and the trailer by which a cut or a changed byte shows. Whoever
/// keeps the file makes it durable before it gets its name. `progress` hears of rows.
pub fn write(
    tables: &mut dyn Tables,
    others: &[Table],
    out: impl Write,
    progress: &mut dyn FnMut(u64),
) -> Result<BackupFigures, BackupFault> {
    let mut out = Hashing { out, hasher: Sha256::new() };
    let written = with_others(others);
    write_list(&mut out, &written)?;
    let mut figures = BackupFigures::none_of(&written);
    for ((code, table), (_, rows)) in (1_u8..).zip(written).zip(&mut figures.0) {
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
            *rows += page.len() as u64;
            progress(page.len() as u64);
            after = Some(next);
        }
    }
    out.write_all(&[END])?;
    figures.0.iter().try_for_each(|(_, rows)| out.write_all(&rows.to_be_bytes()))?;
    let Hashing { mut out, hasher } = out;
    out.write_all(&hasher.finalize())?;
    out.flush()?;
    Ok(figures)
}

/// The form, and which tables follow.
fn write_list(out: &mut impl Write, tables: &[Table]) -> io::Result<()> {
    out.write_all(MAGIC)?;
    out.write_all(&[short(tables.len())?])?;
    for table in tables {
        write_name(out, table.name())?;
        out.write_all(&[short(table.columns().len())?])?;
        for (name, kind) in table.columns() {
            write_name(out, name)?;
            out.write_all(&[kind_code(*kind)])?;
        }
    }
    Ok(())
}

fn write_name(out: &mut impl Write, name: &str) -> io::Result<()> {
    out.write_all(&[short(name.len())?])?;
    out.write_all(name.as_bytes())
}

fn short(count: usize) -> io::Result<u8> {
    u8::try_from(count).map_err(|_| io::Error::other("a list of tables is longer than 255"))
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
