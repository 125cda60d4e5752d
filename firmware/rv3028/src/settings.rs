//! What the board wants of the part, and how it comes into the part's EEPROM.
//!
//! The registers 30h–37h are copies of the EEPROM, made at power-on and once a day; so a setting has to be in the
//! EEPROM. That wears (100 cycles at the hot end, page 98): it is written only where it differs, which is once in the
//! factory.

use embedded_hal::{delay::DelayNs, i2c::I2c};

use crate::{
    Fault, Rv3028,
    registers::{
        BACKUP, CLKOUT, CONTROL_1, EE_ADDRESS, EE_COMMAND, EE_DATA, EE_FIRST, EE_READ, EE_REFRESH, EE_WRITE,
        EEBUSY, EERD, STATUS,
    },
};

struct Setting {
    register: u8,
    mask: u8,
    value: u8,
}

const SETTINGS: [Setting; 2] = [
    // CLKOE 0: nobody listens to the clock output (3.15.4).
    Setting { register: CLKOUT, mask: 0x80, value: 0x00 },
    // BSIE 0; TCE 0: no charger; FEDE 1, as 3.15.6 asks; BSM 11: switch by level; TCR 00. Bit 7 is the factory's.
    Setting { register: BACKUP, mask: 0x7F, value: 0x1C },
];

/// BSM in [`BACKUP`]; 00 is no switchover.
const SWITCHOVER: u8 = 0x0C;

/// How long the EEPROM is waited for: 66 ms typical after power-on, 30 ms for a byte (page 98), and half as much again.
pub(crate) const EEPROM_LONGEST_MS: u32 = 100;
/// Before the first look at EEbusy after a write (4.6.7).
const AFTER_WRITE_MS: u32 = 10;
/// The same after a read and a refresh (4.6.7).
const AFTER_READ_MS: u32 = 1;

impl Setting {
    const fn holds(&self, byte: u8) -> bool {
        byte & self.mask == self.value
    }

    const fn applied_to(&self, byte: u8) -> u8 {
        byte & !self.mask | self.value
    }
}

impl<I2C: I2c> Rv3028<I2C> {
    /// Whether the settings had to be written.
    pub(crate) fn settle(&mut self, delay: &mut impl DelayNs) -> Result<bool, Fault> {
        self.eeprom_idle(delay)?;
        if self.settled()? {
            return Ok(false);
        }
        let control = self.register(CONTROL_1)?;
        self.write(CONTROL_1, control | EERD)?;
        let stored = self.store(delay);
        // Whatever happened, the daily refresh goes on: it brings back what the EEPROM holds.
        self.write(CONTROL_1, control & !EERD)?;
        stored?;
        if self.settled()? { Ok(true) } else { Err(Fault::NotKept) }
    }

    fn settled(&mut self) -> Result<bool, Fault> {
        for setting in &SETTINGS {
            if !setting.holds(self.register(setting.register)?) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn store(&mut self, delay: &mut impl DelayNs) -> Result<(), Fault> {
        self.eeprom_idle(delay)?;
        // The EEPROM must not be at work when the part switches to the battery (4.6.8).
        let backup = self.register(BACKUP)?;
        self.write(BACKUP, backup & !SWITCHOVER)?;
        for setting in &SETTINGS {
            self.write(EE_ADDRESS, setting.register)?;
            self.eeprom(EE_READ, AFTER_READ_MS, delay)?;
            let held = self.register(EE_DATA)?;
            if !setting.holds(held) {
                self.write(EE_DATA, setting.applied_to(held))?;
                self.eeprom(EE_WRITE, AFTER_WRITE_MS, delay)?;
            }
        }
        // It also brings the switchover back.
        self.eeprom(EE_REFRESH, AFTER_READ_MS, delay)
    }

    fn eeprom(&mut self, command: u8, before_look: u32, delay: &mut impl DelayNs) -> Result<(), Fault> {
        self.write(EE_COMMAND, EE_FIRST)?;
        self.write(EE_COMMAND, command)?;
        delay.delay_ms(before_look);
        self.eeprom_idle(delay)
    }

    fn eeprom_idle(&mut self, delay: &mut impl DelayNs) -> Result<(), Fault> {
        for _ in 0..EEPROM_LONGEST_MS {
            if self.register(STATUS)? & EEBUSY == 0 {
                return Ok(());
            }
            delay.delay_ms(1);
        }
        Err(Fault::EepromBusy)
    }
}
