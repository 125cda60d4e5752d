//! A part of a flash as a flash.

use embedded_storage::nor_flash::{
    ErrorType, MultiwriteNorFlash, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash, check_erase,
    check_read, check_write,
};

/// The first sectors of a flash; what lies behind them is not reached.
#[derive(Debug)]
pub struct Window<F> {
    flash: F,
    length: u32,
}

impl<F: NorFlash> Window<F> {
    /// The first `sectors` sectors, if the flash has so many.
    pub fn new(flash: F, sectors: u32) -> Option<Self> {
        let length = sectors.checked_mul(F::ERASE_SIZE as u32)?;
        (length as usize <= flash.capacity()).then_some(Self { flash, length })
    }
}

/// Why a window did not do as told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WindowFault<E> {
    /// The flash behind it.
    #[error("the flash failed: see what it says")]
    Flash(E),
    /// Beyond the window.
    #[error("the range ends behind the window: address what it shows")]
    OutOfBounds,
    /// Not a multiple of what the flash reads, programs or erases.
    #[error("the range is not whole sectors: erase from one multiple of a sector to another")]
    NotAligned,
}

impl<E> WindowFault<E> {
    /// The stable name of the case.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Flash(_) => "WINDOW_FLASH",
            Self::OutOfBounds => "WINDOW_OUT_OF_BOUNDS",
            Self::NotAligned => "WINDOW_NOT_ALIGNED",
        }
    }
}

impl<E: NorFlashError> NorFlashError for WindowFault<E> {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::Flash(fault) => fault.kind(),
            Self::OutOfBounds => NorFlashErrorKind::OutOfBounds,
            Self::NotAligned => NorFlashErrorKind::NotAligned,
        }
    }
}

impl<E> From<NorFlashErrorKind> for WindowFault<E> {
    fn from(kind: NorFlashErrorKind) -> Self {
        match kind {
            NorFlashErrorKind::NotAligned => Self::NotAligned,
            // The checks that give a kind know these two.
            _ => Self::OutOfBounds,
        }
    }
}

impl<F: NorFlash> ErrorType for Window<F> {
    type Error = WindowFault<F::Error>;
}

impl<F: NorFlash> ReadNorFlash for Window<F> {
    const READ_SIZE: usize = F::READ_SIZE;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        check_read(self, offset, bytes.len())?;
        self.flash.read(offset, bytes).map_err(WindowFault::Flash)
    }

    fn capacity(&self) -> usize {
        self.length as usize
    }
}

impl<F: NorFlash> NorFlash for Window<F> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        check_erase(self, from, to)?;
        self.flash.erase(from, to).map_err(WindowFault::Flash)
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        check_write(self, offset, bytes.len())?;
        self.flash.write(offset, bytes).map_err(WindowFault::Flash)
    }
}

impl<F: MultiwriteNorFlash> MultiwriteNorFlash for Window<F> {}
