use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use rustix::fs::OFlags;

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

/// A payload of 24 KiB and a seal, escaped, with room to spare; in bytes.
const LONGEST: u64 = 256 * 1024;
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
        // Not through a link, and no pipe: those are not ours, and a pipe would be waited for.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let open = OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(self.path.join(name));
        let file = match open {
            Ok(file) => file,
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(fault) => return Err(fault),
        };
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "this is no file"));
        }
        let mut bytes = Vec::new();
        file.take(LONGEST + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > LONGEST {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(Some(bytes))
    }

    fn put(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.path.join(name);
        let unfinished = self.path.join(format!("{name}{UNFINISHED}"));
        // One that a crash left behind is written anew; a link that someone put there is not followed.
        match fs::remove_file(&unfinished) {
            Err(fault) if fault.kind() != io::ErrorKind::NotFound => return Err(fault),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
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
