//! What a host does after the power failed, and what must hold.

use def_engine::Memory;
use def_sim::{SoftElement, World};
use fiscal::EventKind;
use serde_json::Value;

use super::{
    audit::closes,
    journal::{Line, commit},
    known::{Added, Known},
    path::Turns,
    recorder::{close, init, now},
    scenario::{Flight, Scenario, Step},
};
use crate::{Host, Sale};

/// What a device says whose counter is not where it can be.
const COUNTER: &str = "the secure element's counter and the newest record disagree";

/// What came of a path on which every promise was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// The device goes on.
    Works,
    /// The cuts together put the counter too far ahead: it waits for the authority (D11).
    Stopped,
}

/// A board after a cut, before the power comes.
pub(super) struct After<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) step: &'a Step,
    pub(super) world: World,
    pub(super) turns: Turns,
    pub(super) thorough: bool,
}

impl After<'_> {
    /// Starts the device twice and asks it everything. An error says what did not hold.
    pub(super) fn check(&self, memory: &mut Memory) -> Result<Held, String> {
        let [first, then, second] = self.turns.moods;
        self.world.change(|state| state.flash.set_weak_reads(first));
        let mut host = self.start(memory);
        self.world.change(|state| state.flash.set_weak_reads(then));
        let status = ask(&mut host, "QRY|STATUS")?;
        if self.stops(&mut host, &status)? {
            return Ok(Held::Stopped);
        }
        let mut known = self.look(&mut host, &status)?;
        self.say_again(&mut host, &mut known)?;
        self.work(&mut host, &mut known)?;
        // Where no cell is weak, the next start reads what this one read: it is gone through on one path of four.
        let weak = self.world.state().flash.weak_count() > 0;
        if !weak && !self.thorough && self.turns.host & 192 != 0 {
            known.read_on(self, &mut host)?;
            let status = ask(&mut host, "QRY|STATUS")?;
            self.status(&status, &known)?;
            return Ok(Held::Works);
        }
        drop(host);
        self.world.cut();
        self.world.reboot();
        self.world.change(|state| state.flash.set_weak_reads(second));
        let mut host = self.start(memory);
        known.expect(Added::Event(EventKind::Boot));
        known.read_on(self, &mut host)?;
        let status = ask(&mut host, "QRY|STATUS")?;
        self.status(&status, &known)?;
        self.absent(&mut host, &known)?;
        Ok(Held::Works)
    }

    /// Whether the device stops, as it must, because the counter is further ahead than one cut can put it (D11). All
    /// that was seen must be there all the same.
    fn stops(&self, host: &mut Host<'_>, status: &Value) -> Result<bool, String> {
        let mut ahead = || {
            let known = Known::of(self.scenario.observed(self.step));
            let fresh = known.read(self, host)?;
            let newest = fresh.last().or(known.base.last()).map_or(0, |line| line.record.link.counter);
            Ok::<_, String>(self.world.state().element.peek_counter() - newest)
        };
        Ok(status["corrupt"]["reason"] == COUNTER && ahead()? > u64::from(SoftElement::LARGEST_JUMP))
    }

    fn start<'m>(&self, memory: &'m mut Memory) -> Host<'m> {
        Host::start_with(&self.world, self.scenario.authority.factory(), memory, self.scenario.recovery)
    }

    /// What is there must be what was seen, then what was in flight, then what recovery adds.
    fn look(&self, host: &mut Host<'_>, status: &Value) -> Result<Known<'_>, String> {
        sound(status)?;
        let (observed, made) = (self.scenario.observed(self.step), self.scenario.made(self.step));
        let epoch = |lines: &[Line]| lines.first().map(|line| u64::from(line.record.header.epoch.0));
        let mut known = Known::of(observed);
        if status["lifecycle"] == "factory" {
            return if observed.is_empty() { Ok(known) } else { Err("the device forgot its outlet".into()) };
        }
        if !observed.is_empty() && epoch(observed) != status["epoch"].as_u64() {
            if epoch(made) != status["epoch"].as_u64() {
                return Err(format!("nobody ordered epoch {}", status["epoch"]));
            }
            known.base = &[];
        }
        let fresh = known.read(self, host)?;
        let mut in_flight = 0;
        for (index, line) in fresh.iter().enumerate() {
            let expected = made.get(index) == Some(line);
            let invoice = line.number().is_some();
            let asked = matches!(&self.step.flight, Flight::Sale { payload, .. } if *payload == line.payload);
            let system = matches!(line.kind(), Some(EventKind::Recovery | EventKind::Boot));
            in_flight += usize::from(invoice);
            if !(expected || system || invoice && asked) || in_flight > 1 {
                return Err(format!("nobody asked for record {}", line.record.link.position.value()));
            }
        }
        known.fresh = fresh;
        self.status(status, &known)?;
        self.absent(host, &known)?;
        self.present(host, &known)?;
        Ok(known)
    }

    fn status(&self, status: &Value, known: &Known<'_>) -> Result<(), String> {
        sound(status)?;
        let Some(last) = known.last() else { return Ok(()) };
        let number = |name: &str, expected: u64| {
            let stated = &status[name];
            (stated.as_u64() == Some(expected))
                .then_some(())
                .ok_or(format!("{name} is {stated}, not {expected}"))
        };
        number("next_invoice_seq", known.last_number() + 1)?;
        number("last_position", known.len())?;
        if status["head_hash"].as_str() != Some(&last.record.hash().to_string()) {
            return Err(format!("head_hash is {}", status["head_hash"]));
        }
        let count = self.world.state().element.peek_counter();
        if count != last.record.link.counter {
            return Err(format!(
                "the secure element counts {count}, the newest record {}",
                last.record.link.counter
            ));
        }
        Ok(())
    }

    /// The number after the last is not there.
    fn absent(&self, host: &mut Host<'_>, known: &Known<'_>) -> Result<(), String> {
        if known.last().is_none() {
            return Ok(());
        }
        let next = known.last_number() + 1;
        let answer = ask(host, &format!("QRY|LOG {next}"))?;
        (answer["code"] == "NOT_FOUND")
            .then_some(())
            .ok_or(format!("QRY|LOG {next}, which is not there: {answer}"))
    }

    /// The last invoice is there, asked for on one path of four; on a thorough path, every one of the epoch.
    fn present(&self, host: &mut Host<'_>, known: &Known<'_>) -> Result<(), String> {
        let many = if self.thorough { usize::MAX } else { usize::from(self.turns.host & 48 == 0) };
        for line in known.lines().rev().filter(|line| line.number().is_some()).take(many) {
            let number = line.number().map_or(0, |number| number.value());
            let answer = ask(host, &format!("QRY|LOG {number}"))?;
            if answer["log_entry"]["payload"].as_str() != Some(&line.payload) {
                return Err(format!("QRY|LOG {number} does not give what was sealed: {answer}"));
            }
        }
        Ok(())
    }

    /// The host says again what had no answer.
    fn say_again(&self, host: &mut Host<'_>, known: &mut Known<'_>) -> Result<(), String> {
        match &self.step.flight {
            Flight::Nothing => Ok(()),
            Flight::Sale { payload, nonce, answer } => {
                let present = known.number_of(payload);
                if self.thorough || self.turns.host & 1 == 0 {
                    let again = ask(host, &commit(nonce))?;
                    let right = match (present, answer) {
                        (Some(_), Some(answer)) => again == *answer,
                        (Some(number), None) => again["invoice_seq"].as_u64() == Some(number),
                        (None, _) => again["code"] == "INVALID_NONCE",
                    };
                    if !right {
                        return Err(format!("COMMIT again, {present:?}: {again}"));
                    }
                }
                match present {
                    Some(number) => {
                        let again = ask(host, &format!("TXN|PREPARE {payload}"))?;
                        let replay = again["code"] == "REPLAY_DETECTED" && again["invoice_seq"] == number;
                        replay.then_some(()).ok_or(format!("PREPARE of {number} again: {again}"))
                    }
                    None => self.sell(host, known, payload),
                }
            }
            Flight::Order { request, before } => {
                let mut answer = ask(host, request)?;
                if let Some(before) = before
                    && answer["code"] == "SYNC_REQUIRED"
                {
                    ask(host, before)?;
                    answer = ask(host, request)?;
                }
                good(request, &answer)?;
                self.order_again(host, known)
            }
        }
    }

    /// An order that is said again is obeyed once.
    fn order_again(&self, host: &mut Host<'_>, known: &mut Known<'_>) -> Result<(), String> {
        let made = self.scenario.made(self.step);
        let status = ask(host, "QRY|STATUS")?;
        let of_now = known
            .last()
            .is_some_and(|last| Some(u64::from(last.record.header.epoch.0)) == status["epoch"].as_u64());
        if !of_now {
            *known = Known::of(&[]);
        }
        let obeyed = known.lines().any(|line| made.first().is_some_and(|made| made == line));
        if let Some(kind) = made.first().and_then(Line::kind).filter(|_| !obeyed) {
            known.expect(Added::Event(kind));
        }
        known.read_on(self, host)
    }

    /// Another sale and a closure.
    fn work(&self, host: &mut Host<'_>, known: &mut Known<'_>) -> Result<(), String> {
        if known.last().is_none() {
            good("CFG|INIT", &ask(host, &init(&self.scenario.authority))?)?;
            known.expect(Added::Event(EventKind::Provisioned));
            known.read_on(self, host)?;
        }
        if self.turns.host & 2 == 0 {
            host.rest();
        }
        let lines = 1 + (self.turns.host >> 8) % 12;
        let sale = Sale::of("CAISSE-3", now(&self.world), lines as usize, 90_000);
        self.sell(host, known, &sale.payload())?;
        if self.thorough || self.turns.host & 12 == 0 {
            let request = close(now(&self.world));
            good(&request, &ask(host, &request)?)?;
            known.expect(Added::Event(EventKind::Closure));
            known.read_on(self, host)?;
            let all: Vec<&Line> = known.lines().collect();
            closes(&all)?;
        }
        Ok(())
    }

    /// A sale that is sealed under the next number.
    fn sell(&self, host: &mut Host<'_>, known: &mut Known<'_>, payload: &str) -> Result<(), String> {
        let prepare = format!("TXN|PREPARE {payload}");
        let mut prepared = ask(host, &prepare)?;
        if prepared["code"] == "DEVICE_BUSY" {
            host.rest();
            prepared = ask(host, &prepare)?;
        }
        good("PREPARE", &prepared)?;
        let sealed = ask(host, &commit(prepared["nonce"].as_str().unwrap_or_default()))?;
        good("COMMIT", &sealed)?;
        let next = known.last_number() + 1;
        if sealed["invoice_seq"].as_u64() != Some(next) {
            return Err(format!("the next number is {next}: {sealed}"));
        }
        known.expect(Added::Invoice(payload.to_owned()));
        if self.thorough { known.read_on(self, host) } else { Ok(()) }
    }
}

fn ask(host: &mut Host<'_>, request: &str) -> Result<Value, String> {
    host.try_ask(request).ok_or_else(|| format!("no answer to {request}"))
}

fn good(request: &str, answer: &Value) -> Result<(), String> {
    (answer["status"] == "OK").then_some(()).ok_or_else(|| format!("{request}: {answer}"))
}

fn sound(status: &Value) -> Result<(), String> {
    status["corrupt"]
        .is_null()
        .then_some(())
        .ok_or_else(|| format!("the device is in trouble: {}", status["corrupt"]))
}
