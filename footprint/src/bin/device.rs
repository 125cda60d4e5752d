//! A whole fiscal memory with a board that does nothing, to see how large its program and its memory are.

#![no_std]
#![no_main]
#![allow(
    unsafe_code,
    reason = "a program without a runtime has an entry of its own, and its memory in a static"
)]

use core::{convert::Infallible, hint::black_box, ptr::addr_of_mut};

use def_engine::{
    Device, Factory, Memory,
    board::{Board, Clock, NoSlots, Parts, Protection, Random, SecureElement, Ticks},
};
use def_protocol::{Output, token::Realm};
use embedded_storage::nor_flash::{ErrorType, MultiwriteNorFlash, NorFlash, ReadNorFlash};
use fiscal::{PublicKey, RecordHash, Signature, Timestamp};

struct Nothing;

impl Board for Nothing {
    type Flash = Self;
    type Element = Self;
    type Clock = Self;
    type Ticks = Self;
    type Random = Self;
    type Protection = Self;
    type Slots = NoSlots;
}

impl Protection for Nothing {
    fn debug_locked(&mut self) -> bool {
        black_box(true)
    }
}

impl ErrorType for Nothing {
    type Error = Infallible;
}

impl ReadNorFlash for Nothing {
    const READ_SIZE: usize = 1;

    fn read(&mut self, _: u32, bytes: &mut [u8]) -> Result<(), Infallible> {
        black_box(bytes);
        Ok(())
    }

    fn capacity(&self) -> usize {
        black_box(64 << 20)
    }
}

impl NorFlash for Nothing {
    const WRITE_SIZE: usize = 1;
    const ERASE_SIZE: usize = 4096;

    fn erase(&mut self, _: u32, _: u32) -> Result<(), Infallible> {
        Ok(())
    }

    fn write(&mut self, _: u32, bytes: &[u8]) -> Result<(), Infallible> {
        black_box(bytes);
        Ok(())
    }
}

impl MultiwriteNorFlash for Nothing {}

impl SecureElement for Nothing {
    type Error = Infallible;

    fn public_key(&mut self) -> Result<Option<PublicKey>, Infallible> {
        Ok(PublicKey::from_sec1(&black_box([2; 33])).ok())
    }

    fn make_key(&mut self) -> Result<PublicKey, Infallible> {
        loop {
            if let Ok(key) = PublicKey::from_sec1(&black_box([2; 33])) {
                return Ok(key);
            }
        }
    }

    fn sign(&mut self, hash: &RecordHash) -> Result<[u8; Signature::LENGTH], Infallible> {
        Ok(black_box([hash.0[0]; Signature::LENGTH]))
    }

    fn journal_secret(&mut self) -> Result<[u8; 32], Infallible> {
        Ok(black_box([7; 32]))
    }

    fn counter(&mut self) -> Result<u64, Infallible> {
        Ok(black_box(1))
    }

    fn increment(&mut self) -> Result<u64, Infallible> {
        Ok(black_box(1))
    }
}

impl Clock for Nothing {
    fn now(&mut self) -> Option<Timestamp> {
        Timestamp::from_unix(black_box(1))
    }

    fn set(&mut self, time: Timestamp) {
        black_box(time);
    }
}

impl Ticks for Nothing {
    fn milliseconds(&mut self) -> u64 {
        black_box(1)
    }
}

impl Random for Nothing {
    fn fill(&mut self, bytes: &mut [u8]) {
        black_box(bytes);
    }
}

impl Output for Nothing {
    fn send(&mut self, bytes: &[u8]) {
        black_box(bytes);
    }
}

static mut MEMORY: Memory = Memory::new();

#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    let factory = Factory {
        serial: black_box("DEF-000001").parse().unwrap_or_else(|_| stop()),
        realm: Realm::Production,
        root: PublicKey::from_sec1(&black_box([2; 33])).unwrap_or_else(|_| stop()),
        firmware: def_engine::Firmware { version: "footprint", build: 1 },
    };
    let parts = Parts::<Nothing> {
        flash: Nothing,
        element: Nothing,
        clock: Nothing,
        ticks: Nothing,
        random: Nothing,
        protection: Nothing,
        slots: NoSlots,
    };
    // SAFETY: this is the only place that takes the static, and it is reached once.
    let memory = unsafe { &mut *addr_of_mut!(MEMORY) };
    let mut device = Device::start(parts, factory, memory);
    loop {
        device.receive(&black_box([0; 64]), &mut Nothing);
        device.idle();
    }
}

fn stop() -> ! {
    loop {
        core::hint::spin_loop();
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    stop()
}
