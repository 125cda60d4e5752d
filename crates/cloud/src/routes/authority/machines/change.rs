use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use fiscal::OutletId;
use serde::Deserialize;
use sync::{Asked, MachineChange, MachineId};
use utoipa::ToSchema;

use super::{
    owner::{Owned, address, check_whole, token},
    view::{DialectView, MachineView},
};
use crate::{
    answer::json,
    app::App,
    auth::Caller,
    extract::{Id, Json, id as named},
    problem::{Problem, ProblemBody},
};

/// What is to be different of a machine; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AuthorityMachineChange, example = json!({ "paused": true }))]
pub(crate) struct MachineChangeBody {
    /// Another address of the same machine. At another host or port, or by another scheme, the token is entered with it.
    #[schema(required = false, min_length = 9, max_length = 256)]
    url: Option<String>,
    /// A new token, which also lets a machine work again that took the old one no more.
    #[schema(required = false, min_length = 16, max_length = 8192)]
    token: Option<String>,
    /// All outlets whose invoices go to it.
    #[schema(required = false)]
    outlet_ids: Option<Vec<String>>,
    /// How it is spoken to.
    #[schema(required = false)]
    dialect: Option<DialectView>,
    /// Which homologated system calls it.
    #[schema(required = false, min_length = 1, max_length = 64)]
    isf: Option<String>,
    /// Whether nobody else makes invoices with it.
    #[schema(required = false)]
    exclusive: Option<bool>,
    /// Whether it rests. `false` also lets a machine work again that was blocked.
    #[schema(required = false)]
    paused: Option<bool>,
}

/// Change a machine of the authority
///
/// Its token, its outlets, how it is spoken to, or whether it rests.
#[utoipa::path(
    patch,
    path = "/api/v1/authority/machines/{machine_id}",
    operation_id = "changeAuthorityMachine",
    tag = "Authority",
    params(("machine_id" = String, Path, description = "Its id.", example = "mcf_0123456789abcdefghjk")),
    request_body = MachineChangeBody,
    responses(
        (status = 200, description = "As it is now.", body = MachineView),
        (status = 409, description = "It was removed, there is one of this address, or an outlet has one already.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn change_machine(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id<MachineId>,
    Json(body): Json<MachineChangeBody>,
) -> Result<Response, Problem> {
    let (reach, which) = (caller.reach.clone(), id.clone());
    let machine = app.desk(move |desk| desk.machine(&reach, &which)).await?;
    check_whole(&machine, &caller)?;
    let owned = Owned::of(&app, &caller, machine.merchant).await?;
    let outlets = body.outlet_ids.map(|ids| ids.iter().map(|one| named::<OutletId>(one)).collect());
    let change = MachineChange {
        url: body.url.map(|url| address(&app, &url)).transpose()?,
        token: body.token.as_deref().map(token).transpose()?,
        outlets: outlets.transpose()?,
        dialect: body.dialect.map(Into::into),
        isf: body.isf.map(|isf| isf.parse()).transpose()?,
        exclusive: body.exclusive,
        paused: body.paused,
    };
    let (by, now, vault, mut entropy) = (caller.by(), app.at(), Arc::clone(&app.vault), app.entropy);
    let changed = app.desk(move |desk| {
        desk.change_machine(&id, &change, owned.owner(), &*vault, &mut entropy, Asked { by: &by, now })
    });
    let machine = changed.await?;
    app.wake_agent();
    Ok(json(StatusCode::OK, &MachineView::from(&machine)))
}
