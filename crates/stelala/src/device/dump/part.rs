//! A file that grows line by line, and goes on where it was interrupted.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use anyhow::anyhow;

use rustix::fs::OFlags;

use super::super::{input, put};

/// So many bytes are brought to the disk at once.
const ENOUGH: usize = 1 << 20;
/// No line is longer than an answer, in bytes.
const LONGEST: u64 = def_protocol::REPLY_BYTES as u64;

/// `FILE.part`
pub(super) struct Part {
    path: PathBuf,
    file: BufWriter<File>,
    /// Of the lines that were whole when it was opened, in bytes.
    length: u64,
    records: u64,
    loose: usize,
}

impl Part {
    /// Opens what an interrupted dump left, or begins it; its last whole line, if there is one. Nothing is changed yet.
    pub(super) fn open(out: &Path) -> anyhow::Result<(Self, Option<String>)> {
        let path = put::beside(out, "part");
        let open = || {
            let mut how = OpenOptions::new();
            let how = how.read(true).write(true).create(true).truncate(false);
            // What a link leads to is not ours to cut.
            let file = input::regular(&path, how, OFlags::NOFOLLOW).map_err(|fault| no_part(&path, fault))?;
            let found = whole_lines(&file)?;
            Ok((file, found))
        };
        let (file, (length, records, last)) = open().map_err(fault(&path))?;
        Ok((Self { path, file: BufWriter::new(file), length, records, loose: 0 }, last))
    }

    /// Takes away what follows the last whole line, and goes on there.
    pub(super) fn go_on(&mut self) -> anyhow::Result<()> {
        let file = self.file.get_mut();
        let cut = file.set_len(self.length).and_then(|()| file.seek(SeekFrom::End(0)));
        cut.map(|_| ()).map_err(fault(&self.path))
    }

    pub(super) const fn records(&self) -> u64 {
        self.records
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn add(&mut self, line: &str) -> anyhow::Result<()> {
        let mut write = || {
            writeln!(self.file, "{line}")?;
            self.loose += line.len();
            if self.loose >= ENOUGH {
                self.file.flush()?;
                self.file.get_ref().sync_data()?;
                self.loose = 0;
            }
            Ok(())
        };
        write().map_err(fault(&self.path))?;
        self.records += 1;
        Ok(())
    }

    /// Brings it to the disk and gives it its name.
    pub(super) fn finish(mut self, out: &Path) -> anyhow::Result<()> {
        let mut finish = || {
            self.file.flush()?;
            self.file.get_ref().sync_all()?;
            fs::rename(&self.path, out)?;
            put::sync_folder(out)
        };
        finish().map_err(fault(out))
    }
}

/// What the system says, with the file that it says it of.
pub(super) fn fault(path: &Path) -> impl FnOnce(io::Error) -> anyhow::Error {
    let path = path.display().to_string();
    move |fault| anyhow!("{path}: {fault}")
}

/// A link is said to be one.
fn no_part(path: &Path, fault: io::Error) -> io::Error {
    if path.is_symlink() {
        return io::Error::new(
            io::ErrorKind::InvalidInput,
            "this is a link: remove it, or name another file",
        );
    }
    fault
}

/// The bytes of the lines that have an end, how many there are, and the last.
fn whole_lines(file: &File) -> io::Result<(u64, u64, Option<String>)> {
    let mut reader = BufReader::new(file);
    let (mut length, mut records, mut last) = (0, 0, None);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = reader.by_ref().take(LONGEST + 1).read_until(b'\n', &mut line)?;
        if read as u64 > LONGEST {
            let fault = "a line is longer than any record's: this is no journal, name another file";
            return Err(io::Error::new(io::ErrorKind::InvalidData, fault));
        }
        let Some(whole) = line.strip_suffix(b"\n") else { return Ok((length, records, last)) };
        length += read as u64;
        records += 1;
        last = Some(String::from_utf8_lossy(whole).into_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_an_end_is_written_again() {
        let folder = std::env::temp_dir().join(format!("stelala-part-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let out = folder.join("journal.jsonl");
        for (left, records, last) in
            [("", 0, None), ("half", 0, None), ("one\n", 1, Some("one")), ("one\ntwo\nthr", 2, Some("two"))]
        {
            fs::write(put::beside(&out, "part"), left).unwrap();
            let (mut part, found) = Part::open(&out).unwrap();
            assert_eq!((part.records(), found.as_deref()), (records, last), "{left:?}");
            assert_eq!(fs::read_to_string(part.path()).unwrap(), left);
            part.go_on().unwrap();
            part.add("next").unwrap();
            part.finish(&out).unwrap();
            let whole = &left[..left.rfind('\n').map_or(0, |at| at + 1)];
            assert_eq!(fs::read_to_string(&out).unwrap(), format!("{whole}next\n"));
            assert!(!put::beside(&out, "part").exists());
            fs::remove_file(&out).unwrap();
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_is_no_file_of_lines_is_refused_and_stays() {
        let folder = std::env::temp_dir().join(format!("stelala-no-part-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let out = folder.join("journal.jsonl");
        let part = put::beside(&out, "part");
        let refused = || Part::open(&out).map(|_| ()).unwrap_err().to_string();
        let precious = folder.join("precious");
        fs::write(&precious, "precious").unwrap();
        std::os::unix::fs::symlink(&precious, &part).unwrap();
        assert!(refused().contains("this is a link"), "{}", refused());
        assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
        fs::remove_file(&part).unwrap();
        File::create(&part).unwrap().set_len(1 << 40).unwrap();
        assert!(refused().contains("no journal"), "{}", refused());
        fs::remove_dir_all(folder).unwrap();
    }
}
