//! Where a simulator keeps its state.

use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    io::{Read, Write},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use def_engine::board::{Board, NoSlots, Parts};

use crate::{
    clock::{HostClock, HostTicks},
    element_file::FileElement,
    fault::HostFault,
    flash::FileFlash,
    open_board::OpenBoard,
    random::HostRandom,
};

/// The directory of one simulator, locked while this lives: keep it as long as the parts.
///
/// | file | what |
/// |---|---|
/// | `flash` | [`FileFlash`] |
/// | `secure-element` | [`FileElement`] |
/// | `clock` | [`HostClock`] |
/// | `lock` | locked by the process that it names; left behind it locks nothing |
#[derive(Debug)]
pub struct StateDirectory {
    path: PathBuf,
    _lock: File,
}

impl StateDirectory {
    /// Opens the directory, or makes it for its owner only. One that another simulator holds is refused.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, HostFault> {
        let path = path.into();
        DirBuilder::new().recursive(true).mode(0o700).create(&path).map_err(HostFault::io(&path))?;
        let lock = lock(&path)?;
        Ok(Self { path, _lock: lock })
    }

    /// All that the engine needs, with a flash of so many bytes.
    pub fn parts(&self, flash_bytes: u64) -> Result<Parts<Self>, HostFault> {
        Ok(Parts {
            flash: self.flash(flash_bytes)?,
            element: self.secure_element()?,
            clock: self.clock()?,
            ticks: HostTicks::start(),
            random: host_random()?,
            protection: OpenBoard,
            slots: NoSlots,
        })
    }

    /// The flash, of so many bytes.
    pub fn flash(&self, bytes: u64) -> Result<FileFlash, HostFault> {
        FileFlash::open(self.path.join("flash"), bytes)
    }

    /// The secure element; its keys are made from the operating system's randomness.
    pub fn secure_element(&self) -> Result<FileElement<HostRandom>, HostFault> {
        FileElement::open(self.path.join("secure-element"), host_random()?)
    }

    /// The clock.
    pub fn clock(&self) -> Result<HostClock, HostFault> {
        HostClock::open(self.path.join("clock"))
    }
}

impl Board for StateDirectory {
    type Flash = FileFlash;
    type Element = FileElement<HostRandom>;
    type Clock = HostClock;
    type Ticks = HostTicks;
    type Random = HostRandom;
    type Protection = OpenBoard;
    type Slots = NoSlots;
}

fn host_random() -> Result<HostRandom, HostFault> {
    HostRandom::new().map_err(HostFault::io("the operating system's randomness"))
}

/// The lock is the operating system's and ends with the process, however it ends.
fn lock(directory: &Path) -> Result<File, HostFault> {
    let path = directory.join("lock");
    let open = || OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
    let mut file = open().map_err(HostFault::io(&path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // Only to be helpful: an unreadable name is no name.
            let _ = file.read_to_string(&mut holder);
            return Err(HostFault::InUse { path: directory.into(), process: holder.trim().parse().ok() });
        }
        Err(TryLockError::Error(fault)) => return Err(HostFault::io(&path)(fault)),
    }
    let mut name = || {
        file.set_len(0)?;
        file.write_all(format!("{}\n", std::process::id()).as_bytes())
    };
    name().map_err(HostFault::io(&path))?;
    Ok(file)
}
