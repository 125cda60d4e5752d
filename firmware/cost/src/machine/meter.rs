//! Counts instructions, and apart from them those of the parts that a real board has as chips.

use core::cell::Cell;

use super::timer::{INSTRUCTIONS, Timer};

/// A loop of which the length is known: `subs`, `bne`, this often.
const TURNS: u32 = 1_000_000;
/// What it takes.
pub(super) const LOOP_INSTRUCTIONS: u32 = 2 * TURNS;
const EMPTY: u32 = 10_000;

/// A stop watch that can be held.
pub(super) struct Meter {
    timer: Timer,
    held: Cell<Held>,
    /// What it takes to hold it 10,000 times, in ticks.
    holding: u32,
}

/// How long it was held.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    ticks: u32,
    times: u32,
}

impl Meter {
    pub(super) fn calibrate(timer: Timer) -> Self {
        let mut meter = Self { timer, held: Cell::default(), holding: 0 };
        let (ticks, ()) = meter.ticks_of(|| (0..EMPTY).for_each(|_| _ = meter.hold(|| ())));
        meter.holding = ticks;
        meter
    }

    /// What it says of a loop of [`LOOP_INSTRUCTIONS`].
    pub(super) fn of_known_loop(&self) -> u64 {
        // It turns once more than it is told.
        self.of(|| cortex_m::asm::delay(TURNS - 1)).0
    }

    /// How many instructions this takes, without those while the meter is held.
    pub(super) fn of<R>(&self, work: impl FnOnce() -> R) -> (u64, R) {
        let before = self.held.get();
        let (ticks, done) = self.ticks_of(work);
        let times = u64::from(self.held.get().times - before.times);
        let holding = times * u64::from(self.holding) * u64::from(INSTRUCTIONS) / u64::from(EMPTY);
        ((u64::from(ticks) * u64::from(INSTRUCTIONS)).saturating_sub(holding), done)
    }

    /// Does something that does not count; how many ticks it took.
    #[inline(never)]
    pub(super) fn hold<R>(&self, work: impl FnOnce() -> R) -> (u32, R) {
        let begun = self.timer.ticks();
        let done = work();
        let took = self.timer.ticks().wrapping_sub(begun);
        let Held { ticks, times } = self.held.get();
        self.held.set(Held { ticks: ticks.wrapping_add(took), times: times + 1 });
        (took, done)
    }

    /// How long this takes, in ticks.
    pub(super) fn ticks_of<R>(&self, work: impl FnOnce() -> R) -> (u32, R) {
        let (begun, before) = (self.timer.ticks(), self.held.get().ticks);
        let done = work();
        let held = self.held.get().ticks.wrapping_sub(before);
        (self.timer.ticks().wrapping_sub(begun).wrapping_sub(held), done)
    }
}
