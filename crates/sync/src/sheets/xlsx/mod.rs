//! The part of XLSX that tables of texts need: a ZIP archive of XML.

mod parts;
mod read;
mod text;
mod write;

pub(crate) use self::{read::read, write::write};

/// What every ZIP archive begins with.
pub(crate) const SIGNATURE: &[u8] = b"PK\x03\x04";

#[cfg(test)]
mod tests;
