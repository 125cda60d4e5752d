//! Reading and setting the time.

use def_engine::board::Clock;
use embedded_hal::{
    delay::DelayNs,
    i2c::{Error, I2c},
};
use fiscal::Timestamp;

use crate::{
    Fault, calendar,
    registers::{ADDRESS, BSF, CONTROL_1, CONTROL_2, PORF, SECONDS, STATUS, TWELVE_HOURS, UNIX},
};

/// The clock on its bus.
pub struct Rv3028<I2C> {
    i2c: I2C,
}

/// What the clock had to say when the board started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// Whether it has a time to trust.
    pub trusted: bool,
    /// Whether it ran on the battery since it was last asked.
    pub ran_on_battery: bool,
    /// Whether its settings were not the board's, and were written.
    pub corrected: bool,
}

/// How often a time is read that does not confirm itself: the counters tick while they are read once in a while.
const READS: u32 = 3;

/// 00h to 1Eh.
const BURST: usize = UNIX as usize + 4;

impl<I2C: I2c> Rv3028<I2C> {
    /// One on this bus; nothing is sent yet.
    pub const fn new(i2c: I2C) -> Self {
        Self { i2c }
    }

    /// Brings its settings to the board's. To be called once, before the first [`Rv3028::time`].
    ///
    /// It takes up to 100 ms after power-on, while the part loads its EEPROM, and the first time in its life about as
    /// much again. A clock that fails here may still tell the time.
    pub fn start(&mut self, delay: &mut impl DelayNs) -> Result<Start, Fault> {
        let corrected = self.settle(delay)?;
        let burst = self.burst()?;
        for register in [CONTROL_1, CONTROL_2] {
            // 24 hours, no timer, no alarm, no interrupt, the daily refresh: all zeros (3.7).
            if burst[usize::from(register)] != 0 {
                self.write(register, 0)?;
            }
        }
        let ran_on_battery = burst[usize::from(STATUS)] & BSF != 0;
        if ran_on_battery {
            self.clear(BSF)?;
        }
        Ok(Start { trusted: self.time()?.is_some(), ran_on_battery, corrected })
    }

    /// The time, none when it is not to be trusted: after it was without power, and until [`Rv3028::set_time`].
    pub fn time(&mut self) -> Result<Option<Timestamp>, Fault> {
        for _ in 0..READS {
            if let Some(unix) = told(&self.burst()?) {
                return Ok(Timestamp::from_unix(u64::from(unix)));
            }
        }
        Ok(None)
    }

    /// Sets it; from then on it is trusted. When that fails the part tells no time, or the one before.
    pub fn set_time(&mut self, time: Timestamp) -> Result<(), Fault> {
        let unix = u32::try_from(time.unix()).map_err(|_| Fault::Year)?;
        let [second, minute, hour, weekday, date, month, year] =
            calendar::to_bytes(unix).ok_or(Fault::Year)?;
        self.write(CONTROL_2, 0)?;
        // The calendar first: that begins a second anew (page 14), so no tick comes between the two counters.
        self.write_all([SECONDS, second, minute, hour, weekday, date, month, year])?;
        let [lowest, low, high, highest] = unix.to_le_bytes();
        self.write_all([UNIX, lowest, low, high, highest])?;
        self.clear(PORF)?;
        match told(&self.burst()?) {
            Some(now) if now.wrapping_sub(unix) <= 1 => Ok(()),
            _ => Err(Fault::NotKept),
        }
    }

    /// Gives the bus back.
    pub fn release(self) -> I2C {
        self.i2c
    }

    pub(crate) fn register(&mut self, register: u8) -> Result<u8, Fault> {
        let mut byte = [0];
        self.i2c.write_read(ADDRESS, &[register], &mut byte).map_err(|error| Fault::Bus(error.kind()))?;
        Ok(byte[0])
    }

    pub(crate) fn write(&mut self, register: u8, value: u8) -> Result<(), Fault> {
        self.write_all([register, value])
    }

    fn write_all<const N: usize>(&mut self, bytes: [u8; N]) -> Result<(), Fault> {
        self.i2c.write(ADDRESS, &bytes).map_err(|error| Fault::Bus(error.kind()))
    }

    fn burst(&mut self) -> Result<[u8; BURST], Fault> {
        let mut bytes = [0xFF; BURST];
        self.i2c.write_read(ADDRESS, &[SECONDS], &mut bytes).map_err(|error| Fault::Bus(error.kind()))?;
        Ok(bytes)
    }

    /// A flag is cleared by a 0 and left by a 1 (3.7).
    fn clear(&mut self, flag: u8) -> Result<(), Fault> {
        self.write(STATUS, 0x7F & !flag)
    }
}

/// What the registers 00h–1Fh say, if they say it for sure.
fn told(burst: &[u8; BURST]) -> Option<u32> {
    let at = |register: u8| burst[usize::from(register)];
    let sound = at(STATUS) & PORF == 0 && at(CONTROL_2) & TWELVE_HOURS == 0;
    let [second, minute, hour, weekday, date, month, year, ..] = *burst;
    let calendar = calendar::from_bytes([second, minute, hour, weekday, date, month, year])?;
    let unix = u32::from_le_bytes([at(UNIX), at(UNIX + 1), at(UNIX + 2), at(UNIX + 3)]);
    (sound && unix.abs_diff(calendar) <= 1).then_some(calendar)
}

impl<I2C: I2c> Clock for Rv3028<I2C> {
    /// Also none when the bus fails.
    fn now(&mut self) -> Option<Timestamp> {
        self.time().ok().flatten()
    }

    /// What fails shows in [`Clock::now`].
    fn set(&mut self, time: Timestamp) {
        let _ = self.set_time(time);
    }
}
