//! UART5, a 16550, which stands for the USB port. QEMU holds the host back while its FIFO is full.

use cortex_m::peripheral::NVIC;
use def_engine::{Device, board::Board};
use def_protocol::Output;

use super::{power, register::Register};

const BASE: usize = 0x7E78_4000;
/// Received and sent bytes; the divisor's low byte while [`LINE`] has its bit 7.
const DATA: Register = Register::at(BASE);
/// Interrupts; the divisor's high byte while [`LINE`] has its bit 7.
const INTERRUPTS: Register = Register::at(BASE + 0x04);
const FIFO: Register = Register::at(BASE + 0x08);
const LINE: Register = Register::at(BASE + 0x0C);
const STATUS: Register = Register::at(BASE + 0x14);

const HAS_INPUT: u8 = 0x01;
const TAKES_OUTPUT: u8 = 0x20;
/// How many times to look for more input before the device goes on: the next bytes of a frame come at once.
const LOOKS: u32 = 64;

/// The UART's interrupt: it wakes the processor, and is never taken.
#[derive(Clone, Copy, Debug)]
struct Interrupt;

/// The port.
#[derive(Debug)]
pub(super) struct Uart(());

impl Uart {
    pub(super) fn start() -> Self {
        LINE.write_byte(0x80);
        // The fastest: it decides how long input below the FIFO's level waits for its interrupt.
        DATA.write_byte(1);
        INTERRUPTS.write_byte(0);
        // Eight bits, no parity.
        LINE.write_byte(0x03);
        // FIFOs on and empty, an interrupt from 14 bytes on.
        FIFO.write_byte(0xC7);
        INTERRUPTS.write_byte(0x01);
        power::wake_at(Interrupt);
        Self(())
    }

    /// Says that what is sent from now on is heard: a byte between frames, which no host minds.
    pub(super) fn say_ready(&mut self) {
        self.send(b"\n");
    }

    /// Whether something came. What comes from now on wakes.
    pub(super) fn has_input(&self) -> bool {
        NVIC::unpend(Interrupt);
        STATUS.read_byte() & HAS_INPUT != 0
    }

    /// Gives the device what came, until nothing more does.
    pub(super) fn serve<B: Board>(&mut self, device: &mut Device<'_, B>) {
        let mut bytes = [0; 64];
        loop {
            let length = self.receive(&mut bytes);
            if length == 0 {
                return;
            }
            device.receive(&bytes[..length], self);
        }
    }

    fn receive(&self, bytes: &mut [u8]) -> usize {
        let mut length = 0;
        let mut looks = 0;
        while length < bytes.len() && looks < LOOKS {
            if STATUS.read_byte() & HAS_INPUT != 0 {
                bytes[length] = DATA.read_byte();
                length += 1;
                looks = 0;
            } else {
                looks += 1;
            }
        }
        length
    }
}

impl Output for Uart {
    fn send(&mut self, bytes: &[u8]) {
        for byte in bytes {
            while STATUS.read_byte() & TAKES_OUTPUT == 0 {}
            DATA.write_byte(*byte);
        }
    }
}

mod interrupt {
    #![allow(unsafe_code, reason = "the trait asks for a promise")]

    use cortex_m::interrupt::InterruptNumber;

    // SAFETY: UART5 has this number in the machine's map, and it is the only one.
    unsafe impl InterruptNumber for super::Interrupt {
        fn number(self) -> u16 {
            8
        }
    }
}
