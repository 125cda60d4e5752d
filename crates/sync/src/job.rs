use std::{fmt, str::FromStr};

use edef::{ApiUrl, AuthorityCode, AuthorityTime, Counters, Figure, Nim, Uid};
use fiscal::{FiscalNumber, InvoiceType, OutletId, RecordHash, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{At, MachineId, Theirs, spelled, words::words};

/// One invoice on its way to the authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Which invoice.
    pub id: JobId,
    /// Where its record stands in the ledger.
    pub place: ledger::Place,
    /// Its fiscal number, which the authority keeps as `rn`.
    pub fiscal: FiscalNumber,
    /// What kind of invoice.
    pub kind: InvoiceType,
    /// When it was sealed.
    pub sealed: Timestamp,
    /// To which e-MCF it goes; none while its outlet has none.
    pub machine: Option<MachineId>,
    /// What a credit note takes back.
    pub original: Option<Original>,
    /// How far it is.
    pub state: JobState,
    /// Since when it is in this state.
    pub since: At,
    /// Not before this is it tried.
    pub due: At,
    /// Requests that failed since it was last put into the queue.
    pub attempts: u32,
    /// What was intended last, durable before the call; none when no uid of it can be confirmed any more.
    pub intent: Option<Intent>,
    /// When the uid of the intent was requested.
    pub requested: Option<At>,
    /// When it expires, by our clock.
    pub expires: Option<At>,
    /// When the first confirm of this uid was intended.
    pub confirming_since: Option<At>,
    /// When a confirm of it was intended last.
    pub last_confirm: Option<At>,
    /// What is not known of it; present in AMBIGUOUS and SYNCED_WITHOUT_CODE, and while it is found out.
    pub doubt: Option<Doubt>,
    /// How the authority's totals differ from ours, for people; present when they do.
    pub difference: Option<String>,
    /// The authority's elements, once they are known. They are never taken away again.
    pub elements: Option<Elements>,
    /// Whether the ledger holds them in a record.
    pub recorded: bool,
    /// What went wrong last.
    pub error: Option<Problem>,
    /// Rises with each write: compare and swap.
    pub version: u64,
}

/// Which invoice: the hash of its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub RecordHash);

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A text is no job's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an invoice is named here by the 64 hexadecimal digits of its record's hash")]
pub struct JobIdFault;

impl FromStr for JobId {
    type Err = JobIdFault;

    fn from_str(text: &str) -> Result<Self, JobIdFault> {
        RecordHash::from_hex(text).map(Self).ok_or(JobIdFault)
    }
}

words! {
    /// How far an invoice is (A2).
    JobState {
        /// It waits for its turn.
        Pending "PENDING",
        /// A call of it is out: a request or a confirm.
        Submitted "SUBMITTED",
        /// The authority finalised it, and we have its code.
        Synced "SYNCED",
        /// It was not finalised, and is tried again.
        Retry "RETRY",
        /// Whether it was finalised is not known.
        Ambiguous "AMBIGUOUS",
        /// The authority computes other totals: it was cancelled there and needs a credit note and a new sale.
        Differs "DIFFERS",
        /// It was finalised, and the answer that held its code was lost: the portal's export has it.
        SyncedWithoutCode "SYNCED_WITHOUT_CODE",
        /// It is refused by the authority or by our own check, and is not sent again by itself.
        Failed "FAILED",
        /// It is never sent, by a person's act.
        Withdrawn "WITHDRAWN",
    }

    /// Which call is intended.
    Step {
        /// To make a uid.
        Request "request",
        /// To finalise a uid.
        Confirm "confirm",
        /// To take a uid back. A uid with this intent is never confirmed.
        Cancel "cancel",
    }

    /// Why it is not known whether an invoice was finalised.
    DoubtCause {
        /// A confirm was not answered, or its answer says nothing certain.
        ConfirmLost "confirm_lost",
        /// Who intended the confirm ended before he wrote what came of it.
        AgentLost "agent_lost",
        /// The uid was gone, and was looked for too late to know why.
        GoneTooLate "gone_too_late",
        /// The list said that it was finalised, the counters that it was not.
        Contradicted "contradicted",
        /// A backup was restored, which may have forgotten a confirm.
        Restored "restored",
        /// The list says that it was finalised; its code is missing.
        WithoutCode "without_code",
        /// It was given to a person to type it into the authority's portal: only he knows whether he did.
        HandedOut "handed_out",
    }

    /// Who told the authority's elements of an invoice, the most trusted last.
    Source {
        /// A person typed them.
        Hand "hand",
        /// A file that a person gave us: whether it is the portal's export or he wrote it himself, nobody can tell from it.
        Imported "imported" | "portal",
        /// The answer to our own confirm.
        Api "api",
    }
}

/// What a credit note takes back, in an outlet of the same merchant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Original {
    /// The original's outlet.
    pub outlet: OutletId,
    /// The original there.
    pub reference: ledger::Reference,
}

