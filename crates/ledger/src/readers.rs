use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{
    StoreFault,
    store::{Database, LedgerStore},
};

/// How long a question waits for a connection that is in use, before it opens another: long enough that short questions
/// share those that there are, and no long one holds up the others.
const PATIENCE: Duration = Duration::from_millis(10);

/// Connections for questions. One that failed is not used again.
pub(crate) struct Readers {
    database: Arc<dyn Database>,
    most: usize,
    state: Mutex<State>,
    returned: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Box<dyn LedgerStore>>,
    in_use: usize,
}

/// Counts a connection as in use until its question is answered, however that ends.
struct InUse<'r>(&'r Readers);

impl Readers {
    pub(crate) fn new(database: Arc<dyn Database>, most: usize) -> Self {
        Self { database, most, state: Mutex::default(), returned: Condvar::new() }
    }

    pub(crate) const fn most(&self) -> usize {
        self.most
    }

    pub(crate) fn ask<T>(
        &self,
        question: impl FnOnce(&mut dyn LedgerStore) -> Result<T, StoreFault>,
    ) -> Result<T, StoreFault> {
        let (in_use, idle) = self.take();
        let mut store = match idle {
            Some(store) => store,
            None => self.database.connect()?,
        };
        let answer = question(&mut *store);
        if !matches!(answer, Err(StoreFault::Unavailable(_))) {
            in_use.0.keep(store);
        }
        answer
    }

    fn take(&self) -> (InUse<'_>, Option<Box<dyn LedgerStore>>) {
        let all_busy = |state: &mut State| state.idle.is_empty() && state.in_use >= self.most;
        let waited = self.returned.wait_timeout_while(self.state(), PATIENCE, all_busy);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        state.in_use += 1;
        let idle = state.idle.pop();
        (InUse(self), idle)
    }

    fn keep(&self, store: Box<dyn LedgerStore>) {
        let mut state = self.state();
        if state.idle.len() < self.most {
            state.idle.push(store);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for InUse<'_> {
    fn drop(&mut self) {
        self.0.state().in_use -= 1;
        self.0.returned.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            atomic::{AtomicUsize, Ordering},
            mpsc,
        },
        thread,
    };

    use super::*;
    use crate::{SqliteDatabase, Tables};

    struct Counted(SqliteDatabase, AtomicUsize);

    impl Database for Counted {
        fn connect(&self) -> Result<Box<dyn LedgerStore>, StoreFault> {
            self.1.fetch_add(1, Ordering::SeqCst);
            self.0.connect()
        }

        fn snapshot(&self) -> Result<Box<dyn Tables>, StoreFault> {
            self.0.snapshot()
        }

        fn fill(&self) -> Result<Box<dyn Tables>, StoreFault> {
            self.0.fill()
        }
    }

    fn readers(most: usize) -> (tempfile::TempDir, Arc<Counted>, Readers) {
        let directory = tempfile::tempdir().unwrap();
        let database = SqliteDatabase::open(directory.path().join("ledger"), Arc::new(|| Duration::ZERO));
        let counted = Arc::new(Counted(database.unwrap(), AtomicUsize::new(0)));
        let readers = Readers::new(Arc::clone(&counted) as Arc<dyn Database>, most);
        (directory, counted, readers)
    }

    #[test]
    fn questions_one_after_the_other_share_a_connection_also_after_a_panic() {
        let (_directory, counted, readers) = readers(1);
        for _ in 0..20 {
            readers.ask(|_| Ok(())).unwrap();
        }
        assert_eq!(counted.1.load(Ordering::SeqCst), 1);
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            readers.ask(|_| -> Result<(), StoreFault> { panic!("in a question") })
        }));
        assert!(panicked.is_err());
        assert_eq!(readers.state().in_use, 0);
        readers.ask(|_| Ok(())).unwrap();
        assert_eq!(counted.1.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn a_question_that_lasts_holds_up_no_other() {
        let (_directory, counted, readers) = readers(1);
        let (begun, begins) = mpsc::channel();
        let (end, ends) = mpsc::channel::<()>();
        thread::scope(|scope| {
            let readers = &readers;
            scope.spawn(move || {
                readers.ask(|_| {
                    begun.send(()).unwrap();
                    ends.recv().map_err(|fault| StoreFault::Unavailable(fault.to_string()))
                })
            });
            begins.recv().unwrap();
            readers.ask(|_| Ok(())).unwrap();
            end.send(()).unwrap();
        });
        assert_eq!(counted.1.load(Ordering::SeqCst), 2);
        // One is kept.
        assert_eq!(readers.state().idle.len(), 1);
    }
}
