use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use registry::{Maker, PersonChange, UserId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::UserView;
use crate::{
    answer::json,
    app::App,
    auth::Caller,
    extract::{Id, Json, given, id, member},
    problem::{Problem, ProblemBody},
};

/// What is to be different of a person; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UserChange, example = json!({ "role": "supervisor" }))]
pub(crate) struct UserChangeBody {
    /// What people call him.
    #[schema(required = false, min_length = 1, max_length = 128)]
    name: Option<String>,
    /// What he is.
    #[schema(required = false, pattern = "^(owner|manager|supervisor|cashier|auditor|operator)$")]
    role: Option<String>,
    /// The only outlet that he reaches; null for all of the merchant's.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, required = false)]
    outlet_id: Option<Option<String>>,
    /// Whether he may not sign in. Who is stopped is signed out at once.
    #[schema(required = false)]
    stopped: Option<bool>,
}

/// Change a person
///
/// Who does so may give both what the person was and what he becomes. The last owner of a merchant stays one.
#[utoipa::path(
    patch,
    path = "/api/v1/users/{user_id}",
    operation_id = "changeUser",
    tag = "People",
    params(("user_id" = String, Path, description = "His id.", example = "usr_0123456789abcdefghjk")),
    request_body = UserChangeBody,
    responses(
        (status = 200, description = "As he is now.", body = UserView),
        (status = 409, description = "He is the last who could do this, or the merchant or the outlet is stopped.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(user): Id<UserId>,
    Json(body): Json<UserChangeBody>,
) -> Result<Response, Problem> {
    let outlet = body.outlet_id.map(|outlet| outlet.as_deref().map(id).transpose());
    let change = PersonChange {
        name: body.name.map(|name| member("name", &name)).transpose()?,
        role: body.role.map(|role| member("role", &role)).transpose()?,
        outlet: outlet.transpose()?,
        stopped: body.stopped,
    };
    let (maker, by, now) = (Maker::from(&*caller), caller.by(), app.clock.now());
    let person =
        app.registry(move |registry| registry.change_person(&maker, &user, &change, &by, now)).await?;
    app.forget_who_may();
    Ok(json(StatusCode::OK, &UserView::from(&person)))
}
