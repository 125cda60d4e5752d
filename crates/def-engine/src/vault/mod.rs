//! What must not be lost: the journal, the key, the clock, and what follows from them.

mod credit;
mod idle;
mod manifest;
mod mount;
mod policy;
mod seal;
mod search;
mod self_test;
mod trouble;

use def_protocol::{ErrorCode, FirmwarePiece, token::Activation};
use def_protocol::{Nonce, reply::ClockState};
use fiscal::{
    Chain, Invoice, Moment, Proof, PublicKey, Timestamp, limits::PAYLOAD_BYTES, totals::InvoiceTotals,
};

pub(crate) use credit::NoteTaken;
pub(crate) use mount::name;
pub(crate) use seal::Packed;
pub(crate) use search::{Found, Met, Walker};
pub(crate) use self_test::{Part, SELF_TEST_EVERY, SelfTest};
pub(crate) use trouble::{COUNTER_LIMIT, COUNTER_WARNING, LARGEST_JUMP, Trouble, element_failed};

use crate::{
    board::{Board, Clock, Parts, Random, SecureElement, Ticks},
    factory::Factory,
    journal::{CONTENT_BYTES, CheckKey, Journal, Place},
    recovery::{Decision, Recovery},
    refusal::{Detail, Refusal},
    state::{Binding, State},
};

/// Room for one record and for one text.
pub(crate) struct Buffers {
    /// The content of a record, as it stands in the journal.
    pub(crate) content: [u8; CONTENT_BYTES],
    /// A payload or a body.
    pub(crate) text: heapless::String<PAYLOAD_BYTES>,
    /// Of a firmware that is on its way: its first 4,096 bytes.
    pub(crate) beginning: [u8; FirmwarePiece::BYTES],
    /// The tax groups that hold.
    pub(crate) installed: manifest::Installed,
}

impl Buffers {
    pub(crate) const fn new() -> Self {
        Self {
            content: [0; CONTENT_BYTES],
            text: heapless::String::new(),
            beginning: [0; FirmwarePiece::BYTES],
            installed: manifest::Installed::new(),
        }
    }
}

/// The journal, the key, the clock, and what is known of them.
pub(crate) struct Vault<'m, B: Board> {
    pub(crate) factory: Factory,
    recovery: Recovery,
    pub(crate) element: B::Element,
    clock: B::Clock,
    ticks: B::Ticks,
    pub(crate) random: B::Random,
    pub(crate) protection: B::Protection,
    pub(crate) slots: B::Slots,
    pub(crate) journal: Journal<B::Flash>,
    pub(crate) state: &'m mut State,
    pub(crate) buffers: &'m mut Buffers,
    key: Option<PublicKey>,
    /// That the key was proven, of a secure element in this process.
    proof: Option<Proof>,
    /// Why nothing is sealed, when the journal or the secure element is not as it should be.
    pub(crate) trouble: Option<Trouble>,
    /// Something failed while a record was sealed: what is on the flash has to be looked at again.
    unsettled: bool,
    pub(crate) recovered: Option<Recovered>,
    /// None before the first, and where the board's trials do without.
    pub(crate) self_test: Option<SelfTest>,
    /// The newest challenge for the clock and the one before, with when they were made.
    challenges: [Option<(Nonce, u64)>; 2],
    scrub: idle::Scrub,
}

/// What was decided when the power came last, for the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Recovered {
    pub(crate) decision: Decision,
    pub(crate) position: u64,
}

/// How long a challenge for the clock holds, in milliseconds (D8).
pub(crate) const CHALLENGE_TTL: u64 = 60_000;

impl<'m, B: Board> Vault<'m, B> {
    pub(crate) fn new(
        parts: Parts<B>,
        factory: Factory,
        recovery: Recovery,
        state: &'m mut State,
        buffers: &'m mut Buffers,
    ) -> Self {
        buffers.installed.forget();
        let Parts { flash, element, clock, ticks, random, protection, slots } = parts;
        Self {
            factory,
            recovery,
            element,
            clock,
            ticks,
            random,
            protection,
            slots,
            journal: Journal::new(flash),
            state,
            buffers,
            key: None,
            proof: None,
            trouble: None,
            unsettled: true,
            recovered: None,
            self_test: None,
            challenges: [None; 2],
            scrub: idle::Scrub::new(),
        }
    }

    /// Milliseconds since the power came.
    pub(crate) fn ticks(&mut self) -> u64 {
        self.ticks.milliseconds()
    }

    /// A fresh nonce.
    pub(crate) fn nonce(&mut self) -> Nonce {
        let mut nonce = Nonce([0; Nonce::LENGTH]);
        self.random.fill(&mut nonce.0);
        nonce
    }

