//! The part as a flash of `embedded-storage`.

use core::fmt::Debug;

use embedded_hal::{delay::DelayNs, spi::SpiDevice};
use embedded_storage::nor_flash::{
    ErrorType, MultiwriteNorFlash, NorFlash, ReadNorFlash, check_erase, check_read, check_write,
};

use crate::{
    driver::W25q,
    fault::Fault,
    part::{PAGE, SECTOR},
};

impl<S: SpiDevice, D> ErrorType for W25q<S, D>
where
    S::Error: Debug,
{
    type Error = Fault<S::Error>;
}

impl<S: SpiDevice, D: DelayNs> ReadNorFlash for W25q<S, D> {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        check_read(self, offset, bytes.len())?;
        if bytes.is_empty() { Ok(()) } else { self.read_on(offset, bytes) }
    }

    fn capacity(&self) -> usize {
        self.part().capacity() as usize
    }
}

impl<S: SpiDevice, D: DelayNs> NorFlash for W25q<S, D> {
    const WRITE_SIZE: usize = 1;
    const ERASE_SIZE: usize = SECTOR as usize;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        check_erase(self, from, to)?;
        (from..to).step_by(Self::ERASE_SIZE).try_for_each(|sector| self.erase_sector(sector))
    }

    fn write(&mut self, mut offset: u32, mut bytes: &[u8]) -> Result<(), Self::Error> {
        check_write(self, offset, bytes.len())?;
        while !bytes.is_empty() {
            let room = PAGE - offset as usize % PAGE;
            let (page, rest) = bytes.split_at(room.min(bytes.len()));
            self.program_page(offset, page)?;
            offset += page.len() as u32;
            bytes = rest;
        }
        Ok(())
    }
}

/// What is programmed again may clear more bits: "Page Program" asks for erased bytes only to set them all.
impl<S: SpiDevice, D: DelayNs> MultiwriteNorFlash for W25q<S, D> {}
