//! A terminal that sells, and asks until it knows.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    sync::atomic::Ordering,
    thread,
    time::Duration,
};

use def_protocol::reply::Seal;
use fiscal::{PayloadHash, Timestamp};

use super::shop::{Phase, Shop};
use crate::{Answer, Client, Dice, OUTLETS, Sale, now};

/// Where a terminal asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// `POST /api/v1/invoices`
    Cloud,
    /// The local interface of the proxy beside it.
    Local,
}

/// What a terminal believes of a sale.
#[derive(Clone, Debug)]
pub(super) enum Belief {
    /// It does not know yet.
    Open,
    Sealed(Box<Seal>),
    /// Refused for good, with this code.
    Refused(String),
}

/// A sale that was offered.
pub(super) struct Asked {
    pub(super) outlet: usize,
    pub(super) payload: String,
    pub(super) belief: Belief,
    pub(super) is_note: bool,
    key: String,
    sale: Sale,
    side: Side,
    /// Whether it may be refused for good.
    may_be_refused: bool,
    credited: bool,
}

/// A terminal of an outlet, on the side that it prefers.
pub(super) struct Till<'s> {
    shop: &'s Shop,
    name: String,
    outlet: usize,
    side: Side,
    dice: Dice,
    asked: Vec<Asked>,
    cloud: Client,
    local: Option<Client>,
    memory: Option<File>,
}

/// How long it waits for an answer.
const PATIENCE: Duration = Duration::from_secs(4);
/// Between attempts.
const PAUSE: Duration = Duration::from_millis(25);

impl<'s> Till<'s> {
    /// Terminals are dealt out to outlets in turn, and to sides in turn.
    pub(super) fn new(shop: &'s Shop, number: u64, seed: u64) -> Self {
        let outlet = (number % OUTLETS.len() as u64) as usize;
        let side = if (number / OUTLETS.len() as u64).is_multiple_of(2) { Side::Cloud } else { Side::Local };
        let name = format!("CAISSE-{number}");
        let file = shop.memory.join(format!("{name}.jsonl"));
        // Without it nothing is told apart less; it is for whoever looks at a violation.
        let memory = OpenOptions::new().create(true).append(true).open(file).ok();
        Self {
            shop,
            name,
            outlet,
            side,
            dice: Dice::new(seed.wrapping_mul(1_000_003).wrapping_add(number)),
            asked: Vec::new(),
            cloud: Client::new(shop.cloud, Some(shop.api_key.clone()), PATIENCE),
            local: None,
            memory,
        }
    }

    /// Sells until the phase is another, then asks until it knows; gives back all that it believes.
    pub(super) fn work(mut self) -> Vec<Asked> {
        while self.shop.phase() == Phase::Selling {
            match self.dice.below(100) {
                0..78 => self.sell(),
                78..84 => self.take_back(),
                84..88 => self.sell_falsely(),
                88..95 => self.repeat(None),
                _ => self.repeat(Some(Side::Cloud)),
            }
            thread::sleep(Duration::from_millis(self.dice.between(2, 30)));
        }
        for index in 0..self.asked.len() {
            while matches!(self.asked[index].belief, Belief::Open) && self.shop.phase() != Phase::Over {
                self.offer(index);
            }
        }
        self.asked
    }

    fn sell(&mut self) {
        let sale = self.new_sale();
        let payload = sale.payload();
        self.put(sale, payload, false, false);
    }

    /// Nobody may seal it.
    fn sell_falsely(&mut self) {
        let sale = self.new_sale();
        let payload = sale.false_payload();
        self.put(sale, payload, false, true);
    }

    /// Takes one of its own sales back, whole. The signer of now may not have the original.
    fn take_back(&mut self) {
        let sold =
            self.asked.iter().rposition(|one| matches!(one.belief, Belief::Sealed(_)) && !one.credited);
        let Some(sold) = sold else { return };
        let Belief::Sealed(original) = self.asked[sold].belief.clone() else { return };
        self.asked[sold].credited = true;
        let (quantity, price) = (self.asked[sold].sale.quantity, self.asked[sold].sale.price);
        let sale = Sale { quantity, price, ..self.new_sale() };
        let payload = sale.credit(&original, None);
        self.put(sale, payload, true, true);
    }

