//! Frames: `STX content [RS checksum] ETX` (D1).

mod checksum;
mod reader;
mod writer;

pub use checksum::Checksum;
pub use reader::{FrameFault, FrameReader};
pub use writer::{FrameWriter, Output};

/// The longest content of a request, in bytes, without CR and LF: a payload of 24 KiB and its command.
pub const FRAME_BYTES: usize = 25 * 1024;

/// What a host has to have room for, in bytes: no reply is longer.
pub const REPLY_BYTES: usize = 512 * 1024;

const STX: u8 = 0x02;
const ETX: u8 = 0x03;
const RS: u8 = 0x1E;
