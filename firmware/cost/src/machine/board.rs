//! A board of which every part is in memory. What its flash and its secure element take does not count: on a real board
//! they are chips. How often they are asked does.

use core::{
    cell::{Cell, RefCell},
    convert::Infallible,
    marker::PhantomData,
};

use cost::authority::OPENING;
use def_engine::board::{Board, Clock, FirmwareSlots, Parts, Protection, Random, SecureElement, Ticks};
use embedded_storage::nor_flash::{
    ErrorType, MultiwriteNorFlash, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use fiscal::{PrivateKey, PublicKey, RecordHash, Signature, Timestamp};
use p256::ecdsa::SigningKey;

use super::{meter::Meter, stack::Stack, timer::INSTRUCTIONS};

/// The flash's unit of erasing, in bytes.
pub(super) const SECTOR: usize = 4_096;
const PAGE: u32 = 256;
/// The place of another firmware, in bytes.
const OTHER: usize = 2 * SECTOR;

/// The board, and what is counted on it.
pub(super) struct Machine {
    pub(super) meter: Meter,
    pub(super) stack: Stack,
    flash: RefCell<&'static mut [u8]>,
    key: SigningKey,
    has_key: Cell<bool>,
    counter: Cell<u64>,
    other: RefCell<[u8; OTHER]>,
    clock: Cell<Timestamp>,
    milliseconds: Cell<u64>,
    seed: Cell<u64>,
    calls: Cell<Calls>,
    signed: Cell<Option<(RecordHash, [u8; Signature::LENGTH])>>,
}

/// How often the parts were asked.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Calls {
    pub(super) signatures: u64,
    pub(super) increments: u64,
    pub(super) counter_reads: u64,
    /// Public key, secret, a new key.
    pub(super) others: u64,
    /// Instructions of the secure element in software.
    pub(super) element: u64,
    /// Pages of 256 bytes, and what was programmed into them.
    pub(super) programs: u64,
    pub(super) programmed: u64,
    pub(super) reads: u64,
    pub(super) read: u64,
    pub(super) erases: u64,
}

impl Calls {
    /// What came since then.
    pub(super) fn since(&self, before: &Self) -> Self {
        self.with(before, |now, before| now - before)
    }

    /// Both.
    pub(super) fn and(&self, other: &Self) -> Self {
        self.with(other, |one, other| one + other)
    }

    fn with(&self, other: &Self, join: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            signatures: join(self.signatures, other.signatures),
            increments: join(self.increments, other.increments),
            counter_reads: join(self.counter_reads, other.counter_reads),
            others: join(self.others, other.others),
            element: join(self.element, other.element),
            programs: join(self.programs, other.programs),
            programmed: join(self.programmed, other.programmed),
            reads: join(self.reads, other.reads),
            read: join(self.read, other.read),
            erases: join(self.erases, other.erases),
        }
    }
}

impl Machine {
    /// As it comes from the factory.
    pub(super) fn new(meter: Meter, stack: Stack, flash: &'static mut [u8]) -> Self {
        flash.fill(0xFF);
        Self {
            meter,
            stack,
            flash: RefCell::new(flash),
            key: SigningKey::from_slice(&[9; 32]).expect("a small number is a key"),
            has_key: Cell::new(false),
            counter: Cell::new(0),
            other: RefCell::new([0; OTHER]),
            clock: Cell::new(OPENING.parse().expect("a time")),
            milliseconds: Cell::new(0),
            seed: Cell::new(7),
            calls: Cell::default(),
            signed: Cell::new(None),
        }
    }

    pub(super) fn parts<'m>(&'m self) -> Parts<InMemory<'m>> {
        let port = || Port(self);
        Parts {
            flash: port(),
            element: port(),
            clock: port(),
            ticks: port(),
            random: port(),
            protection: port(),
            slots: port(),
        }
    }

    /// How often the parts were asked until now.
    pub(super) fn calls(&self) -> Calls {
        self.calls.get()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.get()
    }

    /// A second passes.
    pub(super) fn pass(&self) {
        let now = Timestamp::from_unix(self.now().unix() + 1).unwrap_or(Timestamp::LATEST);
        self.clock.set(now);
        self.milliseconds.set(self.milliseconds.get() + 1_000);
    }

    /// How many instructions it takes to verify the newest signature of the secure element.
    pub(super) fn verification(&self) -> u64 {
        let Some((hash, signature)) = self.signed.get() else { return 0 };
        let (key, signature) = (self.key.public_key(), Signature::normalised(signature));
        let signature = signature.expect("a software key signs in a form that can be normalised");
        let (instructions, verified) = self.meter.of(|| key.verify(&hash, &signature));
        verified.expect("the element's signature is true");
        instructions
    }

    fn change(&self, count: impl FnOnce(&mut Calls)) {
        let mut calls = self.calls.get();
        count(&mut calls);
        self.calls.set(calls);
    }

    fn flash<R>(&self, count: impl FnOnce(&mut Calls), work: impl FnOnce(&mut [u8]) -> R) -> R {
        let (_, done) = self.meter.hold(|| {
            self.change(count);
            work(&mut self.flash.borrow_mut())
        });
        done
    }

    fn element<R>(&self, count: impl FnOnce(&mut Calls), work: impl FnOnce() -> R) -> R {
        let (_, done) = self.meter.hold(|| {
            self.stack.without_traces(|| {
                let (ticks, done) = self.meter.ticks_of(work);
                self.change(count);
                self.change(|calls| calls.element += u64::from(ticks) * u64::from(INSTRUCTIONS));
                done
            })
        });
        done
    }
}

