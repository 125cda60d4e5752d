//! A till that sells as fast as it can, and finds out what became of each sale.

use std::{io, sync::atomic::Ordering, thread, time::Duration};

use def_protocol::reply::Seal;
use fiscal::{PayloadHash, Timestamp};

use crate::{
    dice::Dice,
    http::{Answer, Connection},
    monotonic,
    place::since_epoch,
    sale::{OUTLETS, Sale},
    shop::{Acknowledged, Phase, Shop},
};

/// A till.
pub struct Till<'s> {
    shop: &'s Shop,
    number: u64,
    outlet: usize,
    dice: Dice,
    nth: u64,
    /// Its sales of now; those that are settled are forgotten but for the last.
    asked: Vec<Asked>,
    connections: Vec<Option<Connection>>,
    /// The process that it asks.
    at: usize,
}

/// A sale that was offered.
struct Asked {
    sale: Sale,
    payload: String,
    key: Option<String>,
    is_note: bool,
    credited: bool,
    attempts: u32,
    /// Whether an attempt was left without an answer that says what became of it.
    doubt: bool,
    seal: Option<Seal>,
    /// Refused for ever, which is a violation: it is not offered again.
    given_up: bool,
}

impl Asked {
    const fn is_open(&self) -> bool {
        self.seal.is_none() && !self.given_up
    }
}

/// So many settled sales are kept, to be repeated and taken back.
const KEPT: usize = 24;
/// Between attempts.
const PAUSE: Duration = Duration::from_millis(8);

impl<'s> Till<'s> {
    /// The till with a number; its outlet follows from it.
    pub fn new(shop: &'s Shop, number: u64, seed: u64) -> Self {
        let outlet = (number % OUTLETS.len() as u64) as usize;
        let dice = Dice::new(seed.wrapping_mul(1_000_003).wrapping_add(number));
        let at = number as usize / OUTLETS.len();
        Self { shop, number, outlet, dice, nth: 0, asked: Vec::new(), connections: Vec::new(), at }
    }

    /// Sells until the phase is another.
    pub fn sell(&mut self) {
        while self.shop.phase() == Phase::Selling {
            match self.dice.below(100) {
                _ if self.shop.only_sells => self.sell_new(true),
                0..72 => self.sell_new(true),
                72..80 => self.sell_new(false),
                80..86 => self.take_back(),
                86..91 => self.repeat(Repeat::Same),
                91..94 => self.repeat(Repeat::OtherKey),
                94..96 => self.repeat(Repeat::OtherSale),
                _ => self.sell_twice(),
            }
            if self.asked.len() > 8 * KEPT {
                self.forget();
            }
            let rest = u64::try_from(self.shop.rest.as_millis()).unwrap_or(u64::MAX);
            if rest > 0 {
                thread::sleep(Duration::from_millis(rest / 2 + self.dice.below(rest)));
            }
        }
    }

    /// Finds out what became of each sale.
    pub fn settle(&mut self) {
        for index in 0..self.asked.len() {
            if self.asked[index].is_open() && self.asked[index].doubt {
                self.look(index);
            }
            while self.asked[index].is_open() && self.shop.phase() != Phase::Over {
                self.offer(index);
            }
        }
        self.forget();
    }

    /// What is sealed and long ago.
    fn forget(&mut self) {
        let mut old = self.asked.len().saturating_sub(KEPT);
        self.asked.retain(|asked| {
            let counted = old > 0;
            old = old.saturating_sub(1);
            !counted || asked.is_open()
        });
    }

    fn new_sale(&mut self) -> Sale {
        self.nth += 1;
        let time = Timestamp::from_unix(since_epoch().as_secs()).unwrap_or(Timestamp::LATEST);
        Sale {
            outlet: self.outlet,
            till: self.number,
            nth: self.nth,
            time,
            quantity: 1 + self.dice.below(5),
            price: 500 + 50 * self.dice.below(90),
        }
    }

