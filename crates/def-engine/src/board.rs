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

    /// Makes a sealing key that never leaves it. One that exists is replaced.
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
}
