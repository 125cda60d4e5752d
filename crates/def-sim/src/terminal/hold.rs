//! One simulator at a time stands behind a link.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{FlockOperation, OFlags, fcntl_lock},
    io::Errno,
};

use crate::fault::HostFault;

/// `LINK.lock`, which names the process behind the link; removed when this is dropped.
///
/// The lock is the operating system's and the process's, and ends with it, however it ends: a file that is left over
/// holds nothing.
#[derive(Debug)]
pub(super) struct Hold {
    path: PathBuf,
    file: File,
}

impl Hold {
    /// Takes the lock of a link, or says which process has it.
    pub(super) fn take(link: &Path) -> Result<Self, HostFault> {
        let mut name = OsString::from(link);
        name.push(".lock");
        let path = PathBuf::from(name);
        loop {
            let file = open(&path).map_err(HostFault::io(&path))?;
            match fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => {}
                Err(Errno::AGAIN | Errno::ACCESS) => {
                    return Err(HostFault::InUse { path: link.into(), process: holder(file) });
                }
                Err(fault) => return Err(HostFault::io(&path)(fault.into())),
            }
            // One that ended between these two steps took its file with it.
            if is_at(&file, &path) {
                let mut hold = Self { path, file };
                hold.sign().map_err(HostFault::io(&hold.path))?;
                return Ok(hold);
            }
        }
    }

    fn sign(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        writeln!(self.file, "{}", std::process::id())
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if is_at(&self.file, &self.path) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Not through a link, and without waiting for a pipe's other end.
fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let mut how = OpenOptions::new();
    how.read(true).write(true).create(true).truncate(false).custom_flags(flags.bits() as i32);
    let file = how.open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "this is no file"))
    }
}

/// Only to be helpful: an unreadable name is no name.
fn holder(file: File) -> Option<u32> {
    let mut text = String::new();
    file.take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn is_at(file: &File, path: &Path) -> bool {
    let identity = |found: fs::Metadata| (found.dev(), found.ino());
    let there = path.symlink_metadata().map(identity).ok();
    there.is_some() && there == file.metadata().map(identity).ok()
}
