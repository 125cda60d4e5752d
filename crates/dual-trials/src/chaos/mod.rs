//! Terminals sell at two outlets, and everything between them and the ledger fails.
//!
//! What is done, and when, is a function of the seed ([`Schedule`]); what processes make of it is theirs. At the end all is
//! put right, each terminal asks until it knows the fate of each sale, and [`judge`](Campaign::run) compares.

mod judge;
mod schedule;
mod shop;
mod stage;
mod tally;
mod till;

use std::{path::PathBuf, thread, time::Duration};

use anyhow::{Context, ensure};

pub use self::{
    schedule::{Deed, Schedule, Timed},
    tally::Tally,
};
use self::{
    shop::{Phase, Shop},
    stage::Stage,
    till::{Asked, Till},
};
use crate::{
    OUTLETS,
    place::{Board, Place, Plan},
    until,
};

/// What is tried.
pub struct Campaign {
    /// The program.
    pub binary: PathBuf,
    /// What each run begins with: a cloud, two outlets, two devices that were activated.
    pub plan: Plan,
    /// How many terminals sell.
    pub tills: u64,
    /// For how long they sell, in milliseconds.
    pub millis: u64,
}

/// How long terminals may take to find out, when all is put right.
const SETTLES: Duration = Duration::from_secs(300);

impl Campaign {
    /// One run, from a place of its own to its verdict.
    pub fn run(&self, seed: u64) -> anyhow::Result<Tally> {
        let folder = tempfile::Builder::new().prefix("stelala-dual-").tempdir()?;
        let ran = self.run_in(folder.path(), seed);
        if !matches!(&ran, Ok(tally) if tally.violations == 0) {
            eprintln!("seed {seed}: everything stays in {}", folder.keep().display());
        }
        ran.with_context(|| format!("seed {seed}"))
    }

    fn run_in(&self, folder: &std::path::Path, seed: u64) -> anyhow::Result<Tally> {
        let place = Place::make(&self.binary, folder, &self.plan)?;
        let mut stage = Stage::raise(&place, Board::Simulator)?;
        let shop = Shop::new(&place, stage.cloud_for_tills(), folder)?;
        stage.open(&shop).context("before anything was done")?;
        let schedule = Schedule::of(seed, self.millis);
        let asked = thread::scope(|scope| -> anyhow::Result<Vec<Asked>> {
            let tills: Vec<_> = (0..self.tills)
                .map(|number| {
                    let till = Till::new(&shop, number, seed);
                    scope.spawn(move || till.work())
                })
                .collect();
            let played = stage.play(&schedule, &shop).and_then(|()| stage.heal(&shop));
            shop.set_phase(Phase::Settling);
            let settled = until(SETTLES, || {
                stage.mend(&shop)?;
                Ok(tills.iter().all(|till| till.is_finished()).then_some(()))
            });
            shop.set_phase(Phase::Over);
            let asked = tills.into_iter().flat_map(|till| till.join().unwrap_or_default()).collect();
            played?;
            if settled?.is_none() {
                shop.violation("terminals could not find out what became of their sales".to_owned());
            }
            Ok(asked)
        })?;
        if shop.is_clean() {
            stage.drain(&asked, &shop)?;
        }
        let orderly = stage.end()?;
        ensure!(orderly, "a process did not end in good order: logs are in {}", folder.display());
        let records = judge::judge(&place, &asked, &shop)?;
        let mut tally = stage.tally();
        tally.count(&asked, &shop);
        tally.records = records;
        tally.runs = 1;
        Ok(tally)
    }
}

/// So many outlets, so many devices and proxies.
pub(crate) const SHOPS: usize = OUTLETS.len();
