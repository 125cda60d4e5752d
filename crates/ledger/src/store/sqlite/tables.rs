use std::sync::Arc;

use rusqlite::{
    Connection, Row, params_from_iter,
    types::{ToSqlOutput, Value, ValueRef},
};

use super::{Shared, fault};
use crate::{
    Cell, Cells, StoreFault, Table, Tables,
    store::{
        columns::limit,
        tables::{EMPTY, GENERATIONS_LEFT_OUT, HELD_UNTIL_DONE, names, not_empty},
    },
};

/// A connection in a transaction.
pub(super) struct SqliteTables(Connection);

impl SqliteTables {
    /// Reads one moment, however long it takes; who writes does not wait for it.
    pub(super) fn snapshot(shared: &Arc<Shared>) -> Result<Self, StoreFault> {
        let connection = shared.connect()?;
        // The transaction begins with the first question.
        let begin = || -> Result<i64, rusqlite::Error> {
            connection.execute_batch("BEGIN")?;
            connection.query_row("SELECT count(*) FROM (SELECT 1 FROM heads LIMIT 1)", [], |row| row.get(0))
        };
        begin().map_err(fault)?;
        Ok(Self(connection))
    }

    /// Fills an empty database.
    pub(super) fn fill(shared: &Arc<Shared>) -> Result<Self, StoreFault> {
        let connection = shared.connect()?;
        connection.execute_batch("BEGIN IMMEDIATE").map_err(fault)?;
        let mut tables = Self(connection);
        for table in EMPTY {
            if !tables.rows(table, None, 1)?.is_empty() {
                return Err(not_empty(table));
            }
        }
        Ok(tables)
    }
}

impl Tables for SqliteTables {
    fn rows(&mut self, table: Table, after: Option<&[Cell]>, most: usize) -> Result<Vec<Cells>, StoreFault> {
        let (name, list, key) = (table.name(), table.list(), names(table.key()));
        let place = match after {
            None => String::new(),
            Some(after) => format!("WHERE ({key}) > ({})", marks(after.len())),
        };
        let sql = format!("SELECT {list} FROM {name} {place} ORDER BY {key} LIMIT {}", limit(most));
        let mut statement = self.0.prepare_cached(&sql).map_err(fault)?;
        let asked = params_from_iter(after.unwrap_or_default());
        let rows = statement.query_map(asked, |row| cells(row, table)).map_err(fault)?;
        rows.map(|row| row.map_err(fault)).collect()
    }

    fn find(&mut self, table: Table, keys: &[Cells]) -> Result<Vec<Option<Cells>>, StoreFault> {
        let (name, list, key) = (table.name(), table.list(), table.key());
        let sql = format!("SELECT {list} FROM {name} WHERE ({}) = ({})", names(key), marks(key.len()));
        let mut statement = self.0.prepare_cached(&sql).map_err(fault)?;
        let mut find = |key: &Cells| -> Result<Option<Cells>, rusqlite::Error> {
            let mut rows = statement.query(params_from_iter(key))?;
            rows.next()?.map(|row| cells(row, table)).transpose()
        };
        keys.iter().map(|key| find(key).map_err(fault)).collect()
    }

    fn put(&mut self, table: Table, rows: &[Cells]) -> Result<(), StoreFault> {
        let (name, list, width) = (table.name(), table.list(), table.columns().len());
        let or = if table == Table::SealingKeys { "OR IGNORE" } else { "" };
        let sql = format!("INSERT {or} INTO {name} ({list}) VALUES ({})", marks(width));
        let mut statement = self.0.prepare_cached(&sql).map_err(fault)?;
        rows.iter().try_for_each(|row| statement.execute(params_from_iter(row)).map(|_| ()).map_err(fault))
    }

    fn commit(self: Box<Self>, process: u64) -> Result<(), StoreFault> {
        let held = "UPDATE heads SET generation = generation + ?3, turn_process = ?1, turn_from = 0, turn_until = ?2";
        let asked = [process.cast_signed(), HELD_UNTIL_DONE, GENERATIONS_LEFT_OUT];
        self.0.execute(held, asked).map_err(fault)?;
        self.0.execute_batch("COMMIT").map_err(fault)
    }
}

fn marks(count: usize) -> String {
    vec!["?"; count].join(", ")
}

/// A text of other bytes than UTF-8, which nobody wrote by a program of ours, is read as far as it goes.
fn cells(row: &Row<'_>, table: Table) -> Result<Cells, rusqlite::Error> {
    let cell = |at| {
        Ok(match row.get_ref(at)? {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(value) => Cell::Integer(value),
            ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
            ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
            ValueRef::Real(value) => Cell::Text(value.to_string()),
        })
    };
    (0..table.columns().len()).map(cell).collect()
}

impl rusqlite::ToSql for Cell {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>, rusqlite::Error> {
        Ok(match self {
            Self::Null => ToSqlOutput::Owned(Value::Null),
            Self::Integer(value) => ToSqlOutput::Owned(Value::Integer(*value)),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        })
    }
}
