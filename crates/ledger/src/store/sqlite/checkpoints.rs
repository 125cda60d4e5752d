//! The write-ahead log is copied into the file by a thread of its own, so that no commit has to: of a hundred commits one
//! would take a tenth of a second.

use std::{
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use rusqlite::Connection;

use super::one_writer::OneWriter;

/// How often what was committed is copied. Little at a time: the disk is the commits', too.
const EVERY: Duration = Duration::from_millis(250);
/// A log of so many pages of 4 KiB begins anew. For that everything has to be copied while nobody writes.
const LONG: i64 = 4_096;

/// What those who write and who copies have in common.
#[derive(Debug, Default)]
pub(super) struct Turnstile {
    pub(super) writing: OneWriter,
    /// Rises with each commit.
    pub(super) commits: AtomicU64,
    is_over: Mutex<bool>,
    news: Condvar,
}

/// The thread, which ends with this.
#[derive(Debug)]
pub(super) struct Checkpoints {
    turnstile: Arc<Turnstile>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpoints {
    pub(super) fn start(turnstile: &Arc<Turnstile>, connection: Connection) -> std::io::Result<Self> {
        let shared = Arc::clone(turnstile);
        let run = move || copy_until_over(&shared, &connection);
        let thread = std::thread::Builder::new().name("ledger-log".to_owned()).spawn(run)?;
        Ok(Self { turnstile: Arc::clone(turnstile), thread: Some(thread) })
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        *self.turnstile.is_over() = true;
        self.turnstile.news.notify_all();
        // It has no panics of its own to tell of.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

impl Turnstile {
    /// Waits for a while; says whether it is over.
    fn rest(&self) -> bool {
        let waited = self.news.wait_timeout_while(self.is_over(), EVERY, |is_over| !*is_over);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn is_over(&self) -> MutexGuard<'_, bool> {
        self.is_over.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn copy_until_over(turnstile: &Turnstile, connection: &Connection) {
    // What was committed before this thread began is copied, too.
    let mut seen = 0;
    while !turnstile.rest() {
        let commits = turnstile.commits.load(Ordering::Relaxed);
        if commits == seen {
            continue;
        }
        seen = commits;
        let Some(log) = copy(connection) else { continue };
        if log.pages >= LONG && log.is_copied {
            let _writing = turnstile.writing.wait();
            copy(connection);
        }
    }
}

/// A log, and whether all of it is in the file.
struct Log {
    pages: i64,
    is_copied: bool,
}

/// Copies what no reader needs in the log. Neither who reads nor who writes waits for it. What cannot be copied now stays in
/// the log, and is tried again after the next commit.
fn copy(connection: &Connection) -> Option<Log> {
    let copied = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
        let (pages, copied): (i64, i64) = (row.get(1)?, row.get(2)?);
        Ok(Log { pages, is_copied: pages == copied })
    });
    copied.ok()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn opened(path: &Path) -> Connection {
        let connection = Connection::open(path).unwrap();
        connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).unwrap();
        connection
            .execute_batch("PRAGMA wal_autocheckpoint = 0; CREATE TABLE IF NOT EXISTS extra (a)")
            .unwrap();
        connection
    }

    #[test]
    fn what_a_reader_needs_stays_in_the_log_until_he_has_ended() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        let (writer, reader, copying) = (opened(&path), opened(&path), opened(&path));
        reader.execute_batch("BEGIN; SELECT * FROM extra").unwrap();
        writer.execute_batch("INSERT INTO extra VALUES (zeroblob(9000))").unwrap();
        assert!(!copy(&copying).unwrap().is_copied);
        reader.execute_batch("ROLLBACK").unwrap();
        let log = copy(&copying).unwrap();
        assert!(log.is_copied && log.pages > 2);
        // With all of it in the file the log begins anew.
        writer.execute_batch("INSERT INTO extra VALUES (1)").unwrap();
        assert!(copy(&copying).unwrap().pages < log.pages);
    }

    #[test]
    fn the_thread_copies_what_is_committed_and_ends_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        let (writer, turnstile) = (opened(&path), Arc::<Turnstile>::default());
        let checkpoints = Checkpoints::start(&turnstile, opened(&path)).unwrap();
        let before = std::fs::metadata(&path).unwrap().len();
        writer.execute_batch("INSERT INTO extra VALUES (zeroblob(90000))").unwrap();
        turnstile.commits.fetch_add(1, Ordering::Relaxed);
        while std::fs::metadata(&path).unwrap().len() < before + 90_000 {
            std::thread::sleep(Duration::from_millis(5));
        }
        drop(checkpoints);
    }
}
