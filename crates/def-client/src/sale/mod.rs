//! One sale at a device, from its first PREPARE until it is known what became of it. It does no I/O: it says what to
//! ask, and is told what came back.

mod check;
mod ending;
mod hear;
mod search;
mod signer;

use std::time::Duration;

use def_protocol::{LogKey, Nonce, Request, reply::Seal};
use fiscal::PublicKey;

use self::search::Search;
pub use self::{
    check::SealDoubt,
    ending::{Ending, Unclear},
    signer::Signer,
};
use crate::{
    answer::{Answer, Refusal},
    host::{Host, Lost},
    line::Line,
    offer::Offer,
    pace::Pace,
};

/// A sale that is being sealed.
///
/// Whatever happens to frames, device and power, these rules hold:
///
/// * Only the bytes of the payload are ever offered: one sale has one identity (L4).
/// * A COMMIT whose answer is lost is asked again with its nonce; only when the device says that this nonce sealed
///   nothing is the payload prepared again.
/// * [`Ending::Sealed`] needs a seal over this very payload that [`Sale`] has checked.
/// * [`Ending::Refused`] and [`Ending::Held`] say that nothing was sealed. When that is not certain, because a COMMIT may
///   have been obeyed that nobody heard the answer of, the journal is searched before they are said.
/// * After an answer was lost, the bytes are offered again only to the device to which they were offered before: another one
///   would seal them a second time.
/// * Every way of asking again has an end; what is not known then is [`Ending::Unclear`], and the payload is offered again
///   later.
#[derive(Debug)]
pub struct Sale<'p> {
    payload: &'p Offer<'p>,
    signer: &'p Signer,
    key: Option<&'p PublicKey>,
    doing: Doing,
    /// Whether something was lost since the signer was asked who it is.
    may_be_another: bool,
    /// Whether a COMMIT of these bytes may have been obeyed.
    uncertain: bool,
    /// What is said when the search finds nothing.
    verdict: Option<Refusal>,
    /// Whether the payload is too old to be sealed ever.
    is_past: bool,
    limits: Limits,
    /// Whether these bytes were sealed before this till ever committed them.
    before: bool,
    /// Whether this till committed them, or may have.
    committed: bool,
    /// Whether the device is searched for it.
    searches: bool,
}

/// What a sale wants next.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a sale goes on by what it asks"]
pub enum Step {
    /// Ask this, and tell the sale what came back.
    Ask(Question),
    /// Wait 100 to 200 ms, tell the sale how long, and see.
    Pause,
    /// It ended.
    End(Box<Ending>),
}

/// What a sale asks a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// `TXN|PREPARE` with the payload's bytes.
    Prepare,
    /// `TXN|COMMIT`
    Commit(Nonce),
    /// `QRY|LOG`
    Log(LogKey),
    /// `QRY|STATUS`
    Status,
}

impl Question {
    /// As a request; the payload is asked with its own bytes.
    pub const fn request<'a>(self, payload: &Offer<'a>) -> Request<'a> {
        match self {
            Self::Prepare => Request::Prepare(payload.text().as_bytes()),
            Self::Commit(nonce) => Request::Commit(nonce),
            Self::Log(key) => Request::Log(key),
            Self::Status => Request::Status,
        }
    }
}

/// What has to be known after a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// These bytes were sealed before this till committed them: someone may have their receipt.
    SealedBefore,
    /// From now on, who finds them sealed may take it for this till's doing.
    Committing,
}

/// What came back.
#[derive(Debug)]
pub enum Told {
    /// An answer.
    Answer(Answer),
    /// None; whether the device obeyed is not known.
    Lost,
    /// The device was not even asked: the line could not be opened, for this reason.
    Unasked(String),
}

#[derive(Debug)]
enum Doing {
    /// Is it still the same device?
    Identify,
    Prepare,
    Commit(Nonce),
    /// The device named the invoice that these bytes are.
    Fetch(LogKey),
    /// From where to search.
    Survey,
    Search(Search),
    /// To be done after a pause.
    Pause(Box<Doing>),
    Ended(Box<Ending>),
}

/// How often a sale does the same thing again.
#[derive(Debug, Default)]
struct Limits {
    lost: u32,
    refused: u32,
    prepared: u32,
    busy: Duration,
}

impl Limits {
    /// Answers lost one after another.
    const LOST: u32 = 4;
    /// Repeats after `FRAME_INVALID` and `SE_FAILURE` (`docs/protocol.md`, section 8).
    const REFUSED: u32 = 3;
    /// Nonces that expired before they were committed.
    const PREPARED: u32 = 5;
    /// A full pool has a place again after 7 seconds at the latest, when its oldest nonce expires (D2).
    const BUSY: Duration = Duration::from_secs(9);
}

