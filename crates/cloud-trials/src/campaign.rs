//! Servers that are killed and paused at random moments while tills sell.

use std::{path::PathBuf, sync::atomic::Ordering, thread, time::Duration};

use anyhow::Context;

use crate::{
    crew::{Crew, with_crew},
    dice::Dice,
    disk::{Disk, Knob},
    place::{Keys, Place, Store, temporary},
    server::Server,
    shop::Shop,
};

/// What is tried.
pub struct Campaign {
    /// The program.
    pub binary: PathBuf,
    /// One or two, over one database.
    pub processes: usize,
    /// How many tills.
    pub tills: u64,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often a server was killed and found again.
    pub cycles: u64,
    /// `kill -9`s, of which there may be several in a cycle.
    pub kills: u64,
    /// Those right before or after an fsync.
    pub at_fsync: u64,
    /// How often a process was paused past its turn.
    pub pauses: u64,
    /// Sales and notes that were sealed.
    pub sealed: u64,
    /// Requests that were left without an answer.
    pub doubts: u64,
    /// Sales in doubt that had been sealed.
    pub doubts_sealed: u64,
    /// Sales in doubt that had not.
    pub doubts_not_sealed: u64,
    /// Requests that were sent twice or repeated.
    pub repeats: u64,
    /// Records that the referee judged.
    pub records: u64,
    /// What must never be.
    pub violations: u64,
}

impl Tally {
    /// The numbers in their order, to be kept.
    pub const fn numbers(&self) -> [u64; 11] {
        let Self { cycles, kills, at_fsync, pauses, sealed, doubts, .. } = *self;
        let Self { doubts_sealed, doubts_not_sealed, repeats, records, violations, .. } = *self;
        [
            cycles,
            kills,
            at_fsync,
            pauses,
            sealed,
            doubts,
            doubts_sealed,
            doubts_not_sealed,
            repeats,
            records,
            violations,
        ]
    }

    /// From the numbers.
    pub const fn of(numbers: [u64; 11]) -> Self {
        let [
            cycles,
            kills,
            at_fsync,
            pauses,
            sealed,
            doubts,
            doubts_sealed,
            doubts_not_sealed,
            repeats,
            records,
            violations,
        ] = numbers;
        Self {
            cycles,
            kills,
            at_fsync,
            pauses,
            sealed,
            doubts,
            doubts_sealed,
            doubts_not_sealed,
            repeats,
            records,
            violations,
        }
    }

    /// Both.
    pub fn add(&mut self, other: Self) {
        let (mut numbers, others) = (self.numbers(), other.numbers());
        numbers.iter_mut().zip(others).for_each(|(number, other)| *number += other);
        *self = Self::of(numbers);
    }
}

/// A till waits no longer for an answer: a process may be paused.
const PATIENCE: Duration = Duration::from_millis(1_500);

impl Campaign {
    /// So many cycles over one new ledger, from its first record to its audit.
    pub fn ledger(&self, store: Store, cycles: u64, seed: u64) -> anyhow::Result<Tally> {
        let (folder, scratch) = (temporary("stelala-crashes-")?, temporary("stelala-shim-")?);
        let is_sqlite = store == Store::Sqlite;
        let place = Place::make(&self.binary, folder.path(), store, Keys::Software, self.processes)?;
        let shop = Shop::new(&place.api_key, PATIENCE);
        let disk = Disk::new(&place.folder, scratch.path())?;
        let mut trial = Trial {
            place: &place,
            shop: &shop,
            disk: is_sqlite.then_some(&disk),
            dice: Dice::new(seed),
            servers: Vec::new(),
            tally: Tally::default(),
        };
        for process in 1..=self.processes {
            let server = trial.start(process)?;
            trial.servers.push(server);
        }
        let tally = with_crew(&shop, &place, self.tills, seed, |crew| trial.run(crew, cycles))?;
        if tally.violations > 0 {
            eprintln!("the ledger stays in {}", folder.keep().display());
        }
        Ok(tally)
    }
}

/// One ledger's trial.
struct Trial<'a> {
    place: &'a Place,
    shop: &'a Shop,
    /// Where the server's own fsyncs are those that count.
    disk: Option<&'a Disk>,
    dice: Dice,
    servers: Vec<Server>,
    tally: Tally,
}

