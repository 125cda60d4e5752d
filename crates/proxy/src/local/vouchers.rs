use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use serde_json::Value;

use super::{Local, Problem, body::read_json, json};

/// Ask the cloud for a voucher
///
/// For a credit note whose original another signer sealed. Body and answer are those of the cloud's `POST /vouchers`; without
/// a tunnel it is `CLOUD_UNREACHABLE`.
#[utoipa::path(
    post, path = "/v1/vouchers", operation_id = "requestVoucher", tag = "Invoices", request_body = Object,
    responses(
        (status = 201, description = "The voucher: put it in the payload's `reference.voucher`.", body = Object),
        (status = 503, description = "There is no tunnel to a cloud.", body = super::problem::ProblemBody<'static>, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn create(
    State(local): State<Arc<Local>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let body: Value = read_json(&headers, body).await?;
    let Some((status, answer)) = local.desk.voucher(body).await else {
        return Err(Problem::said(
            "CLOUD_UNREACHABLE",
            "l'original est chez un autre signataire et le service est injoignable : faites l'avoir quand la connexion est \
             revenue, ou là où l'original a été scellé",
            "only the cloud can give a voucher, and it cannot be reached: make the credit note when it can be, or where the \
             original was sealed",
        ));
    };
    let mut response = json(answer.to_string());
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    *response.status_mut() = status;
    if status.as_u16() >= 400 {
        let problem = HeaderValue::from_static(Problem::CONTENT_TYPE);
        response.headers_mut().insert(header::CONTENT_TYPE, problem);
    }
    Ok(response)
}
