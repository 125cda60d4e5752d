use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Serialize;
use sync::MachineId;
use utoipa::ToSchema;

use super::view::MachineView;
use crate::{
    answer::json,
    app::App,
    auth::Caller,
    extract::{Listed, Query},
    problem::Problem,
    routes::whose::shown,
};

/// A page of machines.
#[derive(Serialize, ToSchema)]
#[schema(as = AuthorityMachines)]
pub(crate) struct Machines {
    /// In the order of their ids.
    machines: Vec<MachineView>,
    /// Where the next page begins, while there is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
}

/// List machines of the authority
///
/// Without their tokens. Those that were removed are not shown.
#[utoipa::path(
    get,
    path = "/api/v1/authority/machines",
    operation_id = "listAuthorityMachines",
    tag = "Authority",
    params(Listed),
    responses((status = 200, description = "A page.", body = Machines)),
)]
pub(crate) async fn list_machines(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(asked): Query<Listed>,
) -> Result<Response, Problem> {
    let page = asked.page::<MachineId>()?;
    let reach = shown(&app, &caller, asked.merchant_id.as_deref()).await?;
    let mut found = app.desk(move |desk| desk.machines(&reach, false)).await?;
    found.retain(|machine| page.after.as_ref().is_none_or(|after| machine.id > *after));
    let (shown, next) = page.cut(found, |machine| machine.id.to_string());
    Ok(json(StatusCode::OK, &Machines { machines: shown.iter().map(MachineView::from).collect(), next }))
}
