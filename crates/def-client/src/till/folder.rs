use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use fiscal::{FiscalNumber, PayloadHash};

use super::{Intent, IntentFault, IntentStore, Stage};

/// A till's memory in a folder, for one program at a time.
///
/// | path | what |
/// |---|---|
/// | `open/HASH.json` | a sale that is not done, by the SHA-256 of its payload |
/// | `done/NUMBER.json` | a sale whose receipt was printed, by its fiscal number; its copies are counted there |
/// | `refused/HASH.json` | a sale that was refused for good |
/// | `lock` | locked while a program has the folder |
///
/// A file is written beside its place, brought to the disk, and renamed: it is old or new, never in between.
#[derive(Debug)]
pub struct IntentFolder {
    path: PathBuf,
    _lock: File,
}

const OPEN: &str = "open";
const DONE: &str = "done";
const REFUSED: &str = "refused";
const UNFINISHED: &str = "unfinished";

impl IntentFolder {
    /// Opens the folder, or makes it for its owner only.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, FolderFault> {
        let path = path.into();
        for name in [OPEN, DONE, REFUSED] {
            let folder = path.join(name);
            let make = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
            make.map_err(FolderFault::io(&folder))?;
        }
        let lock_path = path.join("lock");
        let open = OpenOptions::new().write(true).create(true).truncate(false).open(&lock_path);
        let lock = open.map_err(FolderFault::io(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(FolderFault::InUse { path }),
            Err(TryLockError::Error(fault)) => Err(FolderFault::io(&lock_path)(fault)),
        }
    }

    fn place(&self, intent: &Intent) -> PathBuf {
        match (intent.stage(), intent.number()) {
            (Stage::Refused(_), _) => self.of_hash(REFUSED, intent.hash()),
            (stage, Some(number)) if stage.is_final() => self.of_done(number),
            _ => self.of_hash(OPEN, intent.hash()),
        }
    }

    fn of_hash(&self, folder: &str, hash: PayloadHash) -> PathBuf {
        self.path.join(folder).join(format!("{hash}.json"))
    }

    fn of_done(&self, number: FiscalNumber) -> PathBuf {
        self.path.join(DONE).join(format!("{number}.json"))
    }
}

impl IntentStore for IntentFolder {
    type Error = FolderFault;

    fn keep(&mut self, intent: &Intent) -> Result<(), FolderFault> {
        let place = self.place(intent);
        replace(&place, intent.to_json().as_bytes()).map_err(FolderFault::io(&place))?;
        // A crash just here leaves the sale in both places; what is final then counts.
        if intent.stage().is_final() {
            self.forget(intent.hash())?;
        }
        Ok(())
    }

    fn forget(&mut self, sale: PayloadHash) -> Result<(), FolderFault> {
        let place = self.of_hash(OPEN, sale);
        let removed = match fs::remove_file(&place) {
            Ok(()) => sync_folder(&self.path.join(OPEN)),
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(fault) => Err(fault),
        };
        removed.map_err(FolderFault::io(&place))
    }

    fn open(&mut self, sale: PayloadHash) -> Result<Option<Intent>, FolderFault> {
        let Some(intent) = read(&self.of_hash(OPEN, sale))? else { return Ok(None) };
        if let Some(number) = intent.number()
            && read(&self.of_done(number))?.is_some_and(|done| is_newer(&done, &intent))
        {
            self.forget(sale)?;
            return Ok(None);
        }
        Ok(Some(intent))
    }

    fn all_open(&mut self) -> Result<Vec<Intent>, FolderFault> {
        let mut intents = Vec::new();
        for path in names(&self.path.join(OPEN))? {
            let Some(intent) = read(&path)? else { continue };
            intents.extend(self.open(intent.hash())?);
        }
        Ok(intents)
    }

    fn of_number(&mut self, number: FiscalNumber) -> Result<Option<Intent>, FolderFault> {
        let of_number = |intent: &Intent| intent.number() == Some(number);
        // A duplicate that is being printed is open once more, and newer.
        if let Some(open) = self.all_open()?.into_iter().find(of_number) {
            return Ok(Some(open));
        }
        read(&self.of_done(number))
    }
}

/// Of the same sale, one that is finished and one that is open: the open one is older, unless it prints a further copy.
fn is_newer(done: &Intent, open: &Intent) -> bool {
    match (done.stage(), open.stage()) {
        (Stage::Printed { copies, .. }, Stage::Printing { copy, .. }) => {
            done.hash() == open.hash() && copies >= copy
        }
        _ => done.hash() == open.hash(),
    }
}

fn read(path: &Path) -> Result<Option<Intent>, FolderFault> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(fault) => return Err(FolderFault::io(path)(fault)),
    };
    let intent = Intent::from_json(&bytes);
    intent.map(Some).map_err(|fault| FolderFault::Damaged { path: path.into(), fault })
}

fn names(folder: &Path) -> Result<Vec<PathBuf>, FolderFault> {
    let list = || {
        let mut paths = fs::read_dir(folder)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<io::Result<Vec<_>>>()?;
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        paths.sort();
        Ok(paths)
    };
    list().map_err(FolderFault::io(folder))
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension(UNFINISHED);
    // One that a crash left behind is written over.
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// A rename or a removal is durable when its folder is.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderFault {
    /// Another program has it.
    #[error("{path}: another program uses this till: end it, or name another folder")]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// A file is not what a till keeps.
    #[error("{path}: {fault}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: IntentFault,
    },
    /// The operating system refused.
    #[error("{path}: {cause}")]
    Io {
        /// Of what.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
}

impl FolderFault {
    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Io { path, cause }
    }
}
