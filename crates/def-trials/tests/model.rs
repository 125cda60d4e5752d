//! A device and a plain list beside it, through random commands and power cuts; and what is known after each start.

use std::time::Duration;

use def_engine::Memory;
use def_protocol::token::Newest;
use def_sim::{ManualClock, Outcome, Style, World};
use def_trials::{
    Authority, Host, Sale,
    authority::{OPENING, at},
    model::{Dice, Kept, Model, summary_of},
    sale::Original,
    seeds,
};
use fiscal::{Epoch, InvoiceNumber, RecordHash, Timestamp, UtcOffset};
use serde_json::{Value, json};

const STEPS: u32 = 25;

struct Trial {
    world: World,
    authority: Authority,
    model: Model,
    dice: Dice,
    sold: u32,
}

impl Trial {
    fn new(seed: u64) -> Self {
        let world = World::new(48, seed);
        world.change(|state| state.clock = ManualClock::at(at(OPENING)));
        let dice = Dice::new(seed ^ 0xABCD);
        Self { world, authority: Authority::default(), model: Model::default(), dice, sold: 0 }
    }

    fn run(&mut self, memory: &mut Memory) {
        let mut host = Host::start(&self.world, self.authority.factory(), memory);
        let pem = fiscal::PrivateKey::public_key(&self.authority.operator).to_pem().replace('\n', "\\n");
        let code = self.authority.activation();
        let init = format!(r#"CFG|INIT {{"activation_code":"{code}","public_key":"{pem}"}}"#);
        assert_eq!(host.ask(&init)["status"], "OK");
        let mut step = 0;
        while step < STEPS {
            while step < STEPS && self.world.is_powered() {
                self.step(&mut host);
                step += 1;
            }
            let before = self.world.is_powered().then(|| self.known(&mut host));
            drop(host);
            self.world.cut();
            self.world.reboot();
            host = Host::start(&self.world, self.authority.factory(), memory);
            self.check(&mut host);
            if let Some(before) = before {
                assert_eq!(self.known(&mut host), before, "a start changes nothing that is said");
            }
        }
    }

    /// Everything that the device says but what it counts since it started.
    fn known(&self, host: &mut Host<'_>) -> Vec<Value> {
        let status = host.ask("QRY|STATUS");
        let members = [
            "next_invoice_seq",
            "lifecycle",
            "handed_over",
            "epoch",
            "closures",
            "unclosed",
            "offline",
            "corrupt",
        ];
        let mut known: Vec<Value> = members.iter().map(|member| status[*member].clone()).collect();
        known.push(host.ask(r#"RPT|X {"period":"session"}"#));
        known.push(host.ask(r#"RPT|X {"period":"day"}"#));
        if self.sold.is_multiple_of(4) {
            known.push(host.ask(r#"RPT|A {"since":"2026-03-01","until":"2026-06-01"}"#));
        }
        known.extend((1..=self.model.next()).map(|number| host.ask(&format!("QRY|LOG {number}"))));
        known
    }

    fn now(&self) -> Timestamp {
        let mut clock = self.world.change(|state| state.clock.clone());
        def_engine::board::Clock::now(&mut clock).expect("the clock is set")
    }

    fn today(&self) -> String {
        self.now().date_at(UtcOffset::KINSHASA).to_string()
    }

    fn step(&mut self, host: &mut Host<'_>) {
        match self.dice.below(16) {
            0 => self.close(host),
            1 => self.world.pass(Duration::from_secs(self.dice.below(40_000))),
            2 => self.reset(host),
            3 if !self.model.invoices.is_empty() => self.replay(host),
            4 => self.cut_soon(),
            5..8 => {
                host.idle();
            }
            _ => self.sell(host),
        }
        if self.world.is_powered() && self.dice.one_in(4) {
            self.check(host);
        }
    }

    fn cut_soon(&mut self) {
        let style = *self.dice.pick(&Style::OF_PROGRAM);
        self.world
            .cut_at(self.world.operations() + self.dice.below(9), Outcome::new(style, self.dice.roll()));
    }

    fn ask(&mut self, host: &mut Host<'_>, request: &str) -> Option<Value> {
        let before = self.world.change(|state| state.element.peek_counter());
        let answer = host.try_ask(request).filter(|_| self.world.is_powered());
        if answer.is_none() {
            self.world.change(|state| {
                let counter = state.element.peek_counter().min(before + 6);
                state.element.set_counter(counter);
            });
        }
        answer
    }

    fn sale(&mut self) -> Sale {
        self.sold += 1;
        self.world.pass(Duration::from_secs(1));
        let now = self.now();
        let seed = self.dice.roll() as u32;
        if !self.model.invoices.is_empty() && self.dice.one_in(3) {
            let kept = self.dice.pick(&self.model.invoices).clone();
            if kept.sale.takes_back.is_none() {
                let nature = if self.dice.one_in(3) { "RAN" } else { "RAM" };
                let all = kept.sale.lines.len();
                let lines = if nature == "RAN" { all } else { 1 + self.dice.below(all as u64) as usize };
                let original = Original {
                    nature,
                    epoch: self.model.epoch,
                    number: kept.seal["invoice_seq"].as_u64().expect("a number"),
                    auth_code: kept.seal["auth_code"].as_str().expect("a code").to_owned(),
                };
                return kept.sale.back(now, original, lines);
            }
        }
        Sale::of("T-1", now, 1 + seed as usize % 12, seed)
    }

    /// Whether the model lets a note pass, and if not, with which code it is refused.
    fn refusal(&self, sale: &Sale) -> Option<&'static str> {
        let original = sale.takes_back.as_ref()?;
        let of_it =
            |kept: &&Kept| kept.sale.takes_back.as_ref().is_some_and(|other| other.number == original.number);
        let notes: Vec<&Kept> = self.model.invoices.iter().filter(of_it).collect();
        if notes.iter().any(|note| note.sale.takes_back.as_ref().is_some_and(|other| other.nature == "RAN")) {
            return Some("ALREADY_VOIDED");
        }
        let base = |sale: &Sale| {
            let (total, vat) = sale.amounts();
            total - vat
        };
        let sold = base(&self.model.invoices[original.number as usize - 1].sale);
        let left = sold + notes.iter().map(|note| base(&note.sale)).sum::<i64>() + base(sale);
        let void_of_touched = original.nature == "RAN" && !notes.is_empty();
        (left < 0 || void_of_touched).then_some("CREDIT_EXCEEDS_ORIGINAL")
    }

    fn sell(&mut self, host: &mut Host<'_>) {
        let sale = self.sale();
        let Some(prepared) = self.ask(host, &format!("TXN|PREPARE {}", sale.payload())) else { return };
        let expected = self.refusal(&sale);
        if expected.is_some() {
            assert_eq!(prepared["code"].as_str(), expected, "{prepared}");
            return;
        }
        let Some(nonce) = prepared["nonce"].as_str() else {
            let code = prepared["code"].as_str().expect("a code");
            assert!(["DEVICE_BUSY", "STORAGE_FULL"].contains(&code), "{prepared}");
            return;
        };
        let day = self.today();
        match self.ask(host, &format!(r#"TXN|COMMIT {{"nonce":"{nonce}"}}"#)) {
            Some(seal) if seal["status"] == "OK" => {
                assert_eq!(seal["invoice_seq"], self.model.next());
                self.model.invoices.push(Kept { sale, seal, day });
            }
            Some(answer) => assert_eq!(answer["code"], "DEVICE_BUSY", "{answer}"),
            None => self.find_out(Kept { sale, seal: Value::Null, day }),
        }
    }

    /// After a cut in a COMMIT: the list as it was, or with the sale, and nothing else.
    fn find_out(&mut self, in_flight: Kept) {
        let mut memory = Box::new(Memory::new());
        self.world.reboot();
        let mut host = Host::start(&self.world, self.authority.factory(), &mut memory);
        let answer = host.ask(&format!("QRY|LOG {}", self.model.next()));
        if answer["status"] == "OK" {
            assert_eq!(answer["log_entry"]["payload"], in_flight.sale.payload());
            let mut seal = answer["log_entry"]["sealed"].clone();
            seal.as_object_mut().expect("a seal").insert("status".into(), json!("OK"));
            self.model.invoices.push(Kept { seal, ..in_flight });
        }
        self.world.cut();
    }

    fn replay(&mut self, host: &mut Host<'_>) {
        let kept = self.dice.pick(&self.model.invoices).clone();
        let Some(answer) = self.ask(host, &format!("TXN|PREPARE {}", kept.sale.payload())) else { return };
        assert_eq!(answer["code"], "REPLAY_DETECTED", "{answer}");
        assert_eq!(answer["invoice_seq"], kept.seal["invoice_seq"]);
    }

    fn close(&mut self, host: &mut Host<'_>) {
        let today = self.today();
        let session = self.model.session();
        let unclosed = self.model.invoices.len() - self.model.closed;
        match self.ask(host, &format!(r#"RPT|Z {{"date":"{today}"}}"#)) {
            None => {
                let mut memory = Box::new(Memory::new());
                self.world.reboot();
                let mut host = Host::start(&self.world, self.authority.factory(), &mut memory);
                let closures = host.ask("QRY|STATUS")["closures"].as_u64().expect("a number");
                assert!(closures == self.model.closures || closures == self.model.closures + 1);
                if closures > self.model.closures {
                    self.model.closures = closures;
                    self.model.closed = self.model.invoices.len();
                }
                self.world.cut();
            }
            Some(answer) if answer["repeated"] == json!(false) => {
                assert_eq!(summary_of(&answer), session);
                self.model.closures += 1;
                assert_eq!(answer["closure"], self.model.closures);
                self.model.closed = self.model.invoices.len();
                let again = format!(r#"RPT|Z {{"date":"{today}"}}"#);
                let Some(again) = self.ask(host, &again) else { return };
                assert_eq!((&again["repeated"], &again["closure"]), (&json!(true), &answer["closure"]));
            }
            Some(answer) => assert!(unclosed == 0, "{answer}"),
        }
    }

    fn reset(&mut self, host: &mut Host<'_>) {
        if self.model.closed < self.model.invoices.len() || self.dice.one_in(2) {
            return;
        }
        let newest = self.model.invoices.last().map(|kept| Newest {
            epoch: Epoch(self.model.epoch),
            number: InvoiceNumber::new(self.model.next() - 1).expect("a number"),
            hash: RecordHash::from_hex(kept.seal["record_hash"].as_str().expect("a hash")).expect("a hash"),
        });
        if let Some(newest) = newest {
            let token = self.authority.acknowledgement(newest, self.now());
            if self.ask(host, &format!(r#"CFG|ACK {{"token":"{token}"}}"#)).is_none() {
                return;
            }
        }
        let token = self.authority.reset(self.model.epoch + 1, newest);
        let fresh = Model { epoch: self.model.epoch + 1, ..Model::default() };
        match self.ask(host, &format!(r#"ADM|RESET {{"dgi_authorization":"{token}"}}"#)) {
            Some(answer) => {
                assert_eq!(answer["status"], "OK", "{answer}");
                self.model = fresh;
            }
            None => {
                let mut memory = Box::new(Memory::new());
                self.world.reboot();
                let mut host = Host::start(&self.world, self.authority.factory(), &mut memory);
                if host.ask("QRY|STATUS")["epoch"] == fresh.epoch {
                    self.model = fresh;
                }
                self.world.cut();
            }
        }
    }

    fn check(&mut self, host: &mut Host<'_>) {
        let status = host.ask("QRY|STATUS");
        assert_eq!(status["corrupt"], Value::Null, "{status}");
        let expected = self.model.status();
        for (member, value) in expected.as_object().expect("members") {
            assert_eq!(&status[member], value, "{member}");
        }
        assert_eq!(summary_of(&host.ask(r#"RPT|X {"period":"session"}"#)), self.model.session());
        let (day, today) = (host.ask(r#"RPT|X {"period":"day"}"#), self.today());
        assert_eq!(summary_of(&day), self.model.day(&today));
        let number = 1 + self.dice.below(self.model.next());
        let logged = host.ask(&format!("QRY|LOG {number}"));
        match self.model.invoices.get(number as usize - 1) {
            Some(kept) => {
                assert_eq!(logged["log_entry"]["sealed"]["record_hash"], kept.seal["record_hash"], "{logged}")
            }
            None => assert_eq!(logged["code"], "NOT_FOUND"),
        }
    }
}

#[test]
fn a_device_says_what_a_list_beside_it_says() {
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    std::thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || {
                let mut memory = Box::new(Memory::new());
                for seed in (thread..seeds(200)).step_by(threads as usize) {
                    let run = std::panic::AssertUnwindSafe(|| Trial::new(seed).run(&mut memory));
                    assert!(std::panic::catch_unwind(run).is_ok(), "seed {seed}");
                }
            });
        }
    });
}
