//! Runs a scenario and keeps what a host could have seen, and every operation.

use std::time::Duration;

use def_engine::{Memory, board::Clock, recovery::Recovery};
use def_protocol::{Base64Url, token::Newest};
use def_sim::{ManualClock, Seeded, World};
use fiscal::{PrivateKey, Timestamp, UtcOffset};
use serde_json::Value;

use super::{
    journal::{Line, commit, dump},
    scenario::{Flight, Scenario, Step},
    script::{Action, Life, script},
};
use crate::{
    Authority, Host, Sale,
    authority::{OPENING, at},
    sale::Original,
};

pub(super) fn record(seed: u64, recovery: Recovery) -> Scenario {
    let world = World::new([24, 28, 32][(seed % 3) as usize], seed);
    world.change(|state| state.clock = ManualClock::at(at(OPENING)));
    let scenario = Scenario {
        seed,
        authority: Authority::default(),
        recovery,
        steps: Vec::new(),
        lines: Vec::new(),
        forks: Vec::new(),
    };
    let mut recorder = Recorder {
        world,
        scenario,
        epoch: 0,
        last_sale: None,
        sold: 0,
        acknowledgement: None,
        crashed: None,
    };
    let mut memory = Box::new(Memory::new());
    for life in script(seed) {
        recorder.live(&life, &mut memory);
    }
    recorder.scenario
}

struct Recorder {
    world: World,
    scenario: Scenario,
    /// Where the current epoch begins in the lines.
    epoch: usize,
    last_sale: Option<(Sale, Original)>,
    sold: u32,
    acknowledgement: Option<String>,
    crashed: Option<Flight>,
}

impl Recorder {
    fn live(&mut self, life: &Life, memory: &mut Memory) {
        let (world, recovery) = (self.world.clone(), self.scenario.recovery);
        world.cut();
        world.reboot();
        world.record_forks(true);
        let mut host = Host::start_with(&world, self.scenario.authority.factory(), memory, recovery);
        let flight = self.crashed.take().unwrap_or(Flight::Nothing);
        self.finish(flight, &mut host);
        for action in life {
            self.world.pass(Duration::from_secs(7));
            self.act(*action, &mut host);
        }
    }

