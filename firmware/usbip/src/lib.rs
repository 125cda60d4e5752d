//! The fiscal memory's USB device on the host, over USB/IP, and a host that tests it.
//!
//! The device is the board's: the same descriptors and the same serial line (`def-usb`) on the same USB stack
//! (`embassy-usb`), with the same engine behind it. What differs is the controller: [`Controller`] is one in memory, and
//! [`Server`] carries what passes over its cable through TCP, in the protocol of the Linux kernel
//! (`Documentation/usb/usbip_protocol.rst`, version 1.1.1). A Linux machine attaches it as if it were plugged in:
//!
//! ```text
//! # modprobe vhci-hcd
//! # usbip attach --remote=127.0.0.1 --busid=1-1
//! # ls /dev/serial/by-id/
//! usb-Stelala_DEF_fiscal_memory_DEF-000001-if00
//! ```
//!
//! [`Desk`] puts a device together: a thread for its USB interrupts, one for its engine. The tests attach it with a small
//! host of their own, which needs no kernel module and no rights; they do not try the kernel's.
//!
//! What is not the board's here: a bus has no time, so nothing depends on frames, and what is on the wire is never
//! damaged. Linux answers SET_ADDRESS for the device; a host that sends it is obeyed.

mod controller;
mod desk;
mod executor;
mod server;
pub mod wire;

pub use controller::{Bus, ControlPipe, Controller, EndpointIn, EndpointOut, UsbDriver};
pub use desk::{Desk, HostTime, Stop, serve};
pub use server::{BUS_ID, Server};
