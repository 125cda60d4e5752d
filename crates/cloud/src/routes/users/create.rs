use std::sync::Arc;

use axum::{extract::State, response::Response};
use registry::{Maker, NewPerson};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::InvitationView;
use crate::{
    answer::created,
    app::App,
    auth::Caller,
    extract::{Json, id, member},
    problem::{Problem, ProblemBody},
    routes::whose::made_for,
};

/// Somebody to be invited.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewUser, example = json!({
    "email": "joseph@example.cd", "name": "Joseph Ilunga", "role": "cashier", "outlet_id": "KIN-GOMBE-01",
}))]
pub(crate) struct NewUserBody {
    /// With which he will sign in: nobody else of the merchant has it.
    #[schema(max_length = 128)]
    email: String,
    /// What people call him.
    #[schema(min_length = 1, max_length = 128)]
    name: String,
    /// What he will be: no more than who invites him.
    #[schema(pattern = "^(owner|manager|supervisor|cashier|auditor|operator)$")]
    role: String,
    /// The only outlet that he is to reach; all of the merchant's if it is left out.
    #[schema(required = false)]
    outlet_id: Option<String>,
    /// For which merchant. Only the platform says it; whom it leaves it out for is its own.
    #[schema(required = false)]
    merchant_id: Option<String>,
}

/// Invite somebody
///
/// His invitation is shown this once, and good for 72 hours: give it to him, and he chooses a password with
/// `POST /api/v1/invitations/accept`. Nobody gives more than he may himself.
#[utoipa::path(
    post,
    path = "/api/v1/users",
    operation_id = "inviteUser",
    tag = "People",
    request_body = NewUserBody,
    responses(
        (status = 201, description = "He is invited.", body = InvitationView,
            headers(("Location" = String, description = "The person's address."))),
        (status = 404, description = "There is no such merchant or outlet, or it is not yours: nobody learns which.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
        (status = 409, description = "The e-mail address is taken, or the merchant or the outlet is stopped.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(body): Json<NewUserBody>,
) -> Result<Response, Problem> {
    let new = NewPerson {
        email: member("email", &body.email)?,
        name: member("name", &body.name)?,
        merchant: made_for(&caller, body.merchant_id.as_deref())?,
        // Who reaches one outlet need not name it.
        outlet: body.outlet_id.as_deref().map(id).transpose()?.or_else(|| caller.reach.outlet()),
        role: member("role", &body.role)?,
    };
    let (maker, by, now, mut random) = (Maker::from(&*caller), caller.by(), app.clock.now(), app.entropy);
    let invited = app.registry(move |registry| registry.invite(&maker, &new, &by, now, &mut random)).await?;
    app.forget_who_may();
    Ok(created(&format!("users/{}", invited.person.id), &InvitationView::from(&invited)))
}
