use super::{Checksum, ETX, FRAME_BYTES, RS, STX, checksum::Sums};
use crate::{code::ErrorCode, correlation::Correlation};

/// Finds frames in a stream of bytes, however it is cut.
///
/// Bytes outside a frame are ignored, a second STX begins the frame anew, CR and LF count for the checksum and for
/// nothing else. The buffer is the caller's: an array on a device, a boxed slice of [`super::REPLY_BYTES`] on a host.
pub struct FrameReader<B> {
    buffer: B,
    length: usize,
    overflowed: bool,
    place: Place,
    sums: Sums,
    /// How much of the content is in the sums: bytes are added many at a time, which costs a tenth.
    summed: usize,
    trailer: heapless::Vec<u8, { Checksum::LONGEST + 1 }>,
    checksum: Checksum,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Outside,
    Content,
    Trailer,
}

impl FrameReader<[u8; FRAME_BYTES]> {
    /// A reader of requests.
    pub const fn for_requests() -> Self {
        Self::empty([0; FRAME_BYTES])
    }
}

impl<B> FrameReader<B> {
    const fn empty(buffer: B) -> Self {
        Self {
            buffer,
            length: 0,
            overflowed: false,
            place: Place::Outside,
            sums: Sums::new(),
            summed: 0,
            trailer: heapless::Vec::new(),
            checksum: Checksum::None,
        }
    }
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> FrameReader<B> {
    /// A reader of frames whose content fits the buffer.
    pub fn new(buffer: B) -> Self {
        Self::empty(buffer)
    }

    /// Takes one byte. An answer says that a frame ended here: a good one, whose [`Self::content`] holds until the
    /// next STX, or a bad one, once, at its ETX.
    pub fn push(&mut self, byte: u8) -> Option<Result<(), FrameFault>> {
        match (self.place, byte) {
            (_, STX) => self.begin(),
            (Place::Outside, _) => {}
            (_, ETX) => return Some(self.end()),
            (Place::Content, RS) => self.place = Place::Trailer,
            (Place::Trailer, b'\r' | b'\n') => {}
            // A trailer that is too long for its buffer is too long to be one, and stays so.
            (Place::Trailer, _) => self.trailer.push(byte).unwrap_or_default(),
            (Place::Content, _) => self.take(byte),
        }
        None
    }

    /// What stood between STX and the trailer or ETX, without CR and LF. Of a bad frame, as much as fitted.
    pub fn content(&self) -> &[u8] {
        self.buffer.as_ref().get(..self.length).unwrap_or_default()
    }

    /// Which checksum the frame had. Of a bad frame, the one that it seems to have meant; an answer uses the same.
    pub const fn checksum(&self) -> Checksum {
        self.checksum
    }

    /// The correlation that a bad frame seems to have, so that its sender knows which one was bad.
    pub fn correlation(&self) -> Option<Correlation> {
        Correlation::find(self.content())
    }

    /// Forgets a frame that has begun, for a line that was closed and opened again.
    pub fn reset(&mut self) {
        self.begin();
        self.place = Place::Outside;
    }

    fn begin(&mut self) {
        self.length = 0;
        self.overflowed = false;
        self.place = Place::Content;
        self.sums = Sums::new();
        self.summed = 0;
        self.trailer.clear();
        self.checksum = Checksum::None;
    }

    fn take(&mut self, byte: u8) {
        if matches!(byte, b'\r' | b'\n') {
            self.sum();
            self.sums.update(&[byte]);
            return;
        }
        match self.buffer.as_mut().get_mut(self.length) {
            Some(place) => {
                *place = byte;
                self.length += 1;
            }
            None => self.overflowed = true,
        }
    }

    fn sum(&mut self) {
        self.sums.update(self.buffer.as_ref().get(self.summed..self.length).unwrap_or_default());
        self.summed = self.length;
    }

    fn end(&mut self) -> Result<(), FrameFault> {
        self.checksum = match (self.place, self.trailer.len()) {
            (Place::Trailer, ..=2) => Checksum::Lrc,
            (Place::Trailer, _) => Checksum::Crc32,
            _ => Checksum::None,
        };
        self.place = Place::Outside;
        self.sum();
        if self.overflowed {
            Err(FrameFault::TooLong { most: self.buffer.as_ref().len() })
        } else if self.trailer != self.sums.digits(self.checksum) {
            Err(FrameFault::Checksum)
        } else {
            Ok(())
        }
    }
}

/// Why a frame is none. Nothing in it was executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameFault {
    /// More content than fits.
    #[error("the frame is longer than {most} bytes: send less")]
    TooLong {
        /// What fits, in bytes.
        most: usize,
    },
    /// The trailer is not the checksum of what came, or is none.
    #[error("the checksum does not fit what arrived: send the frame again")]
    Checksum,
}

impl FrameFault {
    /// What a reply says of it.
    pub const fn code(self) -> ErrorCode {
        ErrorCode::FrameInvalid
    }
}
