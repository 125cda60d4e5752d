//! What a board gives the engine, beside a flash of `embedded-storage`.

use embedded_storage::nor_flash::MultiwriteNorFlash;
use fiscal::{PublicKey, RecordHash, Signature, Timestamp};

/// The chip that keeps the sealing key and counts what is sealed.
pub trait SecureElement {
    /// Whether it signs in this process, where no bus can falsify its answers. It then proves itself when the power
    /// comes; any other has each of its signatures verified.
    const IN_PROCESS: bool = false;

    /// Why it did not answer; the operator's detail.
    type Error: core::fmt::Debug;

    /// The public half of its sealing key, none before [`SecureElement::make_key`].
    fn public_key(&mut self) -> Result<Option<PublicKey>, Self::Error>;

    /// Makes a sealing key that never leaves it, where there is none; a chip may refuse to make another.
    fn make_key(&mut self) -> Result<PublicKey, Self::Error>;

    /// Signs a hash with the sealing key: raw r‖s, either half.
    fn sign(&mut self, hash: &RecordHash) -> Result<[u8; Signature::LENGTH], Self::Error>;

    /// A secret that comes with the sealing key and stays as long: with it the engine checks what stands on the
    /// flash, so that nobody else can write there. It is no key for anything that leaves the device.
    fn journal_secret(&mut self) -> Result<[u8; 32], Self::Error>;

    /// The monotonic counter, from 0.
    fn counter(&mut self) -> Result<u64, Self::Error>;

    /// Raises the counter by one and says what it is now. A power cut may raise it by more.
    fn increment(&mut self) -> Result<u64, Self::Error>;
}

/// The clock that runs from a battery.
pub trait Clock {
    /// Universal time, none after the battery failed and before [`Clock::set`].
    fn now(&mut self) -> Option<Timestamp>;

    /// Sets it.
    fn set(&mut self, time: Timestamp);
}

/// Time since the board started, which no one can set.
pub trait Ticks {
    /// In milliseconds.
    fn milliseconds(&mut self) -> u64;
}

/// A source of random bytes fit for nonces.
pub trait Random {
    /// Fills the buffer.
    fn fill(&mut self, bytes: &mut [u8]);
}

/// What guards the board against whoever opens it.
pub trait Protection {
    /// Whether the debug port is closed for good.
    fn debug_locked(&mut self) -> bool;
}

/// Two places for the firmware: the one that runs, and another into which a new one is put.
///
/// A new firmware runs on trial until it is confirmed; if it is not, the next start is the old one's.
pub trait FirmwareSlots {
    /// Why it did not do it; the operator's detail.
    type Error: core::fmt::Debug;

    /// How many bytes the other place holds, a multiple of 4,096; 0 when there is none.
    fn capacity(&self) -> u32;

    /// Erases 4,096 bytes of the other place.
    fn erase(&mut self, offset: u32) -> Result<(), Self::Error>;

    /// Programs erased bytes of the other place; offset and length are multiples of 256.
    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error>;

    /// Reads what is in the other place.
    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error>;

    /// Whether what the other place holds can be started on trial, once this is before it: the first 4,096 bytes of the
    /// image, which are not there yet.
    fn check(&mut self, beginning: &[u8]) -> Result<(), Self::Error>;

    /// Whether the firmware that runs is on trial.
    fn on_trial(&mut self) -> bool;

    /// Keeps the firmware that runs.
    fn confirm(&mut self) -> Result<(), Self::Error>;

    /// Restarts with the firmware in the other place, on trial. On a board this does not return.
    fn start_other(&mut self) -> Result<(), Self::Error>;
}

/// A board on which the firmware stays what it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSlots;

impl FirmwareSlots for NoSlots {
    type Error = core::convert::Infallible;

    fn capacity(&self) -> u32 {
        0
    }

    fn erase(&mut self, _: u32) -> Result<(), Self::Error> {
        Ok(())
    }

    fn write(&mut self, _: u32, _: &[u8]) -> Result<(), Self::Error> {
        Ok(())
    }

    fn read(&mut self, _: u32, _: &mut [u8]) -> Result<(), Self::Error> {
        Ok(())
    }

    fn check(&mut self, _: &[u8]) -> Result<(), Self::Error> {
        Ok(())
    }

    fn on_trial(&mut self) -> bool {
        false
    }

    fn confirm(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }

    fn start_other(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

/// The parts of one board.
pub trait Board {
    /// Holds the journal.
    type Flash: MultiwriteNorFlash;
    /// Holds the key.
    type Element: SecureElement;
    /// Tells the time.
    type Clock: Clock;
    /// Measures how long nonces live.
    type Ticks: Ticks;
    /// Makes nonces.
    type Random: Random;
    /// Guards the board.
    type Protection: Protection;
    /// Holds the firmware.
    type Slots: FirmwareSlots;
}

/// What the engine is started with.
pub struct Parts<B: Board> {
    /// Holds the journal: sectors of 4,096 bytes, programmed byte by byte.
    pub flash: B::Flash,
    /// Holds the key.
    pub element: B::Element,
    /// Tells the time.
    pub clock: B::Clock,
    /// Measures how long nonces live.
    pub ticks: B::Ticks,
    /// Makes nonces.
    pub random: B::Random,
    /// Guards the board.
    pub protection: B::Protection,
    /// Holds the firmware.
    pub slots: B::Slots,
}
