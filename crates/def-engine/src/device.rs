//! The device: bytes in, answers out.

use def_protocol::{
    Addressed, Correlation, ErrorCode, FRAME_BYTES, FrameReader, FrameWriter, Output, Request, json,
    reply::Waiting,
};
use serde::Serialize;

use crate::{
    board::{Board, FirmwareSlots, Parts},
    commands::Ordered,
    condition::Condition,
    factory::Factory,
    metrics::Metrics,
    pool::Pool,
    recovery::Recovery,
    refusal::Refusal,
    state::State,
    vault::{Buffers, Vault},
};

/// The device's working memory, about 200 KiB: give it a place of its own, not the stack.
pub struct Memory {
    reader: FrameReader<[u8; FRAME_BYTES]>,
    pool: Pool,
    state: State,
    buffers: Buffers,
}

impl Memory {
    /// Before the power came.
    #[allow(clippy::new_without_default, reason = "so large a value is made in its place, by name")]
    pub const fn new() -> Self {
        Self {
            reader: FrameReader::for_requests(),
            pool: Pool::new(),
            state: State::new(),
            buffers: Buffers::new(),
        }
    }
}

/// A fiscal memory.
///
/// It is synchronous: a command is done, or not begun, when [`Device::receive`] returns. Between commands a board
/// calls [`Device::idle`], which erases ahead.
pub struct Device<'m, B: Board> {
    reader: &'m mut FrameReader<[u8; FRAME_BYTES]>,
    core: Core<'m, B>,
}

/// All but the line to the host.
pub(crate) struct Core<'m, B: Board> {
    pub(crate) vault: Vault<'m, B>,
    pub(crate) pool: &'m mut Pool,
    pub(crate) metrics: Metrics,
    /// When the device proved itself last, in milliseconds since the power came.
    pub(crate) proven: Option<u64>,
    /// A firmware that is on its way.
    pub(crate) firmware: Option<Ordered>,
    /// How many sectors of its place were erased since the power came.
    pub(crate) erasures: u32,
    /// It has come, or the one that runs on trial failed.
    pub(crate) restart: bool,
}

impl<'m, B: Board> Device<'m, B> {
    /// The power came: finds out what there is, decides what was interrupted, and puts it on record. What is wrong
    /// shows in the status and in refusals.
    pub fn start(parts: Parts<B>, factory: Factory, memory: &'m mut Memory) -> Self {
        Self::start_with(parts, factory, memory, Recovery::CAREFUL)
    }

    /// The same with another recovery, to show what it would lead to.
    pub fn start_with(parts: Parts<B>, factory: Factory, memory: &'m mut Memory, recovery: Recovery) -> Self {
        let Memory { reader, pool, state, buffers } = memory;
        reader.reset();
        pool.clear();
        let mut vault = Vault::new(parts, factory, recovery, state, buffers);
        vault.start();
        let restart = !vault.keeps_firmware();
        Self {
            reader,
            core: Core {
                vault,
                pool,
                metrics: Metrics::new(),
                proven: None,
                firmware: None,
                erasures: 0,
                restart,
            },
        }
    }

    /// What a board's lights show. It asks the clock.
    pub fn condition(&mut self) -> Condition {
        Condition::of(&mut self.core.vault)
    }

    /// Whether a new firmware is coming in.
    pub fn is_updating(&self) -> bool {
        self.core.firmware.is_some()
    }

    /// Whether the board is to call [`Device::restart`], as soon as the line has taken the answer: a new firmware has
    /// come, or the one on trial did not pass its self-test or cannot read the journal.
    pub fn wants_restart(&self) -> bool {
        self.core.restart
    }

    /// Starts the other firmware on trial, if a new one has come. If this returns, the board resets itself, which ends
    /// a trial.
    pub fn restart(&mut self) {
        if self.core.firmware.as_ref().is_some_and(Ordered::is_verified) {
            // Where it cannot, the board's own reset leaves everything as it was.
            let _ = self.core.vault.slots.start_other();
        }
    }

    /// Takes bytes from the host and answers each request that they complete.
    pub fn receive(&mut self, bytes: &[u8], out: &mut impl Output) {
        for byte in bytes {
            match self.reader.push(*byte) {
                None => {}
                Some(Ok(())) => {
                    let checksum = self.reader.checksum();
                    self.core.answer(self.reader.content(), checksum, out);
                }
                Some(Err(fault)) => {
                    let mut line = Line {
                        out,
                        correlation: self.reader.correlation(),
                        checksum: self.reader.checksum(),
                    };
                    self.core.refuse(&mut line, &Refusal::new(ErrorCode::FrameInvalid, fault));
                }
            }
        }
    }

