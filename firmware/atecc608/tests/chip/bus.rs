//! The chip's I2C side: asleep, awake or busy, its watchdog, and a bus that can fail.

use std::{cell::RefCell, rc::Rc};

use embedded_hal::{
    delay::DelayNs,
    i2c::{ErrorKind, ErrorType, I2c, NoAcknowledgeSource, Operation},
};

use crate::model::{Core, check_sum};

/// What happens to one transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// The chip does not hear it, and the board is told so.
    Deaf,
    /// The chip hears it and answers; the board is told that it failed.
    LostAfter,
    /// One bit of what is written is heard wrongly.
    FlipWritten(usize),
    /// One bit of what is read is read wrongly.
    FlipRead(usize),
    /// The chip loses its power before the transfer.
    PowerBefore,
    /// The chip loses its power after the transfer; what it was told is done.
    PowerAfter,
    /// The same, and a counter that was being raised is raised by three more.
    PowerJump,
}

/// One handle of the chip; all of them are the same chip.
#[derive(Clone)]
pub(crate) struct Chip(Rc<RefCell<State>>);

pub(crate) struct State {
    pub(crate) core: Core,
    /// How much of its longest time a command takes, in percent.
    pub(crate) pace: u64,
    /// Wakes by any transfer to its address, as chips do whose wake is quicker than it has to be.
    pub(crate) light_sleeper: bool,
    /// Every answer but that to a wake has a wrong bit.
    pub(crate) noisy: bool,
    pub(crate) micros: u64,
    pub(crate) transfers: usize,
    /// Commands that were done, first byte and mode.
    pub(crate) log: Vec<(u8, u8)>,
    awake_until: u64,
    asleep: bool,
    busy_until: u64,
    output: Vec<u8>,
    read: usize,
    mishaps: Vec<(usize, Mishap)>,
    /// From this transfer on nothing is heard.
    dead_from: usize,
}

const FAILED: ErrorKind = ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address);
/// The shortest that the data sheet gives.
const WATCHDOG_US: u64 = 700_000;
const BYTE_US: u64 = 90;

impl Chip {
    pub(crate) fn new(core: Core) -> Self {
        Self(Rc::new(RefCell::new(State {
            core,
            pace: 60,
            light_sleeper: false,
            noisy: false,
            micros: 0,
            transfers: 0,
            log: Vec::new(),
            awake_until: 0,
            asleep: true,
            busy_until: 0,
            output: Vec::new(),
            read: 0,
            mishaps: Vec::new(),
            dead_from: usize::MAX,
        })))
    }

    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.0.borrow_mut())
    }

    /// Lets transfers from now go wrong, counted from 0.
    pub(crate) fn break_transfers(&self, mishaps: &[(usize, Mishap)]) {
        self.with(|state| (state.transfers, state.mishaps) = (0, mishaps.to_vec()));
    }

    /// From the n-th transfer from now on the chip hears nothing.
    pub(crate) fn die_at(&self, nth: usize) {
        self.with(|state| (state.transfers, state.dead_from) = (0, nth));
    }

    /// Whether all of that happened.
    pub(crate) fn broke(&self) -> bool {
        self.with(|state| state.mishaps.is_empty())
    }

    /// Others' traffic woke it.
    pub(crate) fn disturb(&self, micros_ago: u64) {
        self.with(|state| {
            state.wake();
            state.pass(micros_ago);
        });
    }

    /// The board is off; the chip rests.
    pub(crate) fn rest(&self) {
        self.with(|state| {
            state.mishaps.clear();
            state.dead_from = usize::MAX;
            state.lose_power();
        });
    }

    pub(crate) fn is_asleep(&self) -> bool {
        self.with(|state| state.asleep)
    }
}

impl State {
    fn pass(&mut self, micros: u64) {
        self.micros += micros;
        if !self.asleep && self.micros >= self.awake_until && self.micros >= self.busy_until {
            self.sleep();
        }
    }

    fn sleep(&mut self) {
        self.asleep = true;
        self.output.clear();
        self.core.forget();
    }

    fn wake(&mut self) {
        if self.asleep {
            self.asleep = false;
            self.awake_until = self.micros + WATCHDOG_US;
            self.answer(&[0x11]);
        }
    }

    fn lose_power(&mut self) {
        self.busy_until = 0;
        self.sleep();
    }

    fn answer(&mut self, data: &[u8]) {
        let mut output = vec![u8::try_from(data.len() + 3).unwrap()];
        output.extend(data);
        output.extend(check_sum(&output).to_le_bytes());
        (self.output, self.read) = (output, 0);
    }

