//! The simulated device, as a process of its own: whoever ends it, unplugs it.

use std::{
    fs::{self, File, TryLockError},
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::{Context, bail};

use super::super::place::{DEVICE, Place};

/// A process that is the device, and ends with this one.
pub(super) struct Plugged(Child);

impl Plugged {
    /// Plugs it in: its port is there when this is done.
    pub(super) fn start(place: &Place) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("this program cannot find itself")?;
        let mut command = Command::new(program);
        command.args(["device", "simulate", "--serial", DEVICE, "--while-stdin", "--state"]);
        command.arg(place.folder().join("device")).arg("--link").arg(place.port());
        command.arg("--root").arg(place.folder().join("device-root.pem"));
        // An interrupt from the keyboard is the cloud's, which then lets the device go.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        if let Some(holder) = holder(&place.folder().join("device/lock")) {
            bail!("the simulated device of this folder still runs: `kill {holder}`, and start again");
        }
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("the simulated device")?;
        let stdout = child.stdout.take().context("a pipe was asked for")?;
        let plugged = Self(child);
        for line in BufReader::new(stdout).lines() {
            if line?.starts_with("listening at ") {
                return Ok(plugged);
            }
        }
        bail!("the simulated device does not start: it said why above")
    }

    /// Its process.
    pub(super) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Pulls it out, and waits until it is gone.
    pub(super) fn unplug(mut self) -> anyhow::Result<()> {
        drop(self.0.stdin.take());
        self.0.wait().context("the simulated device")?;
        Ok(())
    }
}

/// Who has the device's folder, as its lock names it (`def_sim::StateDirectory`).
fn holder(lock: &Path) -> Option<String> {
    let file = File::open(lock).ok()?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Some(fs::read_to_string(lock).ok()?.trim().to_owned()),
        // One that nobody has is let go of with the file.
        _ => None,
    }
}

impl Drop for Plugged {
    fn drop(&mut self) {
        // It ends when its input does, if it did not end before.
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_still_runs_the_device_is_named_and_a_lock_that_was_left_is_nobodys() {
        let folder = tempfile::tempdir().unwrap();
        let lock = folder.path().join("lock");
        assert_eq!(holder(&lock), None);
        fs::write(&lock, "31063\n").unwrap();
        assert_eq!(holder(&lock), None);
        let held = File::open(&lock).unwrap();
        held.lock().unwrap();
        assert_eq!(holder(&lock).as_deref(), Some("31063"));
    }
}
