//! What a tray does to the disk, in steps between which it may be cut short.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::super::put;

/// Each step is done or not, except that what it did to a folder is durable only when that was synced.
pub(super) trait Disk {
    fn make_folder(&self, path: &Path) -> io::Result<()>;

    /// A file that is durable, in place of a leftover; see [`put::anew`].
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Replaces nothing: [`io::ErrorKind::AlreadyExists`].
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    fn remove(&self, path: &Path) -> io::Result<()>;

    fn sync(&self, folder: &Path) -> io::Result<()>;
}

/// The computer's.
pub(super) struct Real;

impl Disk for Real {
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir(path)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        put::anew(path, bytes)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        Ok(renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)?)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync(&self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }
}
