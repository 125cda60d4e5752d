//! The public halves of all keys that sealed here.

use std::sync::{Mutex, PoisonError};

use fiscal::{KeyId, PublicKey, Sealed};

use crate::{Row, StoreFault, store::LedgerStore};

/// Keys by their ids, read again from the database when one is not known.
#[derive(Default)]
pub(crate) struct KnownKeys(Mutex<Vec<PublicKey>>);

impl KnownKeys {
    /// The sealed record that a stored row is, if its key did seal it.
    pub(crate) fn verify(&self, row: &Row, store: &mut dyn LedgerStore) -> Result<Sealed, StoreFault> {
        let corrupt = |what: String| StoreFault::Corrupt(format!("{:?}: {what}", row.place));
        let record = row.read().map_err(|fault| corrupt(fault.to_string()))?;
        let key = match self.find(record.header.key) {
            Some(key) => key,
            None => {
                let keys = store.keys()?.into_iter().map(|known| known.key).collect();
                *self.0.lock().unwrap_or_else(PoisonError::into_inner) = keys;
                let key = self.find(record.header.key);
                key.ok_or_else(|| corrupt(format!("key {} was never published", record.header.key)))?
            }
        };
        record.verify(&key).map_err(|fault| corrupt(fault.to_string()))
    }

    fn find(&self, id: KeyId) -> Option<PublicKey> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().find(|key| key.id() == id).copied()
    }
}
