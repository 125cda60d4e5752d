//! What an audit of many records needs beside keys.

use std::{
    fs::File,
    io::{self, BufReader},
    num::NonZeroUsize,
    path::{Path, PathBuf},
    thread,
};

use clap::Args;
use fiscal::OutletId;
use verify::{Audit, HeadAt, JournalLine, Lines, Scratch, ScratchFile, SignatureCheck, Trust};

use crate::input::{self, InputFault};

// A doc comment here would take the place of the command's own help.
#[allow(missing_docs)]
#[derive(Clone, Debug, Args)]
pub struct AuditArgs {
    /// A head that was kept elsewhere, in hexadecimal: shows whether an end was cut off; may be given several times.
    #[arg(long, value_name = "HASH")]
    head: Vec<String>,
    /// A file of heads that was kept outside the database: each of this outlet must be met at its place; may be given
    /// several times.
    #[arg(long, value_name = "FILE")]
    heads: Vec<PathBuf>,
    /// So many threads check signatures; as many as there are cores unless said.
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
}

impl AuditArgs {
    /// An audit of records of this outlet, as far as that is known.
    pub(crate) fn audit<'t>(
        &self,
        trust: &'t Trust,
        check: &'t dyn SignatureCheck,
        outlet: Option<OutletId>,
    ) -> Result<Audit<'t>, InputFault> {
        let known = self.head.iter().map(|head| input::read_head(head)).collect::<Result<Vec<_>, _>>()?;
        let cores = || thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let audit = Audit::new(trust).known_heads(known).check(check).scratch(temporary_files());
        let audit = audit.threads(self.threads.unwrap_or_else(cores));
        self.heads.iter().try_fold(audit, |audit, path| Ok(audit.heads(read_heads(path, outlet)?)))
    }
}

/// The outlet of the first record of a file, so that heads of others need not be held.
pub(crate) fn outlet_of(path: &Path) -> Option<OutletId> {
    if path == Path::new("-") {
        return None;
    }
    let mut line = Vec::new();
    Lines::new(File::open(path).ok()?).next(&mut line).ok()?;
    let record = JournalLine::read(line.trim_ascii_end()).and_then(|line| line.record()).ok()?;
    Some(record.header.outlet)
}

fn read_heads(path: &Path, outlet: Option<OutletId>) -> Result<Vec<HeadAt>, InputFault> {
    let file = File::open(path).map_err(|cause| InputFault::File { path: path.to_owned(), cause })?;
    HeadAt::read_all(BufReader::new(file), outlet)
        .map_err(|cause| InputFault::Heads { path: path.to_owned(), cause })
}

/// Files without a name, in the folder for such files, which are gone when the process is.
fn temporary_files() -> impl Scratch {
    || -> io::Result<Box<dyn ScratchFile>> { Ok(Box::new(tempfile::tempfile()?)) }
}

/// The length of a file, if it has one.
pub(crate) fn length(path: &Path) -> Option<u64> {
    path.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len())
}

/// A part's file; none where it is not there.
pub(crate) fn open_if_there(path: &Path) -> io::Result<Option<File>> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(fault) => Err(fault),
    }
}
