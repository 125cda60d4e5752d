use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use fiscal::{CivilDate, DeviceId, OutletId};
use ledger::{Holder, Recorded, Refusal};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{by_device, day::begun, document::ClosureDocument, form::Form};
use crate::{
    answer::locate,
    app::App,
    auth::Caller,
    extract::{Json, not_found},
    problem::{Kind, Problem, words},
    routes::place::reached,
};

/// Which business day.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Close, example = json!({ "outlet_id": "KIN-GOMBE-01", "date": "2026-03-14" }))]
pub(crate) struct Asked {
    /// Of which outlet; a key of one outlet need not say it.
    #[schema(required = false)]
    outlet_id: Option<String>,
    /// A civil day in the outlet's zone, today or before.
    #[schema(format = Date)]
    date: String,
}

/// Close a business day
///
/// The Z report: it seals what was sold since the last closure, and begins the next session. A day that is closed already
/// is repeated and not closed again. While a fiscal memory holds the outlet's line, it closes the day, and its
/// closure is the answer; what the cloud sold on that day before is closed with it, and read with `signer`. Business days are civil days in the outlet's zone.
#[utoipa::path(
    post,
    path = "/api/v1/reports/z",
    operation_id = "closeDay",
    tag = "Reports",
    request_body = Asked,
    responses(
        (status = 201, description = "It is closed now.", body = ClosureDocument,
            headers(("Location" = String, description = "The closure's address."))),
        (status = 200, description = "It was closed before.", body = ClosureDocument),
        (status = 404, description = "Nothing was sealed that this day's closure would cover, or the outlet is another's.",
            body = crate::problem::ProblemBody<'static>, content_type = "application/problem+json"),
        (status = 507, description = "The epoch has no numbers left.",
            body = crate::problem::ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn close(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(asked): Json<Asked>,
) -> Result<Response, Problem> {
    let place = reached(&app, &caller, asked.outlet_id.as_deref()).await?;
    let date = begun(&asked.date, ("date", Kind::MemberInvalid), &place, app.clock.now())?;
    let outlet = place.outlet.id;
    let recorded = match app.consult(move |ledger| ledger.line(outlet)).await?.holder {
        Holder::Own => app.close(outlet, date, caller.by()).await?,
        Holder::Device(device) => by_both(&app, &caller, (outlet, date), device).await?,
    };
    let mut response = Form::Json.answer(closure(&recorded)?);
    if !recorded.repeated {
        *response.status_mut() = StatusCode::CREATED;
        locate(&mut response, &format!("reports/z?outlet_id={}&date={date}", place.outlet.id));
    }
    Ok(response)
}

/// What the cloud sold before the line went over is closed too, if there is something; the answer is the device's (D12).
async fn by_both(
    app: &Arc<App>,
    caller: &Caller,
    (outlet, date): (OutletId, CivilDate),
    device: DeviceId,
) -> Result<Recorded, Problem> {
    let repeated = by_device::close(app, device, date).await?;
    match app.close(outlet, date, caller.by()).await {
        Ok(_) | Err(Refusal::NotFound(_)) => {}
        Err(refusal) => return Err(refusal.into()),
    }
    // Of who holds the line first.
    let recorded = app.consult(move |ledger| ledger.closure(outlet, date)).await?.ok_or_else(not_found)?;
    // The ledger only repeats what a device closed; whether that was now, the device says.
    Ok(Recorded { repeated, ..recorded })
}

/// The members of the device's answer.
pub(super) fn closure(recorded: &Recorded) -> Result<String, Problem> {
    recorded.closure_json().ok_or_else(|| {
        Problem::new(
            Kind::Internal,
            words(
                "le registre a répondu par autre chose qu'une clôture : signalez-le",
                "the ledger answered with what is no closure: please report this",
            ),
        )
    })
}
