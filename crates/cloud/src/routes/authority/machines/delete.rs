use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use sync::{Asked, MachineId};

use super::owner::check_whole;
use crate::{app::App, auth::Caller, extract::Id, problem::Problem};

/// Remove a machine of the authority
///
/// Nothing is sent to it any more, and its token is forgotten; the invoices of its outlets wait. What is known of invoices of
/// which it is not known whether it has them stays.
#[utoipa::path(
    delete,
    path = "/api/v1/authority/machines/{machine_id}",
    operation_id = "removeAuthorityMachine",
    tag = "Authority",
    params(("machine_id" = String, Path, description = "Its id.", example = "mcf_0123456789abcdefghjk")),
    responses((status = 204, description = "It is removed.")),
)]
pub(crate) async fn delete_machine(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id<MachineId>,
) -> Result<StatusCode, Problem> {
    let (reach, which) = (caller.reach.clone(), id.clone());
    let machine = app.desk(move |desk| desk.machine(&reach, &which)).await?;
    check_whole(&machine, &caller)?;
    let (reach, by, now) = (caller.reach.clone(), caller.by(), app.at());
    app.desk(move |desk| desk.remove_machine(&reach, &id, Asked { by: &by, now })).await?;
    app.wake_agent();
    Ok(StatusCode::NO_CONTENT)
}
