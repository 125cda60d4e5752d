//! What needs the board: its parts, the start, the loop.
//!
//! USB and the lights run on an executor of interrupts. The engine runs below them, in the loop that never ends, and
//! blocks: nothing can cancel what it does. The watchdog is fed below the interrupts only, in the loop, before the flashes
//! are used and while a host is waited for: when the engine hangs, an interrupt that still works must not hide it.

mod bus;
mod chip;
mod fed;
mod image_def;
mod lamps;
mod package;
mod parts;
mod start;
mod stop;
mod trng;
mod usb;
mod watchdog;
