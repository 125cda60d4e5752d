use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Write},
    os::{fd::AsFd, unix::fs::OpenOptionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::OFlags,
    io::Errno,
    termios::{ControlModes, OptionalActions, QueueSelector, tcflush, tcgetattr, tcsetattr},
};

use super::{Line, closed};

/// How long a request may wait for a device that takes no bytes, all together, before the line counts as broken.
const STUCK: Duration = Duration::from_secs(5);
const GLANCE: Duration = Duration::from_millis(50);

/// A serial port in raw mode, held alone: an advisory lock keeps other tills away.
///
/// The lock is `flock`, not `TIOCEXCL`, which on a pseudo-terminal outlasts the program that set it.
#[derive(Debug)]
pub struct SerialLine {
    path: PathBuf,
    file: Option<File>,
}

impl SerialLine {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.into(), file: None }
    }

    fn file(&mut self) -> io::Result<&mut File> {
        self.file.as_mut().ok_or_else(closed)
    }
}

impl Line for SerialLine {
    fn open(&mut self) -> io::Result<()> {
        self.file = None;
        // NONBLOCK also keeps the open itself from waiting for a modem's carrier.
        let flags = OFlags::NOCTTY | OFlags::NONBLOCK;
        let file =
            OpenOptions::new().read(true).write(true).custom_flags(flags.bits() as i32).open(&self.path)?;
        let mut settings = tcgetattr(&file).map_err(|fault| match fault {
            Errno::NOTTY => io::Error::new(io::ErrorKind::InvalidInput, "this is no serial port"),
            fault => fault.into(),
        })?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(io::ErrorKind::ResourceBusy.into()),
            Err(TryLockError::Error(fault)) => return Err(fault),
        }
        settings.make_raw();
        // No modem is asked and nobody's flow control obeyed: the device has neither.
        settings.control_modes |= ControlModes::CLOCAL | ControlModes::CREAD;
        settings.control_modes -= ControlModes::CRTSCTS;
        tcsetattr(&file, OptionalActions::Now, &settings)?;
        // What the port still has is an answer to someone before us.
        tcflush(&file, QueueSelector::IFlush)?;
        self.file = Some(file);
        Ok(())
    }

    fn close(&mut self) {
        self.file = None;
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let file = self.file()?;
        let mut rest = bytes;
        let mut waited = Duration::ZERO;
        while !rest.is_empty() {
            match file.write(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => rest = &rest[written..],
                Err(fault) if fault.kind() == io::ErrorKind::Interrupted => {}
                Err(fault) if fault.kind() == io::ErrorKind::WouldBlock => {
                    if waited >= STUCK {
                        return Err(io::ErrorKind::TimedOut.into());
                    }
                    // A signal, or a port that takes a few bytes at a time, ends a glance early: the whole is bounded.
                    ready(file, PollFlags::OUT, GLANCE)?;
                    waited += GLANCE;
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8], patience: Duration) -> io::Result<usize> {
        let file = self.file()?;
        if !ready(file, PollFlags::IN, patience)? {
            return Ok(0);
        }
        match file.read(buffer) {
            // A port of a device that was unplugged reads as ended.
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => Ok(read),
            Err(fault) if matches!(fault.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                Ok(0)
            }
            Err(fault) => Err(fault),
        }
    }
}

/// Whether the port can be read or written, or failed: the next call then says how.
fn ready(file: &File, flags: PollFlags, patience: Duration) -> io::Result<bool> {
    let mut ports = [PollFd::from_borrowed_fd(file.as_fd(), flags)];
    let patience = Timespec::try_from(patience).map_err(io::Error::other)?;
    match poll(&mut ports, Some(&patience)) {
        Ok(_) => Ok(!ports[0].revents().is_empty()),
        Err(Errno::INTR) => Ok(false),
        Err(fault) => Err(fault.into()),
    }
}
