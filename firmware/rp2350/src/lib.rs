//! The fiscal memory's own board: RP2354A, ATECC608, W25Q512JV, RV-3028.
//!
//! Here is what of it needs no hardware, and is tested without: the map of the flash, the boot ROM's blocks, the
//! slots of the firmware, what is burnt in, the randomness, the lights. The program itself (`src/main.rs`) exists for
//! the board only. [`factory`] exists for computers only: it makes images and checks the factory's files.
//!
//! Sources: RP2350 datasheet (sections are named by number), pico-sdk `otp_data.h` and `picobin.h`, and the source of
//! the boot ROM, `pico-bootrom-rp2350`.

#![cfg_attr(target_os = "none", no_std)]

pub mod burnt;
#[cfg(not(target_os = "none"))]
pub mod factory;
pub mod layout;
pub mod leds;
pub mod picobin;
pub mod pins;
pub mod random;
pub mod reset;
pub mod slots;
pub mod version;
