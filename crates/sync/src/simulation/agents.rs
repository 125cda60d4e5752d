//! Agents: processes that hold leases by clocks of their own, and die.

use std::{sync::Arc, time::Duration};

use edef::Tolerance;

use super::{
    dice::Dice,
    invoices::Plain,
    memory::{Failable, Failing},
    trial::{Event, Trial, Waiting},
    wire::{Heard, Wire},
};
use crate::{
    At, BookFault, JobId, Lease,
    lane::{Lane, Role, Turn},
};

const LEASE: Duration = Duration::from_secs(30);
const BEAT: u64 = 10_000;
/// How long a call is waited for.
const PATIENCE: u64 = 30_000;

pub(super) struct Agent {
    pub(super) name: String,
    pub(super) lane: Option<Lane>,
    /// How far its clock is off, in milliseconds.
    pub(super) skew: i64,
    pub(super) incarnation: u64,
    /// Until when it is down, by the true time.
    pub(super) down_until: u64,
    /// Until when it believes to hold the lease, by its own clock.
    believes_until: At,
}

impl Agent {
    pub(super) fn new(index: u64, dice: &mut Dice) -> Self {
        let skew = i64::try_from(dice.between(0, 4_000)).unwrap_or(0) - 2_000;
        let name = format!("agent-{index}");
        Self { name, lane: None, skew, incarnation: 0, down_until: 0, believes_until: At(0) }
    }

    pub(super) fn clock(&self, now: u64) -> At {
        At(now.saturating_add_signed(self.skew))
    }
}

impl Trial {
    fn with_lane<T>(
        &mut self,
        agent: usize,
        act: impl FnOnce(&mut Lane, &mut Failable<'_>, At, u32) -> Result<T, BookFault>,
    ) -> Option<Result<T, BookFault>> {
        let chance = self.dice.chance32();
        let now = self.agents[agent].clock(self.now);
        let lane = self.agents[agent].lane.as_mut()?;
        let failing: Failing = self.plan.book;
        let mut book = Failable { memory: &mut self.memory, failing, dice: &mut self.dice, now, died: false };
        let done = act(lane, &mut book, now, chance);
        let died = book.died;
        if let Err(fault) = &done {
            self.census.book_faults += 1;
            if matches!(fault, BookFault::LeaseLost) && !lane.is_busy() {
                self.agents[agent].lane = None;
            }
        }
        if died {
            self.kill(agent);
            return None;
        }
        Some(done)
    }

    pub(super) fn kill(&mut self, agent: usize) {
        let down = self.dice.between(1_000, self.plan.longest_down);
        let agent = &mut self.agents[agent];
        agent.lane = None;
        agent.incarnation += 1;
        agent.down_until = self.now + down;
        self.census.deaths += 1;
    }

    /// Takes or renews the lease, by its own clock.
    pub(super) fn beat(&mut self, index: usize) {
        let ahead = BEAT + self.dice.between(0, 500);
        self.at(ahead, Event::Beat { agent: index });
        let agent = &self.agents[index];
        if self.now < agent.down_until {
            return;
        }
        let now = agent.clock(self.now);
        let held = self.memory.lease.clone();
        let is_free = held.as_ref().is_none_or(|(lease, until)| lease.holder == agent.name || now >= *until);
        if !is_free {
            let lost = now >= agent.believes_until && agent.lane.as_ref().is_some_and(|lane| !lane.is_busy());
            if lost {
                self.agents[index].lane = None;
            }
            return;
        }
        let mine = held.as_ref().filter(|(lease, _)| lease.holder == agent.name && agent.lane.is_some());
        let fence = held.as_ref().map_or(1, |(lease, _)| lease.fence + u64::from(mine.is_none()));
        let machine = self.memory.machine.id.clone();
        let lease = Lease { machine, holder: agent.name.clone(), fence };
        let until = now.plus(LEASE);
        self.memory.lease = Some((lease.clone(), until));
        let rules = self.rules;
        let agent = &mut self.agents[index];
        agent.believes_until = until;
        if let Some(lane) = agent.lane.as_mut() {
            lane.renewed(lease);
            return;
        }
        agent.lane = Some(Lane::with_rules(lease, Arc::new(Plain), Tolerance::default(), rules));
        agent.incarnation += 1;
        let incarnation = agent.incarnation;
        self.census.leases += 1;
        for role in [Role::Request, Role::Request, Role::Confirm] {
            let ahead = self.dice.between(0, 100);
            self.at(ahead, Event::Turn { agent: index, incarnation, role });
        }
    }

    pub(super) fn turn(&mut self, agent: usize, incarnation: u64, role: Role) {
        if self.agents[agent].incarnation != incarnation {
            return;
        }
        // Who lost a lease as far as he can know it begins nothing.
        let own = self.agents[agent].clock(self.now);
        let believes = own < self.agents[agent].believes_until;
        let turn = if believes {
            self.with_lane(agent, |lane, book, now, _| {
                lane.record(book, 4)?;
                lane.next(role, book, now)
            })
        } else {
            None
        };
        match turn {
            Some(Ok(Turn::Call(task))) => {
                let waiting = Waiting { agent, incarnation, role, task: *task, until: self.now + PATIENCE };
                self.send(Box::new(waiting));
            }
            Some(Ok(Turn::Rest(until))) => {
                // Hours in which nothing happens take no time.
                let shortest = if self.calm { 3_000 } else { 100 };
                let rest = u64::try_from(until.since(own).as_millis()).unwrap_or(0).clamp(shortest, 5_000);
                self.at(rest, Event::Turn { agent, incarnation, role });
            }
            Some(Err(_)) | None => self.at(1_000, Event::Turn { agent, incarnation, role }),
        }
    }

    pub(super) fn answered(&mut self, waiting: Waiting, heard: Heard) -> Result<(), String> {
        let Waiting { agent, incarnation, role, task, .. } = waiting;
        if self.agents[agent].incarnation != incarnation {
            return Ok(());
        }
        let answer = task.call(&Wire::hearing(heard));
        let is_confirm = task.name() == "confirm";
        self.census.doubted_confirms += u64::from(is_confirm && answer.fault().is_some());
        let code = answer.code();
        let job: Option<JobId> = task.job();
        let done =
            self.with_lane(agent, |lane, book, now, chance| lane.answered(task, answer, book, now, chance));
        if let (Some(Ok(())), Some(code), Some(job)) = (&done, code, job) {
            let kept = self.memory.jobs.get(&job).is_none_or(|job| job.elements.is_some());
            if !kept {
                return Err(format!("the code {code} was answered and thrown away"));
            }
        }
        self.at(1, Event::Turn { agent, incarnation, role });
        Ok(())
    }
}
