//! What a chip is.

use core::fmt;

use crate::Error;

/// Which chip it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Of the silicon.
    pub revision: Revision,
    /// Of this one.
    pub serial: SerialNumber,
}

/// The silicon's revision: the last byte of the answer to Info.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revision {
    /// ATECC608A, 02h.
    A,
    /// ATECC608B, 03h.
    B,
    /// ATECC608C and what follows it.
    Later(u8),
}

impl Revision {
    pub(crate) const fn read(answer: [u8; 4]) -> Result<Self, Error> {
        match answer {
            [0, 0, 0x60, 0x02] => Ok(Self::A),
            [0, 0, 0x60, 0x03] => Ok(Self::B),
            [0, 0, 0x60, later] if later > 0x03 => Ok(Self::Later(later)),
            other => Err(Error::OtherPart(other)),
        }
    }
}

/// Nine bytes that no other chip has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SerialNumber(pub [u8; 9]);

impl SerialNumber {
    /// Bytes 0–3 and 8–12 of the configuration.
    pub(crate) fn read(configuration: &[u8; 128]) -> Self {
        let mut serial = [0; 9];
        serial[..4].copy_from_slice(&configuration[..4]);
        serial[4..].copy_from_slice(&configuration[8..13]);
        Self(serial)
    }
}

impl fmt::Display for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}
