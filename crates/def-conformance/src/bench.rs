//! Where devices come from.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use anyhow::{Context, Result};
use def_protocol::token::Policy;
use def_trials::Authority;

use crate::{
    board::Board,
    census::Census,
    device::{Device, LOCKS, Outlet, Place},
};

/// The sizes of flashes, in KiB: of an ordinary case, and of one that fills it.
const FLASH_KIB: u32 = 4096;
/// The smallest that every board has.
pub(crate) const SMALL_KIB: u32 = 1024;

/// Makes devices, each in a folder of its own.
#[derive(Debug)]
pub struct Bench {
    stelala: PathBuf,
    board: Board,
    work: PathBuf,
    census: Arc<Census>,
    made: AtomicU32,
}

impl Bench {
    /// In a folder for devices; what an earlier run left there goes.
    pub fn new(stelala: &Path, board: Board, work: &Path) -> Result<Self> {
        let work = std::path::absolute(work)?.join(board.command());
        if work.exists() {
            fs::remove_dir_all(&work).with_context(|| format!("{}: cannot be emptied", work.display()))?;
        }
        fs::create_dir_all(&work).with_context(|| format!("{}: cannot be made", work.display()))?;
        fs::write(work.join("root.pem"), Authority::default().factory().root.to_pem().as_str())?;
        let stelala =
            fs::canonicalize(stelala).with_context(|| format!("{}: build it first", stelala.display()))?;
        let bench = Self { stelala, board, work, census: Arc::default(), made: AtomicU32::new(0) };
        // What all that are ready are copies of: a device is bound once and not for each case.
        let mut first = bench.make("first", FLASH_KIB)?;
        first.initialise(&Outlet::SHOP, Policy::default())?;
        first.set_clock(def_trials::authority::OPENING)?;
        first.remember_key()?;
        first.cut()?;
        Ok(bench)
    }

    /// The board.
    pub const fn board(&self) -> Board {
        self.board
    }

    /// What was asked and answered.
    pub fn census(&self) -> &Census {
        &self.census
    }

    /// A device as it leaves the factory.
    pub fn factory(&self) -> Result<Device> {
        self.make(&self.name(), FLASH_KIB)
    }

    /// A device that is bound to the shop of the trials and has a clock: it may sell.
    pub fn ready(&self) -> Result<Device> {
        let name = self.name();
        let folder = self.work.join(&name);
        copy_folder(&self.work.join("first/state"), &folder.join("state"))?;
        fs::copy(self.work.join("first/key.pem"), folder.join("key.pem"))?;
        Device::start(self.place(&name, FLASH_KIB), self.census.clone())
    }

    /// A device with bounds on what it may seal before the ledger acknowledges, or another outlet, or another flash.
    pub fn bound(&self, outlet: &Outlet, policy: Policy, flash_kib: u32, clock: &str) -> Result<Device> {
        let mut device = self.make(&self.name(), flash_kib)?;
        device.initialise(outlet, policy)?;
        device.set_clock(clock)?;
        Ok(device)
    }

    fn make(&self, name: &str, flash_kib: u32) -> Result<Device> {
        fs::create_dir_all(self.work.join(name))?;
        Device::start(self.place(name, flash_kib), self.census.clone())
    }

    fn place(&self, name: &str, flash_kib: u32) -> Place {
        Place {
            stelala: self.stelala.clone(),
            board: self.board,
            folder: self.work.join(name),
            root: self.work.join("root.pem"),
            flash_kib,
        }
    }

    fn name(&self) -> String {
        self.made.fetch_add(1, Ordering::Relaxed).to_string()
    }
}

/// Copies the files of a folder and of the folders in it; locks are of that folder's device only.
pub(crate) fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (kind, target) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else if kind.is_file() && !LOCKS.iter().any(|lock| entry.file_name() == *lock) {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
