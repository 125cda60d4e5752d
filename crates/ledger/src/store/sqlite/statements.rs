use rusqlite::{CachedStatement, Connection, types::ValueRef};

use super::{Shared, fault, write::retriable};
use crate::{
    Cell, Cells, Statements, StoreFault,
    store::statements::{StatementsWork, only_reads, places},
};

/// Statements of other tables on a connection that is in a transaction.
struct SqliteStatements<'c> {
    connection: &'c Connection,
    reads_only: bool,
    /// The first that went wrong: PostgreSQL goes on with nothing after it, and so nothing does here.
    fault: Option<StoreFault>,
}

/// Reads at one moment; who writes does not wait for it.
pub(super) fn look(connection: &Connection, work: StatementsWork<'_>) -> Result<(), StoreFault> {
    connection.execute_batch("BEGIN").map_err(fault)?;
    let done = run(connection, true, work);
    let ended = connection.execute_batch("ROLLBACK").map_err(fault);
    done.and(ended)
}

/// Changes, on the disk when this returns.
pub(super) fn change(
    shared: &Shared,
    connection: &mut Connection,
    work: StatementsWork<'_>,
) -> Result<(), StoreFault> {
    retriable(shared, connection, |connection| run(connection, false, work))
}

fn run(connection: &Connection, reads_only: bool, work: StatementsWork<'_>) -> Result<(), StoreFault> {
    let mut statements = SqliteStatements { connection, reads_only, fault: None };
    let done = work(&mut statements);
    statements.fault.map_or(done, Err)
}

impl SqliteStatements<'_> {
    fn noted<T>(
        &mut self,
        ask: impl FnOnce(&Connection, bool) -> Result<T, StoreFault>,
    ) -> Result<T, StoreFault> {
        let answer = match &self.fault {
            Some(fault) => Err(fault.clone()),
            None => ask(self.connection, self.reads_only),
        };
        if let Err(fault) = &answer {
            self.fault.get_or_insert_with(|| fault.clone());
        }
        answer
    }
}

impl Statements for SqliteStatements<'_> {
    fn execute(&mut self, sql: &'static str, values: &[Cell]) -> Result<u64, StoreFault> {
        self.noted(|connection, reads_only| {
            let mut statement = bound(connection, sql, values, reads_only)?;
            statement.raw_execute().map(|rows| rows as u64).map_err(fault)
        })
    }

    fn query(&mut self, sql: &'static str, values: &[Cell]) -> Result<Vec<Cells>, StoreFault> {
        self.noted(|connection, reads_only| {
            let mut statement = bound(connection, sql, values, reads_only)?;
            let columns = statement.column_count();
            let mut rows = statement.raw_query();
            let mut found = Vec::new();
            while let Some(row) = rows.next().map_err(fault)? {
                found.push((0..columns).map(|at| cell(row, at)).collect::<Result<_, _>>().map_err(fault)?);
            }
            Ok(found)
        })
    }

    fn script(&mut self, sql: &'static str) -> Result<(), StoreFault> {
        self.noted(|connection, reads_only| {
            if reads_only {
                return Err(only_reads(sql));
            }
            connection.execute_batch(sql).map_err(fault)
        })
    }
}

/// A statement with its values. SQLite numbers `$2` and its like by their first use, so their names are asked.
fn bound<'c>(
    connection: &'c Connection,
    sql: &str,
    values: &[Cell],
    reads_only: bool,
) -> Result<CachedStatement<'c>, StoreFault> {
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    if reads_only && !statement.readonly() {
        return Err(only_reads(sql));
    }
    let count = statement.parameter_count();
    let wrong = || places(sql, count, values.len());
    if count != values.len() {
        return Err(wrong());
    }
    for index in 1..=count {
        let name = statement.parameter_name(index).and_then(|name| name.strip_prefix('$'));
        let place = name.and_then(|name| name.parse::<usize>().ok()).and_then(|place| place.checked_sub(1));
        let value = place.and_then(|place| values.get(place)).ok_or_else(wrong)?;
        statement.raw_bind_parameter(index, value).map_err(fault)?;
    }
    Ok(statement)
}

fn cell(row: &rusqlite::Row<'_>, at: usize) -> Result<Cell, rusqlite::Error> {
    Ok(match row.get_ref(at)? {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(value) => Cell::Integer(value),
        ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
        ValueRef::Real(value) => Cell::Text(value.to_string()),
    })
}