    /// The clock, and whether it may be believed (D8).
    pub(crate) fn time(&mut self) -> (Option<Timestamp>, ClockState) {
        let Some(now) = self.clock.now() else { return (None, ClockState::Lost) };
        let behind = self.state.point.head.time.seconds_after(now);
        let state =
            if behind > Moment::DEVICE_TOLERANCE_SECONDS { ClockState::Behind } else { ClockState::Ok };
        (Some(now), state)
    }

    /// The clock, if it may be believed.
    pub(crate) fn trusted_time(&mut self) -> Result<Timestamp, Refusal> {
        match self.time() {
            (Some(now), ClockState::Ok) => Ok(now),
            (None, _) => Err(Refusal::new(
                ErrorCode::ClockRollbackDetected,
                "the clock lost its power: set it with CFG|TIME before the next sale",
            )),
            (Some(now), _) => {
                let seconds = self.state.point.head.time.seconds_after(now);
                Err(Refusal::new(ErrorCode::ClockRollbackDetected, Detail::ClockBehind { seconds }))
            }
        }
    }

    /// The time of a record that is sealed whatever the clock says.
    fn system_moment(&mut self, counter: u64) -> Moment {
        let now = self.clock.now().unwrap_or(self.state.point.head.time);
        Moment { now, tolerance_seconds: u64::MAX, counter }
    }

    pub(crate) fn set_clock(&mut self, time: Timestamp) {
        self.clock.set(time);
    }

    /// The challenge that a signed time has to name: one that holds for half its time at least.
    pub(crate) fn challenge(&mut self) -> Nonce {
        let now = self.ticks();
        match self.challenges[0] {
            Some((challenge, made)) if now.saturating_sub(made) < CHALLENGE_TTL / 2 => challenge,
            newest => {
                let challenge = self.nonce();
                self.challenges = [Some((challenge, now)), newest];
                challenge
            }
        }
    }

    /// The challenges that hold now. Each setting of the clock uses them up.
    pub(crate) fn open_challenges(&mut self) -> impl Iterator<Item = Nonce> + use<B> {
        let now = self.ticks();
        let holds = move |made: u64| now.saturating_sub(made) < CHALLENGE_TTL;
        self.challenges.into_iter().flatten().filter_map(move |(nonce, made)| holds(made).then_some(nonce))
    }

    pub(crate) fn use_challenges(&mut self) {
        self.challenges = [None; 2];
    }

    /// The outlet, once there is one.
    pub(crate) fn binding(&self) -> Result<&Binding, Refusal> {
        self.state.binding.as_ref().ok_or_else(|| {
            Refusal::new(
                ErrorCode::NotProvisioned,
                "the device belongs to no outlet yet: send its activation code with CFG|INIT",
            )
        })
    }

    /// The key with which the device seals.
    pub(crate) fn key(&self) -> Result<PublicKey, Refusal> {
        let detail = "the device has no key yet: send CFG|INIT";
        self.key.ok_or_else(|| Refusal::new(ErrorCode::NotProvisioned, detail))
    }

    /// Lets the journal be read and written, once there is a key.
    pub(crate) fn unlock(&mut self) -> Result<(), Refusal> {
        let secret = self.element.journal_secret().map_err(|_| element_failed())?;
        self.journal.unlock(CheckKey(secret));
        Ok(())
    }

    /// Gives the device an outlet and a key, for the record that says so.
    pub(crate) fn bind(&mut self, activation: Activation, key: PublicKey, place: Place) {
        self.state.binding = Some(Binding { activation, place });
        self.key = Some(key);
        self.proof = None;
    }

    /// Has a secure element of this process prove itself, once for as long as there is power.
    pub(crate) fn prove(&mut self) -> Result<(), Refusal> {
        let key = self.key()?;
        self.proof = self.proof.filter(|proof| *proof.public_key() == key);
        if B::Element::IN_PROCESS && self.proof.is_none() {
            let mut challenge = [0; 32];
            self.random.fill(&mut challenge);
            let proof = Proof::of(key, challenge, |hash| self.element.sign(hash));
            self.proof = Some(proof.map_err(|_| element_failed())?);
        }
        Ok(())
    }

    /// Takes them away again, when that record was not sealed.
    pub(crate) fn unbind(&mut self) {
        self.state.binding = None;
        self.key = None;
    }

    /// Whether the totals have room for a sale that is sealed now.
    #[inline(never)] // Its figures are off the stack before the sale is packed and sealed.
    pub(crate) fn can_count(&self, invoice: &Invoice<'_>, now: Timestamp) -> bool {
        self.state.counted.has_room(&InvoiceTotals::of(invoice), self.business_day(now))
    }

    fn chain(&self) -> Result<Chain, Refusal> {
        let activation = &self.binding()?.activation;
        Ok(Chain {
            device: self.factory.serial,
            key: self.key()?.id(),
            outlet: activation.outlet,
            nif: activation.nif,
            epoch: self.state.point.epoch,
        })
    }
}
