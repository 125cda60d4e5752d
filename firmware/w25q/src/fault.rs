//! What can go wrong.

use embedded_storage::nor_flash::{NorFlashError, NorFlashErrorKind};

/// Why the part did not do as told. `E` is the bus's own error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault<E> {
    /// The bus failed; the part may or may not have heard.
    #[error("the flash's bus failed: check its wiring and start again")]
    Bus(E),
    /// Another part, or none, answered 9Fh; what it said.
    #[error("no W25Q64 to W25Q512JV answers ({0:02x?}): check the part, its power and its wiring")]
    UnknownPart([u8; 3]),
    /// A part from the factory protects nothing, so somebody else changed this one.
    #[error("the flash protects itself ({0:02x?}): clear BP, CMP and WPS of its status registers")]
    Protected([u8; 3]),
    /// It was told to take a program or an erase, and does not say that it will.
    #[error("the flash does not let itself be written: check its power and its WP line")]
    WriteRefused,
    /// It is at work for longer than it may.
    #[error("the flash does not finish its work: replace it if it says so again")]
    Timeout,
    /// Beyond the end of the part.
    #[error("the range ends behind the flash: address what the part has")]
    OutOfBounds,
    /// Not whole sectors.
    #[error("the range is not whole sectors: erase from one multiple of 4096 to another")]
    NotAligned,
}

impl<E> Fault<E> {
    /// The stable name of the case.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Bus(_) => "W25Q_BUS",
            Self::UnknownPart(_) => "W25Q_UNKNOWN_PART",
            Self::Protected(_) => "W25Q_PROTECTED",
            Self::WriteRefused => "W25Q_WRITE_REFUSED",
            Self::Timeout => "W25Q_TIMEOUT",
            Self::OutOfBounds => "W25Q_OUT_OF_BOUNDS",
            Self::NotAligned => "W25Q_NOT_ALIGNED",
        }
    }
}

impl<E: core::fmt::Debug> NorFlashError for Fault<E> {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::OutOfBounds => NorFlashErrorKind::OutOfBounds,
            Self::NotAligned => NorFlashErrorKind::NotAligned,
            _ => NorFlashErrorKind::Other,
        }
    }
}

impl<E> From<NorFlashErrorKind> for Fault<E> {
    fn from(kind: NorFlashErrorKind) -> Self {
        match kind {
            NorFlashErrorKind::NotAligned => Self::NotAligned,
            // The checks that give a kind know these two.
            _ => Self::OutOfBounds,
        }
    }
}
