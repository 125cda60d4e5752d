//! Small files that are old or new after a crash, never in between.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use crate::fault::HostFault;

/// What the file holds, none when there is no file.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, HostFault> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(fault) => Err(HostFault::io(path)(fault)),
    }
}

/// Writes a temporary file, and renames it once it is on the disk. Only the owner can read it.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), HostFault> {
    let temporary = path.with_extension("new");
    let write = || {
        // One that a crash left behind is written over.
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        sync_folder(path)
    };
    write().map_err(HostFault::io(path))
}

/// Removes the file, if there is one.
pub(crate) fn remove(path: &Path) -> Result<(), HostFault> {
    match fs::remove_file(path) {
        Ok(()) => sync_folder(path).map_err(HostFault::io(path)),
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(fault) => Err(HostFault::io(path)(fault)),
    }
}

/// A rename or a removal is durable when its folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => File::open(folder)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}
