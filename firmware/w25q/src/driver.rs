//! The part at its bus.

use embedded_hal::{
    delay::DelayNs,
    spi::{Operation, SpiDevice},
};

use crate::{
    command::{self, Addressed},
    fault::Fault,
    part::{PAGE, Part, SECTOR},
    status::{self, Status},
    timing::{ERASE_LIMIT_US, ERASE_POLL_US, PROGRAM_LIMIT_US, PROGRAM_POLL_US, RESET_US, WAKE_US},
};

/// A W25Q behind a device of an SPI bus.
#[derive(Debug)]
pub struct W25q<S, D> {
    spi: S,
    delay: D,
    part: Part,
}

impl<S: SpiDevice, D: DelayNs> W25q<S, D> {
    /// Wakes the part and finds out what it is. What an earlier start left running is waited for: to reset a part that
    /// erases would leave that sector between erased and not.
    pub fn power_up(mut spi: S, mut delay: D) -> Result<Self, Fault<S::Error>> {
        spi.write(&[command::WAKE]).map_err(Fault::Bus)?;
        delay.delay_us(WAKE_US);
        let work_done = wait(&mut spi, &mut delay, ERASE_POLL_US, ERASE_LIMIT_US);
        if matches!(work_done, Err(Fault::Timeout)) {
            // A line that nobody drives looks busy too.
            identify(&mut spi)?;
        }
        work_done?;
        spi.write(&[command::ENABLE_RESET]).map_err(Fault::Bus)?;
        spi.write(&[command::RESET]).map_err(Fault::Bus)?;
        delay.delay_us(RESET_US);
        let part = identify(&mut spi)?;
        let registers = [
            register(&mut spi, command::STATUS_1)?,
            register(&mut spi, command::STATUS_2)?,
            register(&mut spi, command::STATUS_3)?,
        ];
        let [first, second, third] = registers;
        if status::is_protected(first, second, third, part.has_four_block_bits()) {
            return Err(Fault::Protected(registers));
        }
        if Status(first).is_busy() || status::is_suspended(second) {
            return Err(Fault::Timeout);
        }
        Ok(Self { spi, delay, part })
    }

    /// Which part it is.
    pub const fn part(&self) -> Part {
        self.part
    }

    /// Reads on from an address; the range is within the part.
    pub(crate) fn read_on(&mut self, address: u32, bytes: &mut [u8]) -> Result<(), Fault<S::Error>> {
        let opcodes = self.part.addressed();
        let (head, length) = opcodes.head(opcodes.read, address);
        let operations = &mut [Operation::Write(&head[..length]), Operation::Read(bytes)];
        self.spi.transaction(operations).map_err(Fault::Bus)
    }

    /// Programs bytes that lie in one page of the part.
    pub(crate) fn program_page(&mut self, address: u32, bytes: &[u8]) -> Result<(), Fault<S::Error>> {
        debug_assert!(address as usize % PAGE + bytes.len() <= PAGE);
        let opcodes = self.part.addressed();
        self.begin(opcodes, opcodes.program, address, bytes)?;
        wait(&mut self.spi, &mut self.delay, PROGRAM_POLL_US, PROGRAM_LIMIT_US)
    }

    /// Erases the sector that begins at an address of the part.
    pub(crate) fn erase_sector(&mut self, address: u32) -> Result<(), Fault<S::Error>> {
        debug_assert!(address.is_multiple_of(SECTOR));
        let opcodes = self.part.addressed();
        self.begin(opcodes, opcodes.erase, address, &[])?;
        wait(&mut self.spi, &mut self.delay, ERASE_POLL_US, ERASE_LIMIT_US)
    }

    /// A part that does not say that it will write would drop the instruction without a word.
    fn begin(
        &mut self,
        opcodes: Addressed,
        instruction: u8,
        address: u32,
        bytes: &[u8],
    ) -> Result<(), Fault<S::Error>> {
        self.spi.write(&[command::ENABLE_WRITE]).map_err(Fault::Bus)?;
        let status = Status(register(&mut self.spi, command::STATUS_1)?);
        // All ones, which is busy, is a line that nobody drives.
        if !status.is_write_enabled() || status.is_busy() {
            return Err(Fault::WriteRefused);
        }
        let (head, length) = opcodes.head(instruction, address);
        let operations = &mut [Operation::Write(&head[..length]), Operation::Write(bytes)];
        let operations = if bytes.is_empty() { &mut operations[..1] } else { &mut operations[..] };
        self.spi.transaction(operations).map_err(Fault::Bus)
    }
}

fn identify<S: SpiDevice>(spi: &mut S) -> Result<Part, Fault<S::Error>> {
    let mut name = [0; 3];
    ask(spi, command::IDENTIFY, &mut name)?;
    Part::from_jedec(name).ok_or(Fault::UnknownPart(name))
}

/// Waits until the part is done, for as long as it may take and not for ever. The bus's own time comes on top.
fn wait<S: SpiDevice>(
    spi: &mut S,
    delay: &mut impl DelayNs,
    poll_us: u32,
    limit_us: u32,
) -> Result<(), Fault<S::Error>> {
    for _ in 0..=limit_us / poll_us {
        if !Status(register(spi, command::STATUS_1)?).is_busy() {
            return Ok(());
        }
        delay.delay_us(poll_us);
    }
    Err(Fault::Timeout)
}

fn register<S: SpiDevice>(spi: &mut S, instruction: u8) -> Result<u8, Fault<S::Error>> {
    let mut value = [0];
    ask(spi, instruction, &mut value)?;
    Ok(value[0])
}

fn ask<S: SpiDevice>(spi: &mut S, instruction: u8, answer: &mut [u8]) -> Result<(), Fault<S::Error>> {
    spi.transaction(&mut [Operation::Write(&[instruction]), Operation::Read(answer)]).map_err(Fault::Bus)
}
