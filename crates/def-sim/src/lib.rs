//! The parts of a fiscal memory on the host, with the faults that real parts have.
//!
//! The engine (`def-engine`) asks a board for a flash, a secure element, a clock, ticks and randomness. This crate
//! has two sets of them and no rule of its own:
//!
//! * [`World`], in memory, for tests and campaigns: power fails at any numbered operation with any [`Outcome`],
//!   states are copied in less than a microsecond, and the same seed gives the same run.
//! * [`StateDirectory`], in files, for the simulator that stands in for a device: `kill -9` is a power cut between
//!   two operations, [`Power`] cuts within a program. [`Terminal`] is its USB port.
//!
//! # What is assumed of the real parts
//!
//! Flash, a W25Q (Winbond; sectors and pages are those of its data sheet, what a power cut leaves is not in there and
//! is an assumption):
//! * Sectors of 4,096 bytes are erased to ones, bytes within a page of 256 are programmed in one operation, and a
//!   program only takes bits from 1 to 0. A write across a page border is one program per page.
//! * An interrupted program leaves any subset of its target bits done and any subset of them weak. Target bits are
//!   those that are 1 (or weak) in the cell and 0 in the data. No other bit changes: that is what
//!   `embedded_storage::nor_flash::MultiwriteNorFlash` promises.
//! * An interrupted erase leaves any subset of the sector's zeros at 1 and any subset of all its bits weak. It may
//!   also have stopped when every bit had been programmed to 0, which parts do first (Infineon KBA223960, "How
//!   Erase Operation Works in NOR Flash").
//! * A weak bit reads differently each time, until a program makes it 0 or a complete erase makes it 1. To program
//!   a 1 over it does nothing.
//! * Cells that no longer program and bits that rot are put there by the test. Reads have no other faults, and
//!   neither cells that no longer erase nor disturbed neighbours are modelled.
//!
//! Secure element, an ATECC608 (Microchip): a P-256 key that is made inside; a monotonic counter up to
//! [`SoftElement::COUNTER_LIMIT`], which a power cut during an increment may leave as it was, one higher, or up to
//! [`SoftElement::LARGEST_JUMP`] higher (D11).
//!
//! Clock, an RV-3028 with a coin cell: runs without the board's power and knows nothing after the cell failed.
//!
//! Port, USB CDC-ACM: a stream of bytes; what no host reads is dropped.

mod clock;
mod durable;
mod element_file;
mod fault;
mod flash;
mod open_board;
mod random;
mod secure_element;
mod state_directory;
mod terminal;
mod world;

pub use clock::{HostClock, HostTicks, ManualClock, ManualTicks};
pub use element_file::FileElement;
pub use fault::{ElementError, FlashError, HostFault};
pub use flash::{FileFlash, Flash, PAGE_BYTES, Power, SECTOR_BYTES, WeakReads};
pub use open_board::OpenBoard;
pub use random::{HostRandom, Seeded};
pub use secure_element::SoftElement;
pub use state_directory::StateDirectory;
pub use terminal::Terminal;
pub use world::{
    ClockPort, ElementPort, FlashPort, Fork, Operation, Outcome, ProtectionPort, RandomPort, Slots,
    SlotsPort, State, Style, TicksPort, World,
};
