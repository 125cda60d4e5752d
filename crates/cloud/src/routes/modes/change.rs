use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use fiscal::{DeviceId, Epoch, InvoiceNumber, OutletId};
use ledger::{ChainId, Holder};
use registry::{DeviceEnd, DeviceEnding, Permission, WantedMode};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::{ModeName, ModeView};
use crate::{
    answer::json,
    app::App,
    auth::Caller,
    devices::{Devices, Switched, force, line_of, mode_of, switch},
    extract::{Id, Json, id, member, not_found},
    problem::{Kind, Problem, ProblemBody, words},
};

/// Who is to seal at an outlet.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ModeChange, example = json!({ "mode": "cloud" }))]
pub(crate) struct ModeBody {
    /// The cloud's own signer, or a device.
    mode: ModeName,
    /// Which device; with `def` only.
    #[schema(required = false)]
    device: Option<String>,
    /// Take the line from a device that is lost or broken, without asking it: a new epoch begins, numbered from 1, and
    /// the device's life is ended. With `cloud` only, by who may end devices.
    #[serde(default)]
    #[schema(required = false)]
    force: bool,
    /// With `force`: what became of the device.
    #[schema(required = false)]
    reason: Option<Reason>,
}

/// What became of a device from which the line is taken.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = LossReason)]
pub(crate) enum Reason {
    /// Nobody knows where it is.
    Lost,
    /// It does not work.
    Broken,
}