    fn put(&mut self, sale: Sale, original: Option<Seal>, keyed: bool) -> usize {
        let payload = sale.payload(original.as_ref());
        let key = keyed.then(|| format!("till-{}-{}", self.number, sale.nth));
        let is_note = original.is_some();
        self.asked.push(Asked {
            sale,
            payload,
            key,
            is_note,
            credited: is_note,
            attempts: 0,
            doubt: false,
            seal: None,
            given_up: false,
        });
        self.asked.len() - 1
    }

    fn sell_new(&mut self, keyed: bool) {
        let sale = self.new_sale();
        let index = self.put(sale, None, keyed);
        self.offer(index);
    }

    /// Takes one of its own sales back, whole.
    fn take_back(&mut self) {
        let sold = self.asked.iter().rposition(|asked| asked.seal.is_some() && !asked.credited);
        let Some(sold) = sold else { return };
        self.asked[sold].credited = true;
        let original = self.asked[sold].seal.clone();
        let (quantity, price) = (self.asked[sold].sale.quantity, self.asked[sold].sale.price);
        let sale = Sale { quantity, price, ..self.new_sale() };
        let index = self.put(sale, original, true);
        self.offer(index);
    }

    /// Asks again for what is sealed.
    fn repeat(&mut self, how: Repeat) {
        let sealed: Vec<usize> = (0..self.asked.len())
            .filter(|index| self.asked[*index].seal.is_some() && self.asked[*index].key.is_some())
            .collect();
        let Some(index) = sealed.get(self.dice.below(sealed.len().max(1) as u64) as usize) else { return };
        let asked = &self.asked[*index];
        let Some(seal) = asked.seal.clone() else { return };
        let (mut payload, mut key) = (asked.payload.clone(), asked.key.clone());
        match how {
            Repeat::Same => {}
            Repeat::OtherKey => {
                key = self.dice.one_in(2).then(|| format!("other-{}", self.dice.below(1 << 40)))
            }
            Repeat::OtherSale => payload = self.new_sale().payload(None),
        }
        let Ok(answer) = self.exchange(|connection| connection.offer(&payload, key.as_deref())) else {
            return;
        };
        self.shop.counts.repeats.fetch_add(1, Ordering::SeqCst);
        let expected = match (&how, answer.status) {
            (_, 429 | 503) => return self.shop.refused(answer.code()),
            (Repeat::Same, 200) => read(&answer).is_some_and(|again| again == seal),
            (Repeat::OtherKey, 409) => {
                answer.code() == "REPLAY_DETECTED"
                    && answer.member("fiscal_number") == Some(seal.fiscal_number.to_string())
            }
            (Repeat::OtherSale, 409) => answer.code() == "IDEMPOTENCY_KEY_REUSED",
            _ => false,
        };
        if !expected {
            self.shop.violation(format!("{how:?} of {}: {}", seal.fiscal_number, words(&answer)));
        }
    }

    /// Sends a sale over two connections, to two processes where there are two, before it reads either.
    fn sell_twice(&mut self) {
        let sale = self.new_sale();
        let index = self.put(sale, None, true);
        let Asked { payload, key, .. } = &self.asked[index];
        let (payload, key) = (payload.clone(), key.clone());
        let addresses = self.shop.addresses();
        let mut pair = Vec::new();
        for address in [addresses[0], addresses[addresses.len() - 1]] {
            let connection = Connection::open(address, &self.shop.api_key, self.shop.patience);
            let sent = connection.and_then(|mut connection| {
                connection.offer(&payload, key.as_deref())?;
                Ok(connection)
            });
            pair.push(sent);
        }
        self.shop.counts.twins.fetch_add(1, Ordering::SeqCst);
        for connection in pair {
            // The second may find what the first has sealed.
            self.asked[index].attempts += 2;
            match connection.and_then(|mut connection| connection.answer()) {
                Ok(answer) => self.hear(index, &answer),
                Err(_) => self.doubt(index),
            }
        }
    }

