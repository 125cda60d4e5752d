//! The service itself: e-MCFs, what is pending at them, what they finalised.

mod checks;
mod finalise;
mod info;
mod inside;
mod log;
mod machine;
mod nim;
mod request;
mod rows;
mod status;
mod strikes;

pub use self::{
    inside::{MachineView, PendingView},
    log::LogEntry,
    machine::{Finalised, Settings, Wanted},
    nim::Nim,
    rows::{Row, RowKind},
};

use std::collections::{BTreeMap, VecDeque};

use self::{
    machine::{Kind, Machine},
    strikes::Strikes,
};
use crate::{
    At, Call, Dice, Endpoint, Exact, Fault, FaultId, Reply, Token,
    call::{NoRoute, Route},
};

/// So many requests may be pending at an e-MCF, unless the settings say otherwise.
pub const PENDING: usize = 10;

/// So many e-MCFs a world holds at most.
pub const MACHINES: usize = 1_000;

/// The authority's service, without network, clock or dice.
#[derive(Debug, Default)]
pub struct World {
    settings: Settings,
    machines: BTreeMap<Nim, Machine>,
    tokens: BTreeMap<Token, Nim>,
    /// By their code.
    finalised: BTreeMap<String, Finalised>,
    /// How much was credited against a code.
    credited: BTreeMap<String, Exact>,
    faults: BTreeMap<FaultId, Fault>,
    next_fault: u64,
    log: VecDeque<LogEntry>,
    changes: Option<Vec<Row>>,
}

/// Why the world cannot be made so.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WorldFault {
    /// Another e-MCF has this NIM.
    #[error("there is an e-MCF with this NIM: name another")]
    Taken,
    /// No e-MCF has this NIM.
    #[error("no e-MCF has this NIM: see the list of e-MCFs")]
    Unknown,
    /// [`MACHINES`] are there.
    #[error("this simulator holds 1000 e-MCFs at most: start another")]
    Full,
    /// A fault cannot be set so.
    #[error(
        "this fault cannot be set: a chance is 1 to 1000 per mille, a status 400 to 599, at most 100 faults are set"
    )]
    Fault,
    /// No fault has this number.
    #[error("no fault has this number: see the list of faults")]
    NoFault,
    /// A rate, date or text is unusable.
    #[error("write dates as 2026-01-31, rates from 0 to 100 per cent, and texts of at most 64 characters")]
    Value,
    /// What was kept cannot be read.
    #[error("the state that was kept cannot be read: start with another file")]
    Corrupt,
}

impl World {
    /// An empty world.
    pub fn new(settings: Settings) -> Self {
        Self { settings, ..Self::default() }
    }

    /// Answers a call. `now` never goes back; the service's own clock is `now` plus the skew that was set.
    pub fn handle(&mut self, call: &Call, now: At, dice: &mut dyn Dice) -> Reply {
        self.expire(now);
        let (nim, reply) = self.answered(call, now, dice);
        self.note(call, nim, &reply, now);
        reply
    }

    fn answered(&mut self, call: &Call, now: At, dice: &mut dyn Dice) -> (Option<Nim>, Reply) {
        let route = match Route::of(call.method, &call.path) {
            Ok(route) => route,
            Err(NoRoute::NotFound) => return (None, Reply::empty(404)),
            Err(NoRoute::WrongMethod) => return (None, Reply::empty(405)),
        };
        let Some(nim) = self.authenticated(call, now) else { return (None, Reply::empty(401)) };
        let strikes = self.strikes(&route, call, nim, dice);
        let reply = match strikes.instead(dice) {
            Some(reply) => reply,
            None => {
                let answer = self.act(&route, call, nim, (now, &strikes), dice);
                strikes.upon(answer, dice)
            }
        };
        (Some(nim), reply)
    }

    fn authenticated(&self, call: &Call, now: At) -> Option<Nim> {
        let (token, nim) = self.tokens.get_key_value(call.token.as_deref()?)?;
        let machine = self.machines.get(nim)?;
        (machine.token == *token && self.clock(now) < machine.token_expires).then_some(*nim)
    }

    /// What the service's own clock shows.
    pub fn clock(&self, now: At) -> At {
        now.skewed(self.settings.clock_skew_ms)
    }

    fn act(
        &mut self,
        route: &Route<'_>,
        call: &Call,
        nim: Nim,
        (now, strikes): (At, &Strikes),
        dice: &mut dyn Dice,
    ) -> Reply {
        match route {
            Route::Status => self.status(nim, now, strikes),
            Route::Request => self.request(nim, &call.body, (now, strikes), dice),
            Route::Details(uid) => self.details(nim, uid),
            Route::Confirm(uid) => self.confirm(nim, uid, &call.body, (now, strikes), dice),
            Route::Cancel(uid) => self.cancel(nim, uid, &call.body, now),
            Route::Info(name) => self.info(nim, name, now),
        }
    }

    /// Whether a request's body is one for a credit note: faults ask before it is read in earnest.
    fn is_credit_note(route: &Route<'_>, body: &[u8]) -> bool {
        route.endpoint() == Endpoint::Request
            && serde_json::from_slice::<crate::message::Invoice>(body)
                .ok()
                .and_then(|invoice| Kind::of(invoice.kind.as_deref()?))
                .is_some_and(Kind::is_credit_note)
    }
}
