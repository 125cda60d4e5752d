//! Driver of Winbond's W25Q serial flash, from 8 to 64 MiB: the journal's memory.
//!
//! [`W25q::power_up`] wakes the part, waits for what a reset of the processor left running, resets the part and asks
//! what it is. Then it is a [`MultiwriteNorFlash`]: it reads and programs from byte to byte, over the borders of pages,
//! and erases sectors of 4,096 bytes. No call returns before the part is done, and none waits for ever.
//!
//! Signals: one data line each way, mode 0 or 3, at most 50 MHz (what the plain read, 03h and 13h, allows).
//!
//! Sources: Winbond, W25Q64JV revision J, W25Q128JV revision C, W25Q256JV revision G, W25Q512JV revision B. Sections
//! that are named here have the same name and, unless said, the same number in all of them.
//!
//! [`MultiwriteNorFlash`]: embedded_storage::nor_flash::MultiwriteNorFlash
#![no_std]

mod command;
mod driver;
mod fault;
mod part;
mod status;
mod storage;
pub mod timing;
mod window;

pub use driver::W25q;
pub use fault::Fault;
pub use part::{PAGE, Part, SECTOR};
pub use window::{Window, WindowFault};
