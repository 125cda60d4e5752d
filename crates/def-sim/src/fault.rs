//! What can go wrong with a simulated part.

use std::{io, path::PathBuf};

use embedded_storage::nor_flash::{NorFlashError, NorFlashErrorKind};

/// Why the flash did not do as told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlashError {
    /// The cut has come; everything fails until the reboot.
    #[error("the power is off: reboot the world first")]
    PowerLost,
    /// Beyond the end of the part.
    #[error("the range ends behind the flash: address what the part has")]
    OutOfBounds,
    /// Not a multiple of what the part reads, programs or erases.
    #[error("the range is not whole sectors: erase from one multiple of 4096 to another")]
    NotAligned,
    /// The file that holds the flash.
    #[error("the flash's file cannot be used ({0}): check the disk and start again")]
    Host(io::ErrorKind),
}

impl FlashError {
    /// The stable name of the case.
    pub const fn code(self) -> &'static str {
        match self {
            Self::PowerLost => "FLASH_POWER_LOST",
            Self::OutOfBounds => "FLASH_OUT_OF_BOUNDS",
            Self::NotAligned => "FLASH_NOT_ALIGNED",
            Self::Host(_) => "FLASH_FILE",
        }
    }
}

impl NorFlashError for FlashError {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::OutOfBounds => NorFlashErrorKind::OutOfBounds,
            Self::NotAligned => NorFlashErrorKind::NotAligned,
            Self::PowerLost | Self::Host(_) => NorFlashErrorKind::Other,
        }
    }
}

impl From<NorFlashErrorKind> for FlashError {
    fn from(kind: NorFlashErrorKind) -> Self {
        match kind {
            NorFlashErrorKind::NotAligned => Self::NotAligned,
            // The checks that give a kind know these two.
            _ => Self::OutOfBounds,
        }
    }
}

/// Why the secure element did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ElementError {
    /// The cut has come; everything fails until the reboot.
    #[error("the power is off: reboot the world first")]
    PowerLost,
    /// It was told to fail.
    #[error("the secure element was told to fail: ask again")]
    Failing,
    /// Nothing to sign with.
    #[error("the secure element has no key: make one first")]
    NoKey,
    /// The counter is at its end for good.
    #[error("the counter is at its end: replace the secure element")]
    CounterSpent,
    /// The file that holds its state.
    #[error("the secure element's file cannot be written ({0}): check the disk and ask again")]
    Host(io::ErrorKind),
}

impl ElementError {
    /// The stable name of the case.
    pub const fn code(self) -> &'static str {
        match self {
            Self::PowerLost => "ELEMENT_POWER_LOST",
            Self::Failing => "ELEMENT_FAILING",
            Self::NoKey => "ELEMENT_NO_KEY",
            Self::CounterSpent => "ELEMENT_COUNTER_SPENT",
            Self::Host(_) => "ELEMENT_FILE",
        }
    }
}

/// Why the files or the port of a simulator cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum HostFault {
    /// Two simulators on one state would each undo what the other did.
    #[error("{} is in use by another simulator{}: stop that one, or choose another directory", path.display(), holder(*process))]
    InUse {
        /// The state directory.
        path: PathBuf,
        /// Who holds it, where it says so.
        process: Option<u32>,
    },
    /// The flash's file is that of a part of another size.
    #[error("{} holds a flash of {found} bytes, not {expected}: give that size, or another directory", path.display())]
    FlashSize {
        /// The flash's file.
        path: PathBuf,
        /// Its size in bytes.
        found: u64,
        /// The size that was asked for, in bytes.
        expected: u64,
    },
    /// No part has this size.
    #[error(
        "a flash has whole sectors of 4096 bytes, at least one and less than 4 GiB, not {bytes} bytes: choose such a size"
    )]
    PartSize {
        /// The size that was asked for.
        bytes: u64,
    },
    /// A file of the state that says something else than it should.
    #[error("{} is damaged: restore it from a copy, or begin with a new directory", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The place of the port is taken by something that is no link.
    #[error("{} is there and not a link of a simulator: remove it, or choose another path for the port", path.display())]
    PortTaken {
        /// Where the port's link should be.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("{} cannot be used ({source}): check that it can be written", path.display())]
    Io {
        /// What was used.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl HostFault {
    /// The stable name of the case.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InUse { .. } => "SIM_IN_USE",
            Self::FlashSize { .. } => "SIM_FLASH_SIZE",
            Self::PartSize { .. } => "SIM_PART_SIZE",
            Self::Damaged { .. } => "SIM_DAMAGED",
            Self::PortTaken { .. } => "SIM_PORT_TAKEN",
            Self::Io { .. } => "SIM_IO",
        }
    }

    /// Adds to what the system said where it said so.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        |source| Self::Io { path, source }
    }
}

fn holder(process: Option<u32>) -> String {
    process.map(|process| format!(" (process {process})")).unwrap_or_default()
}