    fn offer(&mut self, index: usize) {
        let Asked { payload, key, .. } = &self.asked[index];
        let (payload, key) = (payload.clone(), key.clone());
        self.asked[index].attempts += 1;
        match self.exchange(|connection| connection.offer(&payload, key.as_deref())) {
            Ok(answer) => self.hear(index, &answer),
            // Nobody listens: it was not sent.
            Err(fault) if fault.kind() == io::ErrorKind::ConnectionRefused => thread::sleep(PAUSE),
            Err(_) => self.doubt(index),
        }
    }

    fn doubt(&mut self, index: usize) {
        if self.asked[index].seal.is_none() {
            self.shop.counts.doubts.fetch_add(1, Ordering::SeqCst);
            self.asked[index].doubt = true;
        }
        thread::sleep(PAUSE);
    }

    /// An answer to an offer.
    fn hear(&mut self, index: usize, answer: &Answer) {
        let first = self.asked[index].attempts == 1;
        let code = if answer.status < 400 { String::new() } else { answer.code() };
        match (answer.status, code.as_str()) {
            (201, _) => self.sealed(index, answer),
            (200, _) if !first => self.sealed(index, answer),
            (409, "REPLAY_DETECTED") if !first && self.asked[index].key.is_none() => {
                let number = answer.member("fiscal_number").unwrap_or_default();
                if let Some(answer) = self.ask(&format!("/api/v1/invoices/{number}")) {
                    self.sealed(index, &answer);
                }
            }
            (429 | 503, code) => {
                self.shop.refused(code.to_owned());
                if code == "OUTCOME_UNKNOWN" {
                    return self.doubt(index);
                }
                thread::sleep(PAUSE);
                self.check_refusal(index, code);
            }
            _ => {
                self.shop.violation(format!(
                    "an offer, attempt {}: {}",
                    self.asked[index].attempts,
                    words(answer)
                ));
                self.asked[index].given_up = true;
            }
        }
    }

    /// Nothing was sealed, it said: so nothing is.
    fn check_refusal(&mut self, index: usize, code: &str) {
        let asked = &self.asked[index];
        if self.shop.only_sells || asked.doubt || asked.attempts > 1 || !self.dice.one_in(4) {
            return;
        }
        let path = self.question(index);
        if let Ok(answer) = self.exchange(|connection| connection.ask(&path))
            && answer.status == 200
            && answer.found() != Some(Vec::new())
        {
            self.shop.violation(format!("refused with {code}, and sealed all the same: {}", words(&answer)));
        }
    }

    /// Asks what became of a sale in doubt.
    fn look(&mut self, index: usize) {
        let path = self.question(index);
        let Some(answer) = self.ask(&path) else { return };
        let counts = &self.shop.counts;
        match answer.found().filter(|_| answer.status == 200).as_deref() {
            Some([]) => drop(counts.doubts_not_sealed.fetch_add(1, Ordering::SeqCst)),
            Some([number]) => {
                counts.doubts_sealed.fetch_add(1, Ordering::SeqCst);
                self.read(index, number);
                // The same bytes again get the same seal.
                self.offer_again(index);
            }
            _ => self.shop.violation(format!("{path}: {}", words(&answer))),
        }
    }

    /// Reads a sale that was sealed, which has to be the one that was offered.
    fn read(&mut self, index: usize, number: &str) {
        let Some(answer) = self.ask(&format!("/api/v1/invoices/{number}")) else { return };
        if answer.member("payload").as_ref() != Some(&self.asked[index].payload) {
            self.shop.violation(format!("another payload: {}", words(&answer)));
        }
        self.sealed(index, &answer);
    }

