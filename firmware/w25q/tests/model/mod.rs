//! A W25Q as its data sheet describes it. What the data sheet leaves undefined or the part would drop without a word is
//! a panic here.

use std::{cell::RefCell, rc::Rc};

use embedded_hal::{
    delay::DelayNs,
    spi::{ErrorKind, ErrorType, Operation, SpiDevice},
};

const PAGE: usize = 256;
const SECTOR: usize = 4096;
const MS: u64 = 1_000_000;

/// What a byte takes on the bus, in nanoseconds, and programs and erases in the part.
const BYTE: u64 = 200;
const PROGRAM: u64 = 3 * MS;
const ERASE: u64 = 400 * MS;

#[derive(Debug)]
pub(crate) struct Chip {
    pub(crate) bytes: Vec<u8>,
    pub(crate) jedec: [u8; 3],
    pub(crate) status: [u8; 3],
    pub(crate) awake: bool,
    /// The write enable instruction is not heard: a line is broken, or WP is low.
    pub(crate) deaf_to_write_enable: bool,
    /// It never finishes what it begins.
    pub(crate) stuck: bool,
    pub(crate) programs: Vec<(u32, usize)>,
    pub(crate) erases: Vec<u32>,
    pub(crate) resets: u32,
    /// Transactions until the bus fails once.
    pub(crate) bus_fails_in: Option<u32>,
    write_enabled: bool,
    reset_enabled: bool,
    now: u64,
    busy_until: u64,
    deaf_until: u64,
}

/// The part at its bus, and the time that passes there.
#[derive(Clone, Debug)]
pub(crate) struct Bus(pub(crate) Rc<RefCell<Chip>>);

impl Bus {
    pub(crate) fn new(capacity_code: u8, mebibytes: usize) -> Self {
        Self(Rc::new(RefCell::new(Chip {
            bytes: vec![0xFF; mebibytes << 20],
            jedec: [0xEF, 0x40, capacity_code],
            status: [0; 3],
            awake: true,
            deaf_to_write_enable: false,
            stuck: false,
            programs: Vec::new(),
            erases: Vec::new(),
            resets: 0,
            bus_fails_in: None,
            write_enabled: false,
            reset_enabled: false,
            now: 0,
            busy_until: 0,
            deaf_until: 0,
        })))
    }

    /// As a reset of the processor leaves it in the middle of an erase.
    pub(crate) fn erasing(self) -> Self {
        self.0.borrow_mut().busy_until = ERASE;
        self
    }

    pub(crate) fn milliseconds(&self) -> u64 {
        self.0.borrow().now / MS
    }
}

impl DelayNs for Bus {
    fn delay_ns(&mut self, ns: u32) {
        self.0.borrow_mut().now += u64::from(ns);
    }
}

impl ErrorType for Bus {
    type Error = ErrorKind;
}

impl SpiDevice for Bus {
    fn transaction(&mut self, operations: &mut [Operation<'_, u8>]) -> Result<(), ErrorKind> {
        let mut chip = self.0.borrow_mut();
        if let Some(left) = &mut chip.bus_fails_in {
            if *left == 0 {
                chip.bus_fails_in = None;
                return Err(ErrorKind::Other);
            }
            *left -= 1;
        }
        let mut sent = Vec::new();
        let mut answer = None;
        for operation in operations {
            match operation {
                Operation::Write(bytes) => {
                    assert!(answer.is_none(), "nothing is sent behind an answer");
                    sent.extend_from_slice(bytes);
                }
                Operation::Read(buffer) => {
                    let bytes = chip.ask(&sent, buffer.len());
                    buffer.copy_from_slice(&bytes);
                    answer = Some(bytes);
                }
                _ => panic!("the part has one line each way"),
            }
        }
        chip.now += BYTE * (sent.len() + answer.as_ref().map_or(0, Vec::len)) as u64;
        if answer.is_none() {
            chip.tell(&sent);
        }
        Ok(())
    }
}

impl Chip {
    fn is_busy(&self) -> bool {
        self.now < self.busy_until
    }

