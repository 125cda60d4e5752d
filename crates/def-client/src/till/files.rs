use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use super::StoreFault;

/// Small files by name, `folder/name`. A write or a removal is all or nothing, and durable when it returns.
pub trait Files {
    /// What the file holds; none when there is none.
    fn read(&mut self, name: &str) -> io::Result<Option<Vec<u8>>>;

    /// Writes the file, in place of what was there.
    fn put(&mut self, name: &str, bytes: &[u8]) -> io::Result<()>;

    /// Removes the file, if there is one.
    fn remove(&mut self, name: &str) -> io::Result<()>;

    /// The names of the files in a folder, without the folder's.
    fn names(&mut self, folder: &str) -> io::Result<Vec<String>>;
}

/// Files in a folder that one program has at a time.
///
/// A file is written beside its place, brought to the disk and renamed: it is old or new, never in between.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    _lock: File,
}

/// What a file is called while it is written.
const UNFINISHED: &str = ".unfinished";

impl Folder {
    /// Opens the folder, or makes it for its owner only, with folders in it.
    pub fn open(path: impl Into<PathBuf>, folders: &[&str]) -> Result<Self, StoreFault> {
        let path = path.into();
        for name in folders {
            let folder = path.join(name);
            make(&folder).map_err(StoreFault::io(&folder))?;
        }
        let lock_path = path.join("lock");
        let open = OpenOptions::new().write(true).create(true).truncate(false).open(&lock_path);
        let lock = open.map_err(StoreFault::io(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(StoreFault::InUse { path }),
            Err(TryLockError::Error(fault)) => Err(StoreFault::io(&lock_path)(fault)),
        }
    }
}

impl Files for Folder {
    fn read(&mut self, name: &str) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.path.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    fn put(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.path.join(name);
        let unfinished = self.path.join(format!("{name}{UNFINISHED}"));
        // One that a crash left behind is written over.
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&unfinished, &path)?;
        path.parent().map_or(Ok(()), sync)
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        let path = self.path.join(name);
        match fs::remove_file(&path) {
            Ok(()) => path.parent().map_or(Ok(()), sync),
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    fn names(&mut self, folder: &str) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.path.join(folder))? {
            // A name that is no text is none of ours; it is named all the same.
            let name = entry?.file_name().to_string_lossy().into_owned();
            if !name.ends_with(UNFINISHED) {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }
}

/// Makes a folder and those above it, all of them durable.
fn make(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        make(parent)?;
    }
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(fault) if fault.kind() != io::ErrorKind::AlreadyExists => return Err(fault),
        _ => {}
    }
    sync(parent.unwrap_or(Path::new(".")))
}

/// A new name, or one that is gone, is durable when its folder is.
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
