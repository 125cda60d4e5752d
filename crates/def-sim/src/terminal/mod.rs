//! A pseudo-terminal that stands for the USB port.

mod hold;
mod link;
mod port;

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use def_engine::board::Ticks;
use rustix::{event::PollFlags, fd::BorrowedFd};

use self::{link::Link, port::Port};
use crate::{clock::HostTicks, fault::HostFault};

/// How long to wait for a host that does not read.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often to look whether a host is still there.
const GLANCE: Duration = Duration::from_millis(50);

/// A pseudo-terminal in raw mode that stands for the port USB CDC-ACM of a device.
///
/// Hosts open the link and close it as they like. As with the real port, bytes for a host that is gone or does not
/// read are lost, and what one host left unread is not for the next one. (A host that comes in the same instant
/// in which another one goes may still see some of it: match replies by their correlation.)
#[derive(Debug)]
pub struct Terminal {
    port: Port,
    link: Link,
    patience: Duration,
    /// The host did not read for as long as that; it is not waited for again until it does.
    deaf: bool,
}

impl Terminal {
    /// Opens a pseudo-terminal and puts a link to it there, in place of one that an earlier simulator left. One of
    /// another process that runs is refused.
    pub fn open(link: impl Into<PathBuf>) -> Result<Self, HostFault> {
        let (port, device) = Port::open().map_err(HostFault::io("/dev/ptmx"))?;
        let link = Link::place(link.into(), device)?;
        Ok(Self { port, link, patience: PATIENCE, deaf: false })
    }

    /// The link that hosts open.
    pub fn link(&self) -> &Path {
        self.link.path()
    }

    /// What it leads to.
    pub fn device(&self) -> &Path {
        self.link.device()
    }

    /// How long to wait for a host that does not read before its bytes are dropped.
    pub const fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// Waits until a host has sent something, at most that long, and takes it. 0: nothing came.
    pub fn receive(&mut self, buffer: &mut [u8], timeout: Duration) -> io::Result<usize> {
        let mut ticks = HostTicks::start();
        loop {
            self.look_for_host()?;
            let left = timeout.saturating_sub(Duration::from_millis(ticks.milliseconds()));
            if self.port.wait(PollFlags::IN, left.min(GLANCE))? {
                return self.port.read(buffer);
            }
            if left.is_zero() {
                return Ok(0);
            }
        }
    }

    /// The same, but ends as soon as something else, where a device in another process speaks, has something to read.
    /// Says how much came, and whether there is something there.
    pub fn receive_beside(
        &mut self,
        buffer: &mut [u8],
        timeout: Duration,
        beside: BorrowedFd<'_>,
    ) -> io::Result<(usize, bool)> {
        let mut ticks = HostTicks::start();
        loop {
            self.look_for_host()?;
            let left = timeout.saturating_sub(Duration::from_millis(ticks.milliseconds()));
            let (here, there) = self.port.wait_beside(beside, left.min(GLANCE))?;
            if here {
                return Ok((self.port.read(buffer)?, there));
            }
            if there || left.is_zero() {
                return Ok((0, there));
            }
        }
    }

    /// A host that went leaves nothing to the next one.
    fn look_for_host(&mut self) -> io::Result<()> {
        if !self.port.has_host()? {
            self.deaf = false;
            self.port.tidy()?;
        }
        Ok(())
    }

    /// Sends to the host, and drops what no host reads in time.
    pub fn send(&mut self, bytes: &[u8]) {
        // A port that fails has no host; `receive` says why.
        let _ = self.try_send(bytes);
    }

    fn try_send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        let mut ticks = HostTicks::start();
        while !rest.is_empty() {
            let written = self.port.write(rest)?;
            if written > 0 {
                rest = &rest[written..];
                self.deaf = false;
                ticks = HostTicks::start();
                continue;
            }
            self.deaf |= ticks.milliseconds() >= self.patience.as_millis() as u64;
            if self.deaf || !self.port.has_host()? {
                break;
            }
            self.port.wait(PollFlags::OUT, GLANCE)?;
        }
        Ok(())
    }
}

impl def_protocol::Output for Terminal {
    fn send(&mut self, bytes: &[u8]) {
        Self::send(self, bytes);
    }
}
