//! The simulated device, as a process of its own: whoever ends it, unplugs it.

use std::{
    io::{BufRead, BufReader},
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

impl Drop for Plugged {
    fn drop(&mut self) {
        // It ends when its input does, if it did not end before.
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}
