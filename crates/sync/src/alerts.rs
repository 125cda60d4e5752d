//! What is wrong, for as long as it is.

mod close;
mod kept;
mod list;
mod tell;
mod told;
mod watch;

use fiscal::OutletId;
use ledger::{Cell, Statements, StoreFault};
use registry::MerchantId;

pub(crate) use self::tell::{Tell, Together};
pub use self::{
    list::{Alert, AlertCursor, AlertFilter, AlertsOf},
    told::{ToldAt, ToldAtFault},
    watch::Watched,
};
use crate::{
    At,
    store::{
        raise,
        rows::{at, cell},
    },
    words::words,
};

words! {
    /// What is wrong.
    AlertKind {
        /// The token of a machine expires within a week.
        TokenExpires "token_expires",
        /// The token of a machine has expired.
        TokenExpired "token_expired",
        /// An outlet has invoices and no machine.
        NoMachine "no_machine",
        /// A person let a machine rest, more than an hour ago, or while an invoice waits for more than an hour.
        MachinePaused "machine_paused",
        /// Calls of a machine fail, and an invoice waits for it for more than an hour.
        MachineSilent "machine_silent",
        /// A machine is blocked until a person did something.
        MachineBlocked "machine_blocked",
        /// The oldest invoice of an outlet that waits, or is in the hands of a person, is older than a day.
        Backlog "backlog",
        /// Of invoices of an outlet it is not known whether they were finalised.
        Ambiguous "ambiguous",
        /// The authority computes other totals for invoices of an outlet.
        Differs "differs",
        /// Invoices of an outlet are refused.
        Failed "failed",
        /// The authority has other rates than the manifest.
        RatesDiffer "rates_differ",
        /// An invoice has two codes.
        TwoCodes "two_codes",
        /// The counters contradict the list of pending requests.
        Contradicted "contradicted",
        /// A row cannot be read.
        CorruptRow "corrupt_row",
        /// An invoice does not keep the rules and is not sent (L6).
        NonCompliant "non_compliant",
        /// The ledger refuses the authority's elements of an invoice, or for more than an hour all of an outlet.
        NotRecorded "not_recorded",
        /// A person settled an invoice, by hand or by a file: the platform looks at it.
        SettledByPerson "settled_by_person",
        /// Invoices were given to a person to be typed by hand: the platform looks at it.
        HandedOut "handed_out",
        /// A machine is a test service or a simulator: what it finalises is declared to nobody.
        TestMachine "test_machine",
    }
}

/// What an alert is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct About {
    /// A machine, an outlet, a job, a hand-out or a chain.
    pub(crate) about: String,
    pub(crate) merchant: Option<MerchantId>,
    pub(crate) outlet: Option<OutletId>,
}

/// Notes that something is wrong, once while it lasts. What was said of it and nobody has looked at is kept beside.
pub(crate) fn raise_alert(
    statements: &mut dyn Statements,
    kind: AlertKind,
    about: &About,
    detail: &str,
    now: At,
) -> Result<(), StoreFault> {
    raise(statements, kind, &about.about, about.outlet, now, detail)?;
    let Some(merchant) = &about.merchant else { return Ok(()) };
    let sql = "UPDATE sync_alerts SET merchant = $1 WHERE kind = $2 AND about = $3";
    statements.execute(sql, &[cell(merchant), cell(&kind), Cell::Text(about.about.clone())]).map(|_| ())
}

/// Notes that it is over; says whether it was not before.
pub(crate) fn end_alert(
    statements: &mut dyn Statements,
    kind: AlertKind,
    about: &str,
    now: At,
) -> Result<bool, StoreFault> {
    let sql = "UPDATE sync_alerts SET ended = $1 WHERE kind = $2 AND about = $3 AND ended IS NULL";
    Ok(statements.execute(sql, &[at(now), cell(&kind), Cell::Text(about.to_owned())])? > 0)
}
