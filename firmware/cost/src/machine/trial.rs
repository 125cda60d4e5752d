//! A device that has power, and what each request to it costs.

use core::fmt::Arguments;

use cortex_m::register::msp;
use cost::{authority::Authority, payload::Text};
use def_engine::{Device, Memory};
use def_protocol::Output;

use super::{
    board::{Calls, InMemory, Machine},
    host,
    meter::Meter,
};

/// What is written by whoever deals with the device: too large for the stack.
pub(super) struct Texts {
    /// The request, in its frame.
    request: Text,
    /// A payload.
    payload: Text,
}

impl Texts {
    pub(super) const fn new() -> Self {
        Self { request: Text::new(), payload: Text::new() }
    }
}

/// What something cost.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cost {
    /// Without the parts' own.
    pub(super) instructions: u64,
    pub(super) calls: Calls,
    /// The deepest, in bytes below whoever called the engine.
    pub(super) stack: usize,
    /// What was answered, in bytes.
    pub(super) answered: u64,
}

impl Cost {
    pub(super) fn of(machine: &Machine, work: impl FnOnce()) -> Self {
        let before = machine.calls();
        machine.stack.paint();
        let top = msp::read() as usize;
        let (instructions, ()) = machine.meter.of(work);
        let lowest = machine.stack.lowest();
        let lowest = lowest.unwrap_or_else(|| host::fail(format_args!("the stack is deeper than its paint")));
        Self {
            instructions,
            calls: machine.calls().since(&before),
            stack: top.saturating_sub(lowest),
            answered: 0,
        }
    }

    /// Both, one after the other.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            instructions: self.instructions + other.instructions,
            calls: self.calls.and(&other.calls),
            stack: self.stack.max(other.stack),
            answered: self.answered + other.answered,
        }
    }
}

/// The device and its line.
pub(super) struct Trial<'m> {
    pub(super) machine: &'m Machine,
    pub(super) authority: Authority,
    device: Device<'m, InMemory<'m>>,
    request: &'m mut Text,
    /// The newest.
    pub(super) answer: Answer<'m>,
}

impl<'m> Trial<'m> {
    /// The power comes; what that cost, and room for a payload.
    pub(super) fn start(
        machine: &'m Machine,
        memory: &'m mut Memory,
        texts: &'m mut Texts,
    ) -> (Self, Cost, &'m mut Text) {
        let authority = Authority::new();
        let (parts, factory) = (machine.parts(), authority.factory());
        let Texts { request, payload } = texts;
        let mut started = None;
        let cost = Cost::of(machine, || started = Some(Device::start(parts, factory, memory)));
        let device = started.unwrap_or_else(|| host::fail(format_args!("the device did not start")));
        let answer = Answer::new(&machine.meter);
        (Self { machine, authority, device, request, answer }, cost, payload)
    }

    /// Asks what is not refused; the answer can be looked at.
    pub(super) fn ask(&mut self, request: Arguments<'_>) -> Cost {
        let cost = self.try_ask(request);
        if !self.answer.is_ok() {
            host::fail(format_args!("{request}\n{}", self.answer.as_str()));
        }
        cost
    }

    /// Asks what is refused with this code.
    pub(super) fn refused(&mut self, code: &str, request: Arguments<'_>) -> Cost {
        let cost = self.try_ask(request);
        if self.answer.is_ok() || self.answer.member("code") != code {
            host::fail(format_args!("{request}\n{}", self.answer.as_str()));
        }
        cost
    }

    /// Asks anything.
    fn try_ask(&mut self, request: Arguments<'_>) -> Cost {
        self.request.set(format_args!("\u{2}{request}\u{3}"));
        self.answer.total = 0;
        let Self { machine, device, request, answer, .. } = self;
        let cost = Cost::of(machine, || device.receive(request.as_str().as_bytes(), answer));
        Cost { answered: self.answer.total, ..cost }
    }

    /// What is done while nobody asks.
    pub(super) fn rest(&mut self) -> Cost {
        let Self { machine, device, .. } = self;
        Cost::of(machine, || while device.idle() {})
    }

    /// A sale, and what PREPARE and COMMIT cost.
    pub(super) fn sell(&mut self, payload: &str) -> [Cost; 2] {
        let prepare = self.ask(format_args!("TXN|PREPARE {payload}"));
        let nonce = self.answer.nonce();
        [prepare, self.commit(&nonce)]
    }

    pub(super) fn commit(&mut self, nonce: &str) -> Cost {
        self.ask(format_args!(r#"TXN|COMMIT {{"nonce":"{nonce}"}}"#))
    }

    /// An order of the authority or the operator.
    pub(super) fn order(&mut self, command: &str, token: &str) -> Cost {
        let member = if command == "ADM|RESET" { "dgi_authorization" } else { "token" };
        self.ask(format_args!(r#"{command} {{"{member}":"{token}"}}"#))
    }
}

/// The beginning of the newest frame that the device sent; taking it does not count.
pub(super) struct Answer<'m> {
    meter: &'m Meter,
    begins: heapless::Vec<u8, 4_096>,
    total: u64,
}

impl<'m> Answer<'m> {
    fn new(meter: &'m Meter) -> Self {
        Self { meter, begins: heapless::Vec::new(), total: 0 }
    }

    pub(super) fn as_str(&self) -> &str {
        core::str::from_utf8(&self.begins).unwrap_or("(an answer that was cut within a character)")
    }

    fn is_ok(&self) -> bool {
        self.as_str().starts_with(r#"{"status":"OK""#)
    }

    /// The text or the number that a member has.
    pub(super) fn member(&self, name: &str) -> &str {
        let found = self.as_str().split_once(name).and_then(|(_, rest)| rest.strip_prefix("\":"));
        let value = found.unwrap_or_else(|| host::fail(format_args!("no {name}: {}", self.as_str())));
        let end = |character| matches!(character, ',' | '}' | '"');
        value.trim_start_matches('"').split(end).next().unwrap_or_default()
    }

    pub(super) fn nonce(&self) -> heapless::String<32> {
        self.member("nonce").parse().unwrap_or_default()
    }
}

impl Output for Answer<'_> {
    fn send(&mut self, bytes: &[u8]) {
        let Self { meter, begins, total } = self;
        meter.hold(|| {
            *total += bytes.len() as u64;
            for byte in bytes {
                match byte {
                    0x02 => begins.clear(),
                    0x03 => {}
                    // Its beginning is enough.
                    _ => _ = begins.push(*byte),
                }
            }
        });
    }
}
