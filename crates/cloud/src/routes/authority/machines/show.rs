use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use sync::MachineId;

use super::view::MachineView;
use crate::{answer::json, app::App, auth::Caller, extract::Id, problem::Problem};

/// Read a machine of the authority
#[utoipa::path(
    get,
    path = "/api/v1/authority/machines/{machine_id}",
    operation_id = "readAuthorityMachine",
    tag = "Authority",
    params(("machine_id" = String, Path, description = "Its id.", example = "mcf_0123456789abcdefghjk")),
    responses((status = 200, description = "The machine.", body = MachineView)),
)]
pub(crate) async fn show_machine(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id<MachineId>,
) -> Result<Response, Problem> {
    let reach = caller.reach.clone();
    let machine = app.desk(move |desk| desk.machine(&reach, &id)).await?;
    Ok(json(StatusCode::OK, &MachineView::from(&machine)))
}
