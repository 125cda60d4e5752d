use edef::{ApiUrl, AuthorityCode, AuthorityTime, Counters, Dialect, Isf, Nim, Token, Uid};
use fiscal::{Nif, OutletId, Timestamp};
use ledger::{AuthorityQr, By};
use registry::MerchantId;

use crate::{At, Cause, Elements, Job, JobId, JobState, Machine, MachineId, Source, Totals, Transition};

/// Who asks for a change, and when.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// As the log of acts names him.
    pub by: &'a By,
    /// By our clock.
    pub now: At,
}

impl Asked<'_> {
    pub(crate) fn time(self) -> Timestamp {
        Timestamp::from_unix(self.now.0 / 1_000).unwrap_or(Timestamp::LATEST)
    }
}

/// Whose invoices somebody sees.
#[derive(Clone, Copy, Debug)]
pub enum Sight<'a> {
    /// All: the operator of the platform.
    All,
    /// Those of these outlets.
    Outlets(&'a [OutletId]),
}

impl Sight<'_> {
    /// Whether the invoices of an outlet are seen.
    pub fn covers(&self, outlet: OutletId) -> bool {
        match self {
            Self::All => true,
            Self::Outlets(outlets) => outlets.contains(&outlet),
        }
    }
}

/// A merchant as the registry knows him.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    /// Who.
    pub merchant: &'a MerchantId,
    /// His number.
    pub nif: Nif,
    /// His outlets.
    pub outlets: &'a [OutletId],
    /// Whether the platform's operator asks, and not the merchant's own people.
    pub is_platform: bool,
}

/// What a new machine is made of.
#[derive(Clone, Debug)]
pub struct NewMachine {
    /// Where it answers.
    pub url: ApiUrl,
    /// Its number, as the authority's portal shows it. What answers another one is not used.
    pub nim: Nim,
    /// Whose invoices it takes.
    pub nif: Nif,
    /// The homologated system's id.
    pub isf: Isf,
    /// How it is spoken to.
    pub dialect: Dialect,
    /// The secret. It is never shown again.
    pub token: Token,
    /// Whose invoices go to it.
    pub outlets: Vec<OutletId>,
    /// Whether nobody else makes invoices with it.
    pub exclusive: bool,
    /// Whether it is a test service or a simulator.
    pub is_test: bool,
}

/// What is to be different of a machine; none leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct MachineChange {
    /// Where it answers. At another server only with its token.
    pub url: Option<ApiUrl>,
    /// The secret.
    pub token: Option<Token>,
    /// Whose invoices go to it: all of them, also those that do already.
    pub outlets: Option<Vec<OutletId>>,
    /// How it is spoken to.
    pub dialect: Option<Dialect>,
    /// The homologated system's id.
    pub isf: Option<Isf>,
    /// Whether nobody else makes invoices with it.
    pub exclusive: Option<bool>,
    /// Whether it rests. False also lets one work again that was blocked.
    pub paused: Option<bool>,
}

/// Which invoices.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    /// In one of these states; all when there is none.
    pub states: Vec<JobState>,
    /// With this word of their last error, or this cause.
    pub error: Option<String>,
    /// Sealed before.
    pub sealed_before: Option<Timestamp>,
    /// That went, or go, to this machine.
    pub machine: Option<MachineId>,
}

/// Where a page ends, and the next one begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct JobCursor {
    /// When the last one was sealed.
    pub sealed: Timestamp,
    /// Which it was.
    pub id: JobId,
}

/// A job and why it is in its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The job.
    pub job: Job,
    /// The cause of its last transition, as the table has it: one of [`Cause`].
    pub cause: String,
}

impl Listed {
    /// Where a page that ends with it ends.
    pub const fn cursor(&self) -> JobCursor {
        JobCursor { sealed: self.job.sealed, id: self.job.id }
    }

    /// The cause, if it is one of those that are known.
    pub fn known_cause(&self) -> Option<Cause> {
        Cause::from_name(&self.cause)
    }
}

/// All that is known of an invoice on its way: what a person needs to decide.
#[derive(Clone, Debug)]
pub struct JobFile {
    /// The job: its uid, times, doubt, difference and error.
    pub listed: Listed,
    /// All that happened, the oldest first.
    pub transitions: Vec<Transition>,
    /// The machine with its counters, if it has one.
    pub machine: Option<Machine>,
    /// Other invoices of the same machine that are in doubt: what counters cannot tell apart.
    pub candidates: Vec<Listed>,
    /// The job of the original of a credit note.
    pub original: Option<Listed>,
}

/// How many invoices of an outlet are in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateCount {
    /// The outlet.
    pub outlet: OutletId,
    /// The state.
    pub state: JobState,
    /// How many.
    pub count: u64,
}

/// What of an outlet was handed out to a person, to be typed by hand, and is neither settled nor given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InHands {
    /// The outlet.
    pub outlet: OutletId,
    /// How many.
    pub count: u64,
    /// When the oldest of them was sealed.
    pub oldest: Timestamp,
}

/// What was tried again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retried {
    /// So many were put back.
    pub retried: usize,
    /// There may be more of the filter: ask again.
    pub has_more: bool,
}

/// How a person settles an invoice of which it is not known whether it was finalised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// It was, with these elements.
    Finalised(Box<Finalised>),
    /// He looked in the authority's portal, and it is not there.
    NotThere,
}

/// The authority's elements as a person or his file tells them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finalised {
    /// Which e-MCF finalised it.
    pub nim: Nim,
    /// The code.
    pub code: AuthorityCode,
    /// When, as the authority wrote it, if it is known.
    pub date_time: Option<AuthorityTime>,
    /// What the QR code says, if it is known.
    pub qr: Option<AuthorityQr>,
    /// The counters.
    pub counters: Option<Counters>,
    /// The uid.
    pub uid: Option<Uid>,
    /// What the authority computed.
    pub totals: Option<Totals>,
    /// [`Source::Hand`] or [`Source::Imported`]; [`Source::Api`] counts as by hand.
    pub source: Source,
}

impl Finalised {
    pub(crate) fn elements(&self, host: &str, test: bool) -> Elements {
        Elements {
            nim: self.nim.clone(),
            uid: self.uid.clone(),
            code: self.code,
            date_time: self.date_time.as_ref().map_or_else(String::new, ToString::to_string),
            qr: self.qr.as_ref().map_or_else(String::new, ToString::to_string),
            counters: self.counters,
            totals: self.totals,
            source: if self.source == Source::Imported { Source::Imported } else { Source::Hand },
            host: host.to_owned(),
            test,
        }
    }
}

/// What the metrics say, without what is done with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// How many are in each state; SYNCED and WITHDRAWN are not counted.
    pub jobs: Vec<(JobState, u64)>,
    /// The age of the oldest that waits to be sent or typed by hand, in seconds.
    pub oldest_seconds: Option<u64>,
    /// How many are in the hands of persons.
    pub handed_out: u64,
    /// How many have each word of an error.
    pub errors: Vec<(String, u64)>,
    /// The seconds that each machine's token is good for still; below zero it has expired.
    pub tokens: Vec<(MachineId, i64)>,
    /// Machines that are not called for a while because they did not answer.
    pub open_breakers: u64,
    /// Machines that are blocked.
    pub blocked: u64,
    /// Machines that a person lets rest.
    pub paused: u64,
    /// Alerts that last.
    pub open_alerts: u64,
}
