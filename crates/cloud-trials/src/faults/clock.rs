use std::time::Duration;

use anyhow::ensure;

use super::{Ground, play, words};
use crate::{
    disk::Knob,
    place::{Keys, Store},
};

/// The server's clock is set back by an hour: it refuses until time has caught up, and seals nothing that is older than
/// the chain.
pub(super) fn back(ground: &Ground) -> anyhow::Result<String> {
    play(ground, Store::Sqlite, Keys::Software, 1, |scene, crew| {
        scene.disk.set(Knob::Offset, -3_600_000)?;
        let refusals = scene.refusals_of(Duration::from_secs(2))?;
        let only = refusals.keys().all(|code| code == "CLOCK_ROLLBACK_DETECTED");
        ensure!(only && !refusals.is_empty(), "{}", words(&refusals));
        // A restart does not help.
        scene.servers[0].kill()?;
        scene.servers[0] = scene.start(1)?;
        let again = scene.refusals_of(Duration::from_secs(2))?;
        ensure!(again.contains_key("CLOCK_ROLLBACK_DETECTED"), "{}", words(&again));
        // Time passes; within the tolerance of 2 s it seals with the chain's time.
        scene.disk.set(Knob::Offset, 0)?;
        scene.until_sells()?;
        scene.disk.set(Knob::Offset, -1_000)?;
        scene.until_sells()?;
        scene.disk.set(Knob::Offset, 0)?;
        crew.settle()?;
        Ok(format!(
            "clock back: one hour behind, tills heard {}, and {} after a restart; when time had passed sales went on, and \
             a clock 1 s behind seals with the chain's time",
            words(&refusals),
            words(&again)
        ))
    })
}
