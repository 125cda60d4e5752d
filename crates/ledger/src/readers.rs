use std::sync::{Arc, Mutex, PoisonError};

use crate::{
    StoreFault,
    store::{Database, LedgerStore},
};

/// Connections for questions. One that failed is not used again.
pub(crate) struct Readers {
    database: Arc<dyn Database>,
    most: usize,
    idle: Mutex<Vec<Box<dyn LedgerStore>>>,
}

impl Readers {
    pub(crate) fn new(database: Arc<dyn Database>, most: usize) -> Self {
        Self { database, most, idle: Mutex::default() }
    }

    pub(crate) fn ask<T>(
        &self,
        question: impl FnOnce(&mut dyn LedgerStore) -> Result<T, StoreFault>,
    ) -> Result<T, StoreFault> {
        let idle = self.idle().pop();
        let mut store = match idle {
            Some(store) => store,
            None => self.database.connect()?,
        };
        let answer = question(&mut *store);
        if !matches!(answer, Err(StoreFault::Unavailable(_))) {
            let mut idle = self.idle();
            if idle.len() < self.most {
                idle.push(store);
            }
        }
        answer
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Box<dyn LedgerStore>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
