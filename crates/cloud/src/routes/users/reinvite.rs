use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use registry::{Maker, UserId};

use super::view::InvitationView;
use crate::{
    answer::json,
    app::App,
    auth::Caller,
    extract::Id,
    problem::{Problem, ProblemBody},
};

/// Invite a person anew
///
/// For who lost the invitation, the password or the telephone: his password, his second factor and his sessions are gone at
/// once, and the invitation before is good no more. Nobody does so to himself, and no API key to an
/// owner or an operator who has accepted.
#[utoipa::path(
    post,
    path = "/api/v1/users/{user_id}/invitation",
    operation_id = "reinviteUser",
    tag = "People",
    params(("user_id" = String, Path, description = "His id.", example = "usr_0123456789abcdefghjk")),
    responses(
        (status = 201, description = "He is invited anew.", body = InvitationView),
        (status = 409, description = "It is oneself, or he is stopped.", body = ProblemBody<'static>,
            content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn reinvite(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(user): Id<UserId>,
) -> Result<Response, Problem> {
    let (maker, by, now, mut random) = (Maker::from(&*caller), caller.by(), app.clock.now(), app.entropy);
    let again = app.registry(move |registry| registry.reinvite(&maker, &user, &by, now, &mut random));
    let invited = again.await?;
    app.forget_who_may();
    Ok(json(StatusCode::CREATED, &InvitationView::from(&invited)))
}