    fn new_sale(&mut self) -> Sale {
        Sale {
            outlet: self.outlet,
            till: self.name.clone(),
            nth: self.asked.len() as u64 + 1,
            time: now(),
            quantity: 1 + self.dice.below(5),
            price: 500 + 50 * self.dice.below(90),
        }
    }

    /// Keeps it, then offers it until it is known what became of it, or its turn is over.
    fn put(&mut self, sale: Sale, payload: String, is_note: bool, may_be_refused: bool) {
        let key = format!("{}-{:08}", self.name, sale.nth);
        let (outlet, side) = (self.outlet, self.side);
        self.note(&format!(
            "{{\"key\":\"{key}\",\"payload\":{}}}",
            serde_json::Value::from(payload.as_str())
        ));
        self.asked.push(Asked {
            outlet,
            payload,
            belief: Belief::Open,
            is_note,
            key,
            sale,
            side,
            may_be_refused,
            credited: is_note,
        });
        let index = self.asked.len() - 1;
        for _ in 0..12 {
            if !matches!(self.asked[index].belief, Belief::Open) || self.shop.phase() != Phase::Selling {
                return;
            }
            self.offer(index);
        }
    }

    fn offer(&mut self, index: usize) {
        match self.exchange(index, self.asked[index].side) {
            Some(Ok(answer)) => self.hear(index, &answer),
            // Nobody listens: it was not sent.
            None => thread::sleep(PAUSE),
            Some(Err(fault)) => {
                if fault.kind() != io::ErrorKind::ConnectionRefused {
                    self.shop.counts.doubts.fetch_add(1, Ordering::SeqCst);
                }
                thread::sleep(PAUSE);
            }
        }
    }

    /// Offers it on a side; none where nobody is.
    fn exchange(&mut self, index: usize, side: Side) -> Option<io::Result<Answer>> {
        let Asked { payload, key, .. } = &self.asked[index];
        if side == Side::Cloud {
            return Some(self.cloud.offer("/api/v1/invoices", payload, Some(key)));
        }
        let address = self.shop.local(self.outlet)?;
        let local = self.local.get_or_insert_with(|| Client::new(address, None, PATIENCE));
        local.move_to(address);
        Some(local.offer("/v1/invoices", payload, Some(key)))
    }

    /// An answer to an offer.
    fn hear(&mut self, index: usize, answer: &Answer) {
        let code = if answer.status < 400 { String::new() } else { answer.code() };
        if answer.status >= 400 {
            self.shop.refused(&code);
        }
        match (answer.status, code.as_str()) {
            (200 | 201, _) => self.sealed(index, answer),
            // The device at its side holds the line no more, and has not sealed it: who holds the line is asked.
            (_, "HANDED_OVER") if self.asked[index].side == Side::Local => {
                self.shop.counts.moved.fetch_add(1, Ordering::SeqCst);
                self.asked[index].side = Side::Cloud;
                thread::sleep(PAUSE);
            }
            (408 | 429 | 502 | 503 | 504, code) => {
                if code.contains("UNKNOWN") {
                    self.shop.counts.doubts.fetch_add(1, Ordering::SeqCst);
                }
                thread::sleep(PAUSE);
            }
            (400..500, code) if self.may_refuse(index, code) => {
                self.believe(index, Belief::Refused(code.to_owned()))
            }
            _ => {
                let key = &self.asked[index].key;
                self.shop.violation(format!("{key} on {:?}: {}", self.asked[index].side, answer.words()));
                self.believe(index, Belief::Refused(code.clone()));
            }
        }
    }

