//! A day that a device closes, because it holds the outlet's line: its closure is the official one (D12).

use std::{sync::Arc, time::Duration};

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{CivilDate, DeviceId, Record};
use serde::Deserialize;
use tunnel::{Outcome, Report, Word, Work};

use crate::{app::App, devices::NoAnswer, problem::Problem};

/// A device adds up its journal: that may take a while.
const PATIENCE: Duration = Duration::from_secs(40);
/// So long the closure may take to arrive.
const DELIVERY: Duration = Duration::from_secs(20);

/// What is read of a device's answer.
#[derive(Deserialize)]
struct Closed {
    record: String,
    repeated: bool,
}

/// Has the device close a day, and waits until the ledger holds that; whether it was closed before.
pub(super) async fn close(app: &Arc<App>, device: DeviceId, date: CivilDate) -> Result<bool, Problem> {
    let Some(devices) = app.devices.clone() else { return Err(Problem::no_devices()) };
    let Some(link) = devices.link(device) else { return Err(Problem::unreachable()) };
    let work = Work::Report { report: Report::Z { date: Word::cut(&date.to_string()) } };
    let answer = match link.ask(work, PATIENCE).await {
        Ok(Outcome::Done { answer }) => answer,
        Ok(Outcome::Refused { code, detail, .. }) => {
            return Err(Problem::of_device(code.as_str(), detail.as_str(), None));
        }
        Ok(Outcome::Unreachable { .. }) | Err(NoAnswer::Gone) => return Err(Problem::unreachable()),
        Ok(_) | Err(NoAnswer::Lost) => return Err(Problem::device_outcome_unknown()),
    };
    let closed: Option<Closed> = serde_json::from_value(answer).ok();
    let read = closed.and_then(|closed| {
        let record = Base64UrlUnpadded::decode_vec(&closed.record).ok()?;
        Some((Record::from_bytes(&record).ok()?, closed.repeated))
    });
    let Some((record, repeated)) = read else { return Err(Problem::device_outcome_unknown()) };
    if link.delivered(record.header.epoch, record.link.position.value(), DELIVERY).await {
        Ok(repeated)
    } else {
        Err(Problem::device_outcome_unknown())
    }
}
