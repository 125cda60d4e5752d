//! QEMU and its guard, as this process sees them: a line to the UART, and power that can be cut.

use std::{
    ffi::OsString,
    io,
    os::{fd::OwnedFd, unix::net::UnixStream, unix::process::CommandExt},
    path::Path,
    process::{Child, Command, ExitStatus},
};

use anyhow::Context;

use super::{guard, images, power};

/// A machine that has power as long as this lives, and no longer, however this process ends.
pub(super) struct Machine {
    /// The UART. It ends when the machine does.
    pub(super) uart: UnixStream,
    /// When its other end sees this end go, it cuts the power.
    lifeline: Option<UnixStream>,
    guard: Child,
}

impl Machine {
    /// Gives power to a machine with this firmware and the flashes of the folder.
    pub(super) fn start(state: &Path, firmware: &Path, clock_lost: bool) -> anyhow::Result<Self> {
        let (uart, its_uart) = UnixStream::pair().context("no sockets for the machine")?;
        let (lifeline, its_lifeline) = UnixStream::pair().context("no sockets for the machine")?;
        uart.set_nonblocking(true).context("the machine's socket")?;
        let program = std::env::current_exe().context("this program cannot find itself")?;
        let mut command = Command::new(program);
        command.args(["device", guard::NAME, "--lock"]).arg(state.join(power::LOCK)).arg("--");
        command.args(arguments(state, firmware, clock_lost));
        // A group of its own: an interrupt from the keyboard is this process's, and the cut comes from here.
        command.process_group(0).stdin(OwnedFd::from(its_uart)).stdout(OwnedFd::from(its_lifeline));
        let guard = command.spawn().context("the machine's guard cannot be started")?;
        Ok(Self { uart, lifeline: Some(lifeline), guard })
    }

    /// A line without a machine behind it.
    #[cfg(test)]
    pub(super) fn without_power(uart: UnixStream) -> Self {
        uart.set_nonblocking(true).unwrap();
        Self { uart, lifeline: None, guard: Command::new("true").spawn().unwrap() }
    }

    /// Cuts the power and waits until it is gone. If the guard succeeds, all that the machine wrote is in its files.
    pub(super) fn cut_power(&mut self) -> io::Result<ExitStatus> {
        self.lifeline = None;
        self.guard.wait()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // Nobody is there to be told.
        let _ = self.cut_power();
    }
}

/// QEMU's command line. Its UART is standard input, its control (QMP) standard output: sockets without names.
fn arguments(state: &Path, firmware: &Path, clock_lost: bool) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = [
        "-M",
        "ast1030-evb,fmc-model=w25q64",
        "-nodefaults",
        "-display",
        "none",
        "-chardev",
        "socket,id=uart,fd=0",
        "-serial",
        "chardev:uart",
        "-chardev",
        "socket,id=qmp,fd=1",
        "-mon",
        "chardev=qmp,mode=control",
        "-semihosting-config",
        if clock_lost {
            "enable=on,target=native,arg=stelala,arg=clock-lost"
        } else {
            "enable=on,target=native"
        },
        "-kernel",
    ]
    .map(OsString::from)
    .into();
    arguments.push(firmware.into());
    for name in images::NAMES {
        // What a flash was told is in the system's memory, which a cut of the machine's power does not touch.
        let mut drive = OsString::from("if=mtd,format=raw,cache=unsafe,file=");
        drive.push(escaped(&state.join(name)));
        arguments.extend(["-drive".into(), drive]);
    }
    arguments
}

/// A comma ends a value, two are one.
fn escaped(path: &Path) -> OsString {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let bytes = path.as_os_str().as_bytes();
    OsString::from_vec(
        bytes.iter().flat_map(|byte| std::iter::repeat_n(*byte, 1 + usize::from(*byte == b','))).collect(),
    )
}