    /// Whether a sale may be refused for good, so that it is rung up anew. That it is not sealed all the same, the judge
    /// sees.
    fn may_refuse(&self, index: usize, code: &str) -> bool {
        let Asked { may_be_refused, sale, .. } = &self.asked[index];
        *may_be_refused || (code == "STALE_TIMESTAMP" && is_forgotten(sale.time, now()))
    }

    fn sealed(&mut self, index: usize, answer: &Answer) {
        let hash = PayloadHash::of(self.asked[index].payload.as_bytes());
        let seal = serde_json::from_str::<Seal>(&answer.body).ok().filter(|seal| seal.payload_hash == hash);
        let Some(seal) = seal else {
            return self.shop.violation(format!("no seal of what was offered: {}", answer.words()));
        };
        match &self.asked[index].belief {
            Belief::Open => self.believe(index, Belief::Sealed(Box::new(seal))),
            Belief::Sealed(known) if known.record.to_bytes()[..] == seal.record.to_bytes()[..] => {}
            Belief::Sealed(known) => self.shop.violation(format!(
                "two seals of one sale: {} and {}",
                known.fiscal_number, seal.fiscal_number
            )),
            Belief::Refused(code) => {
                self.shop.violation(format!("refused with {code}, and sealed as {}", seal.fiscal_number));
            }
        }
    }

    fn believe(&mut self, index: usize, belief: Belief) {
        let key = &self.asked[index].key;
        let fate = match &belief {
            Belief::Open => "open".to_owned(),
            Belief::Sealed(seal) => seal.fiscal_number.to_string(),
            Belief::Refused(code) => code.clone(),
        };
        self.note(&format!("{{\"key\":\"{key}\",\"fate\":\"{fate}\"}}"));
        self.asked[index].belief = belief;
    }

    /// Asks again for what is sealed: the same bytes under the same key get the same seal, from the side that sealed it and
    /// from the cloud. A device that has the line and never saw the sale would seal it a second time while the cloud is away
    /// (L4): no terminal that has its seal asks it.
    fn repeat(&mut self, side: Option<Side>) {
        let sealed: Vec<usize> = (0..self.asked.len())
            .filter(|index| matches!(self.asked[*index].belief, Belief::Sealed(_)))
            .collect();
        let Some(index) = sealed.get(self.dice.below(sealed.len().max(1) as u64) as usize).copied() else {
            return;
        };
        let side = side.unwrap_or(self.asked[index].side);
        let Some(Ok(answer)) = self.exchange(index, side) else { return };
        match answer.status {
            200 | 201 => {
                self.shop.counts.repeats.fetch_add(1, Ordering::SeqCst);
                self.sealed(index, &answer);
            }
            // A device that left the line does not say what it sealed to whoever asks it for another seal; nor is
            // what it has not delivered yet known to the cloud.
            _ => self.shop.refused(&answer.code()),
        }
    }

    fn note(&self, line: &str) {
        if let Some(mut memory) = self.memory.as_ref() {
            // See where it is opened.
            let _ = writeln!(memory, "{line}");
        }
    }
}

/// Whether a device may know a sale no more: it remembers its 1,024 newest, and to ring up so many takes
/// terminals longer than this.
fn is_forgotten(rung_up: Timestamp, now: Timestamp) -> bool {
    /// In seconds.
    const REMEMBERED: u64 = 3;
    now.seconds_after(rung_up) >= REMEMBERED
}

impl Asked {
    /// The identity of the sale.
    pub(super) fn hash(&self) -> PayloadHash {
        PayloadHash::of(self.payload.as_bytes())
    }

    pub(super) fn seal(&self) -> Option<&Seal> {
        match &self.belief {
            Belief::Sealed(seal) => Some(seal),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_has_forgotten_a_sale_only_when_many_others_could_be_rung_up_since() {
        let at = |second| Timestamp::from_unix(Timestamp::EARLIEST.unix() + second).unwrap();
        assert!(!is_forgotten(at(10), at(10)));
        assert!(!is_forgotten(at(10), at(12)));
        assert!(is_forgotten(at(10), at(13)));
        assert!(!is_forgotten(at(13), at(10)), "it is ahead");
    }
}
