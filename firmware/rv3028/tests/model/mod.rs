//! The part as its manual describes it, with a battery that can be taken out and a bus that can fail.

#![allow(clippy::unwrap_used, reason = "a model that is wrong stops the test")]

use std::{cell::RefCell, rc::Rc};

use embedded_hal::{
    delay::DelayNs,
    i2c::{ErrorKind, ErrorType, I2c, NoAcknowledgeSource, Operation},
};

pub(crate) const PORF: u8 = 1;
pub(crate) const BSF: u8 = 0x20;
const EEBUSY: u8 = 0x80;
const SECOND: u64 = 1_000_000;

/// What happens to one transfer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mishap {
    /// The part does not hear it.
    Deaf,
    /// The part hears it all; the board is told that it failed.
    LostAfter,
    /// The part hears so many bytes, and the board is told that it failed.
    CutAfter(usize),
    /// One bit of what is read, counted over the whole answer, is read wrongly.
    Flip(usize),
    /// One bit of what is written, counted from the register's address, is heard wrongly.
    FlipWritten(usize),
    /// The part leaves the bus after so many bytes of what is read: the rest are ones.
    LeavesAfter(usize),
}

/// One handle of the part; all of them are the same part.
#[derive(Clone)]
pub(crate) struct Part(Rc<RefCell<State>>);

pub(crate) struct State {
    pub(crate) registers: [u8; 0x40],
    pub(crate) eeprom: [u8; 0x40],
    pub(crate) eeprom_writes: u32,
    /// The two counters, seconds since 1970; the calendar's, and the UNIX counter's.
    pub(crate) calendar: u64,
    pub(crate) unix: u32,
    fraction: u64,
    pointer: usize,
    busy: u64,
    armed: bool,
    transfers: usize,
    mishap: Option<(usize, Mishap)>,
}

impl Part {
    /// A new one: its EEPROM as delivered, no time.
    pub(crate) fn new() -> Self {
        let mut eeprom = [0; 0x40];
        eeprom[0x35] = 0xC0;
        eeprom[0x36] = 0x07;
        eeprom[0x37] = 0x90;
        let state = State {
            registers: [0; 0x40],
            eeprom,
            eeprom_writes: 0,
            calendar: 0,
            unix: 0,
            fraction: 0,
            pointer: 0,
            busy: 0,
            armed: false,
            transfers: 0,
            mishap: None,
        };
        let part = Self(Rc::new(RefCell::new(state)));
        part.lose_all_power();
        part
    }

    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.0.borrow_mut())
    }

    /// Supply and battery are gone, and come back.
    pub(crate) fn lose_all_power(&self) {
        self.with(|state| {
            state.registers = [0; 0x40];
            state.registers[0x30..].copy_from_slice(&state.eeprom[0x30..]);
            state.registers[0x0E] = PORF;
            (state.calendar, state.unix, state.fraction) = (946_684_800, 0, 0);
            state.busy = 66_000;
        });
    }

    /// The supply is gone for a while.
    pub(crate) fn lose_supply(&self, seconds: u64) {
        let switches = self.with(|state| state.registers[0x37] & 0x0C);
        if switches == 0x0C || switches == 0x04 {
            self.with(|state| state.registers[0x0E] |= BSF);
            self.pass(seconds * SECOND);
        } else {
            self.lose_all_power();
        }
    }

    pub(crate) fn pass(&self, micros: u64) {
        self.with(|state| state.pass(micros));
    }

    /// Lets the n-th transfer from now go wrong, from 0.
    pub(crate) fn break_transfer(&self, nth: usize, mishap: Mishap) {
        self.with(|state| (state.transfers, state.mishap) = (0, Some((nth, mishap))));
    }

    /// Whether it went wrong by now.
    pub(crate) fn broke(&self) -> bool {
        self.with(|state| state.mishap.is_none())
    }

    pub(crate) fn repair(&self) {
        self.with(|state| state.mishap = None);
    }
}

impl State {
    fn pass(&mut self, micros: u64) {
        self.busy = self.busy.saturating_sub(micros);
        self.fraction += micros;
        self.calendar += self.fraction / SECOND;
        self.unix = self.unix.wrapping_add(u32::try_from(self.fraction / SECOND).unwrap());
        self.fraction %= SECOND;
    }

    fn read(&self, register: usize) -> u8 {
        match register {
            0x00..=0x06 => calendar_bytes(self.calendar)[register],
            0x0E => self.registers[0x0E] | if self.busy > 0 { EEBUSY } else { 0 },
            0x1B..=0x1E => self.unix.to_le_bytes()[register - 0x1B],
            _ => self.registers[register],
        }
    }

    fn write(&mut self, register: usize, value: u8) {
        match register {
            0x00..=0x06 => {
                let mut bytes = calendar_bytes(self.calendar);
                bytes[register] = value;
                self.calendar = calendar_seconds(bytes);
                if register == 0 {
                    self.fraction = 0;
                }
            }
            // A 0 clears a flag, a 1 leaves it.
            0x0E => self.registers[0x0E] &= value,
            0x1B..=0x1E => {
                let mut bytes = self.unix.to_le_bytes();
                bytes[register - 0x1B] = value;
                self.unix = u32::from_le_bytes(bytes);
            }
            0x27 => self.command(value),
            0x30..=0x37 => {
                assert_eq!(self.busy, 0, "a setting was written while the EEPROM was at work");
                self.registers[register] = value;
            }
            _ => self.registers[register] = value,
        }
    }