/// Say who seals at an outlet
///
/// A device has to be active, connected, stand by in the outlet's epoch, and have its clock and its self-test right; who
/// leaves has to be asked, too: else it is refused with a reason, and nothing is changed. Numbers go on without a gap.
/// With `switching` in the answer the rest goes on by itself; meanwhile sales are refused with `DEVICE_ENTERING`.
#[utoipa::path(
    put,
    path = "/api/v1/outlets/{outlet_id}/mode",
    operation_id = "changeOutletMode",
    tag = "Devices",
    params(("outlet_id" = String, Path, description = "Its id.", example = "KIN-GOMBE-01")),
    request_body = ModeBody,
    responses(
        (status = 200, description = "It is so, or goes on by itself.", body = ModeView),
        (status = 409, description = "A device cannot do it now, waits for its homologation, or is no more in use; or this cloud serves none.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(outlet): Id<OutletId>,
    Json(body): Json<ModeBody>,
) -> Result<Response, Problem> {
    let place = app.place(outlet).await?;
    place.filter(|place| caller.reach.covers(&place.merchant, outlet)).ok_or_else(not_found)?;
    let wanted = wanted(&body)?;
    let Some(devices) = app.devices.clone() else {
        if wanted == WantedMode::Cloud && !body.force {
            let now = Switched { mode: mode_of(&app, outlet).await?, line: line_of(&app, outlet).await? };
            return Ok(json(StatusCode::OK, &ModeView::from(&now)));
        }
        return Err(Problem::no_devices());
    };
    let switched = if body.force {
        by_force(&app, &devices, &caller, outlet, body.reason).await?
    } else {
        let who = (caller.reach.clone(), caller.by());
        switch(&app, &devices, who, outlet, wanted).await?
    };
    Ok(json(StatusCode::OK, &ModeView::from(&switched)))
}

fn wanted(body: &ModeBody) -> Result<WantedMode, Problem> {
    let wrong = |member: &str, french: &str, english: &str| {
        Err(Problem::of_member(Kind::MemberInvalid, member, words(french, english)))
    };
    match (body.mode, &body.device) {
        (ModeName::Def, Some(_)) if body.force => wrong(
            "force",
            "de force, la ligne revient au nuage : mode cloud",
            "by force the line goes to the cloud: mode cloud",
        ),
        (ModeName::Def, Some(device)) => Ok(WantedMode::Def(id::<DeviceId>(device)?)),
        (ModeName::Def, None) => {
            wrong("device", "dites quelle mémoire fiscale : device", "say which device: device")
        }
        (ModeName::Cloud, Some(_)) => {
            wrong("device", "device va avec def seulement", "device goes with def only")
        }
        (ModeName::Cloud, None) if body.force != body.reason.is_some() => {
            wrong("reason", "force et reason vont ensemble", "force and reason go together")
        }
        (ModeName::Cloud, None) => Ok(WantedMode::Cloud),
    }
}

/// The device that holds the line is lost: its line ends at what the ledger holds, and so does its life.
async fn by_force(
    app: &Arc<App>,
    devices: &Arc<Devices>,
    caller: &Caller,
    outlet: OutletId,
    reason: Option<Reason>,
) -> Result<Switched, Problem> {
    if !caller.permits(Permission::EndDevices) {
        let scope = Permission::EndDevices.name();
        return Err(Problem::new(
            Kind::Forbidden,
            words(
                format!(
                    "reprendre une ligne de force demande le droit {scope} : adressez-vous au propriétaire"
                ),
                format!("to take a line by force needs the scope {scope}: ask the owner"),
            ),
        ));
    }
    let line = line_of(app, outlet).await?;
    let device = match line.holder {
        Holder::Device(device) => device,
        // Once more: what was begun then is brought to its end.
        Holder::Own => {
            let revoked = revocation(app, outlet, line.epoch).await?;
            revoked.and_then(|revoked| revoked.device()).ok_or_else(nothing)?
        }
    };
    let known = app.registry(move |registry| registry.device_of(device)).await?.ok_or_else(not_found)?;
    let key = known.public_key.ok_or_else(not_found)?.id();
    let (word, text) = match reason {
        Some(Reason::Broken) => ("broken", "broken"),
        Some(Reason::Lost) | None => ("lost", "lost"),
    };
    let who = (caller.reach.clone(), caller.by());
    let switched = force(app, devices, who, outlet, (device, key, word)).await?;
    // Its life ends where the ledger ended its line, whatever it delivered meanwhile.
    let revoked = revocation(app, outlet, switched.line.epoch).await?;
    let last = revoked.filter(|revoked| revoked.device() == Some(device)).ok_or_else(nothing)?.last();
    let ending = DeviceEnding { end: DeviceEnd::Lost, reason: member("reason", text)?, last: Some(last) };
    let (reach, by, now) = (caller.reach.clone(), caller.by(), app.clock.now());
    app.registry(move |registry| {
        // One whose life was ended before stays as it is.
        if !registry.device(&reach, device)?.state.is_alive() {
            return Ok(());
        }
        registry.end_device(&reach, device, &ending, &by, now).map(drop)
    })
    .await?;
    app.published.forget();
    devices.disconnect(device).await;
    Ok(switched)
}

fn nothing() -> Problem {
    Problem::new(
        Kind::Conflict,
        words(
            "le nuage tient déjà la ligne : il n'y a rien à reprendre",
            "the cloud holds the line already: there is nothing to take",
        ),
    )
}

/// What the ledger says of the device from which it took the line by force.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Revoked {
    signer: String,
    #[serde(rename = "key_id")]
    _key: String,
    epoch: u32,
    last_number: u64,
    #[serde(rename = "reason")]
    _reason: String,
    #[serde(rename = "time")]
    _time: String,
}

impl Revoked {
    fn device(&self) -> Option<DeviceId> {
        self.signer.parse().ok()
    }

    fn last(&self) -> (Epoch, Option<InvoiceNumber>) {
        (Epoch(self.epoch), InvoiceNumber::new(self.last_number))
    }
}

/// The revocation with which an epoch began, if a line was taken by force then.
async fn revocation(app: &Arc<App>, outlet: OutletId, epoch: Epoch) -> Result<Option<Revoked>, Problem> {
    /// Opening, flag, revocation.
    const FIRST_RECORDS: usize = 3;
    let rows = app.ask(move |store| {
        let Some(head) = store.head(outlet)? else { return Ok(Vec::new()) };
        store.records(ChainId { epoch, ..head.chain }, None, FIRST_RECORDS)
    });
    let body = rows.await?.pop().and_then(|row| row.body);
    Ok(body.and_then(|body| serde_json::from_str(&body).ok()))
}
