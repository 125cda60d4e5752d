use std::{
    fs::OpenOptions,
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::{disk::Disk, place::Place};

/// A running `stelala cloud run`.
pub struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts a process of a place, and waits until it listens.
    pub fn start(place: &Place, process: usize, disk: Option<&Disk>) -> anyhow::Result<Self> {
        let log = place.folder.join(format!("server-{process}.log"));
        let log = OpenOptions::new().create(true).append(true).open(log)?;
        let mut command = place.program();
        command.args(["cloud", "run", "--config"]).arg(place.config_of(process));
        command.envs(disk.map(Disk::environment).unwrap_or_default());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn()?;
        let mut line = String::new();
        let stdout = child.stdout.take().context("a pipe was asked for")?;
        BufReader::new(stdout).read_line(&mut line)?;
        let address = line.trim().strip_prefix("listening at http://").map(str::parse);
        match address {
            Some(address) => Ok(Self { child, address: address? }),
            None => {
                let status = child.wait()?;
                bail!("process {process} did not start ({status}): its log says why");
            }
        }
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// `kill -9`, and its end.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// SIGTERM, and whether it ended in good order.
    pub fn stop(&mut self) -> anyhow::Result<bool> {
        self.signal(Signal::TERM)?;
        Ok(self.child.wait()?.success())
    }

    /// SIGSTOP.
    pub fn pause(&self) -> anyhow::Result<()> {
        self.signal(Signal::STOP)
    }

    /// SIGCONT.
    pub fn go_on(&self) -> anyhow::Result<()> {
        self.signal(Signal::CONT)
    }

    /// Waits until it has ended by itself; says whether it did.
    pub fn ends_within(&mut self, most: Duration) -> anyhow::Result<bool> {
        let step = Duration::from_millis(5);
        for _ in 0..most.as_millis() / step.as_millis() {
            if self.child.try_wait()?.is_some() {
                return Ok(true);
            }
            thread::sleep(step);
        }
        Ok(false)
    }

    fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        Ok(kill_process(Pid::from_child(&self.child), signal)?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
