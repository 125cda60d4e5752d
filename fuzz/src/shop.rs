//! A shop with a device, driven by a script in which a fuzzer can write what it could never compute: nonces, tokens,
//! payloads.

use std::{collections::BTreeMap, time::Duration};

use def_engine::Memory;
use def_protocol::{
    FrameReader, REPLY_BYTES,
    token::{HandOver, NewState, Newest},
};
use def_sim::{ManualClock, Outcome, State, Style, World};
use def_trials::{
    Authority, Host, Sale,
    authority::{OPENING, at},
    sale::Original,
};
use fiscal::{Epoch, InvoiceNumber, PrivateKey, RecordHash};
use serde_json::Value;

/// A small flash: 16 sectors, so that a script can fill it.
pub const SECTORS: usize = 16;

/// A shop, and what it knows of its device.
pub struct Shop {
    world: World,
    authority: Authority,
    reader: FrameReader<Box<[u8]>>,
    nonce: String,
    /// What COMMIT answered, by epoch and number.
    pub seals: BTreeMap<(u64, u64), Value>,
    newest: Option<Value>,
}

impl Shop {
    /// With the board as it is.
    pub fn new(state: State) -> Self {
        Self {
            world: World::from(state),
            authority: Authority::default(),
            reader: FrameReader::new(vec![0; REPLY_BYTES].into_boxed_slice()),
            nonce: "00".repeat(16),
            seals: BTreeMap::new(),
            newest: None,
        }
    }

    /// The simulated board.
    pub const fn world(&self) -> &World {
        &self.world
    }

    /// Does what a script says, line by line:
    ///
    /// | line | what |
    /// |---|---|
    /// | `!` | the power goes and comes |
    /// | `#` and a byte | the power fails so many operations later |
    /// | `~` | nobody asks anything |
    /// | `+`, `>` | a second, a day passes |
    /// | `-` | the clock's battery fails |
    /// | others | the content of a frame, see [`Shop::expand`] |
    pub fn run(&mut self, script: &[u8]) {
        let mut lines = script.split(|byte| *byte == b'\n').take(48).peekable();
        while lines.peek().is_some() {
            let mut memory = Box::new(Memory::new());
            let mut host = Host::start(&self.world, self.authority.factory(), &mut memory);
            for line in lines.by_ref() {
                match line {
                    [b'!'] => break,
                    [b'#', after] => {
                        let outcome = Outcome::new(Style::AllWeak, u64::from(*after));
                        self.world.cut_at(self.world.operations() + u64::from(*after % 64), outcome);
                    }
                    [b'~'] => rest(&mut host),
                    [b'+'] => self.world.pass(Duration::from_secs(1)),
                    [b'>'] => self.world.pass(Duration::from_secs(86_400)),
                    [b'-'] => self.world.change(|state| state.clock.lose_power()),
                    content => self.ask(&mut host, content),
                }
                if !self.world.is_powered() {
                    break;
                }
            }
            drop(host);
            self.world.cut();
            self.world.reboot();
        }
    }

    /// Asks what a line of a script says.
    pub fn ask(&mut self, host: &mut Host<'_>, line: &[u8]) {
        let content = self.expand(host, line);
        let request = [&[2], content.as_slice(), &[3]].concat();
        for reply in self.exchange(host, &request) {
            self.learn(reply);
        }
    }

    /// Sends bytes; every answer is a frame with an object that has a status.
    pub fn exchange(&mut self, host: &mut Host<'_>, bytes: &[u8]) -> Vec<Value> {
        let mut replies = Vec::new();
        for byte in host.exchange(bytes) {
            let Some(frame) = self.reader.push(byte) else { continue };
            frame.expect("a device's frames are good");
            let content = std::str::from_utf8(self.reader.content()).expect("answers are UTF-8");
            let object = content.find('{').map_or(content, |start| &content[start..]);
            let reply: Value = serde_json::from_str(object).expect("answers are JSON");
            assert!(matches!(reply["status"].as_str(), Some("OK" | "ERR" | "WAIT")), "{reply}");
            replies.push(reply);
        }
        replies
    }