/// The board's parts.
pub(super) struct InMemory<'m>(PhantomData<&'m ()>);

impl<'m> Board for InMemory<'m> {
    type Flash = Port<'m>;
    type Element = Port<'m>;
    type Clock = Port<'m>;
    type Ticks = Port<'m>;
    type Random = Port<'m>;
    type Protection = Port<'m>;
    type Slots = Port<'m>;
}

/// Each of its parts.
pub(super) struct Port<'m>(&'m Machine);

/// Outside of the flash: the engine did what it never does.
#[derive(Debug)]
pub(super) struct Outside;

impl NorFlashError for Outside {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::OutOfBounds
    }
}

impl ErrorType for Port<'_> {
    type Error = Outside;
}

fn range(flash: &mut [u8], offset: u32, length: usize) -> Result<&mut [u8], Outside> {
    let begin = offset as usize;
    flash.get_mut(begin..begin + length).ok_or(Outside)
}

impl ReadNorFlash for Port<'_> {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Outside> {
        let length = bytes.len() as u64;
        let count = |calls: &mut Calls| (calls.reads, calls.read) = (calls.reads + 1, calls.read + length);
        self.0.flash(count, |flash| {
            bytes.copy_from_slice(range(flash, offset, bytes.len())?);
            Ok(())
        })
    }

    fn capacity(&self) -> usize {
        self.0.flash.borrow().len()
    }
}

impl NorFlash for Port<'_> {
    const WRITE_SIZE: usize = 1;
    const ERASE_SIZE: usize = SECTOR;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Outside> {
        let count = |calls: &mut Calls| calls.erases += u64::from(to - from) / SECTOR as u64;
        self.0.flash(count, |flash| {
            range(flash, from, (to - from) as usize)?.fill(0xFF);
            Ok(())
        })
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Outside> {
        let length = bytes.len() as u32;
        let pages = (offset + length).div_ceil(PAGE) - offset / PAGE;
        let count = |calls: &mut Calls| {
            calls.programs += u64::from(pages);
            calls.programmed += u64::from(length);
        };
        self.0.flash(count, |flash| {
            // A program only takes bits from 1 to 0.
            let cells = range(flash, offset, bytes.len())?;
            cells.iter_mut().zip(bytes).for_each(|(cell, byte)| *cell &= byte);
            Ok(())
        })
    }
}

impl MultiwriteNorFlash for Port<'_> {}

impl SecureElement for Port<'_> {
    type Error = Infallible;

    fn public_key(&mut self) -> Result<Option<PublicKey>, Infallible> {
        let Self(machine) = self;
        let key = || machine.has_key.get().then(|| machine.key.public_key());
        Ok(machine.element(|calls| calls.others += 1, key))
    }

    fn make_key(&mut self) -> Result<PublicKey, Infallible> {
        let Self(machine) = self;
        machine.has_key.set(true);
        Ok(machine.element(|calls| calls.others += 1, || machine.key.public_key()))
    }

    fn sign(&mut self, hash: &RecordHash) -> Result<[u8; Signature::LENGTH], Infallible> {
        let Self(machine) = self;
        let sign = || machine.key.sign(hash).expect("a software key signs");
        let signature = machine.element(|calls| calls.signatures += 1, sign);
        machine.signed.set(Some((*hash, signature)));
        Ok(signature)
    }

    fn journal_secret(&mut self) -> Result<[u8; 32], Infallible> {
        Ok(self.0.element(|calls| calls.others += 1, || [5; 32]))
    }

    fn counter(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.element(|calls| calls.counter_reads += 1, || self.0.counter.get()))
    }

    fn increment(&mut self) -> Result<u64, Infallible> {
        let counter = &self.0.counter;
        counter.set(counter.get() + 1);
        Ok(self.0.element(|calls| calls.increments += 1, || counter.get()))
    }
}

impl Clock for Port<'_> {
    fn now(&mut self) -> Option<Timestamp> {
        Some(self.0.now())
    }

    fn set(&mut self, time: Timestamp) {
        self.0.clock.set(time);
    }
}

impl Ticks for Port<'_> {
    fn milliseconds(&mut self) -> u64 {
        self.0.milliseconds.get()
    }
}

impl Random for Port<'_> {
    /// Weyl's sequence: no two nonces are the same, and that is all that is asked of them here.
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let next = self.0.seed.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
            self.0.seed.set(next);
            chunk.copy_from_slice(&next.to_be_bytes()[..chunk.len()]);
        }
    }
}

impl Protection for Port<'_> {
    fn debug_locked(&mut self) -> bool {
        true
    }
}

impl FirmwareSlots for Port<'_> {
    type Error = Outside;

    fn capacity(&self) -> u32 {
        OTHER as u32
    }

    fn erase(&mut self, offset: u32) -> Result<(), Outside> {
        range(&mut *self.0.other.borrow_mut(), offset, SECTOR).map(|cells| cells.fill(0xFF))
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Outside> {
        let mut other = self.0.other.borrow_mut();
        range(&mut *other, offset, bytes.len()).map(|cells| cells.copy_from_slice(bytes))
    }

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Outside> {
        let mut other = self.0.other.borrow_mut();
        range(&mut *other, offset, bytes.len()).map(|cells| bytes.copy_from_slice(cells))
    }

    fn check(&mut self, _: &[u8]) -> Result<(), Self::Error> {
        Ok(())
    }

    fn on_trial(&mut self) -> bool {
        false
    }

    fn confirm(&mut self) -> Result<(), Outside> {
        Ok(())
    }

    fn start_other(&mut self) -> Result<(), Outside> {
        Ok(())
    }
}
