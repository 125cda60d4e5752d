use std::{
    ffi::OsStr,
    io,
    os::{
        linux::net::SocketAddrExt,
        unix::{
            ffi::OsStrExt,
            net::{SocketAddr, UnixDatagram},
        },
    },
};

/// Where the service manager listens.
#[derive(Debug)]
pub(super) struct Socket {
    socket: UnixDatagram,
    address: SocketAddr,
}

impl Socket {
    /// `/a/path`, or `@` and a name in the abstract namespace.
    pub(super) fn named(name: &OsStr) -> io::Result<Self> {
        let address = match name.as_bytes() {
            [b'@', name @ ..] if !name.is_empty() => SocketAddr::from_abstract_name(name)?,
            [b'/', ..] => SocketAddr::from_pathname(name)?,
            _ => return Err(io::Error::new(io::ErrorKind::InvalidInput, "neither a path nor @ and a name")),
        };
        let socket = UnixDatagram::unbound()?;
        // A service manager that is busy must not keep a till waiting.
        socket.set_nonblocking(true)?;
        Ok(Self { socket, address })
    }

    pub(super) fn send(&self, message: &[u8]) -> io::Result<usize> {
        self.socket.send_to_addr(message, &self.address)
    }
}
