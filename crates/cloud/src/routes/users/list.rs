use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use registry::UserId;
use serde::Serialize;
use utoipa::ToSchema;

use super::view::UserView;
use crate::{
    answer::json,
    app::App,
    auth::Caller,
    extract::{Listed, Query},
    problem::{Problem, ProblemBody},
    routes::whose::shown,
};

/// A page of people, also of those who are stopped.
#[derive(Serialize, ToSchema)]
pub(crate) struct Users {
    /// In the order of their ids.
    users: Vec<UserView>,
    /// Where the next page begins, while there is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
}

/// List people
///
/// Who reaches one outlet sees those of that one.
#[utoipa::path(
    get,
    path = "/api/v1/users",
    operation_id = "listUsers",
    tag = "People",
    params(Listed),
    responses(
        (status = 200, description = "A page.", body = Users),
        (status = 404, description = "There is no such merchant, or he is not yours: nobody learns which.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(asked): Query<Listed>,
) -> Result<Response, Problem> {
    let page = asked.page::<UserId>()?;
    let reach = shown(&app, &caller, asked.merchant_id.as_deref()).await?;
    let (after, most) = (page.after.clone(), page.most());
    let found = app.registry(move |registry| registry.people(&reach, after.as_ref(), most)).await?;
    let (shown, next) = page.cut(found, |person| person.id.to_string());
    Ok(json(StatusCode::OK, &Users { users: shown.iter().map(UserView::from).collect(), next }))
}
