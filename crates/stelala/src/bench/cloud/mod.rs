//! A cloud against what its parts do alone: the same HTTP stack without a ledger, and bare signing.
//!
//! Server, load and echo are one process. All are measured in turns, so that a machine that slows down slows everything
//! alike. What a slower disk does is seen by preloading the library of crates/cloud-trials/shim:
//!
//! ```sh
//! gcc -shared -fPIC -O2 -o target/disk.so crates/cloud-trials/shim/disk.c -ldl
//! STELALA_TEST_DISK_FOLDER=/tmp STELALA_TEST_DISK_DELAY_US=4000 LD_PRELOAD=target/disk.so \
//!     stelala bench cloud --dir /tmp --slow-disk
//! ```

#![allow(clippy::float_arithmetic, reason = "ratios of times are not money")]

mod arguments;
mod disk;
mod echo;
mod grown;
mod load;
mod place;
mod report;
mod sales;
mod signing;

use std::{num::NonZeroUsize, process::ExitCode, time::Duration};

use anyhow::{Context, bail};
use clap::Args;

pub(super) use self::place::ALLOWED;
use self::{
    arguments::{Keys, SignerChoice, StoreChoice},
    echo::Echo,
    load::Sample,
    place::Place,
    report::{At, Report},
    sales::Sales,
};
use crate::cloud::Serving;

/// What is measured, and for how long.
#[derive(Args)]
pub(crate) struct CloudBench {
    /// Where the ledger is stored: `sqlite`, or `postgres=postgres://user@host/database`, of a database for trials.
    #[arg(long, default_value = "sqlite")]
    store: StoreChoice,
    /// Who signs: `software`, or `softhsm=MODULE:TOKEN:PIN`, in which a key is made.
    #[arg(long, default_value = "software")]
    signer: SignerChoice,
    /// How long each thing is measured, in seconds.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=600))]
    seconds: u32,
    /// Numbers of connections.
    #[arg(long, value_delimiter = ',', default_value = "1,64,256")]
    connections: Vec<NonZeroUsize>,
    /// How many outlets sell.
    #[arg(long, default_value = "1")]
    outlets: NonZeroUsize,
    /// Idempotency keys that grow with time, as UUIDv7, or random ones.
    #[arg(long, default_value = "ordered")]
    keys: Keys,
    /// Instead fill a ledger with so many records, without HTTP, and measure an invoice before and after.
    #[arg(long)]
    records: Option<u64>,
    /// The folder for the ledger, on the disk that is to be measured; a new one in the system's folder for temporary
    /// files.
    #[arg(long)]
    dir: Option<std::path::PathBuf>,
    /// Judge by the limits for a disk on which each fsync takes 4 ms longer.
    #[arg(long)]
    slow_disk: bool,
    /// One JSON object instead of tables.
    #[arg(long)]
    json: bool,
}

/// A disk that is slower than this counts as slow.
const SLOW_SYNC: Duration = Duration::from_millis(4);
/// One turn of one subject.
const TURN: Duration = Duration::from_secs(1);
/// Before each number of connections.
const WARM_UP: Duration = Duration::from_millis(400);

impl CloudBench {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let place = Place::make(self.dir.as_deref(), &self.store, &self.signer, self.outlets.get())?;
        let mut report = Report {
            store: self.store.to_string(),
            signer: self.signer.to_string(),
            sync: disk::sync_time(place.folder())?,
            slow_disk: self.slow_disk,
            ..Report::default()
        };
        if self.slow_disk && report.sync < SLOW_SYNC {
            bail!("the disk takes {:?}: preload a library that makes fsync slower", report.sync);
        }
        // A token has one user in a process: it is asked alone, before and after.
        let before = signing::rate(place.config(), TURN).context("bare signing")?;
        let sales = Sales::new(place.outlets(), place.api_key(), self.keys)?;
        if let Some(records) = self.records {
            report.grown = Some(grown::measure(place.config(), &sales, records)?);
        } else {
            report.payload = sales.payload_length();
            report.at = self.serve(&place, &sales)?;
        }
        let after = signing::rate(place.config(), TURN).context("bare signing")?;
        report.signing = (before + after) / 2.0;
        drop(place);
        report.print(self.json)
    }

    fn serve(&self, place: &Place, sales: &Sales) -> anyhow::Result<Vec<At>> {
        let serving = Serving::start(place.config())?;
        let echo = Echo::start()?;
        let sqlite = self.beside()?;
        let mut all = Vec::new();
        for connections in &self.connections {
            let connections = connections.get();
            let [mut echoed, mut sealed] = [Sample::default(), Sample::default()];
            let mut on_sqlite = sqlite.as_ref().map(|_| Sample::default());
            load::run(echo.address(), connections, sales, WARM_UP)?;
            load::run(serving.address(), connections, sales, WARM_UP)?;
            for _ in 0..self.seconds {
                echoed += load::run(echo.address(), connections, sales, TURN)?;
                sealed += load::run(serving.address(), connections, sales, TURN)?;
                if let (Some(sqlite), Some(on_sqlite)) = (&sqlite, &mut on_sqlite) {
                    *on_sqlite += load::run(sqlite.serving.address(), connections, &sqlite.sales, TURN)?;
                }
            }
            all.push(At { connections, echo: echoed, sealed, on_sqlite });
        }
        serving.stop()?;
        echo.stop();
        if let Some(sqlite) = sqlite {
            sqlite.serving.stop()?;
            drop(sqlite.place);
        }
        Ok(all)
    }

    /// Beside PostgreSQL the same on SQLite, if there may be a second signer in this process.
    fn beside(&self) -> anyhow::Result<Option<Beside>> {
        let (StoreChoice::Postgres(_), SignerChoice::Software) = (&self.store, &self.signer) else {
            return Ok(None);
        };
        let place = Place::make(self.dir.as_deref(), &StoreChoice::Sqlite, &self.signer, self.outlets.get())?;
        let sales = Sales::new(place.outlets(), place.api_key(), self.keys)?;
        let serving = Serving::start(place.config())?;
        Ok(Some(Beside { place, sales, serving }))
    }
}

/// A second cloud.
struct Beside {
    place: Place,
    sales: Sales,
    serving: Serving,
}