    fn learn(&mut self, reply: Value) {
        if let Some(nonce) = reply["nonce"].as_str() {
            self.nonce = nonce.to_owned();
        }
        let (Some(epoch), Some(number), true) =
            (reply["epoch"].as_u64(), reply["invoice_seq"].as_u64(), reply["qr_payload"].is_string())
        else {
            return;
        };
        if let Some(before) = self.seals.insert((epoch, number), reply.clone()) {
            assert_eq!(before, reply, "a number was given twice");
        }
        let newest = self.newest.as_ref().map(|seal| (seal["epoch"].as_u64(), seal["invoice_seq"].as_u64()));
        if newest < Some((Some(epoch), Some(number))) {
            self.newest = Some(reply);
        }
    }

    /// `$` and a letter stands for
    ///
    /// `n` the last nonce; `p` and a byte, a sale; `r` and a byte, a note that takes back part of that sale, named by
    /// the newest invoice; `a` the activation code, `b` one to stand by; `k` the operator's key; `t` a signed time; `e` a reset; `c` an
    /// acknowledgement; `l` and `h` to leave and to enter; `s` a revocation; `m` a manifest.
    fn expand(&mut self, host: &mut Host<'_>, line: &[u8]) -> Vec<u8> {
        let mut content = Vec::new();
        let mut rest = line;
        while let Some((byte, after)) = rest.split_first() {
            rest = after;
            let (b'$', Some((letter, after))) = (*byte, rest.split_first()) else {
                content.push(*byte);
                continue;
            };
            rest = after;
            let argument = rest.first().copied().unwrap_or(0);
            let text = match letter {
                b'n' => self.nonce.clone(),
                b'p' => sale(argument).payload(),
                b'r' => self.note(argument),
                b'a' => self.authority.activation(),
                b'b' => self.authority.activation_in(Epoch(0), None),
                b'k' => self.authority.operator.public_key().to_pem().replace('\n', "\\n"),
                b't' => self.time(host),
                _ => self.order(host, *letter),
            };
            if matches!(letter, b'p' | b'r') {
                rest = rest.get(1..).unwrap_or_default();
            }
            content.extend_from_slice(text.as_bytes());
        }
        content
    }

    fn note(&self, seed: u8) -> String {
        let Some(seal) = &self.newest else { return sale(seed).payload() };
        let original = Original {
            nature: ["RAN", "RAM", "COR"][usize::from(seed % 3)],
            epoch: seal["epoch"].as_u64().unwrap_or_default() as u32,
            number: seal["invoice_seq"].as_u64().unwrap_or_default(),
            auth_code: seal["auth_code"].as_str().unwrap_or_default().to_owned(),
        };
        sale(seed).back(at(OPENING), original, 1 + usize::from(seed % 2)).payload()
    }

