//! Fields of a token, one after the other.

use core::{fmt, str::FromStr};

use fiscal::{Epoch, InvoiceNumber, PublicKey, Timestamp};

use super::TokenFault;

/// Takes fields from the front of a token's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fields<'b>(pub(super) &'b [u8]);

impl<'b> Fields<'b> {
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], TokenFault> {
        let (array, rest) = self.0.split_first_chunk().ok_or(TokenFault::Truncated)?;
        self.0 = rest;
        Ok(*array)
    }

    pub(super) fn u16(&mut self) -> Result<u16, TokenFault> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, TokenFault> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, TokenFault> {
        self.array().map(u64::from_be_bytes)
    }

    pub(super) fn flag(&mut self) -> Result<bool, TokenFault> {
        match self.array()? {
            [0] => Ok(false),
            [1] => Ok(true),
            _ => Err(TokenFault::Field("yes or no")),
        }
    }

    pub(super) fn text(&mut self) -> Result<&'b str, TokenFault> {
        let [length] = self.array()?;
        let (text, rest) = self.0.split_at_checked(usize::from(length)).ok_or(TokenFault::Truncated)?;
        self.0 = rest;
        core::str::from_utf8(text).map_err(|_| TokenFault::Field("text"))
    }

    pub(super) fn parsed<T: FromStr>(&mut self, what: &'static str) -> Result<T, TokenFault> {
        self.text()?.parse().map_err(|_| TokenFault::Field(what))
    }

    pub(super) fn time(&mut self) -> Result<Timestamp, TokenFault> {
        Timestamp::from_unix(self.u64()?).ok_or(TokenFault::Field("time"))
    }

    pub(super) fn epoch(&mut self) -> Result<Epoch, TokenFault> {
        self.u32().map(Epoch)
    }

    pub(super) fn number(&mut self) -> Result<InvoiceNumber, TokenFault> {
        InvoiceNumber::new(self.u64()?).ok_or(TokenFault::Field("invoice number"))
    }

    /// 0 is none.
    pub(super) fn number_or_none(&mut self) -> Result<Option<InvoiceNumber>, TokenFault> {
        match self.u64()? {
            0 => Ok(None),
            number => InvoiceNumber::new(number).map(Some).ok_or(TokenFault::Field("invoice number")),
        }
    }

    pub(super) fn public_key(&mut self) -> Result<PublicKey, TokenFault> {
        let point = self.array::<{ PublicKey::COMPRESSED_LENGTH }>()?;
        // SEC 1 has a second form of 33 bytes, which begins with 05.
        let key = PublicKey::from_sec1(&point).ok().filter(|key| key.to_compressed() == point);
        key.ok_or(TokenFault::Field("public key"))
    }

    pub(super) fn rest(&mut self) -> &'b [u8] {
        core::mem::take(&mut self.0)
    }

    pub(super) fn end(&self) -> Result<(), TokenFault> {
        if self.0.is_empty() { Ok(()) } else { Err(TokenFault::TrailingBytes) }
    }
}

/// Puts fields into a buffer.
#[derive(Debug)]
pub struct Sink<'b> {
    buffer: &'b mut [u8],
    length: usize,
}

impl<'b> Sink<'b> {
    pub(super) fn new(buffer: &'b mut [u8]) -> Self {
        Self { buffer, length: 0 }
    }

    pub(super) fn put(&mut self, bytes: &[u8]) -> Result<(), TokenFault> {
        let room = self.buffer.get_mut(self.length..).and_then(|rest| rest.get_mut(..bytes.len()));
        room.ok_or(TokenFault::TooLong)?.copy_from_slice(bytes);
        self.length += bytes.len();
        Ok(())
    }

    pub(super) fn put_text(&mut self, text: &str) -> Result<(), TokenFault> {
        let length = u8::try_from(text.len()).map_err(|_| TokenFault::Field("text"))?;
        self.put(&[length])?;
        self.put(text.as_bytes())
    }

    /// The text of a value whose Display has at most 32 bytes.
    pub(super) fn put_displayed(&mut self, value: impl fmt::Display) -> Result<(), TokenFault> {
        let mut text = heapless::String::<32>::new();
        fmt::write(&mut text, format_args!("{value}")).map_err(|_| TokenFault::Field("text"))?;
        self.put_text(&text)
    }

    pub(super) fn written(&self) -> &[u8] {
        &self.buffer[..self.length]
    }

    pub(super) fn into_written(self) -> &'b [u8] {
        &self.buffer[..self.length]
    }
}
