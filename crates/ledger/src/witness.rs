//! Heads kept outside the database, against which a truncated end shows (L7).

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::FileExt,
    path::Path,
    sync::{Mutex, PoisonError},
};

use fiscal::{OutletId, RecordHash, Timestamp};
use serde::Serialize;

use crate::HeadRow;

/// Somewhere outside the database that hears of each head once it is durable.
pub trait HeadWitness: Send + Sync {
    /// Hears of a head while more are coming: it may leave it out, for a later one covers it.
    fn hear(&self, head: &HeadRow);

    /// Hears of a head behind which nothing comes for now.
    fn note(&self, head: &HeadRow);
}

/// A file with a line for each noted head: while an outlet sells one for every ten seconds of its time, for each covers
/// those before it, and one when it pauses.
pub struct HeadFile {
    noted: Mutex<Noted>,
}

struct Noted {
    file: File,
    /// Whether the last line may have been cut short.
    torn: bool,
    last: BTreeMap<OutletId, (Timestamp, RecordHash)>,
}

/// While an outlet sells, so many seconds of it may be cut off unseen.
const SECONDS: u64 = 10;

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
        let file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
        mend(&file)?;
        Ok(Self { noted: Mutex::new(Noted { file, torn: false, last: BTreeMap::new() }) })
    }
}

impl HeadWitness for HeadFile {
    fn hear(&self, head: &HeadRow) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let last = noted.last.get(&head.chain.outlet);
        if last.is_none_or(|(time, _)| head.state.time.seconds_after(*time) >= SECONDS) {
            noted.note(head);
        }
    }

    fn note(&self, head: &HeadRow) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let last = noted.last.get(&head.chain.outlet);
        if last.is_none_or(|(_, hash)| *hash != head.state.hash) {
            noted.note(head);
        }
    }
}

impl Noted {
    fn note(&mut self, head: &HeadRow) {
        let Some(position) = head.state.position else { return };
        let line = HeadLine {
            outlet_id: head.chain.outlet.to_string(),
            signer: head.chain.signer.to_string(),
            epoch: head.chain.epoch.0,
            position: position.value(),
            record_hash: head.state.hash.to_string(),
            time: head.state.time.to_string(),
        };
        // Texts and numbers always serialise.
        let mut text = serde_json::to_string(&line).unwrap_or_default();
        text.push('\n');
        match self.append(text.as_bytes()) {
            Ok(()) => drop(self.last.insert(head.chain.outlet, (head.state.time, head.state.hash))),
            // Sealing does not wait for the witness; the operator hears of it.
            Err(error) => tracing::error!(%error, "a head could not be noted outside the database"),
        }
    }

    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        if self.torn {
            mend(&self.file)?;
        }
        self.torn = true;
        self.file.write_all(line)?;
        self.torn = false;
        Ok(())
    }
}

/// More than any line has, in bytes.
const LINE: u64 = 4096;

/// Removes a last line that was cut short, by a full disk or with the power: the next one would make one line with it
/// that nobody can read.
fn mend(file: &File) -> io::Result<()> {
    let length = file.metadata()?.len();
    let from = length.saturating_sub(LINE);
    let mut end = vec![0; usize::try_from(length - from).unwrap_or_default()];
    file.read_exact_at(&mut end, from)?;
    let whole = match end.iter().rposition(|byte| *byte == b'\n') {
        Some(at) => from + at as u64 + 1,
        None if from == 0 => 0,
        None => return Err(io::Error::new(io::ErrorKind::InvalidData, "this is no file of heads")),
    };
    if whole < length { file.set_len(whole) } else { Ok(()) }
}

/// For a ledger whose heads nobody keeps, as in tests.
pub struct NoWitness;

impl HeadWitness for NoWitness {
    fn hear(&self, _: &HeadRow) {}

    fn note(&self, _: &HeadRow) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_cut_short_is_gone_when_the_file_is_opened_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("heads");
        for (found, left) in [("", ""), ("one\n", "one\n"), ("one\ntw", "one\n"), ("on", "")] {
            std::fs::write(&path, found).unwrap();
            HeadFile::open(&path).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), left, "{found:?}");
        }
    }

    #[test]
    fn a_file_without_lines_is_left_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("heads");
        std::fs::write(&path, vec![b'x'; 5000]).unwrap();
        assert!(HeadFile::open(&path).is_err());
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 5000);
    }
}
