//! A small USB host: what Linux's `vhci-hcd` does, without a machine behind it.

use std::{
    collections::BTreeMap,
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    thread,
    time::Duration,
};

use usbip::wire::{
    CMD_SUBMIT, CMD_UNLINK, HEADER_BYTES, OP_REQ_IMPORT, RET_SUBMIT, RET_UNLINK, ST_DEV_BUSY, VERSION, word,
};

/// Long enough for anything that comes at all.
pub(crate) const SOON: Duration = Duration::from_secs(60);
/// Long enough to believe that nothing comes.
pub(crate) const QUIET: Duration = Duration::from_millis(40);

const DEVICE_ID: u32 = 1 << 16 | 2;

pub(crate) struct Host {
    stream: TcpStream,
    seqnum: u32,
    unread: Vec<u8>,
    /// What is under way, and whether it reads.
    pending: BTreeMap<u32, bool>,
    done: BTreeMap<u32, Done>,
    unlinked: BTreeMap<u32, i32>,
    /// The device as the import described it.
    pub(crate) described: Vec<u8>,
}

/// The end of a transfer: what came or how much went, or Linux's number of what went wrong and what came before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) status: i32,
    pub(crate) actual: usize,
    pub(crate) data: Vec<u8>,
}

impl Host {
    /// Takes the device, as soon as the last host's plug is out.
    pub(crate) fn attach(address: SocketAddr) -> Self {
        for _ in 0..500 {
            match Self::try_attach(address) {
                Ok(host) => return host,
                Err(status) => assert_eq!(status, ST_DEV_BUSY),
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("the device stays busy");
    }

    /// Takes the device, or says why it is not given.
    pub(crate) fn try_attach(address: SocketAddr) -> Result<Self, u32> {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.write_all(&import(b"1-1")).unwrap();
        let mut head = [0; 8];
        stream.read_exact(&mut head).unwrap();
        assert_eq!(head[..4], [0x01, 0x11, 0x00, 0x03]);
        match word(&head, 4) {
            0 => {}
            status => return Err(status),
        }
        let mut described = vec![0; 312];
        stream.read_exact(&mut described).unwrap();
        Ok(Self {
            stream,
            seqnum: 0,
            unread: Vec::new(),
            pending: BTreeMap::new(),
            done: BTreeMap::new(),
            unlinked: BTreeMap::new(),
            described,
        })
    }

    /// Begins a transfer that reads.
    pub(crate) fn submit_in(&mut self, endpoint: u8, length: usize) -> u32 {
        self.submit(true, endpoint, 0, length, [0; 8], &[])
    }

    /// Begins one that writes.
    pub(crate) fn submit_out(&mut self, endpoint: u8, flags: u32, data: &[u8]) -> u32 {
        self.submit(false, endpoint, flags, data.len(), [0; 8], data)
    }

    /// Begins any transfer.
    pub(crate) fn submit(
        &mut self,
        reads: bool,
        endpoint: u8,
        flags: u32,
        length: usize,
        setup: [u8; 8],
        data: &[u8],
    ) -> u32 {
        self.seqnum += 1;
        let mut message = Vec::new();
        let words = [CMD_SUBMIT, self.seqnum, DEVICE_ID, u32::from(reads), u32::from(endpoint), flags];
        for word in words.into_iter().chain([length as u32, 0, u32::MAX, 0]) {
            message.extend(word.to_be_bytes());
        }
        message.extend(setup);
        assert_eq!(message.len(), HEADER_BYTES);
        message.extend(data);
        self.stream.write_all(&message).unwrap();
        self.pending.insert(self.seqnum, reads);
        self.seqnum
    }

    /// Sends bytes that may be no message.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        // The device's side may have had enough.
        let _ = self.stream.write_all(bytes);
    }

    /// Whether the other side hangs up.
    pub(crate) fn is_dropped(&mut self) -> bool {
        self.stream.set_read_timeout(Some(SOON)).unwrap();
        let mut rest = [0; 4096];
        loop {
            match self.stream.read(&mut rest) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(fault) => return fault.kind() != ErrorKind::WouldBlock,
            }
        }
    }

