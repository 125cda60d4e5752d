//! The disk and the clock of a server, which fail on command: `shim/disk.c`.

use std::{
    fs::{self, File},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, bail};

use crate::server::Server;

const SOURCE: &str = include_str!("../shim/disk.c");

/// What can be set and read; the order is that of `struct control`.
#[derive(Clone, Copy, Debug)]
pub enum Knob {
    /// Each fsync takes so many microseconds longer.
    Delay,
    /// So many fsyncs succeed before those that fail.
    FailAfter,
    /// So many then fail with EIO.
    Fail,
    /// Whether room is limited.
    Limited,
    /// How many bytes of room there are.
    Room,
    /// By how many milliseconds real time is ahead.
    Offset,
    /// 1: the process dies before an fsync, 2: after it.
    Kill,
    /// So many others come before it.
    KillAfter,
    /// How many fsyncs there were.
    Fsyncs,
    /// How many of them failed.
    Failed,
    /// How many writes found no room.
    Refused,
    /// Nothing that changes a file is begun.
    Hold,
    /// Something that changes a file is being done.
    Busy,
}

/// One server's disk and clock.
pub struct Disk {
    library: PathBuf,
    numbers: PathBuf,
    control: File,
    folder: PathBuf,
    log: Option<PathBuf>,
}

impl Disk {
    /// For files below a folder; `scratch` is another one, for what the shim itself needs.
    pub fn new(folder: &Path, scratch: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(scratch)?;
        let (source, library) = (scratch.join("disk.c"), scratch.join("disk.so"));
        if !library.exists() {
            fs::write(&source, SOURCE)?;
            let mut compiler = Command::new("cc");
            compiler.args(["-shared", "-fPIC", "-O2", "-o"]).args([&library, &source]).arg("-ldl");
            if !compiler.status().context("cc, which builds the shim: install gcc")?.success() {
                bail!("cc did not build the shim");
            }
        }
        let numbers = scratch.join("numbers");
        fs::write(&numbers, [0; 128])?;
        let control = File::options().read(true).write(true).open(&numbers)?;
        Ok(Self { library, numbers, control, folder: folder.canonicalize()?, log: None })
    }

    /// Every operation that changes a file is written down.
    pub fn logged(self, log: PathBuf) -> Self {
        Self { log: Some(log), ..self }
    }

    /// What a server is started with.
    pub fn environment(&self) -> Vec<(&'static str, PathBuf)> {
        let mut variables = vec![
            ("LD_PRELOAD", self.library.clone()),
            ("STELALA_TEST_DISK", self.numbers.clone()),
            ("STELALA_TEST_DISK_FOLDER", self.folder.clone()),
        ];
        variables.extend(self.log.clone().map(|log| ("STELALA_TEST_DISK_LOG", log)));
        variables
    }

    /// Turns a knob; a server that runs has it at once.
    pub fn set(&self, knob: Knob, value: i64) -> anyhow::Result<()> {
        Ok(self.control.write_all_at(&value.to_ne_bytes(), knob as u64 * 8)?)
    }

    /// Kills a server between two operations, so that the log says all that it did and nothing else. The moment is as
    /// random as that of the call: only an operation that is under way is waited for.
    pub fn kill(&self, server: &mut Server) -> anyhow::Result<()> {
        self.set(Knob::Hold, 1)?;
        while self.read(Knob::Busy)? != 0 {
            if server.ends_within(Duration::from_millis(5))? {
                bail!("the server ended in the middle of writing: its log says why");
            }
        }
        server.kill()?;
        self.set(Knob::Hold, 0)
    }

    /// Reads a knob or a counter.
    pub fn read(&self, knob: Knob) -> anyhow::Result<i64> {
        let mut bytes = [0; 8];
        self.control.read_exact_at(&mut bytes, knob as u64 * 8)?;
        Ok(i64::from_ne_bytes(bytes))
    }
}