    fn command(&mut self, command: u8) {
        assert_eq!(self.busy, 0, "an EEPROM command while the EEPROM was at work");
        if command == 0 {
            self.armed = true;
            return;
        }
        assert!(std::mem::take(&mut self.armed), "an EEPROM command without the first");
        assert_ne!(self.registers[0x0F] & 0x08, 0, "an EEPROM command while the daily refresh may come");
        let address = usize::from(self.registers[0x25]);
        match command {
            0x12 => {
                let eeprom = self.eeprom;
                self.registers[0x30..].copy_from_slice(&eeprom[0x30..]);
                self.busy = 3_500;
            }
            0x21 => {
                assert_eq!(
                    self.registers[0x37] & 0x0C,
                    0,
                    "the EEPROM was written while the part may switch"
                );
                self.eeprom[address] = self.registers[0x26];
                self.eeprom_writes += 1;
                self.busy = 16_000;
            }
            0x22 => {
                self.registers[0x26] = self.eeprom[address];
                self.busy = 1_100;
            }
            other => panic!("an EEPROM command that nobody wants: {other:02x}"),
        }
    }

    fn heard(&mut self, bytes: &[u8]) {
        let Some((register, values)) = bytes.split_first() else { return };
        self.pointer = usize::from(*register);
        for value in values {
            let register = self.pointer;
            self.write(register, *value);
            self.pointer += 1;
        }
    }
}

impl ErrorType for Part {
    type Error = ErrorKind;
}

const FAILED: ErrorKind = ErrorKind::NoAcknowledge(NoAcknowledgeSource::Data);

impl I2c for Part {
    fn transaction(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), ErrorKind> {
        assert_eq!(address, 0x52);
        let mut state = self.0.borrow_mut();
        let nth = state.transfers;
        state.transfers += 1;
        let mishap = state.mishap.filter(|(at, _)| *at == nth).map(|(_, mishap)| mishap);
        if mishap.is_some() {
            state.mishap = None;
        }
        let mut left = usize::MAX;
        match mishap {
            Some(Mishap::Deaf) => return Err(FAILED),
            Some(Mishap::CutAfter(bytes)) => left = bytes,
            _ => {}
        }
        let mut flipped = match mishap {
            Some(Mishap::Flip(bit)) => Some(bit),
            _ => None,
        };
        for operation in operations {
            match operation {
                Operation::Write(bytes) => {
                    let heard = bytes.len().min(left);
                    left -= heard;
                    let mut bytes = bytes[..heard].to_vec();
                    if let Some(Mishap::FlipWritten(bit)) = mishap
                        && let Some(byte) = bytes.get_mut(bit / 8)
                    {
                        *byte ^= 1 << (bit % 8);
                    }
                    state.heard(&bytes);
                }
                Operation::Read(bytes) => {
                    // The calendar stands still from here, the UNIX counter does not.
                    let frozen = state.calendar;
                    for (place, byte) in bytes.iter_mut().enumerate() {
                        let register = state.pointer;
                        state.pointer += 1;
                        *byte = match register {
                            0x00..=0x06 => calendar_bytes(frozen)[register],
                            _ => state.read(register),
                        };
                        state.pass(90);
                        if flipped.is_some_and(|bit| bit / 8 == place) {
                            *byte ^= 1 << (flipped.take().unwrap() % 8);
                        }
                        if matches!(mishap, Some(Mishap::LeavesAfter(stays)) if place >= stays) {
                            *byte = 0xFF;
                        }
                    }
                }
            }
        }
        state.pass(200);
        match mishap {
            Some(Mishap::LostAfter | Mishap::CutAfter(_)) => Err(FAILED),
            _ => Ok(()),
        }
    }
}

impl DelayNs for Part {
    fn delay_ns(&mut self, ns: u32) {
        self.pass(u64::from(ns).div_ceil(1000));
    }
}

/// Its own arithmetic, by counting days, so that the driver's is compared with something.
fn calendar_bytes(seconds: u64) -> [u8; 7] {
    let (mut day, mut year, mut month) = ((seconds - 946_684_800) / 86_400, 0, 1);
    let weekday = (day + 6) % 7;
    let rest = seconds % 86_400;
    while day >= days(month, year) {
        day -= days(month, year);
        month += 1;
        if month == 13 {
            (month, year) = (1, year + 1);
        }
    }
    [rest % 60, rest / 60 % 60, rest / 3600, weekday, day + 1, month, year]
        .map(|value| u8::try_from(value / 10 * 16 + value % 10).unwrap())
}

/// As the part counts on from whatever was written: fields that are no date give some second all the same.
fn calendar_seconds(bytes: [u8; 7]) -> u64 {
    let [second, minute, hour, _, date, month, year] =
        bytes.map(|byte| u64::from(byte >> 4) * 10 + u64::from(byte & 0x0F));
    let mut day = date.saturating_sub(1);
    for earlier in 0..year {
        day += (1..=12).map(|month| days(month, earlier)).sum::<u64>();
    }
    day += (1..month.clamp(1, 12)).map(|month| days(month, year)).sum::<u64>();
    946_684_800 + day * 86_400 + hour * 3600 + minute * 60 + second
}

fn days(month: u64, year: u64) -> u64 {
    match month {
        2 => 28 + u64::from(year.is_multiple_of(4)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
