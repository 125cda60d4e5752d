//! A NOR flash that a file keeps.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::Path,
};

use embedded_storage::nor_flash::{
    ErrorType, MultiwriteNorFlash, NorFlash, ReadNorFlash, check_erase, check_read, check_write,
};
use rustix::fs::{FallocateFlags, fallocate};

use super::{
    PAGE_BYTES, SECTOR_BYTES,
    power::{Lasts, Power},
    programs, sectors,
};
use crate::fault::{FlashError, HostFault};

/// A NOR flash that a file keeps: each page program and each sector erase is in it when the call returns.
///
/// `kill -9` is therefore a power cut between two operations; against a crash of the host there is
/// [`FileFlash::sync`]; [`FileFlash::power`] cuts in the middle of a page program, of which the first half of the bytes
/// is then done. No erase is ever cut, and cells are never weak here: for both there is [`crate::World`].
///
/// The file is as long as the part and holds each byte inverted, so that a hole in it is erased flash: a fresh part
/// takes no room on the disk.
#[derive(Debug)]
pub struct FileFlash {
    file: File,
    capacity: usize,
    power: Power,
}

impl FileFlash {
    /// The product's part, a W25Q512JV, in bytes (D16).
    pub const DEFAULT_BYTES: u64 = 64 << 20;

    /// Opens the file, or makes it, erased. A file of another size is refused.
    pub fn open(path: impl AsRef<Path>, bytes: u64) -> Result<Self, HostFault> {
        let path = path.as_ref();
        let whole_sectors = bytes > 0 && bytes.is_multiple_of(SECTOR_BYTES as u64);
        let (true, Ok(capacity)) = (whole_sectors, u32::try_from(bytes)) else {
            return Err(HostFault::PartSize { bytes });
        };
        let open = || {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(path)?;
            let found = file.metadata()?.len();
            // An empty file is one whose maker was killed before it said how long it is.
            if found == 0 {
                file.set_len(bytes)?;
            }
            Ok((file, found))
        };
        let (file, found) = open().map_err(HostFault::io(path))?;
        if found != 0 && found != bytes {
            return Err(HostFault::FlashSize { path: path.into(), found, expected: bytes });
        }
        Ok(Self { file, capacity: capacity as usize, power: Power::default() })
    }

    /// Has the operating system put on the disk what was written. For the end of the process.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// A hand on the power switch: it cuts within a page program, never within an erase.
    pub fn power(&self) -> Power {
        self.power.clone()
    }

    fn check_power(&self) -> Result<(), FlashError> {
        if self.power.is_off() { Err(FlashError::PowerLost) } else { Ok(()) }
    }

    fn program(&self, address: u32, data: &[u8]) -> Result<(), FlashError> {
        match self.power.program(address, data.len()) {
            Lasts::All => Ok(self.program_cells(address, data)?),
            Lasts::Half => {
                self.program_cells(address, &data[..data.len() / 2])?;
                Err(FlashError::PowerLost)
            }
            Lasts::Nothing => Err(FlashError::PowerLost),
        }
    }

    fn program_cells(&self, address: u32, data: &[u8]) -> io::Result<()> {
        let mut page = [0; PAGE_BYTES];
        let cells = &mut page[..data.len()];
        self.file.read_exact_at(cells, address.into())?;
        // What is ANDed into cells is ORed into their inverse.
        cells.iter_mut().zip(data).for_each(|(cell, data)| *cell |= !data);
        self.file.write_all_at(cells, address.into())
    }

    fn erase_sector(&self, sector: usize) -> io::Result<()> {
        let (start, length) = ((sector * SECTOR_BYTES) as u64, SECTOR_BYTES as u64);
        let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        // Not every file system makes holes.
        fallocate(&self.file, hole, start, length)
            .or_else(|_| self.file.write_all_at(&[0; SECTOR_BYTES], start))
    }
}

impl ErrorType for FileFlash {
    type Error = FlashError;
}

impl ReadNorFlash for FileFlash {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        self.check_power()?;
        check_read(self, offset, bytes.len())?;
        self.file.read_exact_at(bytes, offset.into())?;
        bytes.iter_mut().for_each(|byte| *byte = !*byte);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.capacity
    }
}

impl NorFlash for FileFlash {
    const WRITE_SIZE: usize = 1;
    const ERASE_SIZE: usize = SECTOR_BYTES;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        self.check_power()?;
        check_erase(self, from, to)?;
        Ok(sectors(from, to).try_for_each(|sector| self.erase_sector(sector))?)
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        check_write(self, offset, bytes.len())?;
        programs(offset, bytes).try_for_each(|(address, data)| self.program(address, data))
    }
}

impl MultiwriteNorFlash for FileFlash {}

impl From<io::Error> for FlashError {
    fn from(fault: io::Error) -> Self {
        Self::Host(fault.kind())
    }
}
