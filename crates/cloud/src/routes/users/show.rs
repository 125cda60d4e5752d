use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use registry::UserId;

use super::view::UserView;
use crate::{answer::json, app::App, auth::Caller, extract::Id, problem::Problem};

/// Read a person
#[utoipa::path(
    get,
    path = "/api/v1/users/{user_id}",
    operation_id = "readUser",
    tag = "People",
    params(("user_id" = String, Path, description = "His id.", example = "usr_0123456789abcdefghjk")),
    responses((status = 200, description = "The person.", body = UserView)),
)]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id<UserId>,
) -> Result<Response, Problem> {
    let reach = caller.reach.clone();
    let person = app.registry(move |registry| registry.person(&reach, &id)).await?;
    Ok(json(StatusCode::OK, &UserView::from(&person)))
}
