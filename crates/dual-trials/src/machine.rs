//! Processes of the program under trial.

use std::{
    fs::OpenOptions,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    thread,
};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};

/// A running process, killed when it is let go.
pub struct Machine {
    child: Child,
}

impl Machine {
    /// Starts it, and waits until it says a line that begins so. The rest of that line is given back.
    pub fn start(mut command: Command, log: &Path, mark: &str) -> anyhow::Result<(Self, String)> {
        let file = OpenOptions::new().create(true).append(true).open(log)?;
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(file).spawn()?;
        let stdout = child.stdout.take().context("a pipe was asked for")?;
        let mut machine = Self { child };
        match listen(stdout, mark)? {
            Some(rest) => Ok((machine, rest)),
            None => {
                let status = machine.child.wait()?;
                bail!("{command:?} ended ({status}) before it said {mark:?}: {} says why", log.display());
            }
        }
    }

    /// `kill -9`, and its end.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// SIGTERM, and whether it ended in good order.
    pub fn stop(&mut self) -> anyhow::Result<bool> {
        if self.child.try_wait()?.is_none() {
            // A process that is paused would not hear it.
            self.signal(Signal::CONT)?;
            self.signal(Signal::TERM)?;
        }
        Ok(self.child.wait()?.success())
    }

    /// SIGSTOP
    pub fn pause(&self) -> anyhow::Result<()> {
        self.signal(Signal::STOP)
    }

    /// SIGCONT
    pub fn go_on(&self) -> anyhow::Result<()> {
        self.signal(Signal::CONT)
    }

    /// With which code it ended, if it did.
    pub fn ended(&mut self) -> anyhow::Result<Option<i32>> {
        Ok(self.child.try_wait()?.map(|status| status.code().unwrap_or(-1)))
    }

    fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        Ok(kill_process(Pid::from_child(&self.child), signal)?)
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn listen(stdout: ChildStdout, mark: &str) -> anyhow::Result<Option<String>> {
    let mut out = BufReader::new(stdout);
    loop {
        let mut line = String::new();
        if out.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        if let Some(rest) = line.trim().strip_prefix(mark) {
            let rest = rest.trim().to_owned();
            // It may go on writing: a closed pipe would end it. The thread ends with the process.
            thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
            return Ok(Some(rest));
        }
    }
}
