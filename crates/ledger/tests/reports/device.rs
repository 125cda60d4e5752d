//! The simulated device, in the shop of these tests.

use def_engine::Memory;
use def_protocol::token::{Activation, HandOver};
use def_sim::{ManualClock, World};
use def_trials::{Authority, Host};
use fiscal::{Epoch, InvoiceNumber, PrivateKey, PublicKey, Timestamp, UtcOffset};
use ledger::Delivered;
use serde_json::Value;
use verify::JournalLine;

pub(crate) struct Device {
    world: World,
    host: Host<'static>,
    authority: Authority,
}

impl Device {
    pub(crate) fn open(zone: UtcOffset, now: Timestamp) -> Self {
        Self::open_from(zone, now, Some(InvoiceNumber::FIRST))
    }

    /// With numbers from one on; without, it stands by until it enters.
    pub(crate) fn open_from(zone: UtcOffset, now: Timestamp, first_number: Option<InvoiceNumber>) -> Self {
        let world = World::new(64, 7);
        world.change(|state| state.clock = ManualClock::at(now));
        let authority = Authority::default();
        // Tests end soon.
        let host = Host::start(&world, authority.factory(), Box::leak(Box::new(Memory::new())));
        let mut device = Self { world, host, authority };
        let activation = Activation {
            nif: "A2301457K".parse().unwrap(),
            outlet: "KIN-GOMBE-01".parse().unwrap(),
            prefix: "KING".parse().unwrap(),
            epoch: Epoch(0),
            first_number,
            offset: zone,
            policy: device.authority.policy,
            dgi: device.authority.dgi.public_key(),
            operator: device.authority.operator.public_key(),
        };
        let authority = &device.authority;
        let code = authority.token(&authority.root, &activation);
        let pem = authority.operator.public_key().to_pem().replace('\n', "\\n");
        let answer = device.ask(&format!(r#"CFG|INIT {{"activation_code":"{code}","public_key":"{pem}"}}"#));
        assert_eq!(answer["status"], "OK", "{answer}");
        device
    }

    pub(crate) fn set(&self, now: Timestamp) {
        self.world.change(|state| state.clock = ManualClock::at(now));
    }

    pub(crate) fn key(&self) -> PublicKey {
        self.world.change(|state| state.element.peek_key()).unwrap()
    }

    pub(crate) fn ask(&mut self, request: &str) -> Value {
        let answer = self.host.ask(request);
        self.host.rest();
        answer
    }

    /// Leaves or enters the outlet's line by an order from a time on.
    pub(crate) fn hand_over(&mut self, order: HandOver, from: Timestamp) {
        let token = self.authority.hand_over_from(order, from);
        let answer = self.ask(&format!(r#"CFG|HANDOVER {{"token":"{token}"}}"#));
        assert_eq!(answer["status"], "OK", "{answer}");
    }

    /// All that it sealed behind a position.
    pub(crate) fn journal(&mut self, after: u64) -> Vec<Delivered> {
        let dump = self.ask(&format!(r#"ADM|DUMPLOG {{"format":"json","after":{after}}}"#));
        assert_eq!(dump["last"], true);
        let lines = dump["records"].as_array().unwrap().iter().map(|line| {
            let line = JournalLine::read(line.to_string().as_bytes()).unwrap();
            let body = line.payload().unwrap().to_owned();
            Delivered { record: line.record().unwrap(), body, idempotency_key: None }
        });
        lines.collect()
    }

    /// The answer as it was written.
    pub(crate) fn text(&mut self, request: &str) -> String {
        let bytes = self.host.exchange(format!("\u{2}{request}\u{3}").as_bytes());
        let text = String::from_utf8(bytes).unwrap();
        text.strip_prefix('\u{2}').unwrap().strip_suffix('\u{3}').unwrap().to_owned()
    }

    pub(crate) fn sell(&mut self, payload: &str) -> Result<Value, String> {
        let answer = self.host.sell(payload);
        self.host.rest();
        accepted(answer)
    }

    pub(crate) fn close(&mut self, date: &str) -> Result<Value, String> {
        accepted(self.ask(&format!(r#"RPT|Z {{"date":"{date}"}}"#)))
    }
}

/// The answer, or the code of the refusal.
fn accepted(answer: Value) -> Result<Value, String> {
    if answer["status"] == "OK" { Ok(answer) } else { Err(answer["code"].as_str().unwrap().to_owned()) }
}
