//! The public halves of all keys that sealed here.

use std::sync::{Mutex, PoisonError};

use fiscal::{DeviceId, KeyId, PublicKey, Sealed};

use crate::{Row, SealingKey, StoreFault, store::LedgerStore};

/// Keys by their ids, each with its signer, read again from the database when one is not known.
#[derive(Default)]
pub(crate) struct KnownKeys(Mutex<Vec<(PublicKey, DeviceId)>>);

impl KnownKeys {
    /// The sealed record that a stored row is, if its key did seal it and is its signer's.
    pub(crate) fn verify(&self, row: &Row, store: &mut dyn LedgerStore) -> Result<Sealed, StoreFault> {
        let corrupt = |what: String| StoreFault::Corrupt(format!("{:?}: {what}", row.place));
        let record = row.read().map_err(|fault| corrupt(fault.to_string()))?;
        let key = self.key(record.header.key, row.place.chain.signer, store)?;
        let key = key.ok_or_else(|| {
            corrupt(format!("key {} was never published for its signer", record.header.key))
        })?;
        record.verify(&key).map_err(|fault| corrupt(fault.to_string()))
    }

    /// Publishes a key of another signer, if it is not there.
    pub(crate) fn publish(&self, key: SealingKey, store: &mut dyn LedgerStore) -> Result<(), StoreFault> {
        if self.key(key.key.id(), key.signer, store)?.is_some() {
            return Ok(());
        }
        match store.publish_key(&key) {
            // Another process was first.
            Ok(()) | Err(StoreFault::Exists(_)) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    fn key(
        &self,
        id: KeyId,
        signer: DeviceId,
        store: &mut dyn LedgerStore,
    ) -> Result<Option<PublicKey>, StoreFault> {
        if let Some(key) = self.find(id, signer) {
            return Ok(Some(key));
        }
        let keys = store.keys()?.into_iter().map(|known| (known.key, known.signer)).collect();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(self.find(id, signer))
    }

    fn find(&self, id: KeyId, signer: DeviceId) -> Option<PublicKey> {
        let keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.iter().find(|(key, of)| key.id() == id && *of == signer).map(|(key, _)| *key)
    }
}
