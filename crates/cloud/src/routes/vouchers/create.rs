use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use fiscal::{DeviceId, FiscalNumber, Timestamp};
use ledger::{By, Holder, Reference, VoucherOrder};
use registry::{Place, Reach};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    answer::json,
    app::App,
    auth::Caller,
    devices::Link,
    extract::{Json, Time, id, member, not_found},
    problem::{Kind, Problem, ProblemBody, words},
};

/// What is to be credited at a device.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewVoucher, example = json!({ "fiscal_number": "KINGOMBE01-0-00000001" }))]
pub(crate) struct NewVoucher {
    /// The original, as its receipt shows it.
    fiscal_number: String,
    /// Until when it may be used: at most 31 days from now, 24 hours, to the next full hour, if nobody says it.
    #[schema(required = false, format = DateTime)]
    expires: Option<String>,
}

/// Leave to credit an original at a device, once.
#[derive(Serialize, ToSchema)]
#[schema(as = Voucher)]
pub(crate) struct VoucherView {
    /// The original.
    #[schema(example = "KINGOMBE01-0-00000001")]
    fiscal_number: String,
    /// Which device may credit it.
    #[schema(example = "DEF-000123")]
    device: String,
    /// Until when. Nobody else may credit the original until then.
    #[schema(example = "2026-03-15T07:32:11Z")]
    expires: String,
    /// What a credit note carries as `reference.voucher`.
    voucher: String,
}

/// A day, in seconds.
const DAY: u64 = 24 * 60 * 60;
const MOST_DAYS: u64 = 31;

/// Let a device credit an original
///
/// A fiscal memory credits what is in its own journal. For an original that the cloud or another device sealed, the
/// ledger gives the device that holds the outlet's line a voucher, once. Friendly credit notes get theirs by themselves;
/// canonical ones, and tills that sell through their device's proxy, ask here. The same voucher again is the same.
#[utoipa::path(
    post,
    path = "/api/v1/vouchers",
    operation_id = "createVoucher",
    tag = "Devices",
    request_body = NewVoucher,
    responses(
        (status = 201, description = "The voucher.", body = VoucherView),
        (status = 404, description = "There is no such invoice, or it is another's: nobody learns which.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
        (status = 409, description = "No device holds the line, or nothing is left to credit, or a voucher is out.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(body): Json<NewVoucher>,
) -> Result<Response, Problem> {
    let (reach, by) = (caller.reach.clone(), caller.by());
    let made = vouch(&app, &body, &reach, by, None).await?;
    Ok(json(StatusCode::CREATED, &made))
}

/// The same for a till of a device: only that device may use it.
pub(crate) async fn vouch_for(
    app: &Arc<App>,
    link: &Link,
    body: serde_json::Value,
) -> Result<serde_json::Value, Problem> {
    let body: NewVoucher = serde_json::from_value(body).map_err(|fault| {
        Problem::new(
            Kind::RequestInvalid,
            words("la demande de bon est mal formée : voyez sa forme", fault.to_string()),
        )
    })?;
    let place = app.place(link.outlet).await?.ok_or_else(not_found)?;
    let reach = Reach::Outlet(place.merchant.clone(), link.outlet);
    let by = crate::devices::by(link.device)?;
    let made = vouch(app, &body, &reach, by, Some(link.device)).await?;
    Ok(serde_json::to_value(made).unwrap_or_default())
}

async fn vouch(
    app: &Arc<App>,
    body: &NewVoucher,
    reach: &Reach,
    by: By,
    only: Option<DeviceId>,
) -> Result<VoucherView, Problem> {
    let number: FiscalNumber = id(&body.fiscal_number)?;
    if app.devices.is_none() {
        return Err(Problem::no_devices());
    }
    let place = app.registry(move |registry| registry.place_by_prefix(number.prefix)).await?;
    let place: Place =
        place.filter(|place| reach.covers(&place.merchant, place.outlet.id)).ok_or_else(not_found)?;
    let (outlet, now) = (place.outlet.id, app.clock.now());
    let expires = match &body.expires {
        Some(text) => member::<Time>("expires", text)?.0,
        None => to_the_hour(later(now, DAY)),
    };
    if expires <= now || expires > later(now, MOST_DAYS * DAY) {
        return Err(Problem::of_member(
            Kind::MemberInvalid,
            "expires",
            words(
                format!("choisissez une échéance à venir, dans {MOST_DAYS} jours au plus"),
                format!("choose a time to come, within {MOST_DAYS} days"),
            ),
        ));
    }
    let line = app.consult(move |ledger| ledger.line(outlet)).await?;
    let device = match line.holder {
        Holder::Device(device) if only.is_none_or(|only| only == device) => device,
        _ => {
            return Err(Problem::new(
                Kind::Conflict,
                words(
                    "aucune mémoire fiscale ne tient la ligne de ce point de vente : créditez sans bon",
                    "no fiscal memory holds this outlet's line: credit without a voucher",
                ),
            ));
        }
    };
    let original = Reference { epoch: number.epoch, number: number.number };
    let exists = app.ask(move |store| store.by_number(outlet, number.epoch, number.number)).await?;
    if exists.is_none() {
        return Err(not_found());
    }
    let order = VoucherOrder { original, device, expires };
    let voucher = app.consult(move |ledger| ledger.vouch(outlet, order, Some(by))).await?;
    Ok(VoucherView {
        fiscal_number: number.to_string(),
        device: device.to_string(),
        expires: format!("{expires}Z"),
        voucher,
    })
}

/// Who lost the answer and asks again within the hour means the same voucher.
fn to_the_hour(time: Timestamp) -> Timestamp {
    const HOUR: u64 = 60 * 60;
    Timestamp::from_unix(time.unix().next_multiple_of(HOUR)).unwrap_or(Timestamp::LATEST)
}

fn later(now: Timestamp, seconds: u64) -> Timestamp {
    Timestamp::from_unix(now.unix() + seconds).unwrap_or(Timestamp::LATEST)
}
