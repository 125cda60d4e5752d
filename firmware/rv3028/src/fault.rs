//! Why the clock did not do as told.

use embedded_hal::i2c::ErrorKind;

/// Why the clock could not be asked or set. Its time is not trusted then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The bus refused a transfer.
    #[error("the clock does not answer on its bus ({0:?}): check its supply and the two lines")]
    Bus(ErrorKind),
    /// Its EEPROM stayed busy.
    #[error("the clock's EEPROM stays busy: take its power away, the battery's too, and start again")]
    EepromBusy,
    /// What was written does not stand there.
    #[error("the clock did not keep what was written: set it again, then check its supply and the two lines")]
    NotKept,
    /// It counts from 2000 to 2099.
    #[error("the clock counts from 2000 to 2099: set a time within")]
    Year,
}

impl Fault {
    /// The stable name of the case.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Bus(_) => "CLOCK_BUS",
            Self::EepromBusy => "CLOCK_EEPROM_BUSY",
            Self::NotKept => "CLOCK_NOT_KEPT",
            Self::Year => "CLOCK_YEAR",
        }
    }
}
