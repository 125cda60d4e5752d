use std::collections::BTreeMap;

use ::postgres::{Client, Error, Row, Statement, types::ToSql};

use super::{
    Settings,
    read::misread,
    session::{Session, fault},
    statements::ONE_CHANGE,
};
use crate::{
    Cell, Cells, ColumnKind, StoreFault, Table, Tables,
    store::{
        columns::{limit, wrong},
        tables::{Column, EMPTY, GENERATIONS_LEFT_OUT, HELD_UNTIL_DONE, names, not_empty},
    },
};

/// A connection in a transaction.
pub(super) struct PostgresTables {
    client: Client,
    statements: BTreeMap<String, Statement>,
}

/// One page may take as long as it takes, and so may what is done with it.
const PATIENT: &str = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0;";

impl PostgresTables {
    /// Reads one moment; who writes does not wait for it.
    pub(super) fn snapshot(settings: &Settings) -> Result<Self, StoreFault> {
        Self::begin(settings, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;", "SELECT version FROM meta")
    }

    /// Fills an empty database; who would write waits.
    pub(super) fn fill(settings: &Settings) -> Result<Self, StoreFault> {
        let lock = "LOCK TABLE outlets, heads, records, sales, idempotency, sealing_keys, acts, unfit IN EXCLUSIVE MODE";
        // Nobody changes other tables meanwhile either.
        let mut tables = Self::begin(settings, "BEGIN;", &format!("{ONE_CHANGE}; {lock}"))?;
        for table in EMPTY {
            if !tables.rows(table, None, 1)?.is_empty() {
                return Err(not_empty(table));
            }
        }
        Ok(tables)
    }

    fn begin(settings: &Settings, begin: &str, first: &str) -> Result<Self, StoreFault> {
        let mut session = Session::open(settings)?;
        session.refuse_other_versions()?;
        let mut client = session.into_client();
        client.batch_execute(&format!("{begin} {PATIENT} {first}")).map_err(|error| fault(&error))?;
        Ok(Self { client, statements: BTreeMap::new() })
    }

    fn ask(&mut self, sql: String, asked: &[Box<dyn ToSql + Sync>]) -> Result<Vec<Row>, StoreFault> {
        let ask = || -> Result<Vec<Row>, Error> {
            let statement = match self.statements.get(&sql) {
                Some(statement) => statement.clone(),
                None => {
                    let statement = self.client.prepare(&sql)?;
                    self.statements.insert(sql, statement.clone());
                    statement
                }
            };
            let asked: Vec<&(dyn ToSql + Sync)> = asked.iter().map(|value| &**value).collect();
            self.client.query(&statement, &asked)
        };
        ask().map_err(|error| fault(&error))
    }
}

impl Tables for PostgresTables {
    fn rows(&mut self, table: Table, after: Option<&[Cell]>, most: usize) -> Result<Vec<Cells>, StoreFault> {
        let (name, list, key) = (table.name(), table.list(), names(table.key()));
        let marks = |count| (1..=count).map(|at| format!("${at}")).collect::<Vec<_>>().join(", ");
        let place = match after {
            None => String::new(),
            Some(after) => format!("WHERE ({key}) > ({})", marks(after.len())),
        };
        let sql = format!("SELECT {list} FROM {name} {place} ORDER BY {key} LIMIT {}", limit(most));
        let asked: Vec<_> = after.unwrap_or_default().iter().map(one).collect();
        self.ask(sql, &asked)?.iter().map(|row| cells(row, 0, table)).collect()
    }

    fn find(&mut self, table: Table, keys: &[Cells]) -> Result<Vec<Option<Cells>>, StoreFault> {
        let (name, key) = (table.name(), table.key());
        let list: Vec<String> = table.columns().iter().map(|(column, _)| format!("t.{column}")).collect();
        let same: Vec<String> = key.iter().map(|(column, _)| format!("t.{column} = q.{column}")).collect();
        let sql = format!(
            "SELECT q.nth, {} FROM unnest({}) WITH ORDINALITY AS q ({}, nth) JOIN {name} t ON {}",
            list.join(", "),
            arrays(key),
            names(key),
            same.join(" AND ")
        );
        let mut found: Vec<Option<Cells>> = vec![None; keys.len()];
        for row in self.ask(sql, &columns(key, keys)?)? {
            let nth: i64 = row.try_get(0).map_err(misread)?;
            let at = usize::try_from(nth - 1).ok().and_then(|at| found.get_mut(at));
            *at.ok_or_else(|| wrong("nth"))? = Some(cells(&row, 1, table)?);
        }
        Ok(found)
    }

