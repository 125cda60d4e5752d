use std::sync::Arc;

use axum::{extract::State, response::Response};
use fiscal::OutletId;
use serde::Deserialize;
use sync::{Asked, NewMachine};
use utoipa::ToSchema;

use super::{
    owner::{Owned, address, token},
    view::{DialectView, MachineView},
};
use crate::{
    answer::created,
    app::App,
    auth::Caller,
    extract::{Json, id, member},
    problem::{Problem, ProblemBody},
    routes::whose::made_for_merchant,
};

/// A machine of the authority (e-MCF), as its portal shows it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAuthorityMachine, example = json!({
    "url": "https://edef.dgirdc.cd", "nim": "CD01009999-1", "isf": "STELALA-1",
    "token": "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJESSJ9.c2lnbmF0dXJl", "outlet_ids": [],
}))]
pub(crate) struct NewMachineBody {
    /// Where it answers: `https://` and one of the hosts that this cloud's configuration names.
    #[schema(min_length = 9, max_length = 256)]
    url: String,
    /// Its number. What answers another one is not used.
    nim: String,
    /// Whose invoices it takes; the merchant's own NIF, and no other may be said.
    #[schema(required = false)]
    nif: Option<String>,
    /// Which homologated system calls it.
    #[schema(min_length = 1, max_length = 64)]
    isf: String,
    /// Its token. It is kept under the deployment's key, and shown never again.
    #[schema(min_length = 16, max_length = 8192)]
    token: String,
    /// The outlets whose invoices go to it. An outlet has one machine.
    outlet_ids: Vec<String>,
    /// Whether nobody else makes invoices with it.
    #[serde(default = "yes")]
    #[schema(required = false, default = true)]
    exclusive: bool,
    /// How it is spoken to.
    #[serde(default)]
    #[schema(required = false)]
    dialect: DialectView,
    /// For which merchant; only the platform has to say it.
    #[schema(required = false)]
    merchant_id: Option<String>,
}

const fn yes() -> bool {
    true
}

/// Enter a machine of the authority
///
/// With the token that the authority's portal gives. From then on the invoices of its outlets are sent to it, those that wait
/// too. One that was removed is taken up again under its id.
#[utoipa::path(
    post,
    path = "/api/v1/authority/machines",
    operation_id = "createAuthorityMachine",
    tag = "Authority",
    request_body = NewMachineBody,
    responses(
        (status = 201, description = "It is entered.", body = MachineView,
            headers(("Location" = String, description = "The machine's address.")), links(
            ("read" = (operation_id = "readAuthorityMachine",
                parameters(("machine_id" = "$response.body#/machine_id")))),
        )),
        (status = 404, description = "There is no such merchant or outlet, or it is not yours: nobody learns which.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
        (status = 409, description = "The merchant has one of this address and number, an outlet has one already, or this cloud \
            sends nothing.", body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn create_machine(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(body): Json<NewMachineBody>,
) -> Result<Response, Problem> {
    let merchant = made_for_merchant(&caller, body.merchant_id.as_deref())?;
    let owned = Owned::of(&app, &caller, merchant).await?;
    let nif = body.nif.as_deref().map(|nif| member("nif", nif)).transpose()?;
    let outlets = body.outlet_ids.iter().map(|outlet| id::<OutletId>(outlet));
    let url = address(&app, &body.url)?;
    let new = NewMachine {
        nim: body.nim.parse()?,
        nif: nif.unwrap_or(owned.nif()),
        isf: body.isf.parse()?,
        dialect: body.dialect.into(),
        token: token(&body.token)?,
        outlets: outlets.collect::<Result<_, _>>()?,
        exclusive: body.exclusive,
        is_test: url.is_test(),
        url,
    };
    let (by, now, vault, mut entropy) = (caller.by(), app.at(), Arc::clone(&app.vault), app.entropy);
    let made = app.desk(move |desk| {
        desk.create_machine(&new, owned.owner(), &*vault, &mut entropy, Asked { by: &by, now })
    });
    let machine = made.await?;
    app.wake_agent();
    Ok(created(&format!("authority/machines/{}", machine.id), &MachineView::from(&machine)))
}
