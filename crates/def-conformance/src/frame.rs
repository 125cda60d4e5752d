//! Frames as section 2 of the document describes them: written anew, so that a fault of `def-protocol` is not ours too.

use anyhow::{Result, bail, ensure};
use crc::{CRC_32_ISO_HDLC, Crc};

/// Begins a frame.
pub const STX: u8 = 0x02;
/// Ends it.
pub const ETX: u8 = 0x03;
/// Stands before its checksum.
pub const RS: u8 = 0x1E;

/// How a frame is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Not at all.
    Plain,
    /// By the XOR of its bytes.
    Lrc,
    /// By its CRC-32.
    Crc,
}

impl Form {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Plain, Self::Lrc, Self::Crc];

    /// What stands between content and ETX.
    pub fn trailer(self, content: &[u8]) -> Vec<u8> {
        let digits = match self {
            Self::Plain => return Vec::new(),
            Self::Lrc => format!("{:02X}", content.iter().fold(0, |lrc, byte| lrc ^ byte)),
            Self::Crc => format!("{:08X}", Crc::<u32>::new(&CRC_32_ISO_HDLC).checksum(content)),
        };
        [&[RS], digits.as_bytes()].concat()
    }

    /// A whole frame.
    pub fn frame(self, content: &[u8]) -> Vec<u8> {
        [&[STX], content, &self.trailer(content), &[ETX]].concat()
    }
}

/// A frame that came from a device, and was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Between STX and the checksum.
    pub content: Vec<u8>,
    /// How it was checked.
    pub form: Form,
}

impl Frame {
    /// Takes the first frame off the front of what was received; none while it is not whole.
    pub fn take(received: &mut Vec<u8>) -> Result<Option<Self>> {
        let Some(end) = received.iter().position(|byte| *byte == ETX) else { return Ok(None) };
        let bytes: Vec<u8> = received.drain(..=end).collect();
        let Some(start) = bytes.iter().rposition(|byte| *byte == STX) else {
            bail!("an ETX without an STX came from the device");
        };
        ensure!(start == 0, "the device sent {start} bytes outside a frame, or left a frame without its end");
        Self::read(&bytes[1..end]).map(Some)
    }

    fn read(inner: &[u8]) -> Result<Self> {
        let Some(at) = inner.iter().position(|byte| *byte == RS) else {
            return Ok(Self { content: inner.to_vec(), form: Form::Plain });
        };
        let (content, trailer) = inner.split_at(at);
        let form = match trailer.len() {
            3 => Form::Lrc,
            9 => Form::Crc,
            length => bail!("a reply's checksum has {} digits", length - 1),
        };
        ensure!(trailer == form.trailer(content), "a reply's checksum is wrong");
        Ok(Self { content: content.to_vec(), form })
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::select};

    use super::*;
    use crate::document;

    fn bytes(hexadecimal: &str) -> Vec<u8> {
        let digits: String = hexadecimal.split_whitespace().collect();
        (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
    }

    #[test]
    fn frames_are_those_of_the_document() {
        for (form, name) in Form::ALL.into_iter().zip(["frame-none", "frame-lrc", "frame-crc32"]) {
            assert_eq!(form.frame(b"QRY|STATUS"), bytes(document::example(name)));
        }
    }

    #[test]
    fn a_reply_is_taken_once_it_is_whole() {
        let reply = bytes(document::example("frame-reply"));
        let mut received = reply[..10].to_vec();
        assert_eq!(Frame::take(&mut received).unwrap(), None);
        received.extend_from_slice(&reply[10..]);
        let frame = Frame::take(&mut received).unwrap().unwrap();
        assert_eq!((frame.form, &frame.content[..4], received.len()), (Form::Crc, &b"@17 "[..], 0));
    }

    proptest! {
        #[test]
        fn what_is_framed_is_taken_as_it_was(content in "[ -~\r\n]{0,80}", form in select(Form::ALL.to_vec()), rest in "[a-z]{0,5}") {
            let mut received = [form.frame(content.as_bytes()), rest.clone().into_bytes()].concat();
            let frame = Frame::take(&mut received).unwrap().unwrap();
            prop_assert_eq!(frame, Frame { content: content.into_bytes(), form });
            prop_assert_eq!(received, rest.into_bytes());
        }
    }

    #[test]
    fn a_reply_with_a_wrong_checksum_is_a_fault() {
        let mut reply = bytes(document::example("frame-reply"));
        reply[9] ^= 1;
        assert!(Frame::take(&mut reply).is_err());
    }
}