    fn time(&mut self, host: &mut Host<'_>) -> String {
        let status = self.status(host);
        let Some(challenge) = status["challenge"].as_str().and_then(|challenge| challenge.parse().ok())
        else {
            return "{}".to_owned();
        };
        let newest = status["head_hash"].as_str().and_then(RecordHash::from_hex);
        let signature = self.authority.time(at(OPENING), challenge, newest);
        let signature = def_protocol::Base64Url(signature.as_bytes());
        let newest = newest.map(|newest| format!(r#","newest":"{newest}""#)).unwrap_or_default();
        format!(r#"{{"timestamp":"{OPENING}","signature":"{signature}"{newest}}}"#)
    }

    fn order(&mut self, host: &mut Host<'_>, letter: u8) -> String {
        let status = self.status(host);
        let epoch = status["epoch"].as_u64().unwrap_or_default() as u32;
        let newest = self.newest.as_ref().and_then(|seal| {
            Some(Newest {
                epoch: Epoch(seal["epoch"].as_u64()? as u32),
                number: InvoiceNumber::new(seal["invoice_seq"].as_u64()?)?,
                hash: RecordHash::from_hex(seal["record_hash"].as_str()?)?,
            })
        });
        match (letter, newest) {
            (b'e', newest) => self.authority.reset(epoch.saturating_add(1), newest),
            (b'c', Some(newest)) => self.authority.acknowledgement(newest, at(OPENING)),
            (b'l', _) => self.authority.hand_over(HandOver::Leave { epoch: Epoch(epoch) }),
            (b'h', _) => self.authority.hand_over(HandOver::Enter {
                epoch: Epoch(epoch),
                next_number: InvoiceNumber::new(status["next_invoice_seq"].as_u64().unwrap_or(1))
                    .unwrap_or(InvoiceNumber::FIRST),
                previous: status["head_hash"]
                    .as_str()
                    .and_then(RecordHash::from_hex)
                    .unwrap_or(RecordHash::NONE),
                floor: at(OPENING),
            }),
            (b's', _) => self.authority.state(NewState::Revoked),
            (b'm', _) => self.authority.manifest(2),
            _ => String::new(),
        }
    }

    /// The status; null when the power failed.
    pub fn status(&mut self, host: &mut Host<'_>) -> Value {
        let reply = self.exchange(host, b"\x02QRY|STATUS\x03").pop();
        reply.unwrap_or(Value::Null)
    }

    /// Starts the device again, and finds every invoice of the epoch that it is in.
    pub fn audit(&mut self) {
        let mut memory = Box::new(Memory::new());
        let mut host = Host::start(&self.world, self.authority.factory(), &mut memory);
        let status = self.status(&mut host);
        assert_eq!((&status["status"], &status["corrupt"]), (&"OK".into(), &Value::Null), "{status}");
        let epoch = status["epoch"].as_u64();
        for ((_, number), seal) in self.seals.clone().into_iter().filter(|((of, _), _)| Some(*of) == epoch) {
            let request = format!("\u{2}QRY|LOG {number}\u{3}");
            let reply = self.exchange(&mut host, request.as_bytes()).pop().expect("an answer");
            let sealed = &reply["log_entry"]["sealed"];
            assert_eq!(sealed["record_hash"], seal["record_hash"], "{reply}");
            assert_eq!(sealed["signature"], seal["signature"], "{reply}");
        }
    }
}

/// Boards to begin with: as it left the factory; bound, with a day's sales, a closure and a return; and the same in its
/// second epoch, after a reset that let sectors go.
pub fn boards() -> Vec<State> {
    let world = World::new(SECTORS, 7);
    world.change(|state| state.clock = ManualClock::at(at(OPENING)));
    let mut shop = Shop::new(world.state());
    let mut boards = vec![shop.world.state()];
    shop.run(b"CFG|INIT {\"activation_code\":\"$a\",\"public_key\":\"$k\"}\n~");
    for seed in 0..9 {
        let sale =
            [b"TXN|PREPARE $p".as_slice(), &[b'a' + seed], b"\nTXN|COMMIT {\"nonce\":\"$n\"}\n~"].concat();
        shop.run(&sale);
    }
    shop.run(b"TXN|PREPARE $ri\nTXN|COMMIT {\"nonce\":\"$n\"}\nRPT|Z {\"date\":\"2026-03-14\"}\n~");
    assert_eq!(shop.seals.len(), 10, "the boards have a day's sales");
    boards.push(shop.world.state());
    shop.run(b"CFG|ACK {\"token\":\"$c\"}\nADM|RESET {\"dgi_authorization\":\"$e\"}\n~\nTXN|PREPARE $pz\nTXN|COMMIT {\"nonce\":\"$n\"}\n~");
    assert!(shop.seals.contains_key(&(1, 1)), "and a second epoch");
    boards.push(shop.world.state());
    boards
}

/// Lets the device do its own work, which has an end.
pub fn rest(host: &mut Host<'_>) {
    for _ in 0..1_000 {
        if !host.idle() {
            return;
        }
    }
    panic!("a device that nobody asks anything comes to rest");
}

fn sale(seed: u8) -> Sale {
    Sale::of(&format!("CAISSE-{}", seed % 3), at(OPENING), 1 + usize::from(seed % 5), u32::from(seed))
}
