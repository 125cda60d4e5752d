use std::sync::Arc;

use axum::{extract::State, response::Response};
use registry::NewPlace;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{view::OutletView, zone::Zone};
use crate::{
    answer::created,
    app::App,
    auth::Caller,
    extract::{Json, member},
    problem::{Problem, ProblemBody},
    routes::whose::made_for_merchant,
};

/// An outlet to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewOutlet, example = json!({
    "outlet_id": "KIN-NGABA-03", "name": "Ngaba, rond-point", "address": "12, avenue de l'Université, Kinshasa",
    "zone": "Africa/Kinshasa",
}))]
pub(crate) struct NewOutletBody {
    /// For which merchant; only the platform has to say it.
    #[schema(required = false)]
    merchant_id: Option<String>,
    /// Its id, which invoices name and no other outlet has. It never changes.
    #[schema(pattern = "^[A-Za-z0-9._-]{1,20}$")]
    outlet_id: String,
    /// What people call it.
    #[schema(min_length = 1, max_length = 128)]
    name: String,
    /// Where it is.
    #[schema(required = false, min_length = 1, max_length = 128)]
    address: Option<String>,
    /// What its fiscal numbers begin with; like its id if nobody says it. Only the platform chooses one.
    #[schema(required = false, pattern = "^[A-Z0-9]{4,10}$")]
    prefix: Option<String>,
    /// Where its days begin.
    zone: Zone,
}

/// Make an outlet
///
/// It sells from its first invoice on.
#[utoipa::path(
    post,
    path = "/api/v1/outlets",
    operation_id = "createOutlet",
    tag = "Merchants",
    request_body = NewOutletBody,
    responses(
        (status = 201, description = "It is made.", body = OutletView,
            headers(("Location" = String, description = "The outlet's address."))),
        (status = 404, description = "There is no such merchant, or he is not yours: nobody learns which.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
        (status = 409, description = "The id or the prefix is taken, or the merchant is stopped.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(body): Json<NewOutletBody>,
) -> Result<Response, Problem> {
    let new = NewPlace {
        id: member("outlet_id", &body.outlet_id)?,
        merchant: made_for_merchant(&caller, body.merchant_id.as_deref())?,
        name: member("name", &body.name)?,
        address: body.address.map(|address| member("address", &address)).transpose()?,
        prefix: body.prefix.map(|prefix| member("prefix", &prefix)).transpose()?,
        zone: body.zone.into(),
    };
    let (reach, by, now) = (caller.reach.clone(), caller.by(), app.clock.now());
    let signer = app.signer.device();
    let place = app.registry(move |registry| registry.create_place(&reach, &new, signer, &by, now)).await?;
    app.forget_who_may();
    Ok(created(&format!("outlets/{}", place.outlet.id), &OutletView::from(&place)))
}
