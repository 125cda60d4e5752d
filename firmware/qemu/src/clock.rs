//! A clock that the host's time drives and a flash remembers.

use def_engine::board::Clock;
use embedded_storage::nor_flash::NorFlash;
use fiscal::Timestamp;

use crate::store::Keeper;

/// The time that the host has, whatever it is worth.
pub trait WallTime {
    /// Seconds since 1970.
    fn seconds(&mut self) -> i64;
}

/// The host's time and an offset to it that the flash keeps: one that was never set has no time.
#[derive(Debug)]
pub struct OffsetClock<'k, F, W> {
    keeper: &'k Keeper<F>,
    wall: W,
}

impl<'k, F: NorFlash, W: WallTime> OffsetClock<'k, F, W> {
    /// The clock of this state.
    pub const fn new(keeper: &'k Keeper<F>, wall: W) -> Self {
        Self { keeper, wall }
    }

    /// As after its battery was changed.
    pub fn lose_power(&mut self) {
        // A flash that keeps nothing has no state and so no time.
        let _ = self.keeper.change(|kept| kept.clock = None);
    }
}

impl<F: NorFlash, W: WallTime> Clock for OffsetClock<'_, F, W> {
    fn now(&mut self) -> Option<Timestamp> {
        let offset = self.keeper.state().ok()?.clock?;
        Timestamp::from_unix(u64::try_from(self.wall.seconds().checked_add(offset)?).ok()?)
    }

    fn set(&mut self, time: Timestamp) {
        let offset = time.unix() as i64 - self.wall.seconds();
        // The engine asks for the time again, and finds that it is not set.
        let _ = self.keeper.change(|kept| kept.clock = Some(offset));
    }
}
