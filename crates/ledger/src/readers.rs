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
