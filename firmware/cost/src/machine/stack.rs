//! How deep the stack was, by paint that is no longer there.

#![allow(unsafe_code, reason = "the stack's memory below what is in use")]

use cortex_m::register::msp;

const PAINT: u32 = 0xA5C3_3C5A;
/// How far down it is painted, in bytes: several times of what is used.
const PAINTED: usize = 128 * 1024;
/// What the function that paints may itself have below the stack pointer that it reads, in bytes.
const MARGIN: usize = 64;

/// The part of the stack's memory that is painted. Memory further down belongs to the stack, too: 2 MiB are free.
#[derive(Debug)]
pub(super) struct Stack {
    bottom: usize,
}

impl Stack {
    /// Below whoever asks.
    pub(super) fn here() -> Self {
        Self { bottom: msp::read() as usize - PAINTED }
    }

    /// Paints all that is not in use.
    #[inline(never)]
    pub(super) fn paint(&self) {
        self.paint_to(usize::MAX);
    }

    /// The lowest address that was used since it was painted; none when it was deeper than the paint.
    pub(super) fn lowest(&self) -> Option<usize> {
        let lowest = (self.bottom..msp::read() as usize).step_by(4).find(|address| {
            // SAFETY: an aligned word of the stack's memory; interrupts are closed, so nobody else uses it.
            let word = unsafe { (*address as *const u32).read_volatile() };
            word != PAINT
        });
        lowest.filter(|lowest| *lowest > self.bottom)
    }

    /// Does something whose traces are not to be seen.
    #[inline(never)]
    pub(super) fn without_traces<R>(&self, work: impl FnOnce() -> R) -> R {
        let lowest = self.lowest().unwrap_or(self.bottom);
        let done = work();
        self.paint_to(lowest);
        done
    }

    #[inline(always)]
    fn paint_to(&self, end: usize) {
        let end = end.min(msp::read() as usize - MARGIN);
        for address in (self.bottom..end).step_by(4) {
            // SAFETY: below the stack pointer nothing is kept: there are no interrupts, and this calls nothing.
            unsafe { (address as *mut u32).write_volatile(PAINT) };
        }
    }
}
