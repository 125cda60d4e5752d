//! The handles that the engine is given.

use def_engine::board::{Clock, Protection, Random, SecureElement, Ticks};
use embedded_storage::nor_flash::{
    ErrorType, MultiwriteNorFlash, NorFlash, ReadNorFlash, check_erase, check_write,
};
use fiscal::{PublicKey, RecordHash, Signature, Timestamp};

use super::{Operation, PowerLost, World};
use crate::{
    fault::{ElementError, FlashError},
    flash::{self, SECTOR_BYTES},
};

/// The flash of a [`World`].
#[derive(Clone, Debug)]
pub struct FlashPort(pub(super) World);

impl ErrorType for FlashPort {
    type Error = FlashError;
}

impl ReadNorFlash for FlashPort {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        let mut board = self.0.0.borrow_mut();
        board.check_power()?;
        board.state.flash.read(offset, bytes)
    }

    fn capacity(&self) -> usize {
        self.0.0.borrow().state.flash.capacity()
    }
}

impl NorFlash for FlashPort {
    const WRITE_SIZE: usize = 1;
    const ERASE_SIZE: usize = SECTOR_BYTES;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        check_erase(self, from, to)?;
        let mut board = self.0.0.borrow_mut();
        flash::sectors(from, to).try_for_each(|sector| {
            board.begin(|| Operation::Erase { sector })?;
            board.state.flash.erase_sector(sector);
            Ok(())
        })
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        check_write(self, offset, bytes.len())?;
        let mut board = self.0.0.borrow_mut();
        flash::programs(offset, bytes).try_for_each(|(address, data)| {
            board.begin(|| Operation::Program { address, data: data.to_vec() })?;
            board.state.flash.program(address, data);
            Ok(())
        })
    }
}

impl MultiwriteNorFlash for FlashPort {}

/// The secure element of a [`World`].
#[derive(Clone, Debug)]
pub struct ElementPort(pub(super) World);

impl SecureElement for ElementPort {
    const IN_PROCESS: bool = true;

    type Error = ElementError;

    fn public_key(&mut self) -> Result<Option<PublicKey>, ElementError> {
        let mut board = self.0.0.borrow_mut();
        board.check_power()?;
        board.state.element.public_key()
    }

    fn make_key(&mut self) -> Result<PublicKey, ElementError> {
        let mut board = self.0.0.borrow_mut();
        board.begin(|| Operation::MakeKey)?;
        let state = &mut board.state;
        state.element.make_key(&mut state.random)
    }

    fn sign(&mut self, hash: &RecordHash) -> Result<[u8; Signature::LENGTH], ElementError> {
        let mut board = self.0.0.borrow_mut();
        board.check_power()?;
        board.state.element.sign(hash)
    }

    fn journal_secret(&mut self) -> Result<[u8; 32], ElementError> {
        let mut board = self.0.0.borrow_mut();
        board.check_power()?;
        board.state.element.journal_secret()
    }

    fn counter(&mut self) -> Result<u64, ElementError> {
        let mut board = self.0.0.borrow_mut();
        board.check_power()?;
        board.state.element.counter()
    }

    fn increment(&mut self) -> Result<u64, ElementError> {
        let mut board = self.0.0.borrow_mut();
        board.begin(|| Operation::Increment)?;
        board.state.element.increment()
    }
}

/// The clock of a [`World`]. It cannot say that the power is off: it tells the time, and is not set.
#[derive(Clone, Debug)]
pub struct ClockPort(pub(super) World);

impl Clock for ClockPort {
    fn now(&mut self) -> Option<Timestamp> {
        self.0.0.borrow_mut().state.clock.now()
    }

    fn set(&mut self, time: Timestamp) {
        let mut board = self.0.0.borrow_mut();
        if board.begin(|| Operation::SetClock(time)).is_ok() {
            board.state.clock.set(time);
        }
    }
}

/// The ticks of a [`World`].
#[derive(Clone, Debug)]
pub struct TicksPort(pub(super) World);

impl Ticks for TicksPort {
    fn milliseconds(&mut self) -> u64 {
        self.0.0.borrow_mut().state.ticks.milliseconds()
    }
}

/// The randomness of a [`World`].
#[derive(Clone, Debug)]
pub struct RandomPort(pub(super) World);

impl Random for RandomPort {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0.0.borrow_mut().state.random.fill(bytes);
    }
}

/// What guards a [`World`].
#[derive(Clone, Debug)]
pub struct ProtectionPort(pub(super) World);

impl Protection for ProtectionPort {
    fn debug_locked(&mut self) -> bool {
        self.0.0.borrow_mut().state.debug_locked
    }
}

impl From<PowerLost> for FlashError {
    fn from(_: PowerLost) -> Self {
        Self::PowerLost
    }
}

impl From<PowerLost> for ElementError {
    fn from(_: PowerLost) -> Self {
        Self::PowerLost
    }
}
