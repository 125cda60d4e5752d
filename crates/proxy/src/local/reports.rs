use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Query, State},
    http::HeaderMap,
    response::Response,
};
use def_protocol::SnapshotPeriod;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{Local, Problem, body::read_json, json};
use crate::device::Asked;

/// A business day.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Day {
    /// In the outlet's zone.
    #[schema(example = "2026-02-04")]
    date: String,
}

/// Over what.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Period {
    /// `session`, since the last closure, or `day`, since midnight.
    #[serde(default = "session")]
    period: String,
}

/// Which days.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Days {
    /// The first day.
    since: String,
    /// The last day.
    until: String,
    /// The `next` of the answer before.
    after: Option<String>,
}

fn session() -> String {
    "session".to_owned()
}

/// Close a business day (Z)
///
/// The device's answer to `RPT|Z`. A day that is closed already gets its closure again.
#[utoipa::path(
    post, path = "/v1/reports/z", operation_id = "closeDay", tag = "Reports", request_body = Day,
    responses((status = 200, description = "The closure.", body = Object),
        (status = 404, description = "There is nothing to close.", body = super::problem::ProblemBody<'static>, content_type = "application/problem+json"))
)]
pub(crate) async fn close(
    State(local): State<Arc<Local>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let Day { date } = read_json(&headers, body).await?;
    let asked = Asked::Closure(day(&date, "date")?);
    Ok(json(local.desk.ask(asked).await?))
}

/// What was sold so far (X)
#[utoipa::path(
    get, path = "/v1/reports/x", operation_id = "snapshot", tag = "Reports", params(Period),
    responses((status = 200, description = "The device's answer to `RPT|X`.", body = Object))
)]
pub(crate) async fn snapshot(
    State(local): State<Arc<Local>>,
    Query(Period { period }): Query<Period>,
) -> Result<Response, Problem> {
    let period = match period.as_str() {
        "session" => SnapshotPeriod::Session,
        "day" => SnapshotPeriod::Day,
        _ => {
            let wrong =
                Problem::said("MEMBER_INVALID", "period est session ou day", "period is session or day");
            return Err(wrong.at_member("period"));
        }
    };
    Ok(json(local.desk.ask(Asked::Snapshot(period)).await?))
}

/// What was sold, article by article (A)
#[utoipa::path(
    get, path = "/v1/reports/a", operation_id = "articles", tag = "Reports", params(Days),
    responses((status = 200, description = "The device's answer to `RPT|A`.", body = Object))
)]
pub(crate) async fn articles(
    State(local): State<Arc<Local>>,
    Query(Days { since, until, after }): Query<Days>,
) -> Result<Response, Problem> {
    let asked = Asked::Articles { since: day(&since, "since")?, until: day(&until, "until")?, after };
    Ok(json(local.desk.ask(asked).await?))
}

fn day(text: &str, member: &str) -> Result<fiscal::CivilDate, Problem> {
    text.parse().map_err(|_| {
        Problem::said("MEMBER_INVALID", "un jour s'écrit 2026-02-04", "a day is written like 2026-02-04")
            .at_member(member)
    })
}
