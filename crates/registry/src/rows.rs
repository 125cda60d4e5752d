//! What the registry's columns hold, and the way back.

use std::str::FromStr;

use fiscal::Timestamp;
use ledger::{Cell, Cells, StoreFault};

/// The cells of a row, taken in the order of its columns. What the registry never writes there is
/// [`StoreFault::Corrupt`] and names the column.
pub(crate) struct Row(std::vec::IntoIter<Cell>);

impl Row {
    pub(crate) fn new(cells: Cells) -> Self {
        Self(cells.into_iter())
    }

    pub(crate) fn text<T: FromStr>(&mut self, column: &str) -> Result<T, StoreFault> {
        self.text_or_none(column)?.ok_or_else(|| wrong(column))
    }

    pub(crate) fn text_or_none<T: FromStr>(&mut self, column: &str) -> Result<Option<T>, StoreFault> {
        match self.0.next() {
            Some(Cell::Text(text)) => text.parse().map(Some).map_err(|_| wrong(column)),
            Some(Cell::Null) => Ok(None),
            _ => Err(wrong(column)),
        }
    }

    pub(crate) fn integer(&mut self, column: &str) -> Result<i64, StoreFault> {
        self.integer_or_none(column)?.ok_or_else(|| wrong(column))
    }

    pub(crate) fn integer_or_none(&mut self, column: &str) -> Result<Option<i64>, StoreFault> {
        match self.0.next() {
            Some(Cell::Integer(value)) => Ok(Some(value)),
            Some(Cell::Null) => Ok(None),
            _ => Err(wrong(column)),
        }
    }

    pub(crate) fn time(&mut self, column: &str) -> Result<Timestamp, StoreFault> {
        self.time_or_none(column)?.ok_or_else(|| wrong(column))
    }

    pub(crate) fn time_or_none(&mut self, column: &str) -> Result<Option<Timestamp>, StoreFault> {
        let Some(seconds) = self.integer_or_none(column)? else { return Ok(None) };
        u64::try_from(seconds).ok().and_then(Timestamp::from_unix).map(Some).ok_or_else(|| wrong(column))
    }
}

/// A column holds what the registry never writes there.
pub(crate) fn wrong(column: &str) -> StoreFault {
    StoreFault::Corrupt(format!("the registry's column {column}"))
}

/// The only row of a question about one thing.
pub(crate) fn first(rows: Vec<Cells>) -> Option<Row> {
    rows.into_iter().next().map(Row::new)
}

/// The answer to a question for how many there are.
pub(crate) fn count(rows: Vec<Cells>) -> Result<usize, StoreFault> {
    let count = first(rows).map(|mut row| row.integer("count")).transpose()?.unwrap_or_default();
    usize::try_from(count).map_err(|_| wrong("count"))
}

pub(crate) fn all<T, E>(rows: Vec<Cells>, read: impl Fn(Row) -> Result<T, E>) -> Result<Vec<T>, E> {
    rows.into_iter().map(|cells| read(Row::new(cells))).collect()
}

pub(crate) fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

pub(crate) fn text_or_null(of: Option<&str>) -> Cell {
    of.map_or(Cell::Null, text)
}

pub(crate) fn time(of: Timestamp) -> Cell {
    // Times end in the year 9999.
    Cell::Integer(of.unix().cast_signed())
}

pub(crate) fn time_or_null(of: Option<Timestamp>) -> Cell {
    of.map_or(Cell::Null, time)
}

/// At most so many, as databases count.
pub(crate) fn limit(most: usize) -> Cell {
    Cell::Integer(i64::try_from(most).unwrap_or(i64::MAX))
}
