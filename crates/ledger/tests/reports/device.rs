//! The simulated device, in the shop of these tests.

use def_engine::Memory;
use def_protocol::token::Activation;
use def_sim::{ManualClock, World};
use def_trials::{Authority, Host};
use fiscal::{Epoch, InvoiceNumber, PrivateKey, PublicKey, Timestamp, UtcOffset};
use serde_json::Value;

pub(crate) struct Device {
    world: World,
    host: Host<'static>,
}

impl Device {
    pub(crate) fn open(zone: UtcOffset, now: Timestamp) -> Self {
        let world = World::new(64, 7);
        world.change(|state| state.clock = ManualClock::at(now));
        let authority = Authority::default();
        // Tests end soon.
        let host = Host::start(&world, authority.factory(), Box::leak(Box::new(Memory::new())));
        let mut device = Self { world, host };
        let activation = Activation {
            nif: "A2301457K".parse().unwrap(),
            outlet: "KIN-GOMBE-01".parse().unwrap(),
            prefix: "KING".parse().unwrap(),
            epoch: Epoch(0),
            first_number: InvoiceNumber::FIRST,
            offset: zone,
            policy: authority.policy,
            dgi: authority.dgi.public_key(),
            operator: authority.operator.public_key(),
        };
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
