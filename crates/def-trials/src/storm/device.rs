//! The device, in a thread of its own because it borrows its memory; it does what it is told, one thing after another.

use std::{
    sync::mpsc::{Receiver, Sender, channel},
    thread::{self, JoinHandle},
    time::Duration,
};

use def_engine::Memory;
use def_protocol::token::NewState;
use def_sim::{ManualClock, Outcome, Style, World};
use fiscal::PublicKey;
use serde_json::Value;

use crate::{
    Authority, Host, Sale,
    authority::{OPENING, at},
    model::Dice,
};

/// A device on a bench: it can be sent bytes, and its power can be cut.
pub struct Bench {
    orders: Option<Sender<Order>>,
    reports: Receiver<Report>,
    thread: Option<JoinHandle<()>>,
}

/// What is done to the device.
pub(super) enum Order {
    /// Another one, new and provisioned.
    Make { seed: u64, sectors: usize },
    /// These bytes arrive.
    Bytes(Vec<u8>),
    /// So much time passes, in which it does its own work.
    Pass(Duration),
    /// The power fails at an operation from now.
    CutIn { operations: u64, style: Style, seed: u64 },
    /// The power fails between two operations.
    Cut,
    /// The power comes; it may fail again within the start.
    Power { again: Option<(u64, Style)> },
    /// Someone else asks it, undisturbed.
    Ask(String),
    /// Other tills sell so many invoices.
    Others { sales: u32, seed: u64 },
    /// Other tills prepare as many as fit and commit none.
    Crowd { seed: u64 },
    /// The authority revokes it.
    Revoke,
}

/// What comes of it.
#[derive(Default)]
pub(super) struct Report {
    /// What it sent.
    pub(super) bytes: Vec<u8>,
    /// Whether it has power.
    pub(super) powered: bool,
    /// The answer to [`Order::Ask`].
    pub(super) answer: Value,
    /// The key with which a new one seals.
    pub(super) key: Option<PublicKey>,
}

impl Bench {
    /// An empty bench.
    pub fn start() -> Self {
        let (orders, ordered) = channel();
        let (report, reports) = channel();
        let thread = thread::spawn(move || work(&ordered, &report));
        Self { orders: Some(orders), reports, thread: Some(thread) }
    }

    /// Has it done, and waits until it is.
    pub(super) fn order(&self, order: Order) -> Report {
        let orders = self.orders.as_ref().expect("orders are taken as long as the bench lives");
        orders.send(order).expect("the device's thread lives");
        self.reports.recv().expect("the device's thread answers")
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            // A device that panicked was already noticed by who asked it.
            let _ = thread.join();
        }
    }
}

fn work(orders: &Receiver<Order>, reports: &Sender<Report>) {
    let mut memory = Box::new(Memory::new());
    let mut next = orders.recv().ok();
    while let Some(Order::Make { seed, sectors }) = next {
        let mut desk = Desk::new(seed, sectors, &mut memory);
        let key = desk.world.change(|state| state.element.peek_key());
        let _ = reports.send(Report { powered: true, key, ..Report::default() });
        next = desk.work(orders, reports, &mut memory);
    }
}

struct Desk {
    world: World,
    authority: Authority,
    /// Sales of others so far: no two are equal.
    others: u32,
}

impl Desk {
    fn new(seed: u64, sectors: usize, memory: &mut Memory) -> Self {
        let world = World::new(sectors, seed);
        world.change(|state| state.clock = ManualClock::at(at(OPENING)));
        let authority = Authority::default();
        let mut host = Host::start(&world, authority.factory(), memory);
        assert_eq!(host.ask(&authority.initialisation())["status"], "OK");
        host.rest();
        drop(host);
        Self { world, authority, others: 0 }
    }

