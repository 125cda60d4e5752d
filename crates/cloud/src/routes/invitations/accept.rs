use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use registry::{Cost, InvitationToken, Password, PeopleFault, RegistryFault};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    answer::json,
    app::App,
    extract::Json,
    problem::{Problem, ProblemBody},
    request_id::RequestName,
};

/// An invitation, and the password that is chosen with it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "invitation": "sti_MDEyMzQ1Njc4OWFiY2RlZmdoamttbnBxcnN0dnd4eXo", "password": "four words are enough",
}))]
pub(crate) struct Acceptance {
    /// As who invited showed it.
    invitation: String,
    /// 10 to 128 characters; not the e-mail address, and none of the first that are tried.
    #[schema(min_length = 10, max_length = 128)]
    password: String,
}

/// Who accepted, and what he signs in with beside his password.
#[derive(Serialize, ToSchema)]
pub(crate) struct Accepted {
    /// Whose person he is; none is the platform's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "mer_0123456789abcdefghjk")]
    merchant_id: Option<String>,
    /// His e-mail address.
    #[schema(example = "grace@example.cd")]
    email: String,
    /// His role.
    #[schema(example = "manager")]
    role: &'static str,
}

/// Accept an invitation
///
/// Choose a password, once. Then sign in with it.
#[utoipa::path(
    post,
    path = "/api/v1/invitations/accept",
    operation_id = "acceptInvitation",
    tag = "Sessions",
    request_body = Acceptance,
    responses(
        (status = 200, description = "The password is chosen.", body = Accepted),
        (status = 409, description = "The invitation was used or replaced, or is over.", body = ProblemBody<'static>,
            content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn accept(
    State(app): State<Arc<App>>,
    RequestName(request): RequestName,
    Json(body): Json<Acceptance>,
) -> Result<Response, Problem> {
    let password = Password::given(body.password);
    // What is no invitation was never one.
    let over = |_| Problem::from(RegistryFault::People(PeopleFault::InvitationOver));
    let token: InvitationToken = body.invitation.parse().map_err(over)?;
    let (now, mut random) = (app.clock.now(), app.entropy);
    let accepted = app.registry_with_password(move |registry| {
        registry.accept_invitation(&token, &password, Cost::RECOMMENDED, &request, now, &mut random)
    });
    let person = accepted.await?;
    app.forget_who_may();
    let accepted = Accepted {
        merchant_id: person.merchant.as_ref().map(ToString::to_string),
        email: person.email.to_string(),
        role: person.role.name(),
    };
    Ok(json(StatusCode::OK, &accepted))
}
