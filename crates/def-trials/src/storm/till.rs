//! A till that sells in the storm, until the storm is over and all is done.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc, time::Duration};

use def_client::{Host, Intent, Outcome, Stage, Till, TillFault};
use fiscal::{PayloadHash, PublicKey, Timestamp};

use super::{
    check::{check, journal_now},
    device::{Bench, Order},
    line::{Handle, Sky},
    paper::{Paper, Papers, Press},
    store::{Disk, Store, sales},
};
use crate::{
    Sale,
    authority::{OPENING, at},
    model::Dice,
    sale::Original,
};

/// What storms came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Sales that were meant.
    pub sales: u64,
    /// Receipts that came out.
    pub papers: u64,
    /// Of them, duplicates.
    pub duplicates: u64,
    /// Sales that were refused for good.
    pub refused: u64,
    /// How often the till crashed.
    pub crashes: u64,
    /// Sales that stayed open at a device that was revoked.
    pub held: u64,
    /// How often the device's power failed.
    pub cuts: u64,
    /// Frames that did not arrive as they were sent.
    pub disturbed: u64,
}

impl Tally {
    /// Both together.
    pub const fn add(&mut self, other: Self) {
        self.sales += other.sales;
        self.papers += other.papers;
        self.duplicates += other.duplicates;
        self.refused += other.refused;
        self.crashes += other.crashes;
        self.held += other.held;
        self.cuts += other.cuts;
        self.disturbed += other.disturbed;
    }
}

/// All that is left of a storm.
pub(super) struct Aftermath {
    pub(super) meant: BTreeMap<PayloadHash, String>,
    pub(super) kept: Vec<Intent>,
    pub(super) papers: Vec<Paper>,
    /// Whether the printer could say what came out.
    pub(super) press_knows: bool,
    pub(super) revoked: bool,
    pub(super) tally: Tally,
}

/// What a seed decides beside the weather.
#[derive(Clone, Copy)]
struct Plan {
    sales: u32,
    /// Others sell so many while the till is away: more than the device remembers.
    flood: bool,
    /// The authority revokes the device in the end.
    revoke: bool,
    press_knows: bool,
    /// By how many seconds the till's clock is ahead of the device's; it may be by ten minutes (D4).
    ahead: u64,
}

/// How many invoices a device remembers by their hash (D4), and some more.
const FLOOD: u32 = 1_100;
/// Steps of the till while it storms, and in all.
const STORM: u32 = 60;
const MOST_STEPS: u32 = 400;

/// One storm.
///
/// # Panics
/// When something was lost, doubled or invented.
pub fn weather(bench: &Bench, seed: u64) -> Tally {
    let mut dice = Dice::new(seed);
    let plan = Plan {
        sales: 4 + dice.below(4) as u32,
        flood: dice.one_in(100),
        revoke: dice.one_in(10),
        press_knows: dice.one_in(2),
        ahead: if dice.one_in(2) { dice.below(580) } else { 0 },
    };
    let sectors = if plan.flood { 512 } else { 64 };
    let key = bench.order(Order::Make { seed, sectors }).key.expect("a device that is bound has a key");
    let sky = Handle(Rc::new(RefCell::new(Sky::over(bench, dice.clone()))));
    let mut shop = Shop {
        sky,
        dice,
        disk: Disk::default(),
        papers: Papers::default(),
        plan,
        key,
        meant: BTreeMap::new(),
        sold: Vec::new(),
        revoked: false,
        crashes: 0,
        last: None,
    };
    let aftermath = shop.run(bench);
    check(bench, &aftermath);
    aftermath.tally
}

struct Shop<'b> {
    sky: Handle<'b>,
    dice: Dice,
    disk: Disk,
    papers: Papers,
    plan: Plan,
    /// The device's.
    key: PublicKey,
    meant: BTreeMap<PayloadHash, String>,
    /// Sales that can be taken back.
    sold: Vec<(Sale, Original)>,
    revoked: bool,
    crashes: u64,
    /// What was said last, for who looks into a violation.
    last: Option<Outcome>,
}

type AtTill<'b> = (Till<Store<'b>>, Host<Handle<'b>, Handle<'b>>, Press<'b>);

impl<'b> Shop<'b> {
    fn run(&mut self, bench: &Bench) -> Aftermath {
        let mut at_till = self.start_till();
        for step in 0.. {
            assert!(step < MOST_STEPS, "the till does not get on: {:?}", self.last);
            if step == STORM {
                self.sky.0.borrow_mut().stormy = false;
            }
            if self.sky.0.borrow().crashed {
                self.crashes += 1;
                self.while_away();
                at_till = self.start_till();
            }
            if self.step(&mut at_till, step) {
                break;
            }
        }
        self.settle(bench)
    }

