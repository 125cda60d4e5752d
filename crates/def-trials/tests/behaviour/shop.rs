//! The shop of these tests: a device with an outlet, and the people who deal with it.

use std::time::Duration;

use def_engine::Memory;
use def_protocol::token::Newest;
use def_sim::{ManualClock, World};
use def_trials::{
    Authority, Host, Sale,
    authority::{OPENING, at},
    sale::Original,
};
use fiscal::{Epoch, InvoiceNumber, RecordHash, Timestamp};
use serde_json::{Value, json};

pub(crate) struct Shop {
    pub(crate) world: World,
    pub(crate) authority: Authority,
    pub(crate) host: Host<'static>,
    sold: u32,
}

impl Shop {
    /// With an outlet, on a part of 64 sectors.
    pub(crate) fn open() -> Self {
        Self::with(64, Authority::default())
    }

    pub(crate) fn with(sectors: usize, authority: Authority) -> Self {
        let mut shop = Self::from_factory(sectors, authority);
        let answer = shop.init();
        assert_eq!(answer["status"], "OK", "{answer}");
        shop.host.rest();
        shop
    }

    /// Without an outlet yet.
    pub(crate) fn from_factory(sectors: usize, authority: Authority) -> Self {
        let world = World::new(sectors, 7);
        world.change(|state| state.clock = ManualClock::at(at(OPENING)));
        Self { authority, ..Self::on(world) }
    }

    /// On a board as it is.
    pub(crate) fn on(world: World) -> Self {
        let authority = Authority::default();
        let host = Host::start(&world, authority.factory(), memory());
        Self { world, authority, host, sold: 0 }
    }

