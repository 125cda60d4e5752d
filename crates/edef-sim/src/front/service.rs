use std::{sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    extract::{ConnectInfo, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

use super::{
    shared::{Shared, is_kept},
    wire::Wire,
};
use crate::{Call, Delivery, Method, Reply};

/// Every call of the service: half of its time passes before the effect, half after it.
pub(super) async fn call(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    method: axum::http::Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let call = Call {
        method: match method {
            axum::http::Method::GET => Method::Get,
            axum::http::Method::POST => Method::Post,
            axum::http::Method::PUT => Method::Put,
            _ => Method::Other,
        },
        path: uri.path().to_owned(),
        token: bearer(&headers),
        body: body.to_vec(),
    };
    let turn = match &call.token {
        Some(token) if is_confirm(&call) => shared.turn(token),
        _ => None,
    };
    let held = match &turn {
        Some(turn) => Some(turn.lock().await),
        None => None,
    };
    let half = shared.latency / 2;
    pass(half).await;
    let (reply, kept) = shared.handle(&call);
    let is_kept = is_kept(kept).await;
    pass(shared.latency - half + Duration::from_millis(reply.delay_ms)).await;
    drop(held);
    if reply.delivery != Delivery::Arrives {
        wire.cut();
    }
    if is_kept { response(reply) } else { StatusCode::INSUFFICIENT_STORAGE.into_response() }
}

async fn pass(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

fn is_confirm(call: &Call) -> bool {
    call.path.rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case("confirm"))
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

fn response(reply: Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, reply.body).into_response();
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static("application/json; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, kind);
    if let Some(seconds) = reply.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