    /// The host went away: what it had begun to say is forgotten.
    pub fn line_closed(&mut self) {
        self.reader.reset();
    }

    /// Does a piece of what is better done while nobody waits. Says whether there was something to do.
    pub fn idle(&mut self) -> bool {
        self.core.idle()
    }
}

/// Where the answers to one request go, in the request's own form.
pub(crate) struct Line<'o, O: Output> {
    out: &'o mut O,
    correlation: Option<Correlation>,
    checksum: def_protocol::Checksum,
}

impl<O: Output> Line<'_, O> {
    /// Sends an answer. One that cannot be completed is left without an end, and says so.
    pub(crate) fn send(&mut self, reply: &impl Serialize) -> Result<(), json::JsonFault> {
        let mut frame = FrameWriter::begin(self.out, self.correlation, self.checksum);
        match json::write(reply, &mut frame) {
            Ok(()) => {
                frame.finish();
                Ok(())
            }
            Err(fault) => {
                frame.abandon();
                Err(fault)
            }
        }
    }

    /// Sends an answer that is text already.
    pub(crate) fn send_text(&mut self, reply: core::fmt::Arguments<'_>) {
        let mut frame = FrameWriter::begin(self.out, self.correlation, self.checksum);
        // A frame takes everything.
        let _ = core::fmt::Write::write_fmt(&mut frame, reply);
        frame.finish();
    }

    /// A sign of life (D13).
    pub(crate) fn wait(&mut self, done: u64, total: u64) {
        // A pair of numbers is always written.
        let _ = self.send(&Waiting::new(done, total));
    }
}

impl<B: Board> Core<'_, B> {
    fn answer<O: Output>(&mut self, content: &[u8], checksum: def_protocol::Checksum, out: &mut O) {
        let addressed = match Addressed::read(content) {
            Ok(addressed) => addressed,
            Err(fault) => {
                let mut line = Line { out, correlation: fault.correlation, checksum };
                return self.refuse(&mut line, &Refusal::new(fault.code, fault.detail));
            }
        };
        let mut line = Line { out, correlation: addressed.correlation, checksum };
        let now = self.vault.ticks();
        self.metrics.expired_nonces += u64::from(self.pool.expire(now));
        if let Err(refusal) = self.obey(&addressed.request, &mut line) {
            self.refuse(&mut line, &refusal);
        }
        // What failed on the way is looked at when the answer is out: that may erase, and nobody waits for it.
        self.vault.settle();
    }

    fn obey<O: Output>(&mut self, request: &Request<'_>, line: &mut Line<'_, O>) -> Result<(), Refusal> {
        match request {
            Request::Prepare(payload) => self.prepare(payload, line),
            Request::Commit(nonce) => self.commit(*nonce, line),
            Request::Status => self.status(line),
            Request::Log(key) => self.log(*key, line),
            Request::Proof { challenge } => self.prove_presence(challenge, line),
            Request::Closure(date) => self.close(*date, line),
            Request::Snapshot(period) => self.snapshot(*period, line),
            Request::Articles(asked) => self.articles(asked, line),
            Request::Dump(asked) => self.dump(*asked, line),
            Request::Reset(token) => self.reset(token.as_str(), line),
            Request::SetTime(setting) => self.set_time(setting, line),
            Request::Initialise(initialisation) => self.initialise(initialisation, line),
            Request::HandOver(token) => self.hand_over(token.as_str(), line),
            Request::Acknowledge(token) => self.acknowledge(token.as_str(), line),
            Request::Manifest(token) => self.install_manifest(token.as_str(), line),
            Request::State(token) => self.change_state(token.as_str(), line),
            Request::Firmware(asked) => self.firmware(asked, line),
        }
    }

    fn refuse<O: Output>(&mut self, line: &mut Line<'_, O>, refusal: &Refusal) {
        self.metrics.refused(refusal.code);
        // A refusal is always written.
        refusal.tell(|reply| {
            let _ = line.send(reply);
        });
    }

    fn idle(&mut self) -> bool {
        let now = self.vault.ticks();
        self.metrics.expired_nonces += u64::from(self.pool.expire(now));
        if self.vault.test_due() {
            self.vault.test_itself();
        }
        self.vault.idle()
    }
}