    fn put(&mut self, table: Table, rows: &[Cells]) -> Result<(), StoreFault> {
        let (name, list) = (table.name(), table.list());
        let or = if table == Table::SealingKeys { "ON CONFLICT DO NOTHING" } else { "" };
        let sql = format!(
            "INSERT INTO {name} ({list}) OVERRIDING SYSTEM VALUE SELECT {list} FROM unnest({}) AS q ({list}) {or}",
            arrays(table.columns())
        );
        self.ask(sql, &columns(table.columns(), rows)?).map(|_| ())
    }

    fn commit(mut self: Box<Self>, process: u64) -> Result<(), StoreFault> {
        let held = "UPDATE heads SET generation = generation + $3, turn_process = $1, turn_until = $2";
        let asked: [Box<dyn ToSql + Sync>; 3] =
            [Box::new(process.cast_signed()), Box::new(HELD_UNTIL_DONE), Box::new(GENERATIONS_LEFT_OUT)];
        self.ask(held.to_owned(), &asked)?;
        let next = ["records", "acts"].map(|table| {
            format!(
                "SELECT setval(pg_get_serial_sequence('stelala_ledger.{table}', 'seq'), max(seq)) FROM {table} \
                 HAVING max(seq) IS NOT NULL"
            )
        });
        let commit = format!("{}; COMMIT", next.join("; "));
        self.client.batch_execute(&commit).map_err(|error| fault(&error))
    }
}

/// `$1::bigint[], $2::text[]`: the columns as arrays.
fn arrays(columns: &[Column]) -> String {
    let array = |(at, (_, kind)): (usize, &Column)| {
        let of = match kind {
            ColumnKind::Integer => "bigint",
            ColumnKind::Text => "text",
            ColumnKind::Bytes => "bytea",
        };
        format!("${}::{of}[]", at + 1)
    };
    columns.iter().enumerate().map(array).collect::<Vec<_>>().join(", ")
}

fn columns(columns: &[Column], rows: &[Cells]) -> Result<Vec<Box<dyn ToSql + Sync>>, StoreFault> {
    let column = |(at, (name, kind)): (usize, &Column)| -> Result<Box<dyn ToSql + Sync>, StoreFault> {
        let cells = || rows.iter().map(|row| row.get(at).unwrap_or(&Cell::Null));
        let null = |cell: &Cell| *cell == Cell::Null;
        // A cell of another kind is not taken for an empty one.
        let fits = |fit: fn(&Cell) -> bool| cells().all(|cell| null(cell) || fit(cell));
        let (fits, array): (_, Box<dyn ToSql + Sync>) = match kind {
            ColumnKind::Integer => {
                let array: Vec<Option<i64>> = cells().map(Cell::integer).collect();
                (fits(|cell| cell.integer().is_some()), Box::new(array))
            }
            ColumnKind::Text => {
                let array: Vec<Option<String>> = cells().map(|cell| cell.text().map(str::to_owned)).collect();
                (fits(|cell| cell.text().is_some()), Box::new(array))
            }
            ColumnKind::Bytes => {
                let array: Vec<Option<Vec<u8>>> =
                    cells().map(|cell| cell.bytes().map(<[u8]>::to_vec)).collect();
                (fits(|cell| cell.bytes().is_some()), Box::new(array))
            }
        };
        if fits { Ok(array) } else { Err(wrong(name)) }
    };
    columns.iter().enumerate().map(column).collect()
}

fn one(cell: &Cell) -> Box<dyn ToSql + Sync> {
    match cell {
        Cell::Null => Box::new(None::<i64>),
        Cell::Integer(value) => Box::new(*value),
        Cell::Text(text) => Box::new(text.clone()),
        Cell::Bytes(bytes) => Box::new(bytes.clone()),
    }
}

fn cells(row: &Row, first: usize, table: Table) -> Result<Cells, StoreFault> {
    let cell = |(at, (_, kind)): (usize, &Column)| -> Result<Cell, Error> {
        let at = first + at;
        Ok(match kind {
            ColumnKind::Integer => row.try_get::<_, Option<i64>>(at)?.map_or(Cell::Null, Cell::Integer),
            ColumnKind::Text => row.try_get::<_, Option<String>>(at)?.map_or(Cell::Null, Cell::Text),
            ColumnKind::Bytes => row.try_get::<_, Option<Vec<u8>>>(at)?.map_or(Cell::Null, Cell::Bytes),
        })
    };
    table.columns().iter().enumerate().map(|column| cell(column).map_err(misread)).collect()
}