    pub(crate) fn init(&mut self) -> Value {
        let code = self.authority.activation();
        let pem = self.authority.operator.public_key_pem();
        self.ask(&format!(r#"CFG|INIT {{"activation_code":"{code}","public_key":"{pem}"}}"#))
    }

    /// Off and on.
    pub(crate) fn reboot(&mut self) {
        self.world.cut();
        self.start();
    }

    /// The power comes, on whatever the board is now.
    pub(crate) fn start(&mut self) {
        self.world.reboot();
        self.host = Host::start(&self.world, self.authority.factory(), memory());
    }

    /// As a board does when the device asks for it.
    pub(crate) fn host_restarts(&mut self) {
        self.host_restarts_after(|_| ());
    }

    /// The same, while something happens to the board.
    pub(crate) fn host_restarts_after(&mut self, change: impl FnOnce(&mut def_sim::State)) {
        self.host.restart();
        self.world.change(change);
        self.start();
    }

    pub(crate) fn pass(&self, milliseconds: u64) {
        self.world.pass(Duration::from_millis(milliseconds));
    }

    pub(crate) fn now(&self) -> Timestamp {
        let mut clock = self.world.change(|state| state.clock.clone());
        def_engine::board::Clock::now(&mut clock).expect("the clock is set")
    }

    pub(crate) fn set_now(&self, time: &str) {
        self.world.change(|state| state.clock = ManualClock::at(at(time)));
    }

    pub(crate) fn ask(&mut self, request: &str) -> Value {
        self.host.ask(request)
    }

    #[track_caller]
    pub(crate) fn ok(&mut self, request: &str) -> Value {
        let answer = self.ask(request);
        assert_eq!(answer["status"], "OK", "{request}: {answer}");
        answer
    }

    #[track_caller]
    pub(crate) fn refused(&mut self, request: &str, code: &str) -> Value {
        let answer = self.ask(request);
        assert_eq!(
            (&answer["status"], &answer["code"]),
            (&json!("ERR"), &json!(code)),
            "{request}: {answer}"
        );
        assert!(answer["detail"].as_str().is_some_and(|detail| detail.len() > 10), "{answer}");
        answer
    }

    /// A sale that no other is equal to.
    pub(crate) fn sale(&mut self) -> Sale {
        self.sold += 1;
        Sale::of("CAISSE-1", self.now(), 2, self.sold)
    }

    #[track_caller]
    pub(crate) fn sell(&mut self) -> (Sale, Value) {
        let sale = self.sale();
        let seal = self.seal(&sale.payload());
        (sale, seal)
    }

    #[track_caller]
    pub(crate) fn seal(&mut self, payload: &str) -> Value {
        let nonce = self.prepare(payload);
        let seal = self.ok(&commit(&nonce));
        self.host.rest();
        seal
    }

    #[track_caller]
    pub(crate) fn prepare(&mut self, payload: &str) -> String {
        text(&self.ok(&format!("TXN|PREPARE {payload}"))["nonce"])
    }

    #[track_caller]
    pub(crate) fn not_prepared(&mut self, payload: &str, code: &str) -> Value {
        self.refused(&format!("TXN|PREPARE {payload}"), code)
    }

    pub(crate) fn status(&mut self) -> Value {
        self.ok("QRY|STATUS")
    }

    pub(crate) fn log(&mut self, key: &str) -> Value {
        self.ok(&format!("QRY|LOG {key}"))["log_entry"].clone()
    }

    #[track_caller]
    pub(crate) fn close(&mut self, date: &str) -> Value {
        self.ok(&format!(r#"RPT|Z {{"date":"{date}"}}"#))
    }

    pub(crate) fn snapshot(&mut self, period: &str) -> Value {
        self.ok(&format!(r#"RPT|X {{"period":"{period}"}}"#))
    }

    /// The ledger's word for a seal.
    pub(crate) fn acknowledge(&mut self, seal: &Value) -> Value {
        let token = self.authority.acknowledgement(newest(seal), self.now());
        self.order("CFG|ACK", &token)
    }

    pub(crate) fn order(&mut self, command: &str, token: &str) -> Value {
        let member = if command == "ADM|RESET" { "dgi_authorization" } else { "token" };
        self.ask(&format!(r#"{command} {{"{member}":"{token}"}}"#))
    }

    #[track_caller]
    pub(crate) fn obeyed(&mut self, command: &str, token: &str) -> Value {
        let answer = self.order(command, token);
        assert_eq!(answer["status"], "OK", "{command}: {answer}");
        answer
    }

    #[track_caller]
    pub(crate) fn disobeyed(&mut self, command: &str, token: &str, code: &str) -> Value {
        let answer = self.order(command, token);
        assert_eq!(answer["code"], code, "{command}: {answer}");
        answer
    }

    /// The clock, by the operator's word over the status' challenge.
    pub(crate) fn set_clock(&mut self, time: &str, newest: Option<RecordHash>) -> Value {
        let challenge = text(&self.status()["challenge"]);
        self.set_clock_by(time, &challenge, newest)
    }

    pub(crate) fn set_clock_by(&mut self, time: &str, challenge: &str, newest: Option<RecordHash>) -> Value {
        let challenge = challenge.parse().expect("a challenge");
        let signature = self.authority.time(at(time), challenge, newest);
        self.ask(&time_request(time, &def_protocol::Base64Url(signature.as_bytes()).to_string(), newest))
    }

    /// All of the journal, as lines of a file.
    pub(crate) fn dump(&mut self, format: &str) -> Vec<Value> {
        let (mut after, mut lines) = (0, Vec::new());
        loop {
            let chunk = self.ok(&format!(r#"ADM|DUMPLOG {{"format":"{format}","after":{after}}}"#));
            lines.extend(chunk["records"].as_array().expect("records").iter().cloned());
            after = chunk["chunk_index"].as_u64().expect("a cursor");
            if chunk["last"] == json!(true) {
                return lines;
            }
        }
    }
}

/// Memory for one start. Tests end soon.
pub(crate) fn memory() -> &'static mut Memory {
    Box::leak(Box::new(Memory::new()))
}

pub(crate) fn commit(nonce: &str) -> String {
    format!(r#"TXN|COMMIT {{"nonce":"{nonce}"}}"#)
}

pub(crate) fn time_request(time: &str, signature: &str, newest: Option<RecordHash>) -> String {
    let newest = newest.map_or(String::new(), |hash| format!(r#","newest":"{hash}""#));
    format!(r#"CFG|TIME {{"timestamp":"{time}","signature":"{signature}"{newest}}}"#)
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

pub(crate) fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("no number: {value}"))
}

pub(crate) fn hash(value: &Value) -> RecordHash {
    RecordHash::from_hex(&text(value)).expect("a hash")
}

/// How tokens name a seal.
pub(crate) fn newest(seal: &Value) -> Newest {
    Newest {
        epoch: Epoch(number(&seal["epoch"]) as u32),
        number: InvoiceNumber::new(number(&seal["invoice_seq"])).expect("a number"),
        hash: hash(&seal["record_hash"]),
    }
}

/// How notes name a seal.
pub(crate) fn original(nature: &'static str, seal: &Value) -> Original {
    Original {
        nature,
        epoch: number(&seal["epoch"]) as u32,
        number: number(&seal["invoice_seq"]),
        auth_code: text(&seal["auth_code"]),
    }
}

/// Centimes.
pub(crate) fn money(value: &Value) -> i64 {
    let text = text(value);
    let (whole, cents) = text.split_once('.').expect("two decimals");
    let sign = if text.starts_with('-') { -1 } else { 1 };
    whole.parse::<i64>().expect("francs") * 100 + sign * cents.parse::<i64>().expect("centimes")
}

pub(crate) trait Pem {
    /// As a member of a request.
    fn public_key_pem(&self) -> String;
}

impl Pem for p256::ecdsa::SigningKey {
    fn public_key_pem(&self) -> String {
        use fiscal::PrivateKey;
        self.public_key().to_pem().replace('\n', "\\n")
    }
}
