use core::fmt;

use super::{Checksum, ETX, RS, STX, checksum::Sums};
use crate::{correlation::Correlation, request::Addressed};

/// Where a frame goes.
///
/// A line that is gone loses bytes; who sent them learns of it by a missing answer, so this cannot fail. Pieces are
/// small: an implementation that pays for each of them gathers them.
pub trait Output {
    /// Sends the bytes, or loses them.
    fn send(&mut self, bytes: &[u8]);
}

impl<O: Output + ?Sized> Output for &mut O {
    fn send(&mut self, bytes: &[u8]) {
        (**self).send(bytes);
    }
}

/// Frames what is written to it.
///
/// Content has none of STX, ETX and RS: JSON escapes them.
#[must_use = "a frame ends by `finish`"]
pub struct FrameWriter<'o, O: Output + ?Sized> {
    out: &'o mut O,
    sums: Sums,
    checksum: Checksum,
}

impl<'o, O: Output + ?Sized> FrameWriter<'o, O> {
    /// Begins the frame of a reply, in the form of its request: `STX [@17 ]`.
    pub fn begin(out: &'o mut O, correlation: Option<Correlation>, checksum: Checksum) -> Self {
        let mut frame = Self::open(out, checksum);
        if let Some(correlation) = correlation {
            frame.bytes(b"@");
            frame.bytes(correlation.as_str().as_bytes());
            frame.bytes(b" ");
        }
        frame
    }

    /// Sends a request in a frame: `STX TXN|COMMIT[@17] {...} [RS trailer] ETX`.
    ///
    /// The request is one that [`Addressed::read`] would take; a payload that has STX, ETX or RS in it is none.
    pub fn write_request(out: &'o mut O, request: &Addressed<'_>, checksum: Checksum) {
        let mut frame = Self::open(out, checksum);
        request.write(&mut frame);
        frame.finish();
    }

    /// Adds bytes to the content.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.sums.update(bytes);
        self.out.send(bytes);
    }

    /// Ends the frame.
    pub fn finish(self) {
        if self.checksum != Checksum::None {
            self.out.send(&[RS]);
            self.out.send(&self.sums.digits(self.checksum));
        }
        self.out.send(&[ETX]);
    }

    /// Leaves the frame without an end, when its rest cannot be made. The next one's STX begins anew at the reader.
    pub fn abandon(self) {}

    fn open(out: &'o mut O, checksum: Checksum) -> Self {
        out.send(&[STX]);
        Self { out, sums: Sums::new(), checksum }
    }
}

impl<O: Output + ?Sized> fmt::Write for FrameWriter<'_, O> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.bytes(text.as_bytes());
        Ok(())
    }
}
