//! The fiscal memory's USB port: a serial line (CDC-ACM) on any controller that has a driver for `embassy-usb`.
//!
//! ```text
//!  interrupt executor                         thread executor
//!  ┌──────────────────┐      ┌──────┐      ┌───────────────────────┐
//!  │ Port::run        │ ───▶ │ Line │ ───▶ │ Line::take            │ ─▶ Device::receive, Device::line_closed
//!  │ (controller)     │ ◀─── │      │ ◀─── │ Answers (an `Output`) │ ◀─ the device's answers
//!  └──────────────────┘      └──────┘      └───────────────────────┘
//! ```
//!
//! The engine is synchronous: while it writes to its flash or waits for its secure element it looks at no USB. So
//! [`Port::run`] runs on an executor that interrupts it, and the two share nothing but a [`Line`], two bounded queues
//! behind a critical section that is short (at most one packet is copied in it).
//!
//! # The rules of the line
//! * A host is there from the moment in which it raises DTR or, as programs do that never raise it, sends something. It
//!   goes by dropping DTR, by a bus reset, by suspending the bus, by unplugging; and when DTR rises, another one comes.
//! * Nothing that a host sends is dropped while it is there: a full queue answers NAK. What it had sent before it
//!   went is still taken; then comes [`Received::Closed`], and the board calls `Device::line_closed`, so that half a
//!   frame is forgotten. A host that comes and goes while the engine is busy with an earlier one leaves no trace.
//! * Answers go to the host that asked and to no other. A host that takes nothing for [`PATIENCE_MS`] loses what does
//!   not fit the queue, to the end of the frame; it is not waited for again until it takes something.
//! * An answer that ends with a full packet is followed by an empty one, or hosts would wait for more.
//!
//! # A board
//! ```text
//! static LINE: Line = Line::new();
//!
//! #[embassy_executor::task]
//! async fn usb(driver: embassy_rp::usb::Driver<'static, USB>, identity: Identity) -> ! {
//!     // The port is made where it runs: it is not `Send`.
//!     static MEMORY: StaticCell<Memory<'static>> = StaticCell::new();
//!     Port::new(driver, identity, &LINE, MEMORY.init(Memory::new())).run(withdraw).await
//! }
//!
//! let mut buffer = [0; 512];
//! loop {
//!     match LINE.take(&mut buffer) {
//!         Received::Bytes(count) => device.receive(&buffer[..count], &mut LINE.answers(&mut pace)),
//!         Received::Closed => device.line_closed(),
//!         Received::Nothing if device.idle() => {}
//!         Received::Nothing => LINE.arrived().await, // or anything else that waits
//!     }
//! }
//! ```

#![no_std]

#[cfg(test)]
extern crate std;

mod answers;
mod identity;
mod line;
mod ordered;
mod port;
mod watch;

pub use answers::{Answers, PATIENCE_MS, Pace};
pub use identity::{Identity, MANUFACTURER, MAX_POWER_MA, PRODUCT, PRODUCT_ID, VENDOR_ID};
pub use line::{INCOMING_BYTES, Line, OUTGOING_BYTES, PACKET_BYTES, Received};
pub use port::{DATA_IN, Memory, Port};