    /// Takes a transfer back: -104 if that was in time, else 0.
    pub(crate) fn unlink(&mut self, target: u32) -> i32 {
        self.seqnum += 1;
        let mut message = Vec::new();
        for word in [CMD_UNLINK, self.seqnum, DEVICE_ID, 0, 0, target] {
            message.extend(word.to_be_bytes());
        }
        message.resize(HEADER_BYTES, 0);
        self.stream.write_all(&message).unwrap();
        let seqnum = self.seqnum;
        loop {
            if let Some(status) = self.unlinked.remove(&seqnum) {
                if status != 0 {
                    self.pending.remove(&target);
                }
                return status;
            }
            assert!(self.hear(SOON), "no answer to an unlink");
        }
    }

    /// The end of a transfer, or none in that time.
    pub(crate) fn wait(&mut self, seqnum: u32, patience: Duration) -> Option<Done> {
        loop {
            if let Some(done) = self.done.remove(&seqnum) {
                return Some(done);
            }
            if !self.hear(patience) {
                return None;
            }
        }
    }

    #[track_caller]
    pub(crate) fn end(&mut self, seqnum: u32) -> Done {
        self.wait(seqnum, SOON).expect("the transfer ends")
    }

    /// A control request that reads: what came, or the number of what went wrong.
    #[track_caller]
    pub(crate) fn control_in(
        &mut self,
        kind: u8,
        request: u8,
        value: u16,
        index: u16,
        length: u16,
    ) -> Result<Vec<u8>, i32> {
        let seqnum =
            self.submit(true, 0, 0, usize::from(length), setup(kind, request, value, index, length), &[]);
        let done = self.end(seqnum);
        if done.status == 0 { Ok(done.data) } else { Err(done.status) }
    }

    /// One that writes.
    #[track_caller]
    pub(crate) fn control_out(
        &mut self,
        kind: u8,
        request: u8,
        value: u16,
        index: u16,
        data: &[u8],
    ) -> Result<(), i32> {
        let setup = setup(kind, request, value, index, data.len() as u16);
        let seqnum = self.submit(false, 0, 0, data.len(), setup, data);
        let done = self.end(seqnum);
        if done.status == 0 { Ok(()) } else { Err(done.status) }
    }

    /// Takes one message, if one comes in time.
    fn hear(&mut self, patience: Duration) -> bool {
        self.stream.set_read_timeout(Some(patience)).unwrap();
        loop {
            if self.understand() {
                return true;
            }
            let mut buffer = [0; 16 * 1024];
            match self.stream.read(&mut buffer) {
                Ok(0) => panic!("the device's side hung up"),
                Ok(read) => self.unread.extend(&buffer[..read]),
                Err(fault) if fault.kind() == ErrorKind::WouldBlock => return false,
                Err(fault) => panic!("{fault}"),
            }
        }
    }

    /// Whether there was a whole message.
    fn understand(&mut self) -> bool {
        if self.unread.len() < HEADER_BYTES {
            return false;
        }
        let (seqnum, status) = (word(&self.unread, 4), word(&self.unread, 20).cast_signed());
        assert_eq!([word(&self.unread, 8), word(&self.unread, 12), word(&self.unread, 16)], [0; 3]);
        match word(&self.unread, 0) {
            RET_SUBMIT => {
                let actual = word(&self.unread, 24) as usize;
                let reads = self.pending[&seqnum];
                let length = HEADER_BYTES + if reads { actual } else { 0 };
                if self.unread.len() < length {
                    return false;
                }
                self.pending.remove(&seqnum);
                let data = self.unread[HEADER_BYTES..length].to_vec();
                self.unread.drain(..length);
                self.done.insert(seqnum, Done { status, actual, data });
            }
            RET_UNLINK => {
                self.unread.drain(..HEADER_BYTES);
                self.unlinked.insert(seqnum, status);
            }
            other => panic!("no reply has the command {other}"),
        }
        true
    }
}

/// The request for a device.
pub(crate) fn import(bus_id: &[u8]) -> Vec<u8> {
    let mut request = Vec::new();
    request.extend(VERSION.to_be_bytes());
    request.extend(OP_REQ_IMPORT.to_be_bytes());
    request.extend([0; 4]);
    request.extend(bus_id);
    request.resize(40, 0);
    request
}

fn setup(kind: u8, request: u8, value: u16, index: u16, length: u16) -> [u8; 8] {
    let ([v, w], [i, j], [l, m]) = (value.to_le_bytes(), index.to_le_bytes(), length.to_le_bytes());
    [kind, request, v, w, i, j, l, m]
}
