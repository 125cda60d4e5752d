use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

/// How the process does.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// `alive` or `ready`.
    #[schema(example = "ready")]
    status: &'static str,
}

/// Whether the process lives
///
/// Whether it can serve is for `/readyz` to say.
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "isAlive",
    tag = "Service",
    responses((status = 200, description = "It lives.", body = Health))
)]
pub(crate) async fn alive() -> Response {
    Health { status: "alive" }.into_response()
}

impl Health {
    /// Sales can be sealed.
    pub(super) const READY: Self = Self { status: "ready" };
}

impl IntoResponse for Health {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, "application/json")], format!(r#"{{"status":"{}"}}"#, self.status))
            .into_response()
    }
}
