//! A sale that a device seals, because it holds the outlet's line.

use std::{sync::Arc, time::Duration};

use def_protocol::reply::Seal;
use fiscal::{DeviceId, OutletId, PayloadHash};
use ledger::IdempotencyKey;
use tunnel::{Key, Outcome, Payload, Work};

use super::{Devices, Link, NoAnswer, grants, link::Progress, promises, switch};
use crate::{app::App, problem::Problem};

/// So long a sale waits for its device: others may be before it, each for a second or so.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is sold where.
pub(crate) struct Sale {
    pub(crate) outlet: OutletId,
    pub(crate) payload: String,
    pub(crate) hash: PayloadHash,
    pub(crate) key: Option<IdempotencyKey>,
}

/// A seal, and whether the same sale was answered with it before.
pub(crate) struct DeviceSeal {
    pub(crate) seal: Seal,
    pub(crate) repeated: bool,
}

/// Has the device that holds the line seal a sale. There is no other way: a device that cannot be asked is an error, and
/// one whose certificate has ended is not asked: its session ends with it.
pub(crate) async fn seal(app: &Arc<App>, device: DeviceId, sale: Sale) -> Result<DeviceSeal, Problem> {
    let Some(devices) = app.devices.clone() else { return Err(Problem::no_devices()) };
    let Some(link) = devices.link(device) else { return Err(Problem::unreachable()) };
    let Some(place) = app.place(sale.outlet).await? else { return Err(Problem::unreachable()) };
    promises::may_seal(&devices, &link)?;
    let key = sale.key.as_ref().map(|key| Key::cut(key.as_str()));
    let work = Work::Seal { payload: Payload::cut(&sale.payload), idempotency_key: key };
    let outcome = match link.ask(work, PATIENCE).await {
        Ok(outcome) => outcome,
        Err(NoAnswer::Gone) => return Err(Problem::unreachable()),
        Err(NoAnswer::Lost) => return Err(Problem::device_outcome_unknown()),
    };
    match outcome {
        Outcome::Sealed { seal, payload_hash } if payload_hash == sale.hash => {
            let seal: Seal =
                serde_json::from_value(seal).map_err(|fault| untrue(&link, &fault.to_string()))?;
            let is_ours = (seal.record.header.device, seal.record.header.outlet) == (device, sale.outlet)
                && seal.record.link.payload == sale.hash;
            let record = (seal.record.header.epoch, seal.record.link.position, seal.record.hash());
            let verified = seal.record.verify(&link.key).ok().filter(|_| is_ours);
            let seal = verified.and_then(|sealed| Seal::of(&sealed, place.outlet.prefix));
            let seal = seal.ok_or_else(|| untrue(&link, "it is no seal of this device over this sale"))?;
            promises::answered(app, &devices, &link, sale.hash, record).await?;
            link.note_answered(Progress {
                epoch: seal.epoch,
                position: seal.position,
                number: Some(seal.fiscal_number.number),
            });
            let repeated = !link.is_first_answer(sale.hash);
            Ok(DeviceSeal { seal, repeated })
        }
        Outcome::Refused { code, fiscal_number, .. } if code.as_str() == "REPLAY_DETECTED" => {
            Err(crate::routes::replayed(fiscal_number, sale.key.is_some()))
        }
        Outcome::Refused { code, detail, fiscal_number } => {
            promises::denied(app, &devices, &link, sale.hash);
            follow_up(app, &devices, &link, code.as_str());
            if code.as_str() == "HANDED_OVER" {
                return Err(Problem::entering());
            }
            Err(Problem::of_device(code.as_str(), detail.as_str(), fiscal_number))
        }
        Outcome::Unreachable { .. } => {
            promises::denied(app, &devices, &link, sale.hash);
            Err(Problem::unreachable())
        }
        Outcome::Sealed { .. } | Outcome::Unclear { .. } | Outcome::Unsealed {} | Outcome::Done { .. } => {
            Err(Problem::device_outcome_unknown())
        }
    }
}

/// A seal that is not one: what the device really did, its journal says.
fn untrue(link: &Link, why: &str) -> Problem {
    tracing::error!(device = %link.device, why, "a device answered with what is no seal of it: look at its proxy");
    Problem::device_outcome_unknown()
}

/// What helps against some refusals is done at once, for who sends the sale again.
fn follow_up(app: &Arc<App>, devices: &Arc<Devices>, link: &Arc<Link>, code: &str) {
    let (app, devices, link, code) =
        (Arc::clone(app), Arc::clone(devices), Arc::clone(link), code.to_owned());
    tokio::spawn(async move {
        match code.as_str() {
            "SYNC_REQUIRED" => grants::acknowledge(&app, &link).await,
            "CLOCK_ROLLBACK_DETECTED" => grants::set_clock(&link).await,
            "HANDED_OVER" => switch::go_on(&app, &devices, link.outlet).await,
            _ => {}
        }
    });
}
