//! Eight tills over one device, while power fails and tills crash: every sale is sealed exactly once.

use std::{collections::BTreeMap, time::Duration};

use def_engine::Memory;
use def_sim::{ManualClock, Outcome, Style, World};
use def_trials::{
    Authority, Host, Sale,
    authority::{OPENING, at},
    model::Dice,
    sale::Original,
    seeds,
};
use fiscal::Timestamp;
use serde_json::{Value, json};
use verify::{Referee, Trust};

const TILLS: usize = 8;
const SALES_OF_A_TILL: u32 = 6;

/// What a till has on disk: the payload that it means to sell, until it has its seal or a refusal that is final.
struct Till {
    name: String,
    intent: Option<Sale>,
    /// In memory only: gone when the till crashes.
    nonce: Option<String>,
    begun: u32,
}

/// A sale that a till has the seal of.
#[derive(Clone)]
struct Done {
    sale: Sale,
    seal: Value,
    nonce: Option<String>,
}

struct Shop {
    world: World,
    authority: Authority,
    tills: Vec<Till>,
    done: Vec<Done>,
    dice: Dice,
    /// Whether the power may still fail.
    stormy: bool,
}

impl Shop {
    fn new(seed: u64) -> Self {
        let world = World::new(64, seed);
        world.change(|state| state.clock = ManualClock::at(at(OPENING)));
        let till = |number| Till { name: format!("T-{number}"), intent: None, nonce: None, begun: 0 };
        let (authority, dice) = (Authority::default(), Dice::new(seed));
        Self { world, authority, tills: (0..TILLS).map(till).collect(), done: Vec::new(), dice, stormy: true }
    }

