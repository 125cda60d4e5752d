//! The file itself: for its owner only, one writer, old or new and never in between.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use super::KeyFileFault;

/// Tens of thousands of keys; in bytes.
const LONGEST: u64 = 16 * 1024 * 1024;

/// Reads the file, if only its owner can.
pub(super) fn read(path: &Path) -> Result<String, KeyFileFault> {
    let file = match File::open(path) {
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => {
            return Err(KeyFileFault::Missing { path: path.into() });
        }
        opened => opened.map_err(io(path))?,
    };
    let metadata = file.metadata().map_err(io(path))?;
    if !metadata.is_file() {
        return Err(KeyFileFault::Damaged("it is no file"));
    }
    if metadata.mode() & 0o077 != 0 {
        return Err(KeyFileFault::OpenToOthers { path: path.into() });
    }
    if metadata.len() > LONGEST {
        return Err(KeyFileFault::Damaged("it is too long"));
    }
    let mut bytes = Vec::new();
    file.take(LONGEST).read_to_end(&mut bytes).map_err(io(path))?;
    String::from_utf8(bytes).map_err(|_| KeyFileFault::Damaged("it is no text"))
}

/// The right to write the file, until it is dropped or the process ends.
#[derive(Debug)]
pub(super) struct WriteLock {
    path: PathBuf,
    _lock: File,
}

impl WriteLock {
    /// Takes it, or says that another has it.
    pub(super) fn take(path: &Path) -> Result<Self, KeyFileFault> {
        // The lock is a file of its own, because the file of keys is replaced by each write.
        let beside = beside(path, ".lock");
        let open = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&beside);
        let lock = open.map_err(io(&beside))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.into(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(KeyFileFault::InUse { path: path.into() }),
            Err(TryLockError::Error(fault)) => Err(io(&beside)(fault)),
        }
    }

    /// Writes the file in the place of what was there, durable when this returns.
    pub(super) fn write(&self, text: &str) -> Result<(), KeyFileFault> {
        self.replace(text).map_err(io(&self.path))
    }

    fn replace(&self, text: &str) -> io::Result<()> {
        let unfinished = beside(&self.path, ".unfinished");
        // One that a crash left behind is written anew; a link that someone put there is not followed.
        match fs::remove_file(&unfinished) {
            Err(fault) if fault.kind() != io::ErrorKind::NotFound => return Err(fault),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&unfinished, &self.path)?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

fn io(path: &Path) -> impl FnOnce(io::Error) -> KeyFileFault {
    let path = path.to_owned();
    move |cause| KeyFileFault::Io { path, cause }
}