impl<'p> Sale<'p> {
    /// A sale of a till that never offered these bytes before.
    pub fn begin(payload: &'p Offer<'p>, signer: &'p Signer, key: Option<&'p PublicKey>) -> Self {
        Self {
            payload,
            signer,
            key,
            doing: Doing::Prepare,
            may_be_another: false,
            uncertain: false,
            verdict: None,
            is_past: false,
            limits: Limits::default(),
            before: false,
            committed: false,
            searches: true,
        }
    }

    /// For who keeps the device's journal: where the device would be searched, one question for each of its invoices, the
    /// sale ends as [`Unclear::Unsearched`].
    #[must_use]
    pub fn without_search(self) -> Self {
        Self { searches: false, ..self }
    }

    /// A sale that was begun before, by a till that crashed or gave up, with what it noted: it may be sealed already, by this
    /// till or by someone before it.
    pub fn resume(
        payload: &'p Offer<'p>,
        signer: &'p Signer,
        key: Option<&'p PublicKey>,
        notes: &[Note],
    ) -> Self {
        let (committed, before) = (notes.contains(&Note::Committing), notes.contains(&Note::SealedBefore));
        Self { uncertain: true, committed, before, ..Self::begin(payload, signer, key) }
    }

    /// A sale that is only looked for: nothing is offered.
    pub fn look(payload: &'p Offer<'p>, signer: &'p Signer, key: Option<&'p PublicKey>) -> Self {
        Self { doing: Doing::Survey, ..Self::resume(payload, signer, key, &[Note::Committing]) }
    }

    /// What to do next.
    pub fn step(&self) -> Step {
        match &self.doing {
            Doing::Prepare => Step::Ask(Question::Prepare),
            Doing::Commit(nonce) => Step::Ask(Question::Commit(*nonce)),
            Doing::Fetch(key) => Step::Ask(Question::Log(*key)),
            Doing::Identify | Doing::Survey => Step::Ask(Question::Status),
            Doing::Search(search) => Step::Ask(Question::Log(search.key())),
            Doing::Pause(_) => Step::Pause,
            Doing::Ended(ending) => Step::End(ending.clone()),
        }
    }

    /// It was waited so long.
    pub fn paused(&mut self, time: Duration) {
        self.limits.busy = self.limits.busy.saturating_add(time);
        self.doing = match std::mem::replace(&mut self.doing, Doing::Prepare) {
            Doing::Pause(next) => *next,
            other => other,
        };
    }

    /// Does it all: asks the device what the sale wants to know until it ended. What has to outlast a crash is given to `keep`
    /// before the sale goes on.
    pub fn run<L: Line, P: Pace, E>(
        mut self,
        host: &mut Host<L, P>,
        keep: &mut dyn FnMut(Note) -> Result<(), E>,
    ) -> Result<Ending, E> {
        let (mut before, mut committed) = (self.before, self.committed);
        loop {
            if self.before && !before {
                before = true;
                keep(Note::SealedBefore)?;
            }
            match self.step() {
                Step::End(ending) => return Ok(*ending),
                Step::Pause => self.paused(host.pause_a_little()),
                Step::Ask(question) => {
                    if matches!(question, Question::Commit(_)) && !committed {
                        committed = true;
                        keep(Note::Committing)?;
                    }
                    let told = match host.ask(question.request(self.payload), &mut |_| {}) {
                        Ok(answer) => Told::Answer(answer),
                        Err(Lost::NoLine(cause)) => Told::Unasked(cause.to_string()),
                        Err(Lost::Broken(_) | Lost::Silent | Lost::Damaged) => Told::Lost,
                    };
                    self.hear(told);
                }
            }
        }
    }

    fn end(&mut self, ending: Ending) {
        self.doing = Doing::Ended(Box::new(ending));
    }

    /// Offers the bytes, once more if they were before.
    fn offer(&mut self) {
        self.doing = if self.may_be_another { Doing::Identify } else { Doing::Prepare };
    }

    /// Whether it is the device to which the bytes were offered that answers; else the sale ends.
    fn is_asked(&mut self, here: &Signer) -> bool {
        let same = here == self.signer;
        if !same {
            let (offered_to, here) = (self.signer.clone(), here.clone());
            self.end(Ending::Unclear(Unclear::OtherDevice { offered_to, here }));
        }
        same
    }

    fn sealed(&mut self, seal: Seal) {
        let doubt = SealDoubt::of_signer(&seal, self.signer)
            .and_then(|()| SealDoubt::about(&seal, self.payload, self.key));
        match doubt {
            Ok(()) => self.end(Ending::Sealed { seal: Box::new(seal), before: self.before }),
            Err(doubt) => self.end(Ending::Unclear(Unclear::Doubtful(doubt))),
        }
    }
}
