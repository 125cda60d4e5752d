//! The serial port on a host, as Linux's `cdc_acm` drives it.

use std::{net::SocketAddr, time::Duration};

use crate::host::{Host, QUIET, SOON};

pub(crate) const OUT: u8 = 1;
pub(crate) const IN: u8 = 2;
/// What a read asks for, unless a test says otherwise.
const BUFFER: usize = 4096;

pub(crate) struct Port {
    pub(crate) host: Host,
    /// A read that is under way.
    reading: Option<u32>,
    heard: Vec<u8>,
}

impl Port {
    /// Plugs in, configures and opens.
    pub(crate) fn open(address: SocketAddr) -> Self {
        let mut port = Self::plug_in(address);
        port.set_dtr(true);
        port
    }

    /// Only plugs in and configures.
    pub(crate) fn plug_in(address: SocketAddr) -> Self {
        let mut port = Self { host: Host::attach(address), reading: None, heard: Vec::new() };
        port.configure();
        port
    }

    pub(crate) fn configure(&mut self) {
        self.reading = None;
        self.heard.clear();
        self.host.control_out(0x00, 9, 1, 0, &[]).unwrap();
        self.host.control_out(0x21, 0x20, 0, 0, &[0x00, 0xC2, 0x01, 0x00, 0, 0, 8]).unwrap();
    }

    /// DTR and RTS, as programs set them when they open the port, or close it.
    pub(crate) fn set_dtr(&mut self, dtr: bool) {
        self.host.control_out(0x21, 0x22, if dtr { 3 } else { 0 }, 0, &[]).unwrap();
    }

    /// Another program closes the port and opens it: what came for it is gone.
    pub(crate) fn reopen(&mut self) {
        self.close();
        self.set_dtr(true);
    }

    /// As the kernel does: reads under way are taken back.
    pub(crate) fn close(&mut self) {
        self.set_dtr(false);
        if let Some(reading) = self.reading.take() {
            self.host.unlink(reading);
        }
        self.heard.clear();
    }

    #[track_caller]
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        let seqnum = self.host.submit_out(OUT, 0, bytes);
        let done = self.host.end(seqnum);
        assert_eq!((done.status, done.actual), (0, bytes.len()));
    }

    #[track_caller]
    pub(crate) fn send_frame(&mut self, content: &str) {
        self.send(&frame(content));
    }

    /// The next frame's content, if one comes in time. Bytes around it are bytes that no one should have sent.
    pub(crate) fn read_frame(&mut self, patience: Duration) -> Option<String> {
        loop {
            if let Some(end) = self.heard.iter().position(|byte| *byte == 3) {
                let frame: Vec<u8> = self.heard.drain(..=end).collect();
                assert_eq!(frame[0], 2, "a frame begins with STX: {:?}", String::from_utf8_lossy(&frame));
                return Some(String::from_utf8(frame[1..end].to_vec()).unwrap());
            }
            let bytes = self.read(patience)?;
            self.heard.extend(bytes);
        }
    }

    /// What one transfer brings.
    pub(crate) fn read(&mut self, patience: Duration) -> Option<Vec<u8>> {
        let reading = match self.reading {
            Some(reading) => reading,
            None => *self.reading.insert(self.host.submit_in(IN, BUFFER)),
        };
        let done = self.host.wait(reading, patience)?;
        self.reading = None;
        assert_eq!(done.status, 0);
        Some(done.data)
    }

    #[track_caller]
    pub(crate) fn ask(&mut self, content: &str) -> String {
        self.send_frame(content);
        self.read_frame(SOON).unwrap_or_else(|| panic!("no answer to {content}"))
    }

    /// Nothing comes.
    #[track_caller]
    pub(crate) fn expect_silence(&mut self) {
        assert!(self.heard.is_empty());
        assert_eq!(self.read(QUIET).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()), None);
    }
}

pub(crate) fn frame(content: &str) -> Vec<u8> {
    [b"\x02", content.as_bytes(), b"\x03"].concat()
}
