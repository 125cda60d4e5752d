//! Heads kept outside the database, against which a truncated end shows (L7).

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::Path,
    sync::{Mutex, PoisonError},
};

use fiscal::{OutletId, RecordHash, Timestamp};
use rustix::{fs::OFlags, io::Errno};
use verify::HeadAt;

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

impl HeadFile {
    /// Goes on at the end of a file, which is made for this program only if it is not there. Any other file than one of
    /// heads is left as it is: a link, a device, one whose last whole line is no head.
    pub fn open(path: &Path) -> io::Result<Self> {
        // A FIFO is not waited for, and a terminal does not become this program's.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        let mut options = OpenOptions::new();
        options.create(true).read(true).append(true).mode(0o600).custom_flags(flags.bits().cast_signed());
        let file = options.open(path).map_err(|fault| {
            let is_link = fault.raw_os_error() == Some(Errno::LOOP.raw_os_error());
            if is_link || fault.kind() == io::ErrorKind::IsADirectory { no_heads() } else { fault }
        })?;
        if !file.metadata()?.is_file() {
            return Err(no_heads());
        }
        mend(&file)?;
        Ok(Self { noted: Mutex::new(Noted { file, torn: false, last: BTreeMap::new() }) })
    }
}

fn no_heads() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "this is no file of heads: name another in [ledger] heads")
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
        let line = HeadAt {
            outlet: head.chain.outlet,
            signer: head.chain.signer,
            epoch: head.chain.epoch,
            position,
            hash: head.state.hash,
            time: head.state.time,
        };
        let text = line.to_json() + "\n";
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

/// More than any two lines have, in bytes.
const LINES: u64 = 4096;
/// How each line begins.
const BEGINNING: &[u8] = br#"{"outlet_id":""#;

/// Removes a last line that was cut short, by a full disk or with the power: the next one would make one line with it
/// that nobody can read. What is no file of heads is not touched.
fn mend(file: &File) -> io::Result<()> {
    let length = file.metadata()?.len();
    let from = length.saturating_sub(LINES);
    let mut end = vec![0; usize::try_from(length - from).unwrap_or_default()];
    file.read_exact_at(&mut end, from)?;
    let whole = end.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let (whole, rest) = end.split_at(whole);
    let is_ours = match whole.strip_suffix(b"\n") {
        Some(lines) => {
            let last = lines.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
            HeadAt::read(last).is_some()
        }
        None => from == 0 && (rest.starts_with(BEGINNING) || BEGINNING.starts_with(rest)),
    };
    if !is_ours {
        return Err(no_heads());
    }
    if rest.is_empty() { Ok(()) } else { file.set_len(from + whole.len() as u64) }
}

/// For a ledger whose heads nobody keeps, as in tests.
pub struct NoWitness;

impl HeadWitness for NoWitness {
    fn hear(&self, _: &HeadRow) {}

    fn note(&self, _: &HeadRow) {}
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    const HEAD: &str = concat!(
        r#"{"outlet_id":"KIN-GOMBE-01","signer":"CLOUD-01","epoch":0,"position":39,"record_hash":""#,
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
        r#"","time":"2026-02-04T10:15:30"}"#,
        "\n"
    );

    #[test]
    fn a_line_that_was_cut_short_is_gone_when_the_file_is_opened_again() {
        assert!(HeadAt::read(HEAD.trim_end().as_bytes()).is_some());
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("heads");
        let [two, torn, cut] = [HEAD.repeat(2), HEAD.to_owned() + "{\"out", HEAD[..40].to_owned()];
        let many = HEAD.repeat(100) + &HEAD[..HEAD.len() - 1];
        let left = HEAD.repeat(100);
        for (found, left) in
            [("", ""), (HEAD, HEAD), (&two, &two), (&torn, HEAD), (&cut, ""), ("{\"ou", ""), (&many, &left)]
        {
            fs::write(&path, found).unwrap();
            HeadFile::open(&path).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), left, "{found:?}");
        }
    }

    #[test]
    fn a_file_that_is_no_file_of_heads_is_left_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("heads");
        let (long, after) = ("x".repeat(5000), HEAD.to_owned() + "one\n");
        let long_line = HEAD.to_owned() + &long;
        let inside = format!("one\n{HEAD}{{\"outlet_id\":\"A\"}}\n");
        for other in ["hunter2", "one\n", "one\ntwo", "{\n", "\n", &long, &long_line, &after, &inside] {
            fs::write(&path, other).unwrap();
            let fault = HeadFile::open(&path).err().unwrap();
            assert!(fault.to_string().contains("[ledger] heads"), "{fault}");
            assert_eq!(fs::read_to_string(&path).unwrap(), other);
        }
    }

    #[test]
    fn links_folders_and_devices_are_no_files_of_heads() {
        let directory = tempfile::tempdir().unwrap();
        let in_it = |name: &str| directory.path().join(name);
        fs::write(in_it("heads"), HEAD).unwrap();
        std::os::unix::fs::symlink(in_it("heads"), in_it("link")).unwrap();
        std::os::unix::fs::symlink(in_it("nothing"), in_it("dangling")).unwrap();
        fs::create_dir(in_it("folder")).unwrap();
        let fifo = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, in_it("fifo"), rustix::fs::FileType::Fifo, fifo, 0).unwrap();
        for path in [in_it("link"), in_it("dangling"), in_it("folder"), in_it("fifo"), "/dev/null".into()] {
            let fault = HeadFile::open(&path).err().unwrap();
            assert!(fault.to_string().contains("[ledger] heads"), "{}: {fault}", path.display());
        }
        assert!(!in_it("nothing").exists());
    }

    #[test]
    fn a_new_file_is_for_this_program_only() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("heads");
        HeadFile::open(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
