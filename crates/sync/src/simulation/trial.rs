//! The trial of a seed: events in virtual time.

use std::collections::BTreeMap;

use edef_sim::World;
use fiscal::Epoch;

use super::{
    agents::Agent,
    census::Census,
    dice::Dice,
    invoices::{self, NIF, fixed},
    memory::Memory,
    plan::Plan,
    wire::Heard,
};
use crate::{
    At, Breaker, Era, JobId, Machine, MachineId, MachineState,
    course::Rules,
    lane::{Role, Task},
};

/// When trials begin: a morning of 2026.
const BEGIN: u64 = 1_772_000_000_000;
const SECOND: u64 = 1_000;
const MINUTE: u64 = 60_000;
/// A machine that is well drains within this.
const DRAIN: u64 = 90 * MINUTE;

pub(super) struct Trial {
    pub(super) rules: Rules,
    pub(super) dice: Dice,
    pub(super) plan: Plan,
    pub(super) now: u64,
    pub(super) world: World,
    pub(super) nims: Vec<edef_sim::Nim>,
    /// Which of them the merchant uses.
    pub(super) used: usize,
    pub(super) memory: Memory,
    pub(super) backup: Option<Memory>,
    pub(super) epoch: Epoch,
    pub(super) agents: Vec<Agent>,
    pub(super) events: BTreeMap<(u64, u64), Event>,
    pub(super) ordinal: u64,
    pub(super) calm: bool,
    pub(super) sold: u64,
    pub(super) census: Census,
}

pub(super) enum Event {
    Sale,
    Beat { agent: usize },
    Turn { agent: usize, incarnation: u64, role: Role },
    Arrives { call: edef_sim::Call, reply_to: Option<Box<Waiting>>, answer_lost: bool },
    Answered { waiting: Box<Waiting>, heard: Heard },
    Trouble,
    Person,
    Foreign { confirm: Option<String> },
}

/// Who waits for an answer.
pub(super) struct Waiting {
    pub(super) agent: usize,
    pub(super) incarnation: u64,
    pub(super) role: Role,
    pub(super) task: Task,
    /// When he gives up.
    pub(super) until: u64,
}

impl Trial {
    pub(super) fn new(seed: u64, rules: Rules) -> Self {
        let mut dice = Dice::new(seed);
        let plan = Plan::of(seed, &mut dice);
        let settings = edef_sim::Settings { clock_skew_ms: plan.skew, ..Default::default() };
        let mut world = World::new(settings);
        let begin = edef_sim::At(BEGIN);
        let mut nims = Vec::new();
        let mut token = String::new();
        for _ in 0..2 {
            if let Ok(view) = world.add(edef_sim::Wanted::of(NIF), begin, &mut dice) {
                if nims.is_empty() {
                    view.token.as_str().clone_into(&mut token);
                }
                nims.push(view.nim);
            }
        }
        let memory = Memory {
            machine: machine(plan.exclusive),
            token,
            jobs: BTreeMap::new(),
            withheld: Vec::new(),
            told: Vec::new(),
            lease: None,
            fenced: plan.fenced,
            two_codes: 0,
            recorded: 0,
        };
        let agents = (0..plan.agents).map(|index| Agent::new(index, &mut dice)).collect();
        Self {
            rules,
            dice,
            plan,
            now: BEGIN,
            world,
            nims,
            used: 0,
            memory,
            backup: None,
            epoch: Epoch(0),
            agents,
            events: BTreeMap::new(),
            ordinal: 0,
            calm: false,
            sold: 0,
            census: Census { seeds: 1, ..Census::default() },
        }
    }

    /// The trial, and where a rule was not kept what was told of that invoice.
    pub(super) fn run(mut self) -> Result<Census, String> {
        match self.all() {
            Ok(()) => Ok(self.census),
            Err(what) => {
                let story = self.story(&what);
                Err(what + &story)
            }
        }
    }

    fn all(&mut self) -> Result<(), String> {
        for fault in self.plan.faults.clone() {
            let _ = self.world.fault(fault);
        }
        self.begin();
        self.until(BEGIN + self.plan.troubled)?;
        self.heal();
        if self.plan.is_quiet {
            for minute in 0..30 {
                self.at(minute * MINUTE, Event::Sale);
            }
            self.until(self.now + 40 * MINUTE)?;
        }
        for round in 0.. {
            let end = self.now + DRAIN;
            while self.now < end && !self.is_drained() {
                let next = self.now + MINUTE;
                self.until(next)?;
            }
            self.check_certain()?;
            if !self.is_drained() {
                return Err(format!("does not drain: {}", self.left()));
            }
            if self.is_settled() {
                break;
            }
            if round == 8 {
                return Err(format!("is not settled by persons: {}", self.left()));
            }
            // What could still be on its way is over before anybody looks in the portal for the last time.
            self.until(self.now + 2 * 60 * MINUTE)?;
            self.settle_all()?;
        }
        self.check_all()
    }