    /// With nothing but what is on the disk.
    fn start_till(&mut self) -> AtTill<'b> {
        self.sky.0.borrow_mut().restart_till();
        let store = Store { disk: self.disk.clone(), sky: self.sky.clone() };
        let press =
            Press { papers: self.papers.clone(), knows: self.plan.press_knows, sky: self.sky.clone() };
        let host = Host::new(self.sky.clone(), self.sky.clone(), self.dice.roll());
        (Till::new(store, Some(self.key)), host, press)
    }

    fn while_away(&mut self) {
        let time = Duration::from_millis(self.dice.below(20_000));
        let seed = self.dice.roll();
        let sky = &mut *self.sky.0.borrow_mut();
        sky.pass(time);
        if std::mem::take(&mut self.plan.flood) {
            sky.order(Order::Others { sales: FLOOD, seed });
        }
    }

    /// Something that a cashier does. Whether all is done.
    fn step(&mut self, at_till: &mut AtTill<'b>, step: u32) -> bool {
        let calm = step > STORM;
        if step > 8 && self.plan.revoke && self.dice.one_in(8) {
            self.plan.revoke = false;
            self.revoked = true;
            self.sky.0.borrow_mut().order(Order::Revoke);
        }
        let all_meant = self.meant.len() as u32 == self.plan.sales;
        let result = match self.dice.below(4) {
            0 if !all_meant => self.sell_new(at_till),
            1 if !self.meant.is_empty() && !calm => self.sell_again(at_till),
            _ => self.go_on(at_till),
        };
        // A till that crashed says nothing; whatever else it says is for its cashier.
        if let Err(fault) = result
            && !self.sky.0.borrow().crashed
        {
            assert!(matches!(fault, TillFault::Print(_)), "{fault}");
        }
        all_meant && calm && !self.sky.0.borrow().crashed && self.is_done()
    }

    fn is_done(&self) -> bool {
        let all = sales(&self.disk);
        // At a revoked device what was not sealed stays open.
        let done = |intent: &Intent| {
            intent.stage().is_final() || (self.revoked && matches!(intent.stage(), Stage::Meant { .. }))
        };
        all.iter().all(done)
    }

    fn sell_new(&mut self, at_till: &mut AtTill<'b>) -> Result<(), TillFault> {
        let seconds = self.meant.len() as u64 + self.sky.0.borrow().now.as_secs() + self.plan.ahead;
        let time = Timestamp::from_unix(at(OPENING).unix() + seconds).expect("a time");
        let seed = self.dice.roll() as u32;
        let mut sale = Sale::of("T-1", time, 1 + seed as usize % 3, seed);
        if !self.sold.is_empty() && self.dice.one_in(3) {
            let (original, reference) = self.dice.pick(&self.sold).clone();
            sale = original.back(time, reference, original.lines.len());
        }
        let payload = sale.payload();
        self.meant.insert(fiscal::PayloadHash::of(payload.as_bytes()), payload.clone());
        self.sell(at_till, &payload, Some(&sale))
    }

    /// A cashier who presses the button twice.
    fn sell_again(&mut self, at_till: &mut AtTill<'b>) -> Result<(), TillFault> {
        let payloads: Vec<String> = self.meant.values().cloned().collect();
        let payload = self.dice.pick(&payloads).clone();
        self.sell(at_till, &payload, None)
    }

    fn sell(
        &mut self,
        at_till: &mut AtTill<'b>,
        payload: &str,
        sale: Option<&Sale>,
    ) -> Result<(), TillFault> {
        let (till, host, press) = at_till;
        let outcome = till.sell(payload, host)?;
        self.believe(PayloadHash::of(payload.as_bytes()), &outcome);
        if let (Outcome::Sealed(intent), Some(sale)) = (&outcome, sale)
            && let Some(seal) = intent.stage().seal()
            && sale.takes_back.is_none()
        {
            let original = Original {
                nature: if self.dice.one_in(2) { "RAN" } else { "RAM" },
                epoch: seal.epoch.0,
                number: seal.invoice_seq,
                auth_code: seal.auth_code.to_string(),
            };
            self.sold.push((sale.clone(), original));
        }
        if let Outcome::Sealed(intent) = outcome {
            till.print(intent.hash(), press)?;
        }
        Ok(())
    }

    /// What a till does when it starts.
    fn go_on(&mut self, (till, host, press): &mut AtTill<'b>) -> Result<(), TillFault> {
        for intent in till.unfinished()? {
            let outcome = till.resume(intent.hash(), host)?;
            self.believe(intent.hash(), &outcome);
            if let Outcome::Sealed(intent) = outcome {
                till.print(intent.hash(), press)?;
            }
        }
        Ok(())
    }

    /// Who is told that nothing was sealed rings the sale up anew: it has to be so, at that moment.
    fn believe(&mut self, sale: PayloadHash, outcome: &Outcome) {
        self.last = Some(outcome.clone());
        if let Outcome::Refused(refusal) | Outcome::Held(refusal) = outcome {
            let sealed = journal_now(self.sky.0.borrow().bench);
            assert!(
                !sealed.is_some_and(|sealed| sealed.contains_key(&sale)),
                "{refusal}, and yet it is sealed"
            );
        }
    }

    fn settle(&mut self, bench: &Bench) -> Aftermath {
        bench.order(Order::Cut);
        bench.order(Order::Power { again: None });
        let (kept, papers) = (sales(&self.disk), self.papers.borrow().clone());
        let count =
            |wanted: fn(&Stage) -> bool| kept.iter().filter(|kept| wanted(kept.stage())).count() as u64;
        let tally = Tally {
            sales: self.meant.len() as u64,
            papers: papers.len() as u64,
            duplicates: papers.iter().filter(|paper| paper.copy > 1).count() as u64,
            refused: count(|stage| matches!(stage, Stage::Refused(_))),
            crashes: self.crashes,
            held: count(|stage| matches!(stage, Stage::Meant { .. })),
            cuts: self.sky.0.borrow().cuts,
            disturbed: self.sky.0.borrow().disturbed,
        };
        let press_knows = self.plan.press_knows;
        let meant = std::mem::take(&mut self.meant);
        Aftermath { meant, kept, papers, press_knows, revoked: self.revoked, tally }
    }
}
