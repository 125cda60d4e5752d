use std::sync::Arc;

use axum::{extract::State, response::Response};
use serde_json::{Value, json as object};

use super::{Local, json};
use crate::{clock, device::Asked};

/// How device, tunnels and spool are
///
/// The device is asked for it; `device` is its own status, null when it does not answer.
#[utoipa::path(
    get, path = "/v1/status", operation_id = "status", tag = "Device",
    responses((status = 200, description = "How it is.", body = Object))
)]
pub(crate) async fn status(State(local): State<Arc<Local>>) -> Response {
    let (device, fault) = match local.desk.ask(Asked::Status).await {
        Ok(status) => (serde_json::from_str(&status).unwrap_or(Value::Null), Value::Null),
        Err(trouble) => (Value::Null, object!({ "code": trouble.code(), "detail": trouble.to_string() })),
    };
    let depth = local.desk.count();
    let health = local.desk.health();
    let tunnels: Vec<Value> = local
        .desk
        .tunnels()
        .into_iter()
        .map(|(cloud, tunnel)| {
            object!({
                "cloud": cloud,
                "state": tunnel.state.as_str(),
                "code": tunnel.code,
                "detail": tunnel.detail,
                "behind": local.desk.behind(&cloud),
            })
        })
        .collect();
    let body = object!({
        "time": clock::now().to_string(),
        "device": device,
        "device_fault": fault,
        "tunnels": tunnels,
        "spool": {
            "queued": depth.queued,
            "unresolved": depth.unresolved,
            "kept": depth.kept,
            "waiting": depth.waiting,
        },
        "proxy": health,
    });
    json(body.to_string())
}
