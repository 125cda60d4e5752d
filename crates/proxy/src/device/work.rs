//! What the thread at the port is asked for.

use fiscal::PayloadHash;
use tokio::sync::oneshot;
use tunnel::Place;

use super::{Asked, Device, Trouble};
use crate::spool::SpoolFault;

/// Something to do at the device.
#[derive(Debug)]
pub(crate) enum Job {
    Seal {
        offering: Offering,
        tell: oneshot::Sender<Sold>,
    },
    Fate {
        hash: PayloadHash,
        payload: Option<String>,
        tell: oneshot::Sender<Sold>,
    },
    Ask {
        asked: Asked,
        tell: oneshot::Sender<Result<String, Trouble>>,
    },
    /// The journal is read again from this place on, or only what stands there.
    Refill {
        place: Place,
        is_one: bool,
        tell: oneshot::Sender<Result<String, Trouble>>,
    },
    /// A cloud holds everything up to here.
    Held {
        place: Place,
    },
}

/// A sale that is offered.
#[derive(Clone, Debug)]
pub(crate) struct Offering {
    pub(crate) hash: PayloadHash,
    /// Canonical; it was read before.
    pub(crate) payload: String,
    pub(crate) terminal: String,
    pub(crate) key: Option<String>,
}

/// What became of a sale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sold {
    /// The seal's members, durable here.
    Sealed { seal: String, repeated: bool },
    /// Certain: nothing was sealed now.
    Refused { code: String, detail: String, number: Option<String> },
    /// Not known yet.
    Unclear { detail: String },
    /// The device cannot be asked, and nothing was sealed.
    Unreachable { detail: String },
    /// It was looked for, and is not sealed.
    Unsealed,
}

impl Sold {
    pub(super) fn refused(code: &str, detail: impl Into<String>) -> Self {
        Self::Refused { code: code.to_owned(), detail: detail.into(), number: None }
    }

    /// The spool does not work: what is known of it then.
    pub(super) fn of_spool(fault: &SpoolFault, committed: bool) -> Self {
        if committed {
            Self::Unclear { detail: fault.to_string() }
        } else {
            Self::refused("STATE_UNAVAILABLE", fault.to_string())
        }
    }
}

impl Job {
    /// Whether someone still waits for it.
    pub(super) fn is_wanted(&self) -> bool {
        match self {
            Self::Seal { tell, .. } | Self::Fate { tell, .. } => !tell.is_closed(),
            Self::Ask { tell, .. } | Self::Refill { tell, .. } => !tell.is_closed(),
            Self::Held { .. } => true,
        }
    }

    /// Whether it would seal this payload.
    pub(crate) fn seals(&self, hash: PayloadHash) -> bool {
        matches!(self, Self::Seal { offering, .. } if offering.hash == hash)
    }

    /// It is not done, and nothing came of it.
    pub(crate) fn give_up(self, why: &str) {
        let trouble = || Trouble::Absent(why.to_owned());
        // Who went away is not told.
        match self {
            Self::Seal { tell, .. } => drop(tell.send(Sold::Unreachable { detail: why.to_owned() })),
            Self::Fate { tell, .. } => drop(tell.send(Sold::Unclear { detail: why.to_owned() })),
            Self::Ask { tell, .. } | Self::Refill { tell, .. } => drop(tell.send(Err(trouble()))),
            Self::Held { .. } => {}
        }
    }
}

impl Device {
    /// Does a job, and tells who waits.
    pub(super) fn obey(&mut self, job: Job) -> Result<(), SpoolFault> {
        match job {
            Job::Seal { offering, tell } => {
                let (sold, fault) = self.sell(&offering);
                if let Sold::Refused { code, .. } = &sold {
                    self.desk.metrics.refused(code);
                }
                drop(tell.send(sold));
                fault.map_or(Ok(()), Err)
            }
            Job::Fate { hash, payload, tell } => {
                let (sold, fault) = match self.fate(hash, payload.as_deref()) {
                    Ok(sold) => (sold, None),
                    Err(fault) => (Sold::of_spool(&fault, true), Some(fault)),
                };
                drop(tell.send(sold));
                fault.map_or(Ok(()), Err)
            }
            Job::Ask { asked, tell } => {
                let (answer, fault) = match self.answer(&asked) {
                    Ok(answer) => (answer, None),
                    Err(fault) => (Err(Trouble::Spool(fault.to_string())), Some(fault)),
                };
                if let Err(Trouble::Refused(refusal)) = &answer {
                    self.desk.metrics.refused(&refusal.code);
                }
                drop(tell.send(answer));
                fault.map_or(Ok(()), Err)
            }
            Job::Held { place } => self.begin_after(place),
            Job::Refill { place, is_one, tell } => {
                let (answer, fault) = match self.refill(place, is_one) {
                    Ok(answer) => (answer, None),
                    Err(fault) => (Err(Trouble::Spool(fault.to_string())), Some(fault)),
                };
                drop(tell.send(answer));
                fault.map_or(Ok(()), Err)
            }
        }
    }
}
