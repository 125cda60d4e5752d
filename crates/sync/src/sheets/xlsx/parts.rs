//! The parts of an archive, unpacked within bounds.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use crate::sheets::{SheetFault, table::Bounds};

pub(super) struct Parts<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    /// How much may still be unpacked.
    left: u64,
}

/// An archive of a workbook has some tens of parts.
const MOST_PARTS: usize = 1_000;

impl<'a> Parts<'a> {
    pub(super) fn of(bytes: &'a [u8], bounds: Bounds) -> Result<Self, SheetFault> {
        if bytes.len() > bounds.bytes {
            return Err(SheetFault::TooLarge);
        }
        let archive =
            ZipArchive::new(Cursor::new(bytes)).map_err(|_| SheetFault::Unreadable("the archive"))?;
        if archive.len() > MOST_PARTS {
            return Err(SheetFault::TooLarge);
        }
        Ok(Self { archive, left: bounds.unpacked_bytes })
    }

    /// A part that there may be.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, SheetFault> {
        let file = match self.archive.by_name(name) {
            Ok(file) => file,
            Err(zip::result::ZipError::FileNotFound) => return Ok(None),
            Err(_) => return Err(SheetFault::Unreadable("a part of the archive")),
        };
        // What the archive says of its sizes is not believed.
        let mut bytes = Vec::new();
        let read = file.take(self.left + 1).read_to_end(&mut bytes);
        let read = read.map_err(|_| SheetFault::Unreadable("a part of the archive"))? as u64;
        self.left = self.left.checked_sub(read).ok_or(SheetFault::TooLarge)?;
        String::from_utf8(bytes).map(Some).map_err(|_| SheetFault::Unreadable("a part that is not UTF-8"))
    }
}
