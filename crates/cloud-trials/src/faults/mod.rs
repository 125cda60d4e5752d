//! What a running server rests on breaks, one thing at a time, and comes back.

mod clock;
mod database;
mod disk;
mod token;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::atomic::Ordering,
    thread,
    time::{Duration, Instant},
};

use anyhow::{bail, ensure};

use crate::{
    crew::{Crew, with_crew},
    disk::Disk,
    place::{Keys, Place, Store, temporary},
    server::Server,
    shop::Shop,
};

/// A fault that is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The disk is full for a while (SQLite).
    DiskFull,
    /// An fsync fails, once and for a while (SQLite).
    FsyncError,
    /// Each fsync takes 4 ms longer (SQLite).
    SlowFsync,
    /// The clock is set back by an hour.
    ClockBack,
    /// SoftHSM's token is gone for a while.
    TokenGone,
    /// PostgreSQL is restarted as by a crash, under two processes.
    DatabaseRestart,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::DiskFull,
        Self::FsyncError,
        Self::SlowFsync,
        Self::ClockBack,
        Self::TokenGone,
        Self::DatabaseRestart,
    ];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DiskFull => "disk-full",
            Self::FsyncError => "fsync-error",
            Self::SlowFsync => "slow-fsync",
            Self::ClockBack => "clock-back",
            Self::TokenGone => "token-gone",
            Self::DatabaseRestart => "database-restart",
        }
    }

    /// Tries it; the sentence says what was seen.
    pub fn run(self, ground: &Ground) -> anyhow::Result<String> {
        match self {
            Self::DiskFull => disk::full(ground),
            Self::FsyncError => disk::error(ground),
            Self::SlowFsync => disk::slow(ground),
            Self::ClockBack => clock::back(ground),
            Self::TokenGone => token::gone(ground),
            Self::DatabaseRestart => database::restart(ground),
        }
    }
}

/// What trials need.
pub struct Ground {
    /// The program.
    pub binary: PathBuf,
    /// A PostgreSQL, and what restarts it as by a crash.
    pub postgres: Option<(String, String)>,
}

/// A server with tills, for one fault.
struct Scene<'a> {
    place: &'a Place,
    shop: &'a Shop,
    disk: &'a Disk,
    servers: Vec<Server>,
}

/// Who waits for longer waits for what will not come. What a fault really cost is measured, and said.
const PATIENCE: Duration = Duration::from_secs(60);
/// When nothing was sealed for so long, nothing is on its way.
const STILL: Duration = Duration::from_millis(300);

/// Sets it up, has `work` go on while tills sell, and has the whole ledger judged.
fn play(
    ground: &Ground,
    store: Store,
    keys: Keys,
    processes: usize,
    work: impl FnOnce(&mut Scene<'_>, &mut Crew<'_>) -> anyhow::Result<String>,
) -> anyhow::Result<String> {
    let (folder, scratch) = (temporary("stelala-faults-")?, temporary("stelala-shim-")?);
    let place = Place::make(&ground.binary, folder.path(), store, keys, processes)?;
    let shop = Shop::new(&place.api_key, Duration::from_secs(15));
    let disk = Disk::new(&place.folder, scratch.path())?;
    let mut scene = Scene { place: &place, shop: &shop, disk: &disk, servers: Vec::new() };
    for process in 1..=processes {
        let server = scene.start(process)?;
        scene.servers.push(server);
    }
    let played = with_crew(&shop, &place, 6, 7, |crew| {
        scene.until_sells()?;
        let said = work(&mut scene, crew)?;
        let records = crew.judge()?;
        for server in &mut scene.servers {
            ensure!(server.stop()?, "a server did not end in good order");
        }
        Ok(format!("{said}; the referee finds {records} records true"))
    });
    let violations = shop.violations();
    if played.is_err() || !violations.is_empty() {
        eprintln!("the ledger stays in {}", folder.keep().display());
    }
    ensure!(violations.is_empty(), "{} violations: {violations:?}", violations.len());
    played
}

impl Scene<'_> {
    fn start(&self, process: usize) -> anyhow::Result<Server> {
        let server = Server::start(self.place, process, Some(self.disk))?;
        self.shop.moved(process, server.address());
        Ok(server)
    }

    /// So many sales were sealed until now.
    fn sealed(&self) -> u64 {
        self.shop.counts.sealed.load(Ordering::SeqCst)
    }

    /// Waits until sales are sealed again; says how long that took.
    fn until_sells(&self) -> anyhow::Result<Duration> {
        let (began, before) = (now(), self.sealed());
        while self.sealed() < before + 20 {
            if began.elapsed() > PATIENCE {
                bail!("no sale was sealed within {} s: {:?}", PATIENCE.as_secs(), self.shop.take_refusals());
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(began.elapsed())
    }

    /// Waits until something has come, which a busy machine may take its time for.
    fn until(&self, what: &str, mut is_so: impl FnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
        let began = now();
        while !is_so()? {
            ensure!(began.elapsed() < PATIENCE, "{what}: not within {} s", PATIENCE.as_secs());
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Waits until what was on its way has arrived, and nothing more is sealed; says how much was until then.
    fn until_still(&self) -> anyhow::Result<u64> {
        let (mut sealed, mut since) = (self.sealed(), now());
        self.until("sales are sealed no more", || {
            let seen = self.sealed();
            if seen != sealed {
                (sealed, since) = (seen, now());
            }
            Ok(since.elapsed() >= STILL)
        })?;
        Ok(sealed)
    }

    /// The refusals of a while that begins with the first, in which nothing may be sealed but what was on its way then.
    fn refusals_of(&self, lasts: Duration) -> anyhow::Result<BTreeMap<String, u64>> {
        self.shop.take_refusals();
        self.until("a sale is refused", || Ok(!self.shop.take_refusals().is_empty()))?;
        thread::sleep(lasts / 2);
        self.shop.take_refusals();
        let before = self.sealed();
        thread::sleep(lasts / 2);
        ensure!(self.sealed() == before, "{} sales were sealed meanwhile", self.sealed() - before);
        Ok(self.shop.take_refusals())
    }
}

fn words(refusals: &BTreeMap<String, u64>) -> String {
    let words: Vec<String> = refusals.iter().map(|(code, count)| format!("{count} {code}")).collect();
    if words.is_empty() { "no refusals".to_owned() } else { words.join(", ") }
}

#[allow(clippy::disallowed_methods, reason = "a program for trials: it runs over real time")]
fn now() -> Instant {
    Instant::now()
}
