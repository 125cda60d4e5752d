//! What goes over the TCP connection, byte for byte. Numbers are big-endian.

use std::io::{self, Read, Write};

/// Version 1.1.1.
pub const VERSION: u16 = 0x0111;
/// Asks for the list of devices.
pub const OP_REQ_DEVLIST: u16 = 0x8005;
/// Answers that.
pub const OP_REP_DEVLIST: u16 = 0x0005;
/// Asks for a device.
pub const OP_REQ_IMPORT: u16 = 0x8003;
/// Answers that.
pub const OP_REP_IMPORT: u16 = 0x0003;

/// The status of an operation that was done.
pub const ST_OK: u32 = 0;
/// The status when another host has the device.
pub const ST_DEV_BUSY: u32 = 2;
/// The status when there is no such device.
pub const ST_NODEV: u32 = 4;

/// Hands a transfer to the device.
pub const CMD_SUBMIT: u32 = 1;
/// Takes one back.
pub const CMD_UNLINK: u32 = 2;
/// The end of a transfer.
pub const RET_SUBMIT: u32 = 3;
/// What became of taking one back.
pub const RET_UNLINK: u32 = 4;

/// Of all four, in bytes, without the data.
pub const HEADER_BYTES: usize = 48;
/// The longest name of a bus, with the zero that ends it.
pub const BUS_ID_BYTES: usize = 32;
/// The longest path, with the zero that ends it.
pub const PATH_BYTES: usize = 256;
/// A transfer is no longer than that: a host that wants more is not believed.
pub const MOST_BYTES: u32 = 1 << 20;

/// The transfer ends with an empty packet if its last one is full (Linux `URB_ZERO_PACKET`).
pub const ZERO_PACKET: u32 = 0x40;

/// Linux's numbers of what goes wrong with a transfer.
pub mod status {
    /// It was taken back.
    pub const ECONNRESET: i32 = -104;
    /// The device sent more than the host has room for.
    pub const EOVERFLOW: i32 = -75;
    /// No one answered on the bus.
    pub const EPROTO: i32 = -71;
    /// The endpoint is stalled: the device refused.
    pub const EPIPE: i32 = -32;
}

/// Which way data go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the device.
    Out,
    /// To the host.
    In,
}

/// A transfer that the host wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Urb {
    /// The host's number for it.
    pub seqnum: u32,
    /// 0 to 15.
    pub endpoint: u8,
    /// Which way its data go.
    pub direction: Direction,
    /// [`ZERO_PACKET`] matters, nothing else does.
    pub flags: u32,
    /// How much the host sends or has room for, in bytes.
    pub length: u32,
    /// On endpoint 0: the request.
    pub setup: [u8; 8],
    /// What it sends.
    pub data: Vec<u8>,
}

/// What a host says after it has got the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Do this transfer.
    Submit(Urb),
    /// Take that one back.
    Unlink {
        /// The command's own number.
        seqnum: u32,
        /// The transfer's.
        target: u32,
    },
}

/// What the device's side says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A transfer ended.
    Done(Done),
    /// One was taken back, or had ended.
    Unlinked {
        /// The command's number.
        seqnum: u32,
        /// [`status::ECONNRESET`], or 0 when the transfer had ended.
        status: i32,
    },
}

/// The end of a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The transfer's number.
    pub seqnum: u32,
    /// 0, or one of [`status`].
    pub status: i32,
    /// How much went, in bytes.
    pub actual: u32,
    /// What the host gets; empty for a transfer to the device.
    pub data: Vec<u8>,
}

impl Command {
    /// Reads one. One that no host of good will sends is an error: the connection is not believed any more.
    pub fn read(from: &mut impl Read) -> io::Result<Self> {
        let mut header = [0; HEADER_BYTES];
        from.read_exact(&mut header)?;
        let seqnum = word(&header, 4);
        match word(&header, 0) {
            CMD_SUBMIT => Self::read_submit(seqnum, &header, from),
            CMD_UNLINK => Ok(Self::Unlink { seqnum, target: word(&header, 20) }),
            _ => Err(invalid("a command that there is not")),
        }
    }

    fn read_submit(seqnum: u32, header: &[u8; HEADER_BYTES], from: &mut impl Read) -> io::Result<Self> {
        let direction = match word(header, 12) {
            0 => Direction::Out,
            1 => Direction::In,
            _ => return Err(invalid("a direction that there is not")),
        };
        let endpoint = u8::try_from(word(header, 16)).ok().filter(|endpoint| *endpoint < 16);
        let endpoint = endpoint.ok_or_else(|| invalid("an endpoint that there is not"))?;
        let length = word(header, 24);
        if length > MOST_BYTES {
            return Err(invalid("a transfer that is too long"));
        }
        let mut setup = [0; 8];
        setup.copy_from_slice(&header[40..48]);
        let mut data = vec![0; if direction == Direction::Out { length as usize } else { 0 }];
        from.read_exact(&mut data)?;
        Ok(Self::Submit(Urb { seqnum, endpoint, direction, flags: word(header, 20), length, setup, data }))
    }
}

impl Reply {
    /// Writes it.
    pub fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let (command, seqnum, status, actual, data) = match self {
            Self::Done(done) => (RET_SUBMIT, done.seqnum, done.status, done.actual, done.data.as_slice()),
            Self::Unlinked { seqnum, status } => (RET_UNLINK, *seqnum, *status, 0, [].as_slice()),
        };
        let mut message = Vec::with_capacity(HEADER_BYTES + data.len());
        for word in [command, seqnum, 0, 0, 0, status.cast_unsigned(), actual] {
            message.extend(word.to_be_bytes());
        }
        message.resize(HEADER_BYTES, 0);
        message.extend(data);
        to.write_all(&message)
    }
}

/// The number that stands there.
pub fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |word| u32::from_be_bytes(*word))
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
