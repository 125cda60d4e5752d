//! The board as the engine sees it.

use atecc608::Element;
use def_engine::board::{Board, Random, Ticks};
use embassy_time::{Delay, Instant};
use rp2350::{
    random::{Mixer, Stuck},
    reset::Cause,
    slots::Slots,
};
use rv3028::Rv3028;
use w25q::{W25q, Window};

use super::{bus, chip::Debug, fed::Fed, package::InPackage, trng::Trng, watchdog};

/// This board.
pub(super) struct Product;

impl Board for Product {
    type Flash = Fed<Window<W25q<bus::Journal, Delay>>>;
    type Element = Element<bus::Shared, Delay>;
    type Clock = Rv3028<bus::Shared>;
    type Ticks = SinceStart;
    type Random = Mixed;
    type Protection = Debug;
    type Slots = Slots<InPackage>;
}

/// The chip's timer.
pub(super) struct SinceStart;

impl Ticks for SinceStart {
    fn milliseconds(&mut self) -> u64 {
        Instant::now().as_millis()
    }
}

/// Randomness of the chip and the element.
pub(super) struct Mixed(pub(super) Mixer<Trng>);

impl Random for Mixed {
    /// Nothing may be sealed with what is not random: the board restarts, and refuses to start.
    fn fill(&mut self, bytes: &mut [u8]) {
        if let Err(Stuck) = self.0.fill(bytes) {
            watchdog::restart(Some(Cause::NoRandomness));
        }
    }
}
