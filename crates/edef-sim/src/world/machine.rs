use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::{Nim, PENDING};
use crate::{At, Exact, Profile, Token, profile::Rates, totals::Totals};

/// Two minutes: a request that is not confirmed by then is none any more.
pub(crate) const LIFE_MS: u64 = 120_000;
/// A year.
const TOKEN_LIFE_MS: u64 = 365 * 86_400_000;

/// What holds for all e-MCFs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How long a request is pending, in milliseconds: two minutes.
    pub life_ms: u64,
    /// How many may be pending at an e-MCF: [`PENDING`].
    pub most_pending: usize,
    /// How far the service's clock is ahead of the true time, in milliseconds.
    pub clock_skew_ms: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { life_ms: LIFE_MS, most_pending: PENDING, clock_skew_ms: 0 }
    }
}

/// An e-MCF to be made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// The taxpayer's number.
    pub nif: String,
    /// Its NIM; the next free one without it.
    #[serde(default)]
    pub nim: Option<Nim>,
    /// The homologated system's id; when it is there, requests that name another are refused.
    #[serde(default)]
    pub isf: Option<String>,
    /// Whose rules it has.
    #[serde(default)]
    pub profile: Profile,
    /// How long its token is good, in milliseconds; a year without it.
    #[serde(default)]
    pub token_life_ms: Option<u64>,
}

impl Wanted {
    /// An e-MCF of the DRC for a taxpayer.
    pub fn of(nif: &str) -> Self {
        Self { nif: nif.to_owned(), nim: None, isf: None, profile: Profile::Drc, token_life_ms: None }
    }

    pub(crate) fn token_life(&self) -> u64 {
        self.token_life_ms.unwrap_or(TOKEN_LIFE_MS)
    }
}

/// An e-MCF.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) nif: String,
    pub(crate) isf: Option<String>,
    pub(crate) profile: Profile,
    pub(crate) token: Token,
    pub(crate) token_expires: At,
    /// Oldest first; never empty.
    pub(crate) rates: Vec<Rates>,
    /// Oldest first of each currency.
    pub(crate) currencies: Vec<CurrencyRate>,
    #[serde(skip)]
    pub(crate) pending: Vec<Pending>,
    /// What is pending no more since a short time, for lists that are stale.
    #[serde(skip)]
    pub(crate) ended: VecDeque<Ended>,
    /// Codes in the order in which they were given.
    #[serde(skip)]
    pub(crate) codes: Vec<String>,
    #[serde(skip)]
    pub(crate) counters: BTreeMap<Kind, u64>,
}

/// A currency's rate from a day on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct CurrencyRate {
    #[serde(rename = "type")]
    pub(crate) currency: String,
    pub(crate) description: String,
    pub(crate) date: String,
    pub(crate) rate: Exact,
}

/// A request that waits for its confirm.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) uid: String,
    pub(crate) requested: At,
    pub(crate) expires: At,
    pub(crate) kind: Kind,
    pub(crate) rn: Option<String>,
    pub(crate) reference: Option<String>,
    pub(crate) comments: Vec<String>,
    pub(crate) totals: Totals,
    /// As it was sent.
    pub(crate) body: serde_json::Map<String, serde_json::Value>,
}

/// What was pending.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub(crate) uid: String,
    pub(crate) requested: At,
    pub(crate) ended: At,
}

/// An invoice with the authority's elements.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Finalised {
    /// `codeDEFDGI`: 24 characters.
    pub code: String,
    /// Where.
    pub nim: Nim,
    /// The request that was confirmed.
    pub uid: String,
    /// How many this e-MCF had finalised with it.
    pub number: u64,
    /// `64/64 FV`
    pub counters: String,
    /// FV, FT, FA, EV, ET or EA.
    pub kind: String,
    /// The number that the client gave.
    pub rn: Option<String>,
    /// The code of the original, of a credit note.
    pub reference: Option<String>,
    /// What the client wrote into `cmta` to `cmth`, in this order.
    pub comments: Vec<String>,
    /// With tax.
    pub total: Exact,
    /// The tax.
    pub vtotal: Exact,
    /// When, by the true time.
    pub at: At,
    /// `dateTime`, by the service's clock.
    pub date_time: String,
    /// `qrCode`
    pub qr: String,
}

/// The type of an invoice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) enum Kind {
    FV,
    FT,
    FA,
    EV,
    ET,
    EA,
}

impl Kind {
    pub(crate) const ALL: [Self; 6] = [Self::FV, Self::FT, Self::FA, Self::EV, Self::ET, Self::EA];

    pub(crate) fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == text)
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::FV => "FV",
            Self::FT => "FT",
            Self::FA => "FA",
            Self::EV => "EV",
            Self::ET => "ET",
            Self::EA => "EA",
        }
    }

    pub(crate) const fn is_credit_note(self) -> bool {
        matches!(self, Self::FA | Self::EA)
    }

    /// Whether a credit note of this type can be about an invoice of that one.
    pub(crate) const fn can_credit(self, original: Self) -> bool {
        match self {
            Self::FA => matches!(original, Self::FV | Self::FT),
            Self::EA => matches!(original, Self::EV | Self::ET),
            _ => false,
        }
    }
}

impl Machine {
    /// The rates of a day.
    pub(crate) fn rates_at(&self, now: At) -> Option<&Rates> {
        let today = now.date();
        self.rates.iter().rev().find(|rates| rates.from <= today)
    }

    pub(crate) fn finalised(&self) -> u64 {
        self.counters.values().sum()
    }

    /// Takes it from the list, and remembers it for a while.
    pub(crate) fn end(&mut self, uid: &str, now: At) -> Option<Pending> {
        let index = self.pending.iter().position(|pending| pending.uid == uid)?;
        let pending = self.pending.remove(index);
        let ended = Ended { uid: pending.uid.clone(), requested: pending.requested, ended: now };
        self.ended.push_back(ended);
        if self.ended.len() > 4 * PENDING {
            self.ended.pop_front();
        }
        Some(pending)
    }
}
