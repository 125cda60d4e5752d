//! The part's registers, as far as they are used (3.2).

/// The part's only address, 7 bits.
pub const ADDRESS: u8 = 0x52;

/// Seconds, minutes, hours, weekday, date, month, year in BCD (3.3, 3.4).
pub const SECONDS: u8 = 0x00;
/// Flags (3.7).
pub const STATUS: u8 = 0x0E;
/// Timer, alarm and the EEPROM's refresh (3.7).
pub const CONTROL_1: u8 = 0x0F;
/// Interrupts, 12 or 24 hours, reset (3.7).
pub const CONTROL_2: u8 = 0x10;
/// The UNIX counter, four bytes, the lowest first (3.10).
pub const UNIX: u8 = 0x1B;
/// Which byte of the EEPROM (3.13).
pub const EE_ADDRESS: u8 = 0x25;
/// What is read from it or written to it (3.13).
pub const EE_DATA: u8 = 0x26;
/// What to do with it (3.13).
pub const EE_COMMAND: u8 = 0x27;
/// The clock output; a copy of the EEPROM's byte of the same address (3.15.4).
pub const CLKOUT: u8 = 0x35;
/// Switchover, charger and the lowest bit of the factory's calibration; a copy as well (3.15.6).
pub const BACKUP: u8 = 0x37;

/// Status: the EEPROM is at work (3.7).
pub const EEBUSY: u8 = 1 << 7;
/// Status: the part switched to the battery (3.7).
pub const BSF: u8 = 1 << 5;
/// Status: the part was without any power (3.7).
pub const PORF: u8 = 1 << 0;
/// Control 1: no daily refresh of the copies from the EEPROM (3.7).
pub const EERD: u8 = 1 << 3;
/// Control 2: hours are 1 to 12 (3.7).
pub const TWELVE_HOURS: u8 = 1 << 1;

/// EEPROM command: what has to be written before each of the others (4.6.5).
pub const EE_FIRST: u8 = 0x00;
/// EEPROM command: copy all of the settings to the registers (4.6.4).
pub const EE_REFRESH: u8 = 0x12;
/// EEPROM command: write one byte (4.6.5).
pub const EE_WRITE: u8 = 0x21;
/// EEPROM command: read one byte (4.6.6).
pub const EE_READ: u8 = 0x22;
