//! The factory's step for a new chip.

use embedded_hal::{delay::DelayNs, i2c::I2c};

use super::CONFIGURATION;
use crate::{Error, Identity, command, configuration::Configuration, link::Link, packet::check_sum};

/// A chip that is going to be personalised, for good.
///
/// Only a program that is built with the feature `factory` can have one; the product's firmware is not.
pub struct Personalisation<I2C, D> {
    link: Link<I2C, D>,
}

/// The words of four bytes that are written: not the maker's, and not 84–87.
const WORDS: [core::ops::Range<u8>; 2] = [4..21, 22..32];

impl<I2C: I2c, D: DelayNs> Personalisation<I2C, D> {
    /// Of the chip on this bus; nothing is sent yet.
    pub const fn of(i2c: I2C, delay: D) -> Self {
        Self { link: Link { i2c, delay } }
    }

    /// Writes the configuration, locks it, locks the data zone. **This cannot be undone.**
    ///
    /// It may be called again after it failed, and does what is left to do; on a chip that is personalised, nothing.
    /// A chip whose configuration is locked and another is refused before its data zone is touched. It takes about a
    /// second.
    pub fn run(&mut self) -> Result<Identity, Error> {
        let identity = self.link.identity()?;
        let found = self.link.configuration()?;
        if found.configuration_is_open() {
            self.write(&found)?;
            self.lock_configuration()?;
        }
        let found = self.link.configuration()?;
        found.check_content()?;
        if found.data_is_open() {
            // What a lock answered does not matter: what is locked is read.
            let _ = self.link.once(|chip| chip.ask(&command::lock_data()));
        }
        self.link.configuration()?.check()?;
        Ok(identity)
    }

    fn write(&mut self, found: &Configuration) -> Result<(), Error> {
        for word in WORDS.into_iter().flatten() {
            let place = usize::from(word) * 4;
            let mut wanted = [0; 4];
            wanted.copy_from_slice(&CONFIGURATION[place..place + 4]);
            if found.0[place..place + 4] != wanted {
                self.link.repeat(|chip| chip.ask(&command::write_configuration_word(word, &wanted)))?;
            }
        }
        Ok(())
    }

    /// The chip compares the check sum with what it holds, and refuses to lock anything else.
    fn lock_configuration(&mut self) -> Result<(), Error> {
        let found = self.link.configuration()?;
        found.check_content()?;
        let sum = check_sum(&found.0);
        let _ = self.link.once(|chip| chip.ask(&command::lock_configuration(sum)));
        if self.link.configuration()?.configuration_is_open() { Err(Error::NotKept) } else { Ok(()) }
    }

    /// Gives the bus back.
    pub fn release(self) -> (I2C, D) {
        (self.link.i2c, self.link.delay)
    }
}
