//! The bytes of a checkpoint: fields one after the other.

use crate::journal::{Fields, Place, Sequence};

/// Puts fields at the end of a buffer; one that does not fit is remembered and not written.
pub(crate) struct Encoder<'a> {
    buffer: &'a mut [u8],
    length: usize,
    overflowed: bool,
}

impl<'a> Encoder<'a> {
    pub(crate) fn new(buffer: &'a mut [u8]) -> Self {
        Self { buffer, length: 0, overflowed: false }
    }

    /// What was put, unless something did not fit.
    pub(crate) fn finish(self) -> Option<&'a [u8]> {
        let Self { buffer, length, overflowed } = self;
        if overflowed { None } else { buffer.get(..length) }
    }

    pub(crate) fn put(&mut self, bytes: &[u8]) {
        match self.buffer.get_mut(self.length..self.length + bytes.len()) {
            Some(room) => {
                room.copy_from_slice(bytes);
                self.length += bytes.len();
            }
            None => self.overflowed = true,
        }
    }

    pub(crate) fn flag(&mut self, flag: bool) {
        self.put(&[u8::from(flag)]);
    }

    /// A place, or none as a sector 0, which no sector is.
    pub(crate) fn place(&mut self, place: Option<Place>) {
        let Place { sector, offset } = place.unwrap_or(Place { sector: Sequence(0), offset: 0 });
        self.put(&sector.0.to_be_bytes());
        self.put(&(offset as u16).to_be_bytes());
    }
}

/// Takes fields from the front of some bytes.
pub(crate) struct Decoder<'a>(Fields<'a>);

impl<'a> Decoder<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(Fields(bytes))
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.0.array()
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.0.u32()
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.0.u64()
    }

    pub(crate) fn flag(&mut self) -> Option<bool> {
        match self.array()? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }

    pub(crate) fn place(&mut self) -> Option<Option<Place>> {
        let sector = Sequence(self.u32()?);
        let offset = u32::from(u16::from_be_bytes(self.array()?));
        Some((sector.0 != 0).then_some(Place { sector, offset }))
    }

    /// What was not taken yet, for who takes its fields by itself.
    pub(crate) fn rest(&mut self) -> &mut &'a [u8] {
        &mut self.0.0
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.0.0.is_empty()
    }
}
