//! A device as a process: started, cut, started again.

use std::{
    fs::File,
    io::{BufRead, BufReader, ErrorKind},
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

/// The files in a state by which it is in use: of the program, and of an emulated machine, which ends after it.
pub(crate) const LOCKS: [&str; 2] = ["lock", "power"];
/// How long what has the device's files may take to let them go: longer than an emulated machine may take to stop.
const LET_GO: Duration = Duration::from_secs(15);

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
        let mut pace = HostPace::start();
        for name in LOCKS {
            let path = self.state().join(name);
            let lock = match File::open(&path) {
                Ok(lock) => lock,
                // Not every board has it.
                Err(fault) if fault.kind() == ErrorKind::NotFound => continue,
                Err(fault) => return Err(fault).with_context(|| path.display().to_string()),
            };
            while lock.try_lock().is_err() {
                ensure!(pace.elapsed() < LET_GO, "{}: in use {LET_GO:?} after a power cut", path.display());
                pace.pause(Duration::from_millis(2));
            }
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

#[cfg(test)]
mod tests {
    use std::{fs, thread};

    use super::*;

    #[test]
    fn a_device_is_off_when_neither_the_program_nor_its_machine_has_the_files() {
        let folder = std::env::temp_dir().join(format!("conformance-off-{}", std::process::id()));
        let place = Place {
            stelala: PathBuf::new(),
            board: Board::Qemu,
            folder: folder.clone(),
            root: PathBuf::new(),
            flash_kib: 1024,
        };
        fs::create_dir_all(place.state()).unwrap();
        place.wait_until_off().unwrap();
        for name in LOCKS {
            let lock = File::create(place.state().join(name)).unwrap();
            lock.lock().unwrap();
            let mut pace = HostPace::start();
            let lets_go = thread::spawn(move || {
                thread::sleep(Duration::from_millis(200));
                drop(lock);
            });
            place.wait_until_off().unwrap();
            assert!(pace.elapsed() >= Duration::from_millis(150), "{name} was not waited for");
            lets_go.join().unwrap();
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_copy_of_a_state_has_no_locks() {
        let folder = std::env::temp_dir().join(format!("conformance-copy-{}", std::process::id()));
        let (from, to) = (folder.join("from"), folder.join("to"));
        fs::create_dir_all(&from).unwrap();
        for name in LOCKS.into_iter().chain(["flash"]) {
            fs::write(from.join(name), name).unwrap();
        }
        crate::bench::copy_folder(&from, &to).unwrap();
        let copied: Vec<_> = fs::read_dir(&to).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(copied, ["flash"]);
        fs::remove_dir_all(folder).unwrap();
    }
}
