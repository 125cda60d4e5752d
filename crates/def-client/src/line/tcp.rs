use std::{
    io::{self, Read, Write},
    net::{TcpStream, ToSocketAddrs},
    time::Duration,
};

use super::{Line, closed};

/// How long a connection may take to come about, and how long the other side may take no bytes.
const STUCK: Duration = Duration::from_secs(5);
/// The shortest patience that a socket knows.
const INSTANT: Duration = Duration::from_millis(1);

/// A connection to a serial server, such as `ser2net` in raw mode.
#[derive(Debug)]
pub struct TcpLine {
    host: String,
    stream: Option<TcpStream>,
}

impl TcpLine {
    pub(super) fn new(host: &str) -> Self {
        Self { host: host.into(), stream: None }
    }

    fn stream(&mut self) -> io::Result<&mut TcpStream> {
        self.stream.as_mut().ok_or_else(closed)
    }

    fn connect(&self) -> io::Result<TcpStream> {
        let mut refused = io::Error::new(io::ErrorKind::NotFound, "this host has no address");
        for address in self.host.to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, STUCK) {
                Ok(stream) => return Ok(stream),
                Err(fault) => refused = fault,
            }
        }
        Err(refused)
    }
}

impl Line for TcpLine {
    fn open(&mut self) -> io::Result<()> {
        self.stream = None;
        let stream = self.connect()?;
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(STUCK))?;
        self.stream = Some(stream);
        Ok(())
    }

    fn close(&mut self) {
        self.stream = None;
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream()?.write_all(bytes)
    }

    fn receive(&mut self, buffer: &mut [u8], patience: Duration) -> io::Result<usize> {
        let stream = self.stream()?;
        stream.set_read_timeout(Some(patience.max(INSTANT)))?;
        match stream.read(buffer) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => Ok(read),
            Err(fault) if matches!(fault.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                Ok(0)
            }
            Err(fault) if fault.kind() == io::ErrorKind::Interrupted => Ok(0),
            Err(fault) => Err(fault),
        }
    }
}
