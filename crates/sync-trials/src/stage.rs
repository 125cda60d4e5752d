//! The cloud's processes, the authority and the database while they are disturbed.

use std::{process::Command, thread, time::Duration};

use anyhow::{Context, bail, ensure};
use cloud_trials::{Dice, Place, Server, Shop};

use crate::{
    authority::Authority, cloud::standings, deck::Disturbance, held::held, judge::Verdict, picture::Picture,
    tally::Tally,
};

/// Everything that runs in a trial.
pub(crate) struct Stage<'a> {
    pub(crate) place: &'a Place,
    pub(crate) shop: &'a Shop,
    pub(crate) authority: Authority<'a>,
    pub(crate) servers: Vec<Server>,
    /// What restarts the database as a crash would.
    pub(crate) restart: Option<&'a str>,
    pub(crate) dice: Dice,
    pub(crate) tally: Tally,
}

/// For so long nothing may be sent: a lease of 30 s, and a breaker that opened twice.
const SENDS_WITHIN: Duration = Duration::from_secs(150);
const LOOK: Duration = Duration::from_millis(100);
/// A lease lasts 30 s.
const PAST_LEASE: Duration = Duration::from_secs(33);
/// A request waits for 120 s.
const PAST_REQUEST: Duration = Duration::from_secs(125);
/// Every so many cycles the leases of the dead end by themselves.
const LAPSES_EVERY: u64 = 8;

impl Stage<'_> {
    /// Does it at a random moment while invoices are sent.
    pub(crate) fn disturb(&mut self, how: Disturbance) -> anyhow::Result<()> {
        self.until_it_sends()?;
        self.sleep(0, 250);
        *self.tally.disturbances.entry(how).or_default() += 1;
        match how {
            Disturbance::CloudKilled => {
                self.kill_cloud()?;
                self.start_cloud()
            }
            Disturbance::KilledAsItStarts => {
                self.kill_cloud()?;
                self.start_cloud()?;
                self.sleep(0, 1_000);
                self.kill_cloud()?;
                self.start_cloud()
            }
            Disturbance::AllKilled => {
                self.kill_cloud()?;
                self.kill_authority()?;
                self.authority.start_again()?;
                self.start_cloud()
            }
            Disturbance::AuthorityKilled => {
                self.kill_authority()?;
                self.sleep(0, 1_000);
                self.authority.start_again()
            }
            Disturbance::AuthorityAway => self.send_authority_away(),
            Disturbance::OneKilled => {
                let victim = self.dice.below(self.servers.len() as u64) as usize;
                self.kill(victim)?;
                self.sleep(0, 400);
                self.start(victim)
            }
            Disturbance::OnePaused => self.pause_one(),
            Disturbance::DatabaseRestarted => self.restart_database(),
        }
    }

    /// Waits until some invoices more were finalised.
    fn until_it_sends(&mut self) -> anyhow::Result<()> {
        let enough = self.authority.finalised()? + 1 + self.dice.below(20);
        for _ in 0..SENDS_WITHIN.as_millis() / LOOK.as_millis() {
            if self.authority.finalised()? >= enough {
                return Ok(());
            }
            thread::sleep(LOOK);
        }
        bail!("for {} s the authority finalised nothing: the servers' logs say why", SENDS_WITHIN.as_secs());
    }

    /// Another process takes its machines meanwhile, and then it goes on where it was.
    fn pause_one(&mut self) -> anyhow::Result<()> {
        let mut victim = self.dice.below(self.servers.len() as u64) as usize;
        self.servers[victim].pause()?;
        self.sleep(100, 200);
        let before = self.authority.finalised()?;
        self.sleep(500, 600);
        if self.authority.finalised()? > before {
            // It is the other one that sends.
            self.servers[victim].go_on()?;
            victim = self.servers.len() - 1 - victim;
            self.servers[victim].pause()?;
        }
        thread::sleep(PAST_LEASE);
        let is_taken = self.until_it_sends();
        self.servers[victim].go_on()?;
        self.sleep(500, 1_000);
        is_taken
    }

    /// Confirms that it did not answer are in doubt, and nobody can look for them while their requests wait.
    fn send_authority_away(&mut self) -> anyhow::Result<()> {
        self.authority.fall_silent()?;
        self.sleep(6_000, 7_000);
        self.kill_authority()?;
        thread::sleep(PAST_REQUEST);
        self.authority.start_again()?;
        self.authority.heal()
    }

    fn restart_database(&self) -> anyhow::Result<()> {
        let command = self.restart.context("no PostgreSQL that can be restarted: run it by with_postgres")?;
        let restarted = Command::new("sh").args(["-c", command]).output()?;
        ensure!(restarted.status.success(), "{command}: {}", String::from_utf8_lossy(&restarted.stderr));
        Ok(())
    }

    fn kill_authority(&mut self) -> anyhow::Result<()> {
        self.tally.authorities_killed += 1;
        self.authority.kill()
    }

    fn kill_cloud(&mut self) -> anyhow::Result<()> {
        (0..self.servers.len()).try_for_each(|process| self.kill(process))
    }

    fn kill(&mut self, process: usize) -> anyhow::Result<()> {
        self.tally.clouds_killed += 1;
        self.servers[process].kill()
    }

    fn start_cloud(&mut self) -> anyhow::Result<()> {
        if self.tally.cycles % LAPSES_EVERY != LAPSES_EVERY - 1 {
            self.end_leases()?;
        }
        (0..self.servers.len()).try_for_each(|process| self.start(process))
    }

    fn start(&mut self, process: usize) -> anyhow::Result<()> {
        self.servers[process] = Server::start(self.place, process + 1, None)?;
        self.shop.moved(process + 1, self.servers[process].address());
        Ok(())
    }

    /// When nobody lives, nobody's lease is worth anything. Each lasts for 30 s all the same; by this a minute has more than
    /// two kills.
    fn end_leases(&mut self) -> anyhow::Result<()> {
        let database = self.place.database()?;
        let mut store = database.connect()?;
        store.change(&mut |statements| {
            statements.execute("UPDATE sync_machines SET lease_holder = ''", &[]).map(drop)
        })?;
        self.tally.leases_ended += 1;
        Ok(())
    }

    /// What all say now. The authority is asked last: what is at rest by the cloud's answer does not move between.
    pub(crate) fn judge(&self) -> anyhow::Result<Verdict> {
        let standings = standings(self.shop)?;
        let (sealed, notes) = held(&*self.place.database()?, &self.authority.nims())?;
        let books = self.authority.books()?;
        Ok(Picture { sealed, notes, standings, books }.judge())
    }

    /// Counts what invoices went through, for people.
    pub(crate) fn count_moves(&mut self) -> anyhow::Result<()> {
        let database = self.place.database()?;
        let mut store = database.connect()?;
        let mut rows = Vec::new();
        store.look(&mut |statements| {
            let sql = "SELECT new, cause, COUNT(*) FROM sync_transitions GROUP BY new, cause";
            rows = statements.query(sql, &[])?;
            Ok(())
        })?;
        for row in &rows {
            let [state, cause, ledger::Cell::Integer(times)] = row.as_slice() else { continue };
            let name = format!("{} {}", state.text().unwrap_or_default(), cause.text().unwrap_or_default());
            self.tally.moves.insert(name, times.cast_unsigned());
        }
        Ok(())
    }

    pub(crate) fn sleep(&mut self, least: u64, most: u64) {
        thread::sleep(Duration::from_millis(least + self.dice.below(most - least)));
    }
}
