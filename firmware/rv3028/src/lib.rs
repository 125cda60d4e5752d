//! Driver of Micro Crystal's RV-3028-C7, a clock with a battery.
//!
//! [`Rv3028::start`] brings the part's settings to the board's; then it is a [`Clock`](def_engine::board::Clock): it
//! tells a time that can be relied on, or none.
//!
//! # When a time is told
//! All of it comes from one burst over 00h–1Eh, and all of this has to hold:
//!
//! * PORF is 0: the part has not been without any power since it was set. [`Rv3028::set_time`] clears it last;
//! * the calendar is a date that exists, in 24-hour mode;
//! * the UNIX counter says the same as the calendar, to one second.
//!
//! I2C has no check sum, and the part leaves the bus in the middle of a transfer when it switches to the battery (4.2:
//! the rest reads as ones). Two counters that were set to the same time and are read together are the check sum; they
//! also differ when a setting was interrupted between them, or within one.
//!
//! # Which counter
//! The calendar tells the time, because it is frozen while it is read (page 52) and because most garbage in it is
//! no date. The UNIX counter is neither: it runs on while it is read (3.10), and every 32 bits are a time. So it only confirms.
//!
//! # The battery
//! A lithium cell that cannot be charged: the trickle charger is off. The part switches by level (LSM): with the supply
//! at 3.3 V and a new cell at 3.2 V, direct switching could change over while the board runs, and off the bus. The part
//! has no flag for a low battery: an empty one shows as PORF after the next time without supply, and BSF says whether
//! the battery was needed ([`Start::ran_on_battery`]).
//!
//! Source: Micro Crystal, RV-3028-C7 Application Manual, revision 1.4, November 2021. Numbers in parentheses are its
//! sections and pages. The bus may be up to 400 kHz.
#![no_std]

#[cfg(test)]
extern crate std;

mod calendar;
mod driver;
mod fault;
pub mod registers;
mod settings;

pub use driver::{Rv3028, Start};
pub use fault::Fault;
