//! The chip on its bus: awake for one operation at a time.

use embedded_hal::{
    delay::DelayNs,
    i2c::{Error as _, ErrorKind, I2c, NoAcknowledgeSource},
};

use crate::{
    ADDRESS, Error,
    packet::{Answer, Command, LONGEST_ANSWER},
    timing::{POLL_US, READS, SENDS, SESSIONS, WAKE_HIGH_US, WAKE_RETRY_US, WAKES},
};

/// The bus and a way to wait.
pub(crate) struct Link<I2C, D> {
    pub(crate) i2c: I2C,
    pub(crate) delay: D,
}

/// What is written to the chip, its first byte.
const RESET: u8 = 0x00;
const SLEEP: u8 = 0x01;

/// What a chip says after a wake that found itself broken, by Microchip's library: its check sum is wrong.
const BROKEN: [u8; 4] = [0x04, 0x07, 0xC4, 0x40];
/// The same, as a status.
const STATUS_BROKEN: u8 = 0x07;

/// The chip was woken and has done nothing yet.
const STATUS_AFTER_WAKE: u8 = 0x11;
/// The chip heard a damaged command, and did nothing.
const STATUS_DAMAGED: u8 = 0xFF;

impl<I2C: I2c, D: DelayNs> Link<I2C, D> {
    /// Wakes the chip, lets `talk` talk to it, puts it to sleep; all again if that failed and may succeed. So `talk`
    /// does what can be done again.
    pub(crate) fn repeat<T>(
        &mut self,
        mut talk: impl FnMut(&mut Awake<'_, I2C, D>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        for _ in 1..SESSIONS {
            match self.once(&mut talk) {
                Err(error) if error.may_pass() => {}
                done => return done,
            }
        }
        self.once(talk)
    }

    /// The same, once.
    pub(crate) fn once<T>(
        &mut self,
        talk: impl FnOnce(&mut Awake<'_, I2C, D>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.wake()?;
        let result = talk(&mut Awake { link: self });
        // It may be asleep already, or busy: the next wake finds out.
        let _ = self.i2c.write(ADDRESS, &[SLEEP]);
        result
    }

    /// It may be asleep, awake for a while because of others' traffic, or busy with what nobody waits for any more.
    fn wake(&mut self) -> Result<(), Error> {
        let mut reason = ErrorKind::NoAcknowledge(NoAcknowledgeSource::Unknown);
        for _ in 0..WAKES {
            // So that the watchdog begins anew, and an old answer is forgotten.
            let _ = self.i2c.write(ADDRESS, &[SLEEP]);
            // Nobody has this address: it holds the line low for as long as it takes.
            let _ = self.i2c.write(0x00, &[0x00]);
            self.delay.delay_us(WAKE_HIGH_US);
            let mut answer = [0; 4];
            match self.i2c.read(ADDRESS, &mut answer).map(|()| Answer::<1>::read(&answer)) {
                Ok(Answer::Status(STATUS_AFTER_WAKE)) => return Ok(()),
                Ok(Answer::Status(STATUS_BROKEN)) => return Err(Error::SelfTest),
                Ok(_) if answer == BROKEN => return Err(Error::SelfTest),
                Ok(_) => reason = ErrorKind::Other,
                Err(error) => reason = error.kind(),
            }
            self.delay.delay_us(WAKE_RETRY_US);
        }
        Err(Error::Absent(reason))
    }
}

/// The chip while it is awake.
pub(crate) struct Awake<'l, I2C, D> {
    link: &'l mut Link<I2C, D>,
}

impl<I2C: I2c, D: DelayNs> Awake<'_, I2C, D> {
    /// One command and its answer. A command that the chip says it did not understand is sent again; one without an
    /// answer is not, because it may have been done.
    pub(crate) fn ask<const N: usize>(&mut self, command: &Command<'_, N>) -> Result<[u8; N], Error> {
        let opcode = command.opcode;
        for _ in 0..SENDS {
            let sent = command.with_bytes(|bytes| self.link.i2c.write(ADDRESS, bytes));
            if sent.is_err() {
                return Err(Error::Silent { opcode });
            }
            match self.answer(command)? {
                Answer::Data(data) => return Ok(data),
                Answer::Status(STATUS_DAMAGED) => {}
                Answer::Status(STATUS_AFTER_WAKE) => return Err(Error::Silent { opcode }),
                Answer::Status(status) => return Err(Error::Refused { opcode, status }),
                Answer::Damaged => return Err(Error::Damaged { opcode }),
            }
        }
        Err(Error::Damaged { opcode })
    }

    fn answer<const N: usize>(&mut self, command: &Command<'_, N>) -> Result<Answer<N>, Error> {
        let mut buffer = [0; LONGEST_ANSWER];
        let bytes = &mut buffer[..Answer::<N>::LENGTH];
        let mut left_us = command.longest_ms * 1_250;
        let mut reads = 0;
        loop {
            match self.link.i2c.read(ADDRESS, bytes) {
                Ok(()) => {
                    let answer = Answer::read(bytes);
                    reads += 1;
                    if answer != Answer::Damaged || reads == READS {
                        return Ok(answer);
                    }
                    // The chip still has it: from its beginning.
                    let _ = self.link.i2c.write(ADDRESS, &[RESET]);
                }
                // It does not acknowledge while it works.
                Err(_) if left_us > 0 => {
                    self.link.delay.delay_us(POLL_US);
                    left_us = left_us.saturating_sub(POLL_US);
                }
                Err(_) => return Err(Error::Silent { opcode: command.opcode }),
            }
        }
    }
}
