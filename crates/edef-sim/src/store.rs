//! A world on disk: one table of rows, written in groups.

use std::{path::Path, sync::mpsc, thread, time::Duration};

use rusqlite::{Connection, params};
use tokio::sync::oneshot;

use crate::{Row, RowKind};

/// Rows of one change, and who waits until they are kept.
struct Batch {
    rows: Vec<Row>,
    kept: oneshot::Sender<bool>,
}

/// The thread that writes: what waits goes into one transaction.
#[derive(Debug)]
pub(crate) struct Scribe {
    batches: Option<mpsc::Sender<Batch>>,
    thread: Option<thread::JoinHandle<()>>,
}

/// Opens or makes the file; gives back what it holds.
pub(crate) fn open(path: &Path) -> rusqlite::Result<(Connection, Vec<Row>)> {
    let connection = Connection::open(path)?;
    // One simulator per file: a second one is refused while the first one runs, which it does not wait for.
    connection.busy_timeout(Duration::ZERO)?;
    connection.execute_batch(
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         BEGIN IMMEDIATE;
         CREATE TABLE IF NOT EXISTS edef_simulator_rows (
             kind TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, name)
         ) WITHOUT ROWID;
         COMMIT;",
    )?;
    let mut rows = Vec::new();
    {
        let mut read = connection.prepare("SELECT name, body FROM edef_simulator_rows WHERE kind = ?1")?;
        for kind in RowKind::ALL {
            let found = read.query_map([kind.name()], |row| {
                Ok(Row { kind, key: row.get(0)?, body: Some(row.get(1)?) })
            })?;
            for row in found {
                rows.push(row?);
            }
        }
    }
    Ok((connection, rows))
}

impl Scribe {
    pub(crate) fn start(mut connection: Connection) -> std::io::Result<Self> {
        let (batches, waiting) = mpsc::channel::<Batch>();
        let write = move || {
            // What could not be written is tried again with the next batch: order matters.
            let mut backlog: Vec<Row> = Vec::new();
            while let Ok(first) = waiting.recv() {
                let mut waiters = vec![first.kept];
                backlog.extend(first.rows);
                for more in waiting.try_iter() {
                    backlog.extend(more.rows);
                    waiters.push(more.kept);
                }
                let is_kept = write_all(&mut connection, &backlog).is_ok();
                if is_kept {
                    backlog.clear();
                }
                for waiter in waiters {
                    // Whoever hung up waits for nothing.
                    let _ = waiter.send(is_kept);
                }
            }
        };
        let thread = thread::Builder::new().name("edef-sim-scribe".to_owned()).spawn(write)?;
        Ok(Self { batches: Some(batches), thread: Some(thread) })
    }

    /// What the caller awaits before he answers: whether the rows are on disk.
    pub(crate) fn keep(&self, rows: Vec<Row>) -> oneshot::Receiver<bool> {
        let (kept, is_kept) = oneshot::channel();
        if let Some(batches) = &self.batches {
            // A scribe that is gone drops the sender: the caller learns that nothing was kept.
            drop(batches.send(Batch { rows, kept }));
        }
        is_kept
    }
}

impl Drop for Scribe {
    fn drop(&mut self) {
        self.batches = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn write_all(connection: &mut Connection, rows: &[Row]) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    for row in rows {
        let kind = row.kind.name();
        match &row.body {
            Some(body) => transaction
                .prepare_cached("INSERT OR REPLACE INTO edef_simulator_rows VALUES (?1, ?2, ?3)")?
                .execute(params![kind, row.key, body])?,
            None => transaction
                .prepare_cached("DELETE FROM edef_simulator_rows WHERE kind = ?1 AND name = ?2")?
                .execute(params![kind, row.key])?,
        };
    }
    transaction.commit()
}
