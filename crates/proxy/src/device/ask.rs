//! Questions that are no sales.

use def_client::{Answer, HostFault, Lost, Refusal};
use def_protocol::{
    ArticlesAsked, Cursor, Initialisation, LogKey, Request, SnapshotPeriod, TimeSetting, TokenText,
    reply::Initialised,
};
use fiscal::{CivilDate, PublicKey, RecordHash, Signature, Timestamp};
use tunnel::OrderCommand;

use super::Device;
use crate::spool::SpoolFault;

/// A question, with what it is made of.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    Status,
    Log(LogKey),
    Closure(CivilDate),
    Snapshot(SnapshotPeriod),
    Articles { since: CivilDate, until: CivilDate, after: Option<String> },
    Proof([u8; 32]),
    Order(OrderCommand, String),
    Initialise { token: String, public_key: PublicKey },
    Time { timestamp: Timestamp, signature: Signature, newest: Option<RecordHash> },
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Trouble {
    /// The device cannot be asked.
    #[error("{0}")]
    Absent(String),
    /// It was asked, and no answer came: it may have obeyed.
    #[error("{0}")]
    Lost(String),
    /// The device does not obey.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The question is none.
    #[error("{0}")]
    Wrong(&'static str),
    /// The spool does not work.
    #[error("{0}")]
    Spool(String),
    /// It is not known what became of some sales, and this may not be done before.
    #[error("it is not known yet what became of {0} sales: wait until the device has told")]
    Unresolved(usize),
    /// Too much waits.
    #[error("too much waits for the device: ask again in a moment")]
    Busy,
}

impl Trouble {
    pub(super) fn of_fault(fault: HostFault) -> Self {
        match fault {
            HostFault::Refused(refusal) => Self::Refused(refusal),
            fault @ HostFault::NoLine { .. } => Self::Absent(fault.to_string()),
            fault => Self::Lost(fault.to_string()),
        }
    }

    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Absent(_) => "DEVICE_UNREACHABLE",
            Self::Lost(_) => "DEVICE_OUTCOME_UNKNOWN",
            Self::Refused(refusal) => &refusal.code,
            Self::Wrong(_) => "SCHEMA_INVALID",
            Self::Spool(_) => "STATE_UNAVAILABLE",
            Self::Unresolved(_) => "DEVICE_OUTCOME_UNKNOWN",
            Self::Busy => "DEVICE_BUSY",
        }
    }
}

impl Asked {
    /// Whether the device may put something on record.
    const fn changes(&self) -> bool {
        matches!(self, Self::Closure(_) | Self::Order(..) | Self::Initialise { .. } | Self::Time { .. })
    }

    fn request(&self) -> Result<Request<'_>, Trouble> {
        Ok(match self {
            Self::Status => Request::Status,
            Self::Log(key) => Request::Log(*key),
            Self::Closure(date) => Request::Closure(*date),
            Self::Snapshot(period) => Request::Snapshot(*period),
            Self::Articles { since, until, after } => {
                let after = match after {
                    Some(text) => Some(
                        Cursor::new(text)
                            .ok_or(Trouble::Wrong("after: send the `next` of the answer before"))?,
                    ),
                    None => None,
                };
                Request::Articles(ArticlesAsked { since: *since, until: *until, after })
            }
            Self::Proof(challenge) => Request::Proof { challenge: *challenge },
            Self::Order(command, token) => order(*command, token_text(token)?),
            Self::Initialise { token, public_key } => Request::Initialise(Initialisation {
                activation_code: token_text(token)?,
                public_key: *public_key,
            }),
            Self::Time { timestamp, signature, newest } => Request::SetTime(TimeSetting {
                timestamp: *timestamp,
                signature: *signature,
                newest: *newest,
            }),
        })
    }
}

fn token_text(token: &str) -> Result<TokenText<'_>, Trouble> {
    TokenText::new(token).ok_or(Trouble::Wrong("this is no token"))
}

const fn order(command: OrderCommand, token: TokenText<'_>) -> Request<'_> {
    match command {
        OrderCommand::Handover => Request::HandOver(token),
        OrderCommand::Ack => Request::Acknowledge(token),
        OrderCommand::Manifest => Request::Manifest(token),
        OrderCommand::State => Request::State(token),
        OrderCommand::Reset => Request::Reset(token),
    }
}

impl Device {
    /// Asks, and gives the answer as it came. What was put on record by it is read before the answer is given.
    pub(super) fn answer(&mut self, asked: &Asked) -> Result<Result<String, Trouble>, SpoolFault> {
        if let Asked::Status = asked {
            return Ok(match self.look()? {
                Ok(()) => Ok(self.desk.news().here.map(|here| here.json.clone()).unwrap_or_default()),
                Err(trouble) => Err(trouble),
            });
        }
        if let Err(trouble) = self.meet()? {
            return Ok(Err(trouble));
        }
        if let Asked::Order(OrderCommand::Handover | OrderCommand::Reset, _) = asked {
            let open = self.settle_all_and_count()?;
            if open > 0 {
                return Ok(Err(Trouble::Unresolved(open)));
            }
        }
        if let Asked::Order(OrderCommand::Reset, _) = asked
            // It erases what was not read.
            && let Err(trouble) = self.catch_up()?
        {
            return Ok(Err(trouble));
        }
        let answer = self.put(asked);
        if let (Asked::Initialise { .. }, Ok(json)) = (asked, &answer)
            && let Ok(initialised) = serde_json::from_str::<Initialised<String>>(json)
        {
            self.spool.note("initialised", json)?;
            self.keep_key(&initialised.public_key)?;
        }
        if asked.changes() {
            // Also after a refusal and a loss: the device may have obeyed.
            drop(self.catch_up()?);
        }
        Ok(answer)
    }

    fn put(&mut self, asked: &Asked) -> Result<String, Trouble> {
        let request = asked.request()?;
        let pulse = self.pulse.clone();
        pulse.beat();
        let answer = if let Asked::Time { .. } = asked {
            // Its challenge is used when it was heard once.
            match self.host.ask(request, &mut |_| pulse.beat()) {
                Ok(Answer::Done(json)) => return Ok(json),
                Ok(Answer::Refused(refusal)) => return Err(refusal.into()),
                Err(lost) => Err(lost_trouble(&lost)),
            }
        } else {
            self.host.tell_json(request, &mut |_| pulse.beat()).map_err(Trouble::of_fault)
        };
        if let Err(Trouble::Absent(_) | Trouble::Lost(_)) = &answer {
            self.met = None;
        }
        answer
    }
}

fn lost_trouble(lost: &Lost) -> Trouble {
    match lost {
        Lost::NoLine(_) => Trouble::Absent(lost.to_string()),
        lost => Trouble::Lost(lost.to_string()),
    }
}
