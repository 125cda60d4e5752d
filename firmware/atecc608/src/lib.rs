//! Driver of Microchip's ATECC608, the secure element: it keeps the sealing key and counts what is sealed.
//!
//! [`Element`] is the engine's [`SecureElement`](def_engine::board::SecureElement) on a chip that was personalised as
//! [`provisioning`] says. It sends nothing before it is asked, and whatever is wrong shows in each answer.
//!
//! # The bus
//! 100 kHz. A chip asleep is woken by holding SDA low for 60 µs ([`timing::WAKE_LOW_US`]): here a byte to address 00h,
//! which is long enough at 100 kHz only. A board that wants a faster bus slows it down for writes to that address.
//! Other traffic at this speed may wake the chip, and its watchdog then puts it to sleep in the middle of something
//! else. So each operation begins with putting it to sleep and waking it, and ends with putting it to sleep; nothing
//! has to survive in between.
//!
//! # What can go wrong
//! * An answer that does not come or is damaged is read again, then asked for again, then the chip is woken anew: all
//!   of them up to [`timing::SESSIONS`] times. An operation that cannot be repeated is looked at first: an increment
//!   by reading the counter, a lock by reading what is locked, a write by reading it back.
//! * Before each signature the chip renews the seed of its random numbers, as Microchip's own library does: a nonce
//!   that comes twice would give the key away.
//! * Answers are polled for, not waited for ([`timing`]); a chip that is late by half is silent.
//! * That a signature is true is not checked here: the engine verifies each one.
//!
//! # Why not at-cryptoauth
//! The kept crate `at-cryptoauth` 0.6 was read first (`client`, `datalink`, `packet`, `command`). Its packets are
//! sound, and the tests here let it talk to the same model of the chip. It cannot be used, for it
//!
//! * has no Counter command, and no way to send one: `command`, `packet` and `datalink` are private;
//! * waits the longest time of each command, on the global clock of `embassy-time`, so it cannot be run on a model;
//! * repeats nothing: one damaged byte is an error, and leaves the chip awake, after which the next wake fails;
//! * takes a chip that is awake for broken, because it expects the answer to a wake, on a bus whose traffic wakes it;
//! * locks zones in its ordinary path: `tng()` does, in release builds.
//!
//! So the command layer is ours: ten commands of one form. Its check sum is of the kept crate `crc`.
//!
//! # Sources
//! Microchip: the online documents of ATECC608A-, B- and C-TFLXTLS and -TNGTLS (Info, Lock, Counter, slot policies, I2C
//! interface), the ATECC508A to ATECC608B migration guide (configuration zone), and `cryptoauthlib` 3.3,
//! `lib/calib/calib_command.h` and `calib_execution.c` (modes and longest times). The full data sheet of the ATECC608
//! is given under an agreement only; what is built on the ATECC508A's is the meaning of SlotConfig and KeyConfig.
#![no_std]

mod command;
mod configuration;
mod element;
mod error;
mod identity;
mod link;
mod packet;
pub mod provisioning;
pub mod timing;

pub use element::Element;
pub use error::Error;
pub use identity::{Identity, Revision, SerialNumber};

/// The chip's address as delivered, 7 bits: C0h in its configuration.
pub const ADDRESS: u8 = 0x60;

/// The highest value of a counter (Counter command): each counts 2,097,151 times, and no further.
pub const COUNTER_LIMIT: u32 = 2_097_151;