    fn run(&mut self, memory: &mut Memory) {
        let mut host = Host::start(&self.world, self.authority.factory(), memory);
        let pem = fiscal::PrivateKey::public_key(&self.authority.operator).to_pem().replace('\n', "\\n");
        let code = self.authority.activation();
        let answer = host.ask(&format!(r#"CFG|INIT {{"activation_code":"{code}","public_key":"{pem}"}}"#));
        assert_eq!(answer["status"], "OK");
        drop(host);
        let mut steps = 0;
        while !self.is_done() {
            let mut host = Host::start(&self.world, self.authority.factory(), memory);
            while self.world.is_powered() && !self.is_done() {
                self.step(&mut host);
                steps += 1;
                assert!(steps < 5_000, "the tills get on");
                self.stormy = steps < 400;
            }
            drop(host);
            self.power_comes();
        }
        self.world.reboot();
        let mut host = Host::start(&self.world, self.authority.factory(), memory);
        self.check(&mut host);
    }

    fn is_done(&self) -> bool {
        self.tills.iter().all(|till| till.begun == SALES_OF_A_TILL && till.intent.is_none())
    }

    /// Sometimes it fails again while the device starts.
    fn power_comes(&mut self) {
        self.world.reboot();
        if self.stormy && self.dice.one_in(4) {
            let style = *self.dice.pick(&[Style::NothingDone, Style::AllDone]);
            let operation = self.world.operations() + self.dice.below(12);
            self.world.cut_at(operation, Outcome::new(style, 0));
        }
    }

    fn step(&mut self, host: &mut Host<'_>) {
        match self.dice.below(24) {
            0 if self.stormy => {
                let style = *self.dice.pick(&Style::OF_PROGRAM);
                let operation = self.world.operations() + self.dice.below(30);
                self.world.cut_at(operation, Outcome::new(style, self.dice.roll()));
            }
            1 => self.world.pass(Duration::from_millis(self.dice.below(4_000))),
            2 => self.crash(),
            3 if !self.done.is_empty() => self.ask_again(host),
            4..8 => {
                host.idle();
            }
            _ => self.sell(host),
        }
    }

    fn crash(&mut self) {
        let till = self.dice.below(TILLS as u64) as usize;
        self.tills[till].nonce = None;
    }

    /// A request, with the chip's counter held to what a chip does at one cut.
    fn ask(&mut self, host: &mut Host<'_>, request: &str) -> Option<Value> {
        let before = self.world.change(|state| state.element.peek_counter());
        let answer = host.try_ask(request);
        if !self.world.is_powered() {
            // More than eight counts, with those of the starts to come, would be taken for another chip's.
            self.world.change(|state| {
                let most = before + 3;
                if state.element.peek_counter() > most {
                    state.element.set_counter(most);
                }
            });
            return None;
        }
        answer
    }

    /// A sale that is done is committed or prepared once more.
    fn ask_again(&mut self, host: &mut Host<'_>) {
        let done = self.dice.pick(&self.done).clone();
        if self.dice.one_in(2)
            && let Some(nonce) = &done.nonce
        {
            let Some(answer) = self.ask(host, &commit(nonce)) else { return };
            assert_eq!(answer, done.seal, "a repeated COMMIT gets its seal");
            return;
        }
        let Some(answer) = self.ask(host, &format!("TXN|PREPARE {}", done.sale.payload())) else { return };
        assert_eq!(answer["code"], "REPLAY_DETECTED", "{answer}");
        assert_eq!(answer["invoice_seq"], done.seal["invoice_seq"]);
    }

    fn sell(&mut self, host: &mut Host<'_>) {
        let till = self.dice.below(TILLS as u64) as usize;
        if self.tills[till].intent.is_none() && self.tills[till].begun < SALES_OF_A_TILL {
            self.begin(till);
        }
        let Some(sale) = self.tills[till].intent.clone() else { return };
        match self.tills[till].nonce.clone() {
            None => self.prepare(till, &sale, host),
            Some(nonce) => self.commit(till, &sale, nonce, host),
        }
    }

    /// Decides what to sell or take back, and writes it down.
    fn begin(&mut self, index: usize) {
        let seed = self.dice.roll() as u32;
        let sales: Vec<Done> =
            self.done.iter().filter(|done| done.sale.takes_back.is_none()).cloned().collect();
        let till = &mut self.tills[index];
        till.begun += 1;
        // No two sales of a till are of the same second.
        let time = Timestamp::from_unix(at(OPENING).unix() + u64::from(till.begun)).expect("a time");
        let mut sale = Sale::of(&till.name, time, 1 + seed as usize % 4, seed);
        if !sales.is_empty() && self.dice.one_in(3) {
            let done = self.dice.pick(&sales);
            let nature = if self.dice.one_in(3) { "RAN" } else { "RAM" };
            let original = Original {
                nature,
                epoch: 0,
                number: done.seal["invoice_seq"].as_u64().expect("a number"),
                auth_code: done.seal["auth_code"].as_str().expect("a code").to_owned(),
            };
            let all = done.sale.lines.len();
            let lines = if nature == "RAN" { all } else { 1 + self.dice.below(all as u64) as usize };
            let name = sale.till;
            sale = Sale { till: name, ..done.sale.back(time, original, lines) };
        }
        self.tills[index].intent = Some(sale);
    }

    fn prepare(&mut self, till: usize, sale: &Sale, host: &mut Host<'_>) {
        let Some(answer) = self.ask(host, &format!("TXN|PREPARE {}", sale.payload())) else { return };
        if answer["status"] == "OK" {
            self.tills[till].nonce = answer["nonce"].as_str().map(str::to_owned);
            return;
        }
        match answer["code"].as_str().expect("a code") {
            "REPLAY_DETECTED" => {
                let Some(logged) = self.ask(host, &format!("QRY|LOG 0/{}", answer["invoice_seq"])) else {
                    return;
                };
                let mut seal = logged["log_entry"]["sealed"].clone();
                seal.as_object_mut().expect("a seal").insert("status".into(), json!("OK"));
                assert_eq!(logged["log_entry"]["payload"], sale.payload());
                self.finish(till, sale, seal, None);
            }
            other => self.refused(till, other, &answer),
        }
    }

    fn commit(&mut self, till: usize, sale: &Sale, nonce: String, host: &mut Host<'_>) {
        let Some(answer) = self.ask(host, &commit(&nonce)) else { return };
        if answer["status"] == "OK" {
            return self.finish(till, sale, answer, Some(nonce));
        }
        match answer["code"].as_str().expect("a code") {
            "INVALID_NONCE" | "NONCE_EXPIRED" => self.tills[till].nonce = None,
            other => self.refused(till, other, &answer),
        }
    }

    fn refused(&mut self, till: usize, code: &str, answer: &Value) {
        match code {
            "DEVICE_BUSY" => {}
            "ALREADY_VOIDED" | "CREDIT_EXCEEDS_ORIGINAL" => {
                self.tills[till].intent = None;
                self.tills[till].nonce = None;
            }
            _ => panic!("{answer}"),
        }
    }

    fn finish(&mut self, till: usize, sale: &Sale, seal: Value, nonce: Option<String>) {
        self.tills[till].intent = None;
        self.tills[till].nonce = None;
        self.done.push(Done { sale: sale.clone(), seal, nonce });
    }

    /// One line of numbers in which every sale stands once, and nothing was taken back that was not sold.
    fn check(&self, host: &mut Host<'_>) {
        let mut by_number: BTreeMap<u64, &Done> = BTreeMap::new();
        for done in &self.done {
            let number = done.seal["invoice_seq"].as_u64().expect("a number");
            assert!(by_number.insert(number, done).is_none(), "a number was given twice");
        }
        let status = host.ask("QRY|STATUS");
        assert_eq!(status["corrupt"], Value::Null);
        assert_eq!(
            status["next_invoice_seq"],
            by_number.len() + 1,
            "no number is missing, none is left over"
        );
        let mut left: BTreeMap<u64, i64> = BTreeMap::new();
        for (expected, (number, done)) in (1..).zip(&by_number) {
            assert_eq!(*number, expected);
            let entry = &host.ask(&format!("QRY|LOG {number}"))["log_entry"];
            assert_eq!(entry["payload"], done.sale.payload());
            assert_eq!(entry["sealed"]["record_hash"], done.seal["record_hash"]);
            let (total, vat) = done.sale.amounts();
            let original = done.sale.takes_back.as_ref().map_or(*number, |original| original.number);
            *left.entry(original).or_default() += total - vat;
        }
        assert!(left.values().all(|left| *left >= 0), "more was taken back than sold");
        self.check_journal(host);
    }

    fn check_journal(&self, host: &mut Host<'_>) {
        let trust = Trust::Keys(vec![self.world.change(|state| state.element.peek_key()).expect("a key")]);
        let mut referee = Referee::new(&trust, []);
        let mut after = 0;
        loop {
            let chunk = host.ask(&format!(r#"ADM|DUMPLOG {{"format":"json","after":{after}}}"#));
            for line in chunk["records"].as_array().expect("records") {
                referee.read(line.to_string().as_bytes());
            }
            after = chunk["chunk_index"].as_u64().expect("a cursor");
            if chunk["last"] == json!(true) {
                break;
            }
        }
        let verdict = referee.conclude();
        assert!(verdict.is_true(), "{:?}", verdict.findings);
        assert_eq!(verdict.invoices, self.done.len() as u64);
    }
}

fn commit(nonce: &str) -> String {
    format!(r#"TXN|COMMIT {{"nonce":"{nonce}"}}"#)
}

#[test]
fn every_sale_of_eight_tills_is_sealed_exactly_once() {
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    std::thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || {
                let mut memory = Box::new(Memory::new());
                for seed in (thread..seeds(50)).step_by(threads as usize) {
                    let run = std::panic::AssertUnwindSafe(|| Shop::new(seed).run(&mut memory));
                    assert!(std::panic::catch_unwind(run).is_ok(), "seed {seed}");
                }
            });
        }
    });
}
