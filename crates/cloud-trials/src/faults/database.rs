use std::{process::Command, thread, time::Duration};

use anyhow::{Context, ensure};

use super::{Ground, play, words};
use crate::{
    campaign::new_database,
    place::{Keys, Store},
};

const RESTARTS: u32 = 5;

/// PostgreSQL is ended as by a crash while two processes commit, and starts again.
pub(super) fn restart(ground: &Ground) -> anyhow::Result<String> {
    let (url, command) = ground
        .postgres
        .as_ref()
        .context("no PostgreSQL that can be restarted: run it by crates/ledger/tests/with_postgres")?;
    let store = Store::Postgres(new_database(url, 7_000_000)?);
    play(ground, store, Keys::Software, 2, |scene, crew| {
        let mut longest = Duration::ZERO;
        scene.shop.take_refusals();
        for round in 0..RESTARTS {
            thread::sleep(Duration::from_millis(200 + 137 * u64::from(round)));
            ensure!(Command::new("sh").args(["-c", command]).output()?.status.success(), "{command}");
            longest = longest.max(scene.until_sells()?);
            crew.settle()?;
        }
        let refusals = scene.shop.take_refusals();
        Ok(format!(
            "database restart: {RESTARTS} times under two processes, tills heard {}; at most {} ms after each sales went \
             on without a restart of ours",
            words(&refusals),
            longest.as_millis()
        ))
    })
}