    fn act(&mut self, action: Action, host: &mut Host<'_>) {
        match action {
            Action::Init => self.order(init(&self.scenario.authority), None, host),
            Action::Manifest => {
                let token = self.scenario.authority.manifest(2);
                self.order(format!(r#"CFG|MANIFEST {{"token":"{token}"}}"#), None, host);
            }
            Action::Sell(lines) => self.sell(lines, false, host),
            Action::SellLong => self.sell(56, true, host),
            Action::TakeBack(nature, from, lines) => self.take_back(nature, from, lines, host),
            Action::Close => self.order(close(self.now()), None, host),
            Action::Acknowledge => self.acknowledge(host),
            Action::SetTime => self.set_time(host),
            Action::Reset => self.reset(host),
            Action::Rest => self.rest(host),
            Action::Hours(hours) => self.world.pass(Duration::from_secs(hours * 3600)),
            Action::Crash(after, outcome) => {
                let (payload, nonce) = self.prepare_sale(9, host);
                self.world.record_forks(false);
                self.world.cut_at(self.world.operations() + after, outcome);
                let answer = host.try_ask(&commit(&nonce)).filter(|answer| answer["status"] == "OK");
                self.crashed = Some(Flight::Sale { payload, nonce, answer });
            }
        }
    }

    fn sell(&mut self, lines: usize, long: bool, host: &mut Host<'_>) {
        self.sold += 1;
        let sale = Sale::of("CAISSE-1", self.now(), lines, self.sold);
        let payload = if long { described(&sale.payload(), u64::from(self.sold)) } else { sale.payload() };
        let answer = self.commit(&payload, host);
        let original = Original {
            nature: "",
            epoch: self.newest().map_or(0, |newest| newest.epoch.0),
            number: answer["invoice_seq"].as_u64().expect("a seal has a number"),
            auth_code: answer["auth_code"].as_str().expect("a seal has a code").to_owned(),
        };
        self.last_sale = Some((sale, original));
    }

    fn take_back(&mut self, nature: &'static str, from: usize, lines: usize, host: &mut Host<'_>) {
        let (mut sale, original) = self.last_sale.clone().expect("the script sells before it takes back");
        sale.lines.drain(..from);
        let note = sale.back(self.now(), Original { nature, ..original }, lines);
        self.commit(&note.payload(), host);
    }

    fn commit(&mut self, payload: &str, host: &mut Host<'_>) -> Value {
        let nonce = self.prepare(payload, host);
        let answer = host.ask(&commit(&nonce));
        assert_eq!(answer["status"], "OK", "{answer}");
        let payload = payload.to_owned();
        self.finish(Flight::Sale { payload, nonce, answer: Some(answer.clone()) }, host);
        answer
    }

    fn prepare_sale(&mut self, lines: usize, host: &mut Host<'_>) -> (String, String) {
        self.sold += 1;
        let payload = Sale::of("CAISSE-2", self.now(), lines, self.sold).payload();
        let nonce = self.prepare(&payload, host);
        (payload, nonce)
    }

    fn prepare(&mut self, payload: &str, host: &mut Host<'_>) -> String {
        let request = format!("TXN|PREPARE {payload}");
        let mut answer = host.ask(&request);
        if answer["code"] == "DEVICE_BUSY" {
            self.rest(host);
            answer = host.ask(&request);
        }
        answer["nonce"].as_str().unwrap_or_else(|| panic!("PREPARE: {answer}")).to_owned()
    }

    fn rest(&mut self, host: &mut Host<'_>) {
        host.rest();
        self.finish(Flight::Nothing, host);
    }

    fn acknowledge(&mut self, host: &mut Host<'_>) {
        let newest = self.newest().expect("the script sells before it acknowledges");
        let token = self.scenario.authority.acknowledgement(newest, self.now());
        let request = format!(r#"CFG|ACK {{"token":"{token}"}}"#);
        self.acknowledgement = Some(request.clone());
        self.order(request, None, host);
    }

    fn set_time(&mut self, host: &mut Host<'_>) {
        let challenge = host.ask("QRY|STATUS")["challenge"].as_str().expect("a challenge").parse();
        let (now, challenge) = (self.now(), challenge.expect("a challenge"));
        let signature = self.scenario.authority.time(now, challenge, None);
        let signature = Base64Url(signature.as_bytes());
        let request = format!(r#"CFG|TIME {{"timestamp":"{now}","signature":"{signature}"}}"#);
        let answer = host.ask(&request);
        assert_eq!(answer["status"], "OK", "{answer}");
        // Its challenge went with the power, so it cannot be said again.
        self.finish(Flight::Nothing, host);
    }

    fn reset(&mut self, host: &mut Host<'_>) {
        let newest = self.newest();
        let epoch = newest.map_or(0, |newest| newest.epoch.0) + 1;
        let token = self.scenario.authority.reset(epoch, newest);
        let request = format!(r#"ADM|RESET {{"dgi_authorization":"{token}"}}"#);
        self.order(request, self.acknowledgement.clone(), host);
        self.epoch = self.scenario.lines.len() - 1;
    }

    fn order(&mut self, request: String, before: Option<String>, host: &mut Host<'_>) {
        let answer = host.ask(&request);
        assert_eq!(answer["status"], "OK", "{request}: {answer}");
        self.finish(Flight::Order { request, before }, host);
    }

    /// The step is done: reads what it added, and takes its operations.
    fn finish(&mut self, flight: Flight, host: &mut Host<'_>) {
        let status = host.ask("QRY|STATUS");
        assert_eq!(status["corrupt"], Value::Null, "{status}");
        let (epoch, before) = (self.epoch, self.scenario.lines.len());
        let known = self.known(&status);
        if status["lifecycle"] != "factory" {
            let lines = dump(host, known).unwrap_or_else(|fault| panic!("{fault}: {status}"));
            self.scenario.lines.extend(lines);
        }
        let index = self.scenario.steps.len();
        let after = self.scenario.lines.len();
        self.scenario.steps.push(Step { flight, epoch, before, after });
        self.scenario.forks.extend(self.world.take_forks().into_iter().map(|fork| (index, fork)));
    }

    /// How many records of the device's epoch were read.
    fn known(&self, status: &Value) -> u64 {
        let epoch = status["epoch"].as_u64();
        let lines = self.scenario.lines[self.epoch..].iter();
        lines.filter(|line| Some(u64::from(line.record.header.epoch.0)) == epoch).count() as u64
    }

    fn newest(&self) -> Option<Newest> {
        let lines: &[Line] = &self.scenario.lines[self.epoch..];
        let record =
            lines.iter().rev().map(|line| line.record).find(|record| record.header.invoice().is_some())?;
        let number = record.header.invoice()?.number;
        Some(Newest { epoch: record.header.epoch, number, hash: record.hash() })
    }

    fn now(&self) -> Timestamp {
        now(&self.world)
    }
}

/// Descriptions that nothing makes shorter, so that the record flows over sectors.
fn described(payload: &str, seed: u64) -> String {
    let mut random = Seeded::new(seed);
    let mut pieces = payload.split("Article ");
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        text.extend((0..60).map(|_| char::from(b'a' + random.below(26) as u8)));
        text.push(' ');
        text.push_str(piece);
    }
    text
}

/// What the board's clock shows.
pub(super) fn now(world: &World) -> Timestamp {
    world.clock().now().expect("the clock runs")
}

pub(super) fn init(authority: &Authority) -> String {
    let pem = authority.operator.public_key().to_pem().replace('\n', "\\n");
    format!(r#"CFG|INIT {{"activation_code":"{}","public_key":"{pem}"}}"#, authority.activation())
}

pub(super) fn close(now: Timestamp) -> String {
    format!(r#"RPT|Z {{"date":"{}"}}"#, now.date_at(UtcOffset::KINSHASA))
}