/// A call that was intended. It is written before the call, so that whoever comes after knows of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// Which call.
    pub step: Step,
    /// Of which uid; a request has none yet.
    #[serde(with = "spelled::option")]
    pub uid: Option<Uid>,
    /// When it was intended.
    pub at: At,
    /// To which e-MCF: a list of another one says nothing about it.
    #[serde(with = "spelled")]
    pub nim: Nim,
    /// At which address.
    #[serde(with = "spelled")]
    pub url: ApiUrl,
    /// What the authority's clock was seen to show before the uid was requested: it was not made earlier.
    pub not_before: Option<Theirs>,
    /// The era of the counters in which its first confirm was intended. Only counters of this era decide about it.
    pub era: Option<Era>,
    /// What the confirm or cancel says again, as the authority answered it.
    pub totals: Option<Totals>,
}

/// A span over which the counters of an e-MCF were followed without a gap. An era is never counted again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Era(pub u64);

/// The totals that the authority computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// With tax.
    #[serde(with = "spelled")]
    pub total: Figure,
    /// The tax.
    #[serde(with = "spelled")]
    pub vtotal: Figure,
}

/// What is not known of an invoice, and what was found out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// Why.
    pub cause: DoubtCause,
    /// Since when.
    pub since: At,
    /// What readings of the pending list said.
    pub gone: Option<Gone>,
    /// Only counters of this era decide; without one, only a person.
    pub era: Option<Era>,
    /// The counters explain it best if it was finalised: a hint for a person.
    pub probably_finalised: bool,
    /// A person had it in his hands when a backup was made that was restored: he may type it at any time.
    #[serde(default)]
    pub handed_out: bool,
}

impl Doubt {
    /// Of which nothing is found out yet.
    pub const fn of(cause: DoubtCause, since: At) -> Self {
        Self { cause, since, gone: None, era: None, probably_finalised: false, handed_out: false }
    }

    /// Whether a person has it, as far as is known, to type it into the portal.
    pub fn is_in_hand(&self) -> bool {
        self.handed_out || self.cause == DoubtCause::HandedOut
    }
}

/// A uid was not in the authority's list of pending ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gone {
    /// The first whole reading without it, by the authority's clock.
    pub first: Theirs,
    /// The same by ours.
    pub first_here: At,
    /// Whether the first reading was certainly before the uid expired.
    pub in_time: bool,
    /// Whether a second reading agreed. From then on the uid can have no effect any more.
    pub twice: bool,
}

/// The authority's elements of an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elements {
    /// Which e-MCF finalised it.
    #[serde(with = "spelled")]
    pub nim: Nim,
    /// The uid, if it is known.
    #[serde(with = "spelled::option")]
    pub uid: Option<Uid>,
    /// The authority's code.
    #[serde(with = "spelled")]
    pub code: AuthorityCode,
    /// When, as the authority wrote it; empty when nobody told.
    pub date_time: String,
    /// What its QR code says; empty when nobody told.
    pub qr: String,
    /// The counters of the e-MCF.
    #[serde(with = "spelled::option")]
    pub counters: Option<Counters>,
    /// What the authority computed.
    pub totals: Option<Totals>,
    /// Who told.
    pub source: Source,
    /// Which host answered, or whose portal it was.
    pub host: String,
    /// Whether they are of a test service or a simulator and mean nothing.
    pub test: bool,
}

impl Elements {
    /// When, if the text is in a form that is known.
    pub fn time(&self) -> Option<Timestamp> {
        AuthorityTime::new(&self.date_time)?.timestamp()
    }
}

/// What went wrong last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A stable word: of a transition's cause, or of the call's fault.
    pub word: String,
    /// The authority's own code of the error.
    pub code: Option<u32>,
    /// What the authority or the check said, for people.
    pub text: String,
}

impl Job {
    /// The uid of the intent.
    pub fn uid(&self) -> Option<&Uid> {
        self.intent.as_ref()?.uid.as_ref()
    }

    /// Whether it is in doubt, and no reading of the authority's list changes that: counters or a person do.
    pub fn is_for_a_person(&self) -> bool {
        let Some(doubt) = &self.doubt else { return false };
        let waits_for_a_reading = doubt.cause == DoubtCause::Restored && doubt.gone.is_none();
        self.state == JobState::SyncedWithoutCode
            || (self.state == JobState::Ambiguous
                && (doubt.gone.is_some_and(|gone| gone.twice)
                    || (self.intent.is_none() && !waits_for_a_reading)))
    }

    /// Whether a confirm of it was intended that is not settled.
    pub fn may_be_finalised(&self) -> bool {
        let confirming = self.intent.as_ref().is_some_and(|intent| intent.step == Step::Confirm);
        confirming || self.doubt.is_some()
    }
}
