use std::sync::Arc;

use axum::{Extension, extract::State, http::StatusCode, response::Response};
use serde::Deserialize;
use sync::{AlertKind, Asked, ToldAtFault};
use utoipa::ToSchema;

use super::view::{AlertView, is_platform};
use crate::{
    answer::json,
    app::App,
    auth::Caller,
    extract::{Json, member, not_found},
    problem::{Kind, Language, Problem, ProblemBody, words},
};

/// Which alert was looked at, and what came of it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AuthorityAlertClosing, example = json!({
    "cause": "handed_out", "about": "hand-out-1773475200000", "seen": "2026-03-14T08:00:00.000Z",
    "reason": "comparée avec le portail"
}))]
pub(crate) struct CloseBody {
    /// `cause` of the alert.
    cause: String,
    /// `about` of the alert.
    about: String,
    /// `seen` of the alert as it was read.
    seen: String,
    /// What was found. It is kept with the name of who said it.
    #[schema(min_length = 1, max_length = 128)]
    reason: String,
}

/// Close an alert
///
/// The platform says that it looked at it. One that is closed already stays as it is, one that was told again since it was
/// read is not closed, and one that is told again afterwards comes again. What ends by itself when its reason does, such as `backlog`, is not closed.
#[utoipa::path(
    post,
    path = "/api/v1/authority/alerts/close",
    operation_id = "closeAuthorityAlert",
    tag = "Authority",
    request_body = CloseBody,
    responses(
        (status = 200, description = "The alert, which is over.", body = AlertView),
        (status = 404, description = "There is no such alert.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
        (status = 409, description = "It ends by itself, or was told again since it was read.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn close_alert(
    State(app): State<Arc<App>>,
    Extension(language): Extension<Language>,
    caller: Caller,
    Json(body): Json<CloseBody>,
) -> Result<Response, Problem> {
    let kind = AlertKind::from_name(&body.cause).ok_or_else(no_cause)?;
    let reason = member("reason", &body.reason)?;
    let seen = body.seen.parse().map_err(no_time)?;
    // A database may not take such a text even to look for it.
    if !is_platform(&caller) || body.about.chars().any(char::is_control) {
        return Err(not_found());
    }
    let (by, now) = (caller.by(), app.at());
    let close = move |desk: &mut sync::Desk<'_>| {
        desk.close_alert(kind, &body.about, seen, &reason, Asked { by: &by, now })
    };
    let closed = app.desk(close).await?;
    Ok(json(StatusCode::OK, &AlertView::of(&closed, &caller, language)))
}

fn no_cause() -> Problem {
    Problem::of_member(
        Kind::MemberInvalid,
        "cause",
        words(
            "ce n'est la cause d'aucune alerte : copiez celle que montre la liste",
            "no alert has this cause: copy the one that the list shows",
        ),
    )
}

fn no_time(fault: ToldAtFault) -> Problem {
    Problem::of_member(
        Kind::MemberInvalid,
        "seen",
        words("l'heure s'écrit 2026-03-14T07:32:11.123Z : copiez « seen » de la liste", fault.to_string()),
    )
}