impl Trial<'_> {
    fn run(&mut self, crew: &mut Crew<'_>, cycles: u64) -> anyhow::Result<Tally> {
        for cycle in 0..cycles {
            self.disturb().with_context(|| format!("cycle {cycle}"))?;
            crew.settle()?;
            self.tally.cycles += 1;
            if !self.shop.violations().is_empty() {
                break;
            }
        }
        self.tally.records = crew.judge()?;
        for server in &mut self.servers {
            if !server.stop()? {
                self.shop.violation("a server did not end in good order".to_owned());
            }
        }
        let counts = &self.shop.counts;
        let read = |count: &std::sync::atomic::AtomicU64| count.load(Ordering::SeqCst);
        Ok(Tally {
            sealed: read(&counts.sealed),
            doubts: read(&counts.doubts),
            doubts_sealed: read(&counts.doubts_sealed),
            doubts_not_sealed: read(&counts.doubts_not_sealed),
            repeats: read(&counts.repeats) + read(&counts.twins),
            violations: self.shop.violations().len() as u64,
            ..self.tally
        })
    }

    fn start(&self, process: usize) -> anyhow::Result<Server> {
        let server = Server::start(self.place, process, self.disk)?;
        self.shop.moved(process, server.address());
        Ok(server)
    }

    fn disturb(&mut self) -> anyhow::Result<()> {
        self.sleep(60, 700);
        let victim = self.dice.below(self.servers.len() as u64) as usize;
        if self.servers.len() > 1 {
            return self.disturb_two(victim);
        }
        self.kill(victim)?;
        // Once in a while also while it recovers.
        while self.dice.one_in(4) {
            self.restart(victim)?;
            self.sleep(0, 120);
            self.kill(victim)?;
        }
        self.restart(victim)
    }

    /// One is killed, and the other paused past its turn: before, meanwhile or after.
    fn disturb_two(&mut self, victim: usize) -> anyhow::Result<()> {
        let other = 1 - victim;
        let pauses = self.dice.one_in(2);
        if pauses {
            self.servers[other].pause()?;
            self.tally.pauses += 1;
            self.sleep(0, 300);
        }
        self.kill(victim)?;
        if !pauses {
            // The other goes on alone.
            self.sleep(0, 400);
        }
        self.restart(victim)?;
        if pauses {
            // A turn lasts 200 ms.
            self.sleep(400, 2_500);
            self.servers[other].go_on()?;
        }
        self.sleep(50, 300);
        Ok(())
    }

    fn restart(&mut self, process: usize) -> anyhow::Result<()> {
        self.servers[process] = self.start(process + 1)?;
        Ok(())
    }

    /// At any moment or, every second time where there is a shim, right before or after an fsync.
    fn kill(&mut self, process: usize) -> anyhow::Result<()> {
        self.tally.kills += 1;
        if let Some(disk) = self.disk
            && self.dice.one_in(2)
        {
            disk.set(Knob::KillAfter, self.dice.below(20).cast_signed())?;
            disk.set(Knob::Kill, 1 + self.dice.below(2).cast_signed())?;
            let ended = self.servers[process].ends_within(Duration::from_millis(500))?;
            disk.set(Knob::Kill, 0)?;
            if ended {
                self.tally.at_fsync += 1;
                return self.servers[process].kill();
            }
        }
        self.servers[process].kill()
    }

    fn sleep(&mut self, least: u64, most: u64) {
        thread::sleep(Duration::from_millis(least + self.dice.below(most - least)));
    }
}

/// Makes an empty database beside that of a URL, and says its URL.
pub fn new_database(url: &str, seed: u64) -> anyhow::Result<String> {
    let (server, _) = url.rsplit_once('/').context("the URL has no database")?;
    let name = format!("trial_{seed}");
    let mut client = postgres::Client::connect(url, postgres::NoTls)?;
    client.batch_execute(&format!("DROP DATABASE IF EXISTS {name}"))?;
    client.batch_execute(&format!("CREATE DATABASE {name}"))?;
    Ok(format!("{server}/{name}"))
}
