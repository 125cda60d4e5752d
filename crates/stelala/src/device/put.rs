//! Files that are there whole or not at all, also after a power cut.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use rustix::fs::OFlags;

/// Writes a file beside its place, brings it to the disk, and renames it.
pub(super) fn file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = unfinished(path);
    anew(&unfinished, bytes)?;
    fs::rename(unfinished, path)?;
    sync_folder(path)
}

/// Writes a file that was not there, or in place of a leftover of that name, and brings it to the disk.
/// What is no file is [`ErrorKind::AlreadyExists`], and nothing is written through a link.
pub(super) fn anew(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(there) if there.is_file() => fs::remove_file(path)?,
        Ok(_) => return Err(ErrorKind::AlreadyExists.into()),
        Err(fault) if fault.kind() == ErrorKind::NotFound => (),
        Err(fault) => return Err(fault),
    }
    let no_link = OFlags::NOFOLLOW.bits().cast_signed();
    let mut file = OpenOptions::new().write(true).create_new(true).custom_flags(no_link).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// What has a name.
pub(super) enum Found {
    Nothing,
    /// A file, open for reading.
    File(File),
    /// A folder, a link, a pipe, …
    Other,
}

/// Looks for a file, not through a link, and waits for no pipe.
pub(super) fn find(path: &Path) -> io::Result<Found> {
    match fs::symlink_metadata(path) {
        Ok(there) if there.is_file() => (),
        Ok(_) => return Ok(Found::Other),
        Err(fault) if fault.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(fault) => return Err(fault),
    }
    // Someone may have replaced it since.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) if file.metadata()?.is_file() => Ok(Found::File(file)),
        Ok(_) => Ok(Found::Other),
        Err(fault) if fault.kind() == ErrorKind::NotFound => Ok(Found::Nothing),
        Err(fault) => Err(fault),
    }
}

/// What a file is called until it is whole.
pub(super) fn unfinished(path: &Path) -> PathBuf {
    beside(path, "unfinished")
}

/// `PATH.SUFFIX`
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}

/// A rename is durable when the folder is.
pub(super) fn sync_folder(of: &Path) -> io::Result<()> {
    match of.parent() {
        Some(folder) if folder != Path::new("") => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}
