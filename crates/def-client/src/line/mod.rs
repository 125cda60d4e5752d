//! Bytes to a device and back.

mod serial;
mod tcp;

use std::{io, time::Duration};

use self::{serial::SerialLine, tcp::TcpLine};
use crate::address::Address;

/// A line to a device. It may go away at any time, and come back.
pub trait Line {
    /// Opens the line, or closes it and opens it anew.
    fn open(&mut self) -> io::Result<()>;

    /// Closes it, so that another program may have it.
    fn close(&mut self);

    /// Sends all of the bytes.
    fn send(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Waits at most so long for bytes and takes them; 0 when none came. A line that ended is an error.
    fn receive(&mut self, buffer: &mut [u8], patience: Duration) -> io::Result<usize>;
}

/// The line to an [`Address`].
#[derive(Debug)]
pub enum Port {
    /// A serial port.
    Serial(SerialLine),
    /// A serial server.
    Tcp(TcpLine),
}

impl Port {
    /// Not opened yet.
    pub fn new(address: &Address) -> Self {
        match address {
            Address::Serial(path) => Self::Serial(SerialLine::new(path)),
            Address::Tcp(host) => Self::Tcp(TcpLine::new(host)),
        }
    }
}

impl Line for Port {
    fn open(&mut self) -> io::Result<()> {
        match self {
            Self::Serial(line) => line.open(),
            Self::Tcp(line) => line.open(),
        }
    }

    fn close(&mut self) {
        match self {
            Self::Serial(line) => line.close(),
            Self::Tcp(line) => line.close(),
        }
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Serial(line) => line.send(bytes),
            Self::Tcp(line) => line.send(bytes),
        }
    }

    fn receive(&mut self, buffer: &mut [u8], patience: Duration) -> io::Result<usize> {
        match self {
            Self::Serial(line) => line.receive(buffer, patience),
            Self::Tcp(line) => line.receive(buffer, patience),
        }
    }
}

fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "the line is closed")
}
