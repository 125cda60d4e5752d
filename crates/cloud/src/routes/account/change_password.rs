use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use registry::{Cost, Password, PasswordChange, PeopleFault, RegistryFault, SignInFault};
use serde::Deserialize;
use utoipa::ToSchema;

use super::of_session;
use crate::{
    app::App,
    auth::Caller,
    extract::Json,
    problem::{Kind, Problem, ProblemBody, words},
};

/// Somebody's own password, and the one that he wants.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PasswordChange, example = json!({ "old": "four words are enough", "new": "five words are safer still" }))]
pub(crate) struct PasswordChangeBody {
    /// The one that he has.
    old: String,
    /// The one that he wants: 10 to 128 characters; not the e-mail address, and none of the first that are tried.
    #[schema(min_length = 10, max_length = 128)]
    new: String,
}

/// Change your password
///
/// Your other sessions end. A wrong old one counts as a failure to sign in.
#[utoipa::path(
    post,
    path = "/api/v1/account/password",
    operation_id = "changePassword",
    tag = "Sessions",
    request_body = PasswordChangeBody,
    responses(
        (status = 204, description = "It is changed."),
        (status = 429, description = "The old one was wrong too often, or too many requests came.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn change_password(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(body): Json<PasswordChangeBody>,
) -> Result<StatusCode, Problem> {
    if body.old == body.new {
        let detail = words(
            "c'est le mot de passe que vous avez : choisissez-en un autre",
            "this is the password that you have: choose another",
        );
        return Err(Problem::of_member(Kind::MemberInvalid, "new", detail));
    }
    let (old, new) = (Password::given(body.old), Password::given(body.new));
    let (session, by, now, mut random) = (caller.session()?, caller.by(), app.clock.now(), app.entropy);
    let changed = app.registry_with_password(move |registry| {
        let change = PasswordChange { old: &old, new: &new };
        Ok(registry.change_password(&session, change, Cost::RECOMMENDED, &by, now, &mut random))
    });
    changed.await?.map_err(|fault| match fault {
        SignInFault::Wrong => Problem::of_member(
            Kind::MemberInvalid,
            "old",
            words("ce n'est pas votre mot de passe : réessayez", "this is not your password: try again"),
        ),
        SignInFault::Registry(RegistryFault::People(fault @ PeopleFault::Password(_))) => {
            Problem::from(RegistryFault::People(fault)).at_member("new")
        }
        SignInFault::Registry(fault) => of_session(fault),
        fault @ SignInFault::TooMany { .. } => fault.into(),
    })?;
    app.forget_who_may();
    Ok(StatusCode::NO_CONTENT)
}
