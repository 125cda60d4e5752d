//! The bytes of a checkpoint: fields one after the other.

use core::fmt::{self, Display, Write};

use fiscal::Amount;

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

    /// A text of at most 255 bytes, with its length.
    pub(crate) fn text(&mut self, text: &str) {
        self.put(&[text.len() as u8]);
        self.put(text.as_bytes());
    }

    /// The written form of a value, with its length.
    pub(crate) fn display(&mut self, value: impl Display) {
        let at = self.length;
        self.put(&[0]);
        // An overflow is remembered.
        let _ = write!(self, "{value}");
        let length = self.length.saturating_sub(at + 1);
        if let Some(place) = self.buffer.get_mut(at) {
            *place = length as u8;
        }
    }

    pub(crate) fn amount(&mut self, amount: Amount) {
        self.put(&amount.centimes().to_be_bytes());
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

impl Write for Encoder<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text.as_bytes());
        Ok(())
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

    pub(crate) fn text<T: core::str::FromStr>(&mut self) -> Option<T> {
        let [length] = self.array()?;
        core::str::from_utf8(self.0.bytes(usize::from(length))?).ok()?.parse().ok()
    }

    pub(crate) fn amount(&mut self) -> Option<Amount> {
        Amount::from_centimes(i64::from_be_bytes(self.array()?)).ok()
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

    pub(crate) fn is_at_end(&self) -> bool {
        self.0.0.is_empty()
    }
}
