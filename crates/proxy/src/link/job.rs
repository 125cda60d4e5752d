//! What a cloud wants of the device.

use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use def_protocol::{LogKey, SnapshotPeriod, reply::DeviceStatus};
use fiscal::{Epoch, InvoiceNumber, PayloadHash, RecordHash, Signature, Timestamp};
use serde_json::Value;
use tokio::{sync::oneshot, time::timeout};
use tunnel::{FromProxy, Outcome, Place, Report, Sentence, Text, Word, Work};

use super::{Ended, session::Session};
use crate::{
    clock,
    device::{Asked, Sold, Trouble},
};

/// How long a cloud may take to sign a time.
const GRANT: Duration = Duration::from_secs(20);
/// A device's clock that is ahead by more may have to go back before its newest record.
const AHEAD: u64 = 2;

/// The cloud's word for what time it is.
#[derive(Debug)]
pub(super) struct Granted {
    pub(super) timestamp: Timestamp,
    pub(super) signature: String,
}

/// Does a job, and says what came of it.
pub(super) async fn work(
    session: Session,
    job: u64,
    work: Work,
    granted: oneshot::Receiver<Granted>,
) -> Result<(), Ended> {
    let outcome = match work {
        Work::Seal { payload, idempotency_key } => {
            let payload = payload.into_string();
            let hash = PayloadHash::of(payload.as_bytes());
            let key = idempotency_key.map(Text::into_string);
            of_sold(session.desk.seal(payload, key).await, hash)
        }
        Work::Fate { payload_hash, payload } => {
            let payload = payload.map(Text::into_string);
            of_sold(session.desk.fate(payload_hash, payload).await, payload_hash)
        }
        Work::Order { command, token } => {
            of_answer(session.desk.ask(Asked::Order(command, token.into_string())).await)
        }
        Work::Time {} => of_answer(set_time(&session, job, granted).await),
        Work::Report { report } => match asked(&report) {
            Ok(asked) => of_answer(session.desk.ask(asked).await),
            Err(trouble) => of_answer(Err(trouble)),
        },
        Work::Log { epoch, number } => match InvoiceNumber::new(number) {
            Some(number) => {
                of_answer(session.desk.ask(Asked::Log(LogKey { epoch: Some(Epoch(epoch)), number })).await)
            }
            None => of_answer(Err(Trouble::Wrong("no invoice has this number"))),
        },
        Work::Again { epoch, position } => {
            let refilled = session.desk.refill(Place { epoch, position }).await;
            if refilled.is_ok() {
                session.cursor.send_modify(|cursor| {
                    cursor.held = Place { epoch, position: position.saturating_sub(1) };
                    cursor.round += 1;
                });
            }
            of_answer(refilled)
        }
        Work::Status {} => of_answer(session.desk.ask(Asked::Status).await),
    };
    session.say(&FromProxy::Answer { job, outcome }).await;
    Ok(())
}

async fn set_time(
    session: &Session,
    job: u64,
    granted: oneshot::Receiver<Granted>,
) -> Result<String, Trouble> {
    let json = session.desk.ask(Asked::Status).await?;
    let status: DeviceStatus<String, Vec<def_protocol::reply::ErrorCount>> =
        serde_json::from_str(&json).map_err(|_| Trouble::Wrong("the device's status is not known here"))?;
    let now = clock::now();
    let is_ahead = status.time.is_some_and(|time| time.seconds_after(now) > AHEAD);
    let newest = (is_ahead && status.last_position > 0).then_some(status.head_hash);
    session
        .say(&FromProxy::TimeGrant {
            job,
            challenge: Text::cut(&status.challenge.to_string()),
            newest: newest.map(|hash| Text::cut(&hash.to_string())),
        })
        .await;
    let granted = timeout(GRANT, granted)
        .await
        .ok()
        .and_then(Result::ok)
        .ok_or(Trouble::Wrong("the cloud granted no time"))?;
    let signature = signature(&granted.signature).ok_or(Trouble::Wrong("the cloud's signature is none"))?;
    let answer = session.desk.ask(Asked::Time { timestamp: granted.timestamp, signature, newest }).await?;
    let name: Option<RecordHash> = newest;
    tracing::info!(time = %granted.timestamp, back = name.is_some(), "the device's clock was set");
    Ok(answer)
}

fn signature(text: &str) -> Option<Signature> {
    let mut bytes = [0; Signature::LENGTH];
    let read = Base64UrlUnpadded::decode(text, &mut bytes).ok()?;
    Signature::from_bytes(read.try_into().ok()?).ok()
}

fn asked(report: &Report) -> Result<Asked, Trouble> {
    let day =
        |text: &Word| text.as_str().parse().map_err(|_| Trouble::Wrong("a day is written like 2026-02-04"));
    Ok(match report {
        Report::Z { date } => Asked::Closure(day(date)?),
        Report::X { period } => Asked::Snapshot(match period.as_str() {
            "session" => SnapshotPeriod::Session,
            "day" => SnapshotPeriod::Day,
            _ => return Err(Trouble::Wrong("a period is session or day")),
        }),
        Report::A { since, until, after } => Asked::Articles {
            since: day(since)?,
            until: day(until)?,
            after: after.as_ref().map(|after| after.as_str().to_owned()),
        },
    })
}

fn of_sold(sold: Sold, payload_hash: PayloadHash) -> Outcome {
    match sold {
        Sold::Sealed { seal, .. } => match serde_json::from_str::<Value>(&seal) {
            Ok(seal) => Outcome::Sealed { seal, payload_hash },
            Err(fault) => Outcome::Unclear { detail: Sentence::cut(&fault.to_string()) },
        },
        Sold::Refused { code, detail, number } => Outcome::Refused {
            code: Word::cut(&code),
            detail: Sentence::cut(&detail),
            fiscal_number: number.and_then(|number| number.parse().ok()),
        },
        Sold::Unclear { detail } => Outcome::Unclear { detail: Sentence::cut(&detail) },
        Sold::Unreachable { detail } => Outcome::Unreachable { detail: Sentence::cut(&detail) },
        Sold::Unsealed => Outcome::Unsealed {},
    }
}

fn of_answer(answer: Result<String, Trouble>) -> Outcome {
    match answer {
        Ok(json) => match serde_json::from_str(&json) {
            Ok(answer) => Outcome::Done { answer },
            Err(fault) => Outcome::Unclear { detail: Sentence::cut(&fault.to_string()) },
        },
        Err(Trouble::Absent(detail)) => Outcome::Unreachable { detail: Sentence::cut(&detail) },
        Err(Trouble::Lost(detail)) => Outcome::Unclear { detail: Sentence::cut(&detail) },
        Err(trouble) => Outcome::Refused {
            code: Word::cut(trouble.code()),
            detail: Sentence::cut(&trouble.to_string()),
            fiscal_number: None,
        },
    }
}