    fn offer_again(&mut self, index: usize) {
        let Asked { payload, key, .. } = &self.asked[index];
        let (payload, key) = (payload.clone(), key.clone());
        let right = if key.is_some() { 200 } else { 409 };
        for _ in 0..1_000 {
            match self.exchange(|connection| connection.offer(&payload, key.as_deref())) {
                Ok(answer) if answer.status == right => {
                    if right == 200 {
                        self.sealed(index, &answer);
                    }
                    return;
                }
                Ok(answer) if matches!(answer.status, 429 | 503) => self.shop.refused(answer.code()),
                Ok(answer) => return self.shop.violation(format!("offered again: {}", words(&answer))),
                Err(_) => {}
            }
            thread::sleep(PAUSE);
        }
    }

    /// The path that asks for a sale by its key, or by its hash.
    fn question(&self, index: usize) -> String {
        let Asked { payload, key, sale, .. } = &self.asked[index];
        let outlet = OUTLETS[self.outlet].0;
        let by = match key {
            Some(key) => format!("idempotency_key={key}"),
            None => format!("payload_hash={}&timestamp={}", PayloadHash::of(payload.as_bytes()), sale.time),
        };
        format!("/api/v1/invoices?outlet_id={outlet}&{by}")
    }

    fn sealed(&mut self, index: usize, answer: &Answer) {
        let asked = &mut self.asked[index];
        let Some(seal) =
            read(answer).filter(|seal| seal.payload_hash == PayloadHash::of(asked.payload.as_bytes()))
        else {
            return self.shop.violation(format!("no seal of what was offered: {}", words(answer)));
        };
        match &asked.seal {
            Some(known) if *known == seal => {}
            Some(known) => {
                self.shop.violation(format!(
                    "two seals of one sale: {} and {}",
                    known.fiscal_number, seal.fiscal_number
                ));
            }
            None => {
                if asked.is_note {
                    self.shop.counts.notes.fetch_add(1, Ordering::SeqCst);
                }
                asked.seal = Some(seal.clone());
                self.shop.acknowledge(Acknowledged { outlet: self.outlet, seal, heard: monotonic() });
            }
        }
    }

    /// Asks until there is an answer that is not for the time being.
    fn ask(&mut self, path: &str) -> Option<Answer> {
        for _ in 0..5_000 {
            if self.shop.phase() == Phase::Over {
                return None;
            }
            match self.exchange(|connection| connection.ask(path)) {
                Ok(answer) if matches!(answer.status, 429 | 503) => self.shop.refused(answer.code()),
                Ok(answer) => return Some(answer),
                Err(_) => {}
            }
            thread::sleep(PAUSE);
        }
        self.shop.violation(format!("{path}: no answer at all"));
        None
    }

    /// Sends and hears, at the process that it is at; a fault sends it to the next one.
    fn exchange(&mut self, send: impl Fn(&mut Connection) -> io::Result<()>) -> io::Result<Answer> {
        let addresses = self.shop.addresses();
        let at = self.at % addresses.len();
        if self.connections.len() < addresses.len() {
            self.connections.resize_with(addresses.len(), || None);
        }
        let connection = match self.connections[at].take() {
            Some(connection) => Ok(connection),
            None => Connection::open(addresses[at], &self.shop.api_key, self.shop.patience),
        };
        let answered = connection.and_then(|mut connection| {
            send(&mut connection)?;
            let answer = connection.answer()?;
            Ok((connection, answer))
        });
        match answered {
            Ok((connection, answer)) => {
                self.connections[at] = Some(connection);
                Ok(answer)
            }
            Err(fault) => {
                self.at = at + 1;
                Err(fault)
            }
        }
    }
}

/// How a sealed sale is asked for again.
#[derive(Debug)]
enum Repeat {
    Same,
    OtherKey,
    OtherSale,
}

fn read(answer: &Answer) -> Option<Seal> {
    serde_json::from_slice(&answer.body).ok()
}

fn words(answer: &Answer) -> String {
    format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body))
}
