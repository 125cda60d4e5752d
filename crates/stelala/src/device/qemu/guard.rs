//! The process that owns QEMU, and cuts its power when the process that wanted it is gone.
//!
//! QEMU writes its flashes behind the machine's back, so to kill it alone would lose what the machine was told is
//! written. A cut is QMP's `stop`, which waits for those writes, and then SIGKILL. The guard does it also when the
//! program that started it was killed itself, so that its SIGKILL is a power cut and leaves nothing running.

use std::{
    io::{self, BufRead, BufReader, ErrorKind, Write},
    os::{fd::OwnedFd, unix::net::UnixStream},
    path::PathBuf,
    process::{Command, ExitCode},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, bail};
use clap::Args;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::power;

/// The command by which this program starts itself as a guard.
pub(super) const NAME: &str = "qemu-guard";
const QEMU: &str = "qemu-system-arm";
/// How long QEMU may take to bring its writes to the files.
const PATIENCE: Duration = Duration::from_secs(10);

/// Owns QEMU: standard input is the machine's UART, standard output the line whose end is a power cut.
#[derive(Args)]
pub(crate) struct GuardCommand {
    /// The file that says that the flashes are in use.
    #[arg(long)]
    lock: PathBuf,
    /// What QEMU is told.
    #[arg(last = true)]
    arguments: Vec<std::ffi::OsString>,
}

impl GuardCommand {
    /// Gives power until the line ends. An exit code of QEMU's own is a failure.
    pub(in crate::device) fn run(&self) -> anyhow::Result<ExitCode> {
        let stop = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, stop.clone()).context("cannot listen for signals")?;
        }
        let _lock = power::take(&self.lock)?;
        if is_forsaken()? {
            return Ok(ExitCode::SUCCESS);
        }
        let (control, its_control) = UnixStream::pair().context("no sockets for QEMU")?;
        let mut command = Command::new(QEMU);
        command.args(&self.arguments).stdout(OwnedFd::from(its_control));
        let mut qemu = match command.spawn() {
            Ok(qemu) => qemu,
            Err(fault) if fault.kind() == ErrorKind::NotFound => {
                bail!("{QEMU} is not installed: apt-get install {QEMU}")
            }
            Err(fault) => return Err(fault).context(QEMU),
        };
        // It holds the other end of the control.
        drop(command);
        let ended = supply(&control, &stop);
        // Whatever went wrong, nothing is left running; one that ended by itself is gone already.
        let _ = qemu.kill();
        let status = qemu.wait().context(QEMU)?;
        match ended? {
            Ended::Cut => Ok(ExitCode::SUCCESS),
            Ended::ByItself => {
                bail!("{QEMU} ended by itself ({status}): its reason, if it has one, stands above")
            }
        }
    }
}

/// How the machine lost its power.
enum Ended {
    Cut,
    ByItself,
}

/// Whether the program that wanted the machine is gone already, while an earlier machine was waited for.
fn is_forsaken() -> anyhow::Result<bool> {
    let lifeline = io::stdout();
    let mut end = [PollFd::new(&lifeline, PollFlags::IN)];
    poll(&mut end, Some(&Timespec::default()))?;
    Ok(!end[0].revents().is_empty())
}

/// Gives power until standard output's other end or a signal says otherwise, then stops the machine where it is.
fn supply(control: &UnixStream, stop: &AtomicBool) -> anyhow::Result<Ended> {
    control.set_read_timeout(Some(PATIENCE))?;
    let mut answers = BufReader::new(control);
    // The greeting; a QEMU that refuses its command line has none.
    if next_line(&mut answers)?.is_none() || !obeyed(&mut answers, "qmp_capabilities")? {
        return Ok(Ended::ByItself);
    }
    while !stop.load(Ordering::Relaxed) {
        let lifeline = io::stdout();
        let mut ends = [PollFd::new(&lifeline, PollFlags::IN), PollFd::new(&control, PollFlags::IN)];
        match poll(&mut ends, None) {
            Err(rustix::io::Errno::INTR) => continue,
            polled => polled?,
        };
        let (cut, said) = (!ends[0].revents().is_empty(), !ends[1].revents().is_empty());
        if cut {
            break;
        }
        if said && next_line(&mut answers)?.is_none() {
            return Ok(Ended::ByItself);
        }
    }
    Ok(if obeyed(&mut answers, "stop")? { Ended::Cut } else { Ended::ByItself })
}

/// Whether QEMU did it; not, when it ended.
fn obeyed(answers: &mut BufReader<&UnixStream>, command: &str) -> anyhow::Result<bool> {
    let sent = answers.get_mut().write_all(format!("{{\"execute\":\"{command}\"}}\n").as_bytes());
    if sent.is_err() {
        return Ok(false);
    }
    loop {
        match next_line(answers)? {
            None => return Ok(false),
            Some(line) if line.starts_with("{\"return\"") => return Ok(true),
            Some(line) if line.starts_with("{\"error\"") => {
                bail!("{QEMU} refused to {command}: {}", line.trim())
            }
            // Events come between.
            Some(_) => {}
        }
    }
}

fn next_line(answers: &mut BufReader<&UnixStream>) -> anyhow::Result<Option<String>> {
    let mut line = String::new();
    match answers.read_line(&mut line) {
        Ok(0) => Ok(None),
        Ok(_) => Ok(Some(line)),
        Err(fault) if fault.kind() == ErrorKind::ConnectionReset => Ok(None),
        Err(fault) if fault.kind() == ErrorKind::WouldBlock => {
            bail!("{QEMU} did not answer within {} seconds", PATIENCE.as_secs())
        }
        Err(fault) => Err(fault).context("the control of QEMU"),
    }
}
