use std::sync::{Arc, PoisonError};

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde::Deserialize;
use serde_json::json as object;
use utoipa::ToSchema;

use super::{Local, Problem, body::read_json, json};
use crate::{clock, pair::PairFault};

/// A till that pairs.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pairing {
    /// As its invoices name it.
    #[schema(example = "POS-01")]
    pos_terminal_id: String,
    /// The code that `stelala proxy pair new` showed.
    code: String,
}

/// Pair a till
///
/// The token is shown once: keep it, and send it as `Authorization: Bearer`.
#[utoipa::path(
    post, path = "/v1/pairings", operation_id = "pairTill", tag = "Tills", request_body = Pairing,
    responses((status = 201, description = "The till's token.", body = Object),
        (status = 403, description = "The code is not good.", body = super::problem::ProblemBody<'static>, content_type = "application/problem+json"))
)]
pub(crate) async fn create(
    State(local): State<Arc<Local>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let Pairing { pos_terminal_id, code } = read_json(&headers, body).await?;
    let terminal = pos_terminal_id.parse().map_err(|_| {
        Problem::said("MEMBER_INVALID", "ce n'est pas un nom de caisse", "this is no till's name")
            .at_member("pos_terminal_id")
    })?;
    let redeemed = {
        let mut tills = local.tills.lock().unwrap_or_else(PoisonError::into_inner);
        tills.redeem(terminal, &code, clock::now(), local.entropy)
    };
    match redeemed {
        Ok(token) => {
            let body = object!({ "pos_terminal_id": pos_terminal_id, "token": token.reveal() });
            let mut response = json(body.to_string());
            *response.status_mut() = StatusCode::CREATED;
            Ok(response)
        }
        Err(fault @ (PairFault::Refused | PairFault::TooMany)) => {
            Err(Problem::new("PAIRING_REFUSED", fault.to_string()))
        }
        Err(fault) => Err(Problem::new("STATE_UNAVAILABLE", fault.to_string())),
    }
}
