//! Both ends of a pseudo-terminal: ours, and one that is held so that hosts may come and go.

use std::{ffi::OsStr, io, os::unix::ffi::OsStrExt, path::PathBuf, time::Duration};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fd::{AsFd, BorrowedFd, OwnedFd},
    fs::{OFlags, fcntl_setfl},
    io::Errno,
    pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, ptsname, unlockpt},
    termios::{OptionalActions, tcgetattr, tcsetattr},
};

/// The device's end, and a handle to the hosts' end.
///
/// While no one has the hosts' end open, the system answers each read with `EIO`; the handle prevents that. It is
/// let go for an instant to see whether a host is there too.
#[derive(Debug)]
pub(super) struct Port {
    ours: OwnedFd,
    theirs: Option<OwnedFd>,
}

impl Port {
    pub(super) fn open() -> io::Result<(Self, PathBuf)> {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&ours)?;
        unlockpt(&ours)?;
        fcntl_setfl(&ours, OFlags::RDWR | OFlags::NONBLOCK)?;
        let name = ptsname(&ours, Vec::new())?;
        let mut port = Self { ours, theirs: None };
        port.make_raw()?;
        Ok((port, PathBuf::from(OsStr::from_bytes(name.as_bytes()))))
    }

    /// Whether some host has the port open.
    pub(super) fn has_host(&mut self) -> io::Result<bool> {
        self.theirs = None;
        let ready = ready(self.ours.as_fd(), PollFlags::empty(), Duration::ZERO)?;
        self.theirs()?;
        Ok(!ready.contains(PollFlags::HUP))
    }

    /// Makes the port as new for the next host: raw, and nothing in it that the last one did not read.
    pub(super) fn tidy(&mut self) -> io::Result<()> {
        self.make_raw()?;
        let theirs = self.theirs()?;
        let mut unread = [0; 4096];
        while matches!(rustix::io::read(theirs, &mut unread), Ok(1..)) {}
        Ok(())
    }

    /// Whether one of these came to be in time.
    pub(super) fn wait(&self, flags: PollFlags, timeout: Duration) -> io::Result<bool> {
        Ok(ready(self.ours.as_fd(), flags, timeout)?.intersects(flags))
    }

    /// Whether there is something to read here, and whether there, in time. What ended has its end to read.
    pub(super) fn wait_beside(&self, beside: BorrowedFd<'_>, timeout: Duration) -> io::Result<(bool, bool)> {
        let mut ports = [PollFd::new(&self.ours, PollFlags::IN), PollFd::new(&beside, PollFlags::IN)];
        poll_in_time(&mut ports, timeout)?;
        Ok((ports[0].revents().contains(PollFlags::IN), !ports[1].revents().is_empty()))
    }

    /// 0 when there is nothing.
    pub(super) fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        at_once(rustix::io::read(&self.ours, buffer))
    }

    /// 0 when there is no room.
    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        at_once(rustix::io::write(&self.ours, bytes))
    }

    /// No echo, no line editing, no flow control, every byte as it is.
    fn make_raw(&mut self) -> io::Result<()> {
        let theirs = self.theirs()?;
        let mut settings = tcgetattr(theirs)?;
        settings.make_raw();
        Ok(tcsetattr(theirs, OptionalActions::Now, &settings)?)
    }

    fn theirs(&mut self) -> io::Result<&OwnedFd> {
        match &mut self.theirs {
            Some(theirs) => Ok(theirs),
            none => {
                let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
                let theirs = ioctl_tiocgptpeer(&self.ours, flags)?;
                fcntl_setfl(&theirs, OFlags::RDWR | OFlags::NONBLOCK)?;
                Ok(none.insert(theirs))
            }
        }
    }
}

fn ready(port: BorrowedFd<'_>, flags: PollFlags, timeout: Duration) -> io::Result<PollFlags> {
    let mut ports = [PollFd::from_borrowed_fd(port, flags)];
    poll_in_time(&mut ports, timeout)?;
    Ok(ports[0].revents())
}

fn poll_in_time(ports: &mut [PollFd<'_>], timeout: Duration) -> io::Result<()> {
    let timeout = Timespec::try_from(timeout).map_err(io::Error::other)?;
    match poll(ports, Some(&timeout)) {
        Ok(_) => Ok(()),
        Err(Errno::INTR) => {
            // A signal: nothing is ready yet.
            ports.iter_mut().for_each(PollFd::clear_revents);
            Ok(())
        }
        Err(fault) => Err(fault.into()),
    }
}

fn at_once(result: Result<usize, Errno>) -> io::Result<usize> {
    match result {
        Err(Errno::AGAIN | Errno::INTR) => Ok(0),
        other => Ok(other?),
    }
}
