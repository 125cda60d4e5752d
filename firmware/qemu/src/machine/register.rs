//! A register of the machine.

#![allow(unsafe_code, reason = "a register is memory at an address that the machine's map names")]

/// A register of 32 bits at its address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Register(usize);

impl Register {
    /// The machine's map (QEMU `hw/arm/aspeed_ast10x0.c`) puts a device there.
    pub(super) const fn at(address: usize) -> Self {
        Self(address)
    }

    pub(super) fn read(self) -> u32 {
        // SAFETY: only this folder makes registers, at aligned addresses of devices in the machine's map.
        unsafe { (self.0 as *const u32).read_volatile() }
    }

    pub(super) fn write(self, value: u32) {
        // SAFETY: as for `read`; no device here writes into the program's memory.
        unsafe { (self.0 as *mut u32).write_volatile(value) }
    }

    /// A device that takes single bytes there.
    pub(super) fn read_byte(self) -> u8 {
        // SAFETY: as for `read`.
        unsafe { (self.0 as *const u8).read_volatile() }
    }

    /// A device that takes single bytes there.
    pub(super) fn write_byte(self, value: u8) {
        // SAFETY: as for `write`.
        unsafe { (self.0 as *mut u8).write_volatile(value) }
    }
}
