//! The device on the bench: a simulator or an emulated board in a process of its own, which loses its power when the story
//! wants it.

use std::{
    cell::RefCell,
    fs,
    io::{self, BufRead, BufReader, ErrorKind},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    rc::Rc,
    time::Duration,
};

use anyhow::Context;
use clap::ValueEnum;
use def_client::{Address, Line, Port};

use super::wire::Wire;

/// What stands on the bench.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Board {
    /// A device in this program: nothing else is needed.
    Simulate,
    /// The firmware, on a Cortex-M4 that QEMU emulates.
    Qemu,
}

impl Board {
    /// The command that stands in for it.
    pub(super) const fn command(self) -> &'static str {
        match self {
            Self::Simulate => "simulate",
            Self::Qemu => "qemu",
        }
    }
}

/// A device and the folder of its state.
pub(super) struct Bench {
    board: Board,
    state: PathBuf,
    link: PathBuf,
    process: Child,
    /// Power failures to come, the next one last; each is counted in COMMITs from the start before it.
    failures: Vec<String>,
}

impl Bench {
    /// Makes a new device and gives it power.
    pub(super) fn start(board: Board, folder: &Path, mut failures: Vec<String>) -> anyhow::Result<Self> {
        let (state, link) = (folder.join("def"), folder.join("def-port"));
        failures.reverse();
        let process = spawn(board, &state, &link, failures.pop())?;
        Ok(Self { board, state, link, process, failures })
    }

    /// The keys that command it.
    pub(super) fn authority(&self) -> String {
        self.state.join("authority").display().to_string()
    }

    fn power_comes(&mut self) -> anyhow::Result<()> {
        self.process = spawn(self.board, &self.state, &self.link, self.failures.pop())?;
        Ok(())
    }

    fn has_power(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        // One that ended by itself is gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
        // Killed, it did not take its link away, which leads nowhere now.
        let _ = fs::remove_file(&self.link);
    }
}

/// Starts a device, and waits until it listens.
fn spawn(board: Board, state: &Path, link: &Path, failure: Option<String>) -> anyhow::Result<Child> {
    let program = std::env::current_exe().context("this program cannot find itself")?;
    let mut command = Command::new(program);
    command.args(["device", board.command(), "--state"]).arg(state).arg("--link").arg(link);
    // The pipe is closed when this process ends, however it ends.
    command.arg("--while-stdin").stdin(Stdio::piped()).stdout(Stdio::piped());
    command.args(failure.map(|failure| format!("--power-fails={failure}")));
    let mut process = command.spawn().context("the device cannot be started")?;
    let out = process.stdout.take().context("the device has no output")?;
    for line in BufReader::new(out).lines() {
        if line?.starts_with("listening at") {
            return Ok(process);
        }
    }
    process.wait()?;
    anyhow::bail!("the device ended before it listened: its reason stands above")
}

/// The line to a device on the bench. When its power is gone, it comes back after a while.
pub(super) struct BenchLine {
    port: Port,
    bench: Bench,
    wire: Rc<RefCell<Wire>>,
    /// How often the till looked for a device without power.
    looked: u32,
}

/// The till looks so often before the power comes.
const LOOKS: u32 = 3;

impl BenchLine {
    pub(super) fn new(bench: Bench, wire: Rc<RefCell<Wire>>) -> Self {
        let port = Port::new(&Address::Serial(bench.link.clone()));
        Self { port, bench, wire, looked: 0 }
    }
}

impl Line for BenchLine {
    fn open(&mut self) -> io::Result<()> {
        if !self.bench.has_power() {
            self.port.close();
            self.looked += 1;
            if self.looked <= LOOKS {
                self.wire.borrow_mut().nobody_there();
                return Err(ErrorKind::NotFound.into());
            }
            self.bench.power_comes().map_err(io::Error::other)?;
            self.wire.borrow_mut().power_came();
        }
        self.looked = 0;
        self.port.open()
    }

    fn close(&mut self) {
        self.port.close();
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.wire.borrow_mut().asked(bytes);
        self.port.send(bytes)
    }

    fn receive(&mut self, buffer: &mut [u8], patience: Duration) -> io::Result<usize> {
        let received = self.port.receive(buffer, patience);
        let mut wire = self.wire.borrow_mut();
        match &received {
            Ok(length) => wire.answered(&buffer[..*length]),
            Err(_) => wire.broke(),
        }
        received
    }
}
