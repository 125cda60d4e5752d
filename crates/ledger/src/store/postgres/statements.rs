use ::postgres::{
    Row, Statement,
    types::{ToSql, Type},
};

use super::{
    read::misread,
    session::{Session, WriteFault, fault},
};
use crate::{
    Cell, Cells, Statements, StoreFault,
    store::{
        columns::wrong,
        statements::{StatementsWork, only_reads, places},
    },
};

const LOOK: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// One after the other, as SQLite does it: what a change has read stays so until it is done. `stelala2`.
pub(super) const ONE_CHANGE: &str = "SELECT pg_advisory_xact_lock(x'7374656c616c6132'::bigint)";

/// Statements of other tables in a session that is in a transaction.
struct PostgresStatements<'s> {
    session: &'s mut Session,
    reads_only: bool,
    /// The first that went wrong: the server does nothing more in this transaction, and its COMMIT would undo it without
    /// a word.
    fault: Option<StoreFault>,
}

/// The work's own end: done, or its reason to undo all, which is nothing of the session's.
pub(super) type Ended = Result<(), StoreFault>;

/// Reads at one moment. After a fault, which [`Ended`] is not, the session is not to be used again.
pub(super) fn look(session: &mut Session, work: StatementsWork<'_>) -> Result<Ended, StoreFault> {
    session.batch(LOOK).map_err(|error| fault(&error))?;
    let (session, ended) = run(session, true, work);
    session.batch("ROLLBACK").map_err(|error| fault(&error))?;
    ended
}

/// Changes, on both servers when this returns. After a fault, which [`Ended`] is not, the session is not to be used
/// again.
pub(super) fn change(session: &mut Session, work: StatementsWork<'_>) -> Result<Ended, StoreFault> {
    session.batch("BEGIN").and_then(|()| session.batch(ONE_CHANGE)).map_err(|error| fault(&error))?;
    session.refuse_unsafe()?;
    let (session, ended) = run(session, false, work);
    if !matches!(ended, Ok(Ok(()))) {
        session.batch("ROLLBACK").map_err(|error| fault(&error))?;
        return ended;
    }
    session.commit().map(Ok).map_err(|failed| match failed {
        WriteFault::NotDone(error) => fault(&error),
        WriteFault::Unknown(said) => StoreFault::Unavailable(said),
    })
}

fn run<'s>(
    session: &'s mut Session,
    reads_only: bool,
    work: StatementsWork<'_>,
) -> (&'s mut Session, Result<Ended, StoreFault>) {
    let mut statements = PostgresStatements { session, reads_only, fault: None };
    let ended = work(&mut statements);
    let PostgresStatements { session, fault, .. } = statements;
    (session, fault.map_or(Ok(ended), Err))
}

impl PostgresStatements<'_> {
    fn noted<T>(&mut self, ask: impl FnOnce(&mut Session) -> Result<T, StoreFault>) -> Result<T, StoreFault> {
        let answer = match &self.fault {
            Some(fault) => Err(fault.clone()),
            None => ask(self.session),
        };
        if let Err(fault) = &answer {
            self.fault.get_or_insert_with(|| fault.clone());
        }
        answer
    }
}

impl Statements for PostgresStatements<'_> {
    fn execute(&mut self, sql: &'static str, values: &[Cell]) -> Result<u64, StoreFault> {
        self.noted(|session| {
            let statement = session.prepare(sql).map_err(|error| fault(&error))?;
            let values = asked(sql, &statement, values)?;
            session.execute(&statement, &borrowed(&values)).map_err(|error| fault(&error))
        })
    }

    fn query(&mut self, sql: &'static str, values: &[Cell]) -> Result<Vec<Cells>, StoreFault> {
        self.noted(|session| {
            let statement = session.prepare(sql).map_err(|error| fault(&error))?;
            let values = asked(sql, &statement, values)?;
            let found = session.query(sql, &borrowed(&values)).map_err(|error| fault(&error))?;
            found.iter().map(cells).collect()
        })
    }

    fn script(&mut self, sql: &'static str) -> Result<(), StoreFault> {
        if self.reads_only {
            return self.noted(|_| Err(only_reads(sql)));
        }
        // As SQLite has it: texts in the order of their bytes, in every language of the server.
        let own = sql.replace(" TEXT", " text COLLATE \"C\"").replace(" BLOB", " bytea");
        self.noted(|session| session.batch(&own).map_err(|error| fault(&error)))
    }
}

/// The values as the statement takes them: nothing goes to a place of any kind.
fn asked<'v>(
    sql: &str,
    statement: &Statement,
    values: &'v [Cell],
) -> Result<Vec<Box<dyn ToSql + Sync + 'v>>, StoreFault> {
    let kinds = statement.params();
    if kinds.len() != values.len() {
        return Err(places(sql, kinds.len(), values.len()));
    }
    let one = |(value, kind): (&'v Cell, &Type)| -> Box<dyn ToSql + Sync + 'v> {
        match value {
            Cell::Null if *kind == Type::TEXT => Box::new(None::<&str>),
            Cell::Null if *kind == Type::BYTEA => Box::new(None::<&[u8]>),
            Cell::Null => Box::new(None::<i64>),
            Cell::Integer(value) => Box::new(*value),
            Cell::Text(text) => Box::new(text.as_str()),
            Cell::Bytes(bytes) => Box::new(bytes.as_slice()),
        }
    };
    Ok(values.iter().zip(kinds).map(one).collect())
}

fn borrowed<'v>(values: &'v [Box<dyn ToSql + Sync + 'v>]) -> Vec<&'v (dyn ToSql + Sync)> {
    values.iter().map(|value| &**value as &(dyn ToSql + Sync)).collect()
}

fn cells(row: &Row) -> Result<Cells, StoreFault> {
    (0..row.len()).map(|at| cell(row, at)).collect()
}

fn cell(row: &Row, at: usize) -> Result<Cell, StoreFault> {
    let column = &row.columns()[at];
    let read = match *column.type_() {
        Type::INT8 => row.try_get::<_, Option<i64>>(at).map(|found| found.map(Cell::Integer)),
        Type::INT4 => {
            row.try_get::<_, Option<i32>>(at).map(|found| found.map(|value| Cell::Integer(value.into())))
        }
        Type::BOOL => {
            row.try_get::<_, Option<bool>>(at).map(|found| found.map(|value| Cell::Integer(value.into())))
        }
        Type::TEXT => row.try_get::<_, Option<String>>(at).map(|found| found.map(Cell::Text)),
        Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(at).map(|found| found.map(Cell::Bytes)),
        _ => return Err(wrong(column.name())),
    };
    read.map(|cell| cell.unwrap_or(Cell::Null)).map_err(misread)
}
