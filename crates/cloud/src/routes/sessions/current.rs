use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use registry::{MerchantId, Permission, Who};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{answer::json, app::App, auth::Caller, problem::Problem};

/// Who asks.
#[derive(Serialize, ToSchema)]
pub(crate) struct WhoAmI {
    /// His id, or the key's, as the log of acts has it.
    #[schema(example = "usr_0123456789abcdefghjk")]
    actor: String,
    /// Whether it is a key or a person.
    kind: ActorKind,
    /// His role.
    #[schema(example = "owner")]
    role: &'static str,
    /// All that he may do. None while his role needs a second factor that he has not got.
    #[schema(example = json!(["invoices:seal", "invoices:read"]))]
    scopes: Vec<&'static str>,
    /// Whether he has to make a second factor first.
    needs_enrolment: bool,
    /// Whose things he reaches; none are all merchants'.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    merchant_id: Option<String>,
    /// The only outlet that he reaches, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    outlet_id: Option<String>,
}

/// A key, or a person in a session.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ActorKind {
    /// A till, an ERP, a script.
    Key,
    /// Somebody who signed in.
    Person,
}

/// Who am I
///
/// Of a key or a session.
#[utoipa::path(
    get,
    path = "/api/v1/sessions/current",
    operation_id = "readSession",
    tag = "Sessions",
    responses((status = 200, description = "Who asks, and what he may.", body = WhoAmI)),
)]
pub(crate) async fn current(State(_): State<Arc<App>>, caller: Caller) -> Result<Response, Problem> {
    let kind = match caller.who {
        Who::Key(_) => ActorKind::Key,
        Who::Person(..) => ActorKind::Person,
    };
    let scopes: Vec<_> = caller.permissions.iter().map(Permission::name).collect();
    let who = WhoAmI {
        actor: caller.actor().to_owned(),
        kind,
        role: caller.role.name(),
        needs_enrolment: scopes.is_empty(),
        scopes,
        merchant_id: caller.reach.merchant().map(MerchantId::to_string),
        outlet_id: caller.reach.outlet().map(|outlet| outlet.to_string()),
    };
    Ok(json(StatusCode::OK, &who))
}
