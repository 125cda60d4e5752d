use std::{io, time::Duration};

use def_client::{Line, Port};

use super::{Found, Place};

/// The line to a device that is looked for anew each time it is opened: after unplugging it may have another port.
#[derive(Debug)]
pub struct FoundPort {
    place: Place,
    open: Option<(Found, Port)>,
}

impl FoundPort {
    /// Not opened yet.
    pub const fn new(place: Place) -> Self {
        Self { place, open: None }
    }

    /// What was found when the line was opened; nothing while it is closed.
    pub fn found(&self) -> Option<&Found> {
        self.open.as_ref().map(|(found, _)| found)
    }

    fn port(&mut self) -> io::Result<&mut Port> {
        let closed = || io::Error::new(io::ErrorKind::NotConnected, "the line is closed");
        self.open.as_mut().map(|(_, port)| port).ok_or_else(closed)
    }
}

impl Line for FoundPort {
    fn open(&mut self) -> io::Result<()> {
        // What is open is given up first: the same port must not be in our own way.
        self.close();
        let found = self.place.find()?;
        let mut port = Port::new(&found.address);
        port.open()?;
        self.open = Some((found, port));
        Ok(())
    }

    fn close(&mut self) {
        if let Some((_, mut port)) = self.open.take() {
            port.close();
        }
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.port()?.send(bytes)
    }

    fn receive(&mut self, buffer: &mut [u8], patience: Duration) -> io::Result<usize> {
        self.port()?.receive(buffer, patience)
    }
}
