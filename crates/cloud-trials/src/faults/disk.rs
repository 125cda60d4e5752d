use std::{thread, time::Duration};

use anyhow::ensure;

use super::{Ground, play, words};
use crate::{
    disk::Knob,
    place::{Keys, Store},
    server::Server,
};

/// A full disk: sales are refused, nothing of a refused one is there, and they go on when there is room.
pub(super) fn full(ground: &Ground) -> anyhow::Result<String> {
    play(ground, Store::Sqlite, Keys::Software, 1, |scene, crew| {
        let disk = scene.disk;
        disk.set(Knob::Room, 300_000)?;
        disk.set(Knob::Limited, 1)?;
        scene.until("a write finds the disk full", || Ok(disk.read(Knob::Refused)? > 0))?;
        let refusals = scene.refusals_of(Duration::from_secs(2))?;
        ensure!(refusals.contains_key("STORE_UNAVAILABLE"), "{}", words(&refusals));
        let refused = disk.read(Knob::Refused)?;
        disk.set(Knob::Limited, 0)?;
        let again = scene.until_sells()?;
        crew.settle()?;
        // And once more, with a kill while it is full.
        disk.set(Knob::Room, 50_000)?;
        disk.set(Knob::Limited, 1)?;
        let before = disk.read(Knob::Refused)?;
        scene.until("the disk is full again", || Ok(disk.read(Knob::Refused)? > before))?;
        scene.servers[0].kill()?;
        let starts = Server::start(scene.place, 1, Some(disk));
        let how = if starts.is_ok() { "starts" } else { "refuses to start" };
        drop(starts);
        disk.set(Knob::Limited, 0)?;
        scene.servers[0] = scene.start(1)?;
        scene.until_sells()?;
        Ok(format!(
            "disk full: {refused} writes failed, tills heard {}, nothing refused was sealed; {} ms after there was room \
             sales went on without a restart; a server {how} on the full disk, and one that was killed on it has lost \
             nothing",
            words(&refusals),
            again.as_millis()
        ))
    })
}

/// fsync fails: what was not flushed is never answered as sealed, and the server goes on when the disk does.
pub(super) fn error(ground: &Ground) -> anyhow::Result<String> {
    play(ground, Store::Sqlite, Keys::Software, 1, |scene, crew| {
        let disk = scene.disk;
        for fail in [1, 2, 5] {
            disk.set(Knob::Fail, fail)?;
            scene.until_sells()?;
        }
        crew.settle()?;
        let few = disk.read(Knob::Failed)?;
        scene.shop.take_refusals();
        // For longer than the ledger asks the database for an outcome. What was flushed before may still be answered.
        disk.set(Knob::Fail, i64::MAX)?;
        thread::sleep(Duration::from_secs(3));
        let before = scene.sealed();
        thread::sleep(Duration::from_secs(12));
        ensure!(scene.sealed() == before, "sales were answered as sealed while no flush succeeded");
        let refusals = scene.shop.take_refusals();
        ensure!(refusals.contains_key("OUTCOME_UNKNOWN"), "{}", words(&refusals));
        disk.set(Knob::Fail, 0)?;
        let again = scene.until_sells()?;
        crew.settle()?;
        // A kill while it fails.
        disk.set(Knob::Fail, i64::MAX)?;
        thread::sleep(Duration::from_millis(100));
        scene.servers[0].kill()?;
        disk.set(Knob::Fail, 0)?;
        scene.servers[0] = scene.start(1)?;
        scene.until_sells()?;
        let failed = disk.read(Knob::Failed)?;
        Ok(format!(
            "fsync error: {few} single failures went by without a restart; for 12 s all failed, tills heard {}, none heard \
             of a seal; {} ms after the disk was well sales went on; {failed} fsyncs failed in all, and a server that was \
             killed meanwhile has lost nothing",
            words(&refusals),
            again.as_millis()
        ))
    })
}

/// A slow disk: one flush serves all that wait.
pub(super) fn slow(ground: &Ground) -> anyhow::Result<String> {
    play(ground, Store::Sqlite, Keys::Software, 1, |scene, _| {
        let mut measured = Vec::new();
        for delay in [0, 4_000] {
            scene.disk.set(Knob::Delay, delay)?;
            thread::sleep(Duration::from_millis(200));
            let (sealed, fsyncs) = (scene.sealed(), scene.disk.read(Knob::Fsyncs)?);
            thread::sleep(Duration::from_secs(2));
            let (sealed, fsyncs) = (scene.sealed() - sealed, scene.disk.read(Knob::Fsyncs)? - fsyncs);
            ensure!(sealed > 0 && fsyncs > 0, "{sealed} sales and {fsyncs} fsyncs in 2 s");
            measured.push((sealed / 2, fsyncs / 2));
        }
        let [(fast, _), (slow, fsyncs)] = measured[..] else { anyhow::bail!("two were measured") };
        Ok(format!(
            "slow fsync: {fast}/s by 6 tills, with 4 ms more for each fsync {slow}/s in {fsyncs} fsyncs/s"
        ))
    })
}