    /// What is written to the chip's address. Says whether it was acknowledged.
    fn heard(&mut self, bytes: &[u8]) -> bool {
        if self.asleep || self.micros < self.busy_until {
            return false;
        }
        match bytes {
            [0x00, ..] => self.read = 0,
            [0x01, ..] => self.sleep(),
            // Idle keeps what the chip knows, and is woken like sleep: here it is the same.
            [0x02, ..] => self.asleep = true,
            [0x03, command @ ..] => self.command(command),
            _ => {}
        }
        true
    }

    fn command(&mut self, bytes: &[u8]) {
        let sound = bytes.first().is_some_and(|count| usize::from(*count) == bytes.len())
            && bytes.len() >= 7
            && check_sum(&bytes[..bytes.len() - 2]).to_le_bytes() == bytes[bytes.len() - 2..];
        if !sound {
            self.answer(&[0xFF]);
            return;
        }
        let (opcode, mode, param) = (bytes[1], bytes[2], u16::from_le_bytes([bytes[3], bytes[4]]));
        self.log.push((opcode, mode));
        let (answer, longest_ms) = self.core.execute(opcode, mode, param, &bytes[5..bytes.len() - 2]);
        self.answer(&answer);
        self.busy_until = self.micros + longest_ms * 10 * self.pace;
    }

    fn told(&mut self, bytes: &mut [u8]) -> bool {
        if self.asleep || self.micros < self.busy_until {
            return false;
        }
        for byte in bytes {
            *byte = self.output.get(self.read).copied().unwrap_or(0xFF);
            self.read += 1;
        }
        true
    }

    fn transfer(&mut self, address: u8, operation: &mut Operation<'_>, mishap: Option<Mishap>) -> bool {
        let sleeper = self.asleep && self.light_sleeper;
        let heard = match operation {
            Operation::Write(bytes) => {
                let mut bytes = bytes.to_vec();
                if let Some(Mishap::FlipWritten(bit)) = mishap
                    && let Some(byte) = bytes.get_mut(bit / 8)
                {
                    *byte ^= 1 << (bit % 8);
                }
                if !self.asleep && self.micros >= self.busy_until {
                    self.pass((bytes.len() as u64 + 1) * BYTE_US);
                }
                match address {
                    0x00 => {
                        self.wake();
                        false
                    }
                    _ => self.heard(&bytes),
                }
            }
            Operation::Read(bytes) => {
                let told = self.told(bytes);
                if told {
                    self.pass((bytes.len() as u64 + 1) * BYTE_US);
                }
                if let Some(Mishap::FlipRead(bit)) = mishap
                    && let Some(byte) = bytes.get_mut(bit / 8)
                {
                    *byte ^= 1 << (bit % 8);
                }
                if self.noisy && bytes.len() > 4 {
                    bytes[2] ^= 0x10;
                }
                told
            }
        };
        if sleeper {
            self.wake();
        }
        if !heard {
            // The master stops after the address.
            self.pass(BYTE_US);
        }
        heard
    }
}

impl ErrorType for Chip {
    type Error = ErrorKind;
}

impl I2c for Chip {
    fn transaction(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), ErrorKind> {
        assert!(matches!(address, 0x00 | 0x60), "a transfer to {address:02x}");
        let mut state = self.0.borrow_mut();
        for operation in operations {
            let nth = state.transfers;
            state.transfers += 1;
            if nth >= state.dead_from {
                return Err(FAILED);
            }
            let mishap = state.mishaps.iter().find(|(at, _)| *at == nth).map(|(_, mishap)| *mishap);
            state.mishaps.retain(|(at, _)| *at != nth);
            match mishap {
                Some(Mishap::Deaf) => return Err(FAILED),
                Some(Mishap::PowerBefore) => state.lose_power(),
                _ => {}
            }
            let heard = state.transfer(address, operation, mishap);
            match mishap {
                Some(Mishap::PowerAfter) => state.lose_power(),
                Some(Mishap::PowerJump) => {
                    let raising = state.log.last() == Some(&(0x24, 0x01)) && state.micros < state.busy_until;
                    if raising {
                        state.core.counters[0] += 3;
                    }
                    state.lose_power();
                }
                _ => {}
            }
            if !heard || mishap == Some(Mishap::LostAfter) {
                return Err(FAILED);
            }
        }
        Ok(())
    }
}

impl DelayNs for Chip {
    fn delay_ns(&mut self, ns: u32) {
        self.with(|state| state.pass(u64::from(ns).div_ceil(1000)));
    }
}
