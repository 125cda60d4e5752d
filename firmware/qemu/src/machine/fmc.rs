//! The firmware memory controller: a SPI bus with two chips, of which the program moves every byte ("user mode").
//!
//! Registers as QEMU has them (`hw/ssi/aspeed_smc.c`).

use core::convert::Infallible;

use embedded_hal::spi::{ErrorType, Operation, SpiDevice};

use super::register::Register;

/// Bits 16 and 17: chips that may be written. Two bits for each chip from bit 0: its kind, 2 is SPI.
const CONFIGURATION: Register = Register::at(0x7E62_0000);
const CONFIGURATION_VALUE: u32 = 0b11 << 16 | 0b10 << 2 | 0b10;
/// One for each chip.
const CONTROL: [Register; 2] = [Register::at(0x7E62_0010), Register::at(0x7E62_0014)];
/// The chip is selected, and an access to its window goes over the bus as it is.
const SELECTED: u32 = 0b011;
const RELEASED: u32 = 0b111;
/// Where the bytes go: the windows of the two chips.
const WINDOWS: [Register; 2] = [Register::at(0x8000_0000), Register::at(0x8800_0000)];

/// A chip at the controller.
#[derive(Debug)]
pub(super) struct Chip {
    control: Register,
    window: Register,
}

/// Takes the controller and gives its chips.
pub(super) fn chips() -> [Chip; 2] {
    CONFIGURATION.write(CONFIGURATION_VALUE);
    let [first, second] = CONTROL;
    let [first_window, second_window] = WINDOWS;
    [Chip { control: first, window: first_window }, Chip { control: second, window: second_window }]
}

impl ErrorType for Chip {
    type Error = Infallible;
}

impl SpiDevice for Chip {
    fn transaction(&mut self, operations: &mut [Operation<'_, u8>]) -> Result<(), Infallible> {
        self.control.write(SELECTED);
        for operation in operations {
            match operation {
                Operation::Read(bytes) => self.take(bytes),
                Operation::Write(bytes) => self.put(bytes),
                // Half duplex: what comes in while something goes out is not to be had.
                Operation::Transfer(read, write) => {
                    self.put(write);
                    read.fill(0);
                }
                Operation::TransferInPlace(bytes) => {
                    self.put(bytes);
                    bytes.fill(0);
                }
                // The bus has no time between two operations that anybody sees.
                Operation::DelayNs(_) => {}
            }
        }
        self.control.write(RELEASED);
        Ok(())
    }
}

impl Chip {
    /// Four bytes at once where there are four: the first one is the lowest.
    fn take(&self, bytes: &mut [u8]) {
        let (words, rest) = bytes.as_chunks_mut();
        words.iter_mut().for_each(|word| *word = self.window.read().to_le_bytes());
        rest.iter_mut().for_each(|byte| *byte = self.window.read_byte());
    }

    fn put(&self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks();
        words.iter().for_each(|word| self.window.write(u32::from_le_bytes(*word)));
        rest.iter().for_each(|byte| self.window.write_byte(*byte));
    }
}