    /// Until another device is wanted.
    fn work(
        &mut self,
        orders: &Receiver<Order>,
        reports: &Sender<Report>,
        memory: &mut Memory,
    ) -> Option<Order> {
        self.world.reboot();
        loop {
            let mut host = Host::start(&self.world, self.authority.factory(), memory);
            while self.world.is_powered() {
                let order = orders.recv().ok()?;
                if let Order::Make { .. } = order {
                    return Some(order);
                }
                let before = self.world.change(|state| state.element.peek_counter());
                let of_others = matches!(order, Order::Others { .. });
                let mut report = self.obey(&mut host, order);
                if !of_others {
                    self.spare_the_counter(before);
                }
                report.powered = self.world.is_powered();
                let _ = reports.send(report);
            }
            drop(host);
            // Without power nothing happens but time.
            loop {
                let order = orders.recv().ok()?;
                match order {
                    Order::Make { .. } => return Some(order),
                    Order::Pass(time) => self.world.pass(time),
                    Order::Power { again } => {
                        self.world.reboot();
                        if let Some((operations, style)) = again {
                            let operation = self.world.operations() + operations;
                            self.world.cut_at(operation, Outcome::new(style, 0));
                        }
                        break;
                    }
                    _ => {}
                }
                let _ = reports.send(Report::default());
            }
            // Whether the start went well shows at the next order.
            let _ = reports.send(Report { powered: true, ..Report::default() });
        }
    }

    fn obey(&mut self, host: &mut Host<'_>, order: Order) -> Report {
        match order {
            Order::Bytes(bytes) => {
                let bytes = host.exchange(&bytes);
                return Report { bytes, ..Report::default() };
            }
            Order::Pass(time) => {
                self.world.pass(time);
                host.idle();
            }
            Order::CutIn { operations, style, seed } => {
                self.world.cut_at(self.world.operations() + operations, Outcome::new(style, seed));
            }
            Order::Cut => self.world.cut(),
            Order::Ask(request) => {
                let answer = host.try_ask(&request).unwrap_or_default();
                return Report { answer, ..Report::default() };
            }
            Order::Others { sales, seed } => self.sell_as_others(host, sales, seed),
            Order::Crowd { seed } => {
                for terminal in 0..8 {
                    let sale = self.sale_of_others(&format!("O-{terminal}"), seed);
                    let _ = host.try_ask(&format!("TXN|PREPARE {}", sale.payload()));
                }
            }
            Order::Revoke => {
                let token = self.authority.state(NewState::Revoked);
                let _ = host.try_ask(&format!(r#"CFG|STATE {{"token":"{token}"}}"#));
            }
            Order::Power { .. } | Order::Make { .. } => {}
        }
        Report::default()
    }

    fn sell_as_others(&mut self, host: &mut Host<'_>, sales: u32, seed: u64) {
        for _ in 0..sales {
            let sale = self.sale_of_others("O-9", seed);
            // Sometimes one at a time, so that the device may do its own work.
            host.idle();
            let request = format!("TXN|PREPARE {}", sale.payload());
            let Some(prepared) = host.try_ask(&request) else { return };
            let Some(nonce) = prepared["nonce"].as_str() else { continue };
            let before = self.world.change(|state| state.element.peek_counter());
            let _ = host.try_ask(&format!(r#"TXN|COMMIT {{"nonce":"{nonce}"}}"#));
            if !self.world.is_powered() {
                return self.spare_the_counter(before);
            }
            self.world.pass(Duration::from_millis(200));
        }
    }

    fn sale_of_others(&mut self, terminal: &str, seed: u64) -> Sale {
        self.others += 1;
        let now = self.world.change(|state| def_engine::board::Clock::now(&mut state.clock));
        let time = now.unwrap_or_else(|| at(OPENING));
        Sale::of(terminal, time, 1, Dice::new(seed).roll() as u32 ^ self.others)
    }

    /// More than eight counts, with those of the starts to come, would be taken for another chip's.
    fn spare_the_counter(&self, before: u64) {
        if !self.world.is_powered() {
            self.world.change(|state| {
                let most = before + 3;
                if state.element.peek_counter() > most {
                    state.element.set_counter(most);
                }
            });
        }
    }
}