    fn begin(&mut self) {
        for index in 0..self.agents.len() {
            let start = self.dice.between(0, 5 * SECOND);
            self.at(start, Event::Beat { agent: index });
        }
        let span = self.plan.troubled * 3 / 4;
        for _ in 0..self.plan.invoices {
            let at = self.dice.between(0, span);
            self.at(at, Event::Sale);
        }
        for minute in 0..self.plan.troubled / MINUTE {
            self.at(minute * MINUTE + 7, Event::Trouble);
            let at = minute * MINUTE + self.dice.between(0, MINUTE);
            self.at(at, Event::Person);
        }
        if self.plan.foreign {
            for _ in 0..self.dice.between(5, 40) {
                let at = self.dice.between(0, self.plan.troubled);
                self.at(at, Event::Foreign { confirm: None });
            }
        }
    }

    /// Puts an event so many milliseconds ahead.
    pub(super) fn at(&mut self, ahead: u64, event: Event) {
        self.ordinal += 1;
        self.events.insert((self.now + ahead, self.ordinal), event);
    }

    fn until(&mut self, end: u64) -> Result<(), String> {
        while let Some(entry) = self.events.first_entry() {
            if entry.key().0 > end {
                break;
            }
            let ((time, _), event) = entry.remove_entry();
            self.now = time.max(self.now);
            self.handle(event)?;
        }
        self.now = end;
        Ok(())
    }

    fn handle(&mut self, event: Event) -> Result<(), String> {
        match event {
            Event::Sale => self.sell(),
            Event::Beat { agent } => self.beat(agent),
            Event::Turn { agent, incarnation, role } => self.turn(agent, incarnation, role),
            Event::Arrives { call, reply_to, answer_lost } => self.arrives(&call, reply_to, answer_lost)?,
            Event::Answered { waiting, heard } => self.answered(*waiting, heard)?,
            Event::Trouble if !self.calm => self.trouble(),
            Event::Trouble => {}
            Event::Person => self.person()?,
            Event::Foreign { confirm } => self.foreign(confirm),
        }
        Ok(())
    }

    fn sell(&mut self) {
        self.sold += 1;
        let credits: Vec<JobId> = self
            .memory
            .jobs
            .values()
            .filter_map(|job| {
                let credited = self
                    .memory
                    .jobs
                    .values()
                    .any(|other| self.memory.original(other).is_some_and(|o| o.id == job.id));
                (job.original.is_none() && !credited).then_some(job.id)
            })
            .collect();
        let original = if credits.is_empty() || !self.dice.per_mille(250) {
            None
        } else {
            let index = self.dice.between(0, credits.len() as u64 - 1);
            usize::try_from(index).ok().and_then(|index| self.memory.jobs.get(&credits[index])).cloned()
        };
        let outlet = self.dice.between(1, 3);
        let (epoch, machine, now) = (self.epoch, self.memory.machine.id.clone(), At(self.now));
        let job = invoices::job(self.sold, outlet, epoch, original.as_ref(), &machine, now);
        self.census.invoices += 1;
        self.census.credit_notes += u64::from(original.is_some());
        if self.dice.per_mille(30) {
            self.memory.withheld.push(job.id);
        }
        self.memory.jobs.insert(job.id, job);
    }

    fn heal(&mut self) {
        self.calm = true;
        self.world.heal();
        (self.plan.network, self.plan.book) = Default::default();
        self.mend_machine();
    }
}

fn machine(exclusive: bool) -> Machine {
    Machine {
        id: MachineId::new([1; 20]),
        merchant: registry::MerchantId::new([1; 20]),
        url: fixed("https://sim.example"),
        nif: fixed(NIF),
        nim: None,
        isf: fixed("STELALA"),
        dialect: edef::Dialect::default(),
        token_expires: None,
        exclusive,
        generation: 0,
        state: MachineState::Ready,
        breaker: Breaker::default(),
        baseline: None,
        era: Era(0),
        clock_offset_ms: 0,
        outlets: Vec::new(),
        is_test: true,
        version: 0,
    }
}
