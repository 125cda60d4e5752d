//! Heads kept outside the database, against which a truncated end shows (L7).

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
    sync::{Mutex, PoisonError},
};

use fiscal::{OutletId, Timestamp};
use serde::Serialize;

use crate::HeadRow;

/// Somewhere outside the database that hears of each head once it is durable.
pub trait HeadWitness: Send + Sync {
    /// Notes a head, or leaves one out that a later one covers.
    fn note(&self, head: &HeadRow);
}

/// A file with a line for each noted head: at most one for each outlet and second of its time, for each covers those
/// before it.
pub struct HeadFile {
    noted: Mutex<Noted>,
}

struct Noted {
    file: File,
    last: BTreeMap<OutletId, Timestamp>,
}

/// One line of the file.
#[derive(Serialize)]
struct HeadLine {
    outlet_id: String,
    signer: String,
    epoch: u32,
    position: u64,
    record_hash: String,
    time: String,
}

impl HeadFile {
    /// Goes on at the end of a file, which is made if it is not there.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self { noted: Mutex::new(Noted { file, last: BTreeMap::new() }) })
    }
}

impl HeadWitness for HeadFile {
    fn note(&self, head: &HeadRow) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let (outlet, time) = (head.chain.outlet, head.state.time);
        let Some(position) = head.state.position else { return };
        if noted.last.get(&outlet) == Some(&time) {
            return;
        }
        let line = HeadLine {
            outlet_id: outlet.to_string(),
            signer: head.chain.signer.to_string(),
            epoch: head.chain.epoch.0,
            position: position.value(),
            record_hash: head.state.hash.to_string(),
            time: time.to_string(),
        };
        // Texts and numbers always serialise.
        let mut text = serde_json::to_string(&line).unwrap_or_default();
        text.push('\n');
        match noted.file.write_all(text.as_bytes()) {
            Ok(()) => drop(noted.last.insert(outlet, time)),
            // Sealing does not wait for the witness; the operator hears of it.
            Err(error) => tracing::error!(%error, "a head could not be noted outside the database"),
        }
    }
}

/// For a ledger whose heads nobody keeps, as in tests.
pub struct NoWitness;

impl HeadWitness for NoWitness {
    fn note(&self, _: &HeadRow) {}
}