    fn first_status(&self) -> u8 {
        self.status[0] | u8::from(self.is_busy()) | u8::from(self.write_enabled) << 1
    }

    /// An instruction that has an answer.
    fn ask(&mut self, sent: &[u8], length: usize) -> Vec<u8> {
        self.listen(sent[0]);
        if !self.awake {
            return vec![0xFF; length];
        }
        match sent[0] {
            0x05 => return vec![self.first_status(); length],
            0x35 => return vec![self.status[1]; length],
            0x15 => return vec![self.status[2]; length],
            // A busy part does not drive its line.
            0x9F if self.is_busy() => return vec![0xFF; length],
            _ => assert!(!self.is_busy(), "{:02x} to a busy part", sent[0]),
        }
        match sent[0] {
            0x9F => self.jedec[..length].to_vec(),
            0x03 | 0x13 => {
                let address = self.address(sent, sent.len() - 1);
                self.bytes[address..address + length].to_vec()
            }
            other => panic!("{other:02x} has no answer"),
        }
    }

    /// An instruction that changes something.
    fn tell(&mut self, sent: &[u8]) {
        self.listen(sent[0]);
        let instruction = sent[0];
        if instruction == 0xAB {
            self.awake = true;
            self.deaf_until = self.now + 3_000;
            return;
        }
        assert!(self.awake, "{instruction:02x} to a part that sleeps");
        assert!(!self.is_busy(), "{instruction:02x} to a busy part");
        let reset_enabled = std::mem::take(&mut self.reset_enabled);
        match (instruction, sent.len()) {
            (0x66, 1) => self.reset_enabled = true,
            (0x99, 1) => {
                assert!(reset_enabled, "a reset without its enabling");
                self.deaf_until = self.now + 30_000;
                self.write_enabled = false;
                self.status[1] &= !0x80;
                self.resets += 1;
            }
            (0x06, 1) => self.write_enabled = !self.deaf_to_write_enable,
            (0x02, 5..) => self.program(sent, 3),
            (0x12, 6..) => self.program(sent, 4),
            (0x20, 4) => self.erase(sent, 3),
            (0x21, 5) => self.erase(sent, 4),
            (other, length) => panic!("{other:02x} of {length} bytes is no instruction"),
        }
    }

    fn listen(&self, instruction: u8) {
        assert!(self.now >= self.deaf_until, "{instruction:02x} to a part that wakes or starts");
    }

    fn address(&self, sent: &[u8], width: usize) -> usize {
        let large = self.bytes.len() > 16 << 20;
        assert_eq!(width, if large { 4 } else { 3 }, "the width of an address");
        let address = sent[1..=width].iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        assert!(address < self.bytes.len(), "an address behind the end");
        address
    }

    fn program(&mut self, sent: &[u8], width: usize) {
        let (address, data) = (self.address(sent, width), &sent[1 + width..]);
        assert!(address % PAGE + data.len() <= PAGE, "the rest would be at the page's beginning");
        self.work(PROGRAM);
        for (cell, byte) in self.bytes[address..].iter_mut().zip(data) {
            *cell &= byte;
        }
        self.programs.push((address as u32, data.len()));
    }

    fn erase(&mut self, sent: &[u8], width: usize) {
        let address = self.address(sent, width);
        assert_eq!(address % SECTOR, 0, "any address in a sector would erase it, but ours are its first");
        self.work(ERASE);
        self.bytes[address..address + SECTOR].fill(0xFF);
        self.erases.push(address as u32);
    }

    fn work(&mut self, time: u64) {
        assert!(std::mem::take(&mut self.write_enabled), "a part that is not write enabled drops this");
        self.busy_until = if self.stuck { u64::MAX } else { self.now + time };
    }
}
