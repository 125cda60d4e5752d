//! A device as a process: started, cut, started again.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use def_client::{HostPace, Pace};

use crate::board::Board;

/// Where a device is and how it is made.
#[derive(Clone, Debug)]
pub struct Place {
    /// The program.
    pub stelala: PathBuf,
    /// The board.
    pub board: Board,
    /// All of its files.
    pub folder: PathBuf,
    /// The key that it obeys first.
    pub root: PathBuf,
    /// The size of its flash.
    pub flash_kib: u32,
}

/// A process that ends with this, as if the power failed.
#[derive(Debug)]
pub(super) struct Process(Child);

/// How long what has the device's files may take to let them go.
const LET_GO: Duration = Duration::from_secs(10);

impl Place {
    /// The folder with the device's state.
    pub fn state(&self) -> PathBuf {
        self.folder.join("state")
    }

    /// The device's COM port.
    pub fn port(&self) -> PathBuf {
        self.folder.join("port")
    }

    /// Waits until nobody has the device's files any more: a power cut of an emulated board ends more than one process.
    pub(super) fn wait_until_off(&self) -> Result<()> {
        let Ok(lock) = File::open(self.state().join("lock")) else { return Ok(()) };
        let mut pace = HostPace::start();
        while lock.try_lock().is_err() {
            ensure!(pace.elapsed() < LET_GO, "the device's files are still in use after a power cut");
            pace.pause(Duration::from_millis(2));
        }
        Ok(())
    }

    /// Gives the device power, and waits for its line.
    pub(super) fn power(&self, more: &[&str]) -> Result<Process> {
        let log = self.folder.join("log");
        let mut child = Command::new(&self.stelala)
            .args(["device", self.board.command(), "--while-stdin", "--serial", "DEF-000001", "--state"])
            .arg(self.state())
            .arg("--link")
            .arg(self.port())
            .arg("--root")
            .arg(&self.root)
            .args(self.board.flash(self.flash_kib))
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::options().create(true).append(true).open(&log)?)
            .spawn()
            .with_context(|| format!("{}: cannot be started", self.stelala.display()))?;
        let mut said = String::new();
        let mut out = BufReader::new(child.stdout.take().context("it has an output")?);
        while !said.contains("listening at") {
            if out.read_line(&mut said)? == 0 {
                // It has ended, or is about to.
                let ended = child.wait()?;
                bail!("the device did not start ({ended}): {} {said}", std::fs::read_to_string(&log)?);
            }
        }
        Ok(Process(child))
    }
}

impl Process {
    /// The power fails.
    pub(super) fn kill(&mut self) -> Result<()> {
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }

    /// Waits until it ends by itself.
    pub(super) fn ended(&mut self) -> Result<ExitStatus> {
        // `wait` would close its input, which ends it in another way.
        let input = self.0.stdin.take();
        let status = self.0.wait()?;
        drop(input);
        Ok(status)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended; then there is nothing to do.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
