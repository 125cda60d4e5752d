//! The way to the tax authority, with a simulator of it in this process.

mod alerts;
mod desk;
mod hand_out;
mod machines;
mod page;
mod way;

use edef_sim::{Endpoint, Fault, FaultKind, Often, Options, Simulator, spawn};
use serde_json::{Value, json};

use crate::{
    bench::{Answer, Bench, payload},
    patience::look,
};

/// A cloud that sends to simulators.
pub(super) const SENDS: &str = "[authority]\nenabled = true\nhosts = []\nallow_loopback = true\n";
pub(super) const OUTLET: &str = "KIN-GOMBE-01";
/// Keys of the bench: an owner, who runs the platform.
pub(super) const OWNER: u8 = 3;
pub(super) const OPERATOR: u8 = 9;

/// A cloud and the authority.
pub(super) struct Way {
    pub(super) bench: Bench,
    pub(super) simulator: Simulator,
}

impl Way {
    /// The outlet in Gombe has the simulator's machine.
    pub(super) fn start() -> Self {
        Self::with("")
    }

    pub(super) fn with(more: &str) -> Self {
        let way = Self::without_machine(more);
        let made = way.enter_machine();
        assert_eq!(made.status, 201, "{made:?}");
        way
    }

    pub(super) fn without_machine(more: &str) -> Self {
        let simulator = spawn(Options::default()).unwrap();
        Self { bench: Bench::with(&format!("{SENDS}{more}")), simulator }
    }

    /// What the portal shows of the simulator's machine.
    pub(super) fn machine(&self) -> Value {
        let machine = self.simulator.machines().remove(0);
        json!({
            "url": format!("{}/edef", self.simulator.url()),
            "nim": machine.nim.to_string(),
            "isf": "STELALA-1",
            "token": machine.token.as_str(),
            "outlet_ids": [OUTLET],
        })
    }

    pub(super) fn enter_machine(&self) -> Answer {
        self.bench.say(OWNER, "POST /api/v1/authority/machines", Some(&self.machine()))
    }

    /// Sells something that no other sale is like; its number.
    pub(super) fn sell(&self, seconds_ago: u64) -> String {
        let sold = self.bench.client().sell(1, None, &payload(seconds_ago));
        assert_eq!(sold.status, 201, "{sold:?}");
        sold.json()["fiscal_number"].as_str().unwrap().to_owned()
    }

    /// How an invoice stands.
    pub(super) fn submission(&self, number: &str) -> Answer {
        self.bench.client().get(&format!("/api/v1/invoices/{number}/submission"), OWNER)
    }

    /// Waits until it stands as a test wants it.
    pub(super) fn until(&self, number: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let is_so = |answer: &Answer| answer.status == 200 && is_so(&answer.json());
        look(number, || self.submission(number), is_so).json()
    }

    pub(super) fn until_state(&self, number: &str, state: &str) -> Value {
        self.until(number, |submission| submission["state"] == state)
    }

    /// Has the authority do something wrong each time.
    pub(super) fn always(&self, kind: FaultKind, endpoint: Endpoint) {
        let fault = Fault { kind, often: Often::PerMille(1_000), endpoint: Some(endpoint), nim: None };
        self.simulator.change(|world, _, _| world.fault(fault)).unwrap();
    }

    /// Nothing goes wrong any more.
    pub(super) fn mend(&self) {
        self.simulator.change(|world, _, _| {
            let faults: Vec<_> = world.faults().map(|(id, _)| id).collect();
            for fault in faults {
                world.remove_fault(fault);
            }
        });
    }

    /// An act about an invoice.
    pub(super) fn act(&self, number: u8, invoice: &str, act: &str, body: &Value) -> Answer {
        let line = format!("POST /api/v1/invoices/{invoice}/submission/{act}");
        self.bench.say(number, &line, Some(body))
    }

    /// How many the authority has.
    pub(super) fn finalised(&self) -> usize {
        let nim = self.simulator.machines()[0].nim;
        self.simulator.look(|world| world.finalised(nim).count())
    }
}
