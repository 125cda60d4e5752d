use std::{sync::Arc, time::Duration};

use axum::{Extension, body::Body, extract::State, http::HeaderMap, response::Response};
use serde::Deserialize;
use serde_json::{Value, json as object};
use tokio::time::timeout;
use utoipa::ToSchema;

use super::{Local, Problem, body::read_json, guard::Who, json};
use crate::desk::Activated;

/// So long a technician waits.
const PATIENCE: Duration = Duration::from_secs(90);

/// What a technician typed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Code {
    /// The activation code of the device's registration.
    code: String,
}

/// Activate the device
///
/// On this machine only. The code goes to the cloud, the device is bound to its outlet, gets its certificate and its time, and
/// tests itself; the answer comes when all of it is done.
#[utoipa::path(
    post, path = "/v1/activation", operation_id = "activateDevice", tag = "Device", request_body = Code,
    responses((status = 200, description = "It is activated; its status.", body = Object),
        (status = 403, description = "The code is not good.", body = super::problem::ProblemBody<'static>, content_type = "application/problem+json"),
        (status = 503, description = "The device or the cloud cannot be reached.", body = super::problem::ProblemBody<'static>, content_type = "application/problem+json"))
)]
pub(crate) async fn activate(
    State(local): State<Arc<Local>>,
    Extension(who): Extension<Who>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    if who != Who::Here {
        return Err(Problem::of("FORBIDDEN"));
    }
    let Code { code } = read_json(&headers, body).await?;
    let news = local.desk.news();
    let Some(here) = news.here else {
        return Err(Problem::new("DEVICE_UNREACHABLE", news.absence.unwrap_or_default()));
    };
    if here.signer.public_key_id.is_some() {
        let device = here.signer.device_id;
        return Err(Problem::said(
            "ALREADY_PROVISIONED",
            format!("{device} est déjà activé"),
            format!("{device} is activated already"),
        ));
    }
    match timeout(PATIENCE, local.desk.activate(code)).await {
        Ok(Activated::Refused { code, detail }) => Err(Problem::new(&code, detail)),
        Ok(_) => {
            let status = local.desk.here().and_then(|here| serde_json::from_str(&here.json).ok());
            Ok(json(object!({ "activated": true, "device": status.unwrap_or(Value::Null) }).to_string()))
        }
        Err(_) => Err(Problem::new(
            "CLOUD_UNREACHABLE",
            "the cloud did not answer in time: the code stays entered and is used when the tunnel is up; look at /v1/status",
        )),
    }
}
