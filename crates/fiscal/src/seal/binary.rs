//! Fields of binary formats, one after the other, and what is wrong with them.

use heapless::Vec;

use super::key::SignatureFault;

/// Puts fields at the end of some bytes.
pub(crate) struct ByteWriter<const N: usize>(pub(crate) Vec<u8, N>);

impl<const N: usize> ByteWriter<N> {
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        // The capacity is the sum of the longest fields, so there is always room.
        let _ = self.0.extend_from_slice(bytes);
    }

    pub(crate) fn put_text(&mut self, text: &str) {
        // Ids have at most 20 characters.
        self.put(&[u8::try_from(text.len()).unwrap_or_default()]);
        self.put(text.as_bytes());
    }
}

/// Takes fields from the front of some bytes.
pub(crate) struct ByteReader<'a>(pub(crate) &'a [u8]);

impl ByteReader<'_> {
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], RecordFault> {
        let (array, rest) = self.0.split_first_chunk().ok_or(RecordFault::Truncated)?;
        self.0 = rest;
        Ok(*array)
    }

    pub(crate) fn integer(&mut self) -> Result<u64, RecordFault> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn text<T: core::str::FromStr>(&mut self) -> Result<T, RecordFault> {
        let [length] = self.array()?;
        let (text, rest) = self.0.split_at_checked(usize::from(length)).ok_or(RecordFault::Truncated)?;
        self.0 = rest;
        let text = core::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
        text.ok_or(RecordFault::Field("id"))
    }
}

/// Why bytes are not a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordFault {
    /// The tag is not there.
    #[error("this is not a record of version 1: it does not begin with its tag")]
    NotARecord,
    /// The bytes end too early.
    #[error("the record ends before it is complete: copy all of it")]
    Truncated,
    /// The bytes end too late.
    #[error("something follows the record: copy one record only")]
    TrailingBytes,
    /// A kind that this version does not know.
    #[error("the record is of the unknown kind {0}: read it with a newer version")]
    UnknownKind(u8),
    /// A field that cannot be.
    #[error("the record's {0} is not one that can be: the record was damaged or invented")]
    Field(&'static str),
    /// A signature that is not in its one form.
    #[error(transparent)]
    Signature(#[from] SignatureFault),
}
