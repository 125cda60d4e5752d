use std::sync::Arc;

use axum::{extract::State, http::HeaderMap, response::Response};
use def_protocol::SnapshotPeriod;
use ledger::SnapshotAnswer;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    csv::{Cell, Csv},
    document::SnapshotDocument,
    form::Form,
};
use crate::{app::App, auth::Caller, extract::Query, problem::Problem, routes::place::reached};

/// Over what.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Of which outlet; a key of one outlet need not say it.
    #[param(example = "KIN-GOMBE-01")]
    outlet_id: Option<String>,
    /// Since the last closure, or since the outlet's midnight.
    #[serde(default)]
    #[param(inline, default = "session")]
    period: Period,
    /// Wins over `Accept`.
    #[param(inline)]
    format: Option<Form>,
}

/// Over what an X report is.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Period {
    /// Since the last closure.
    #[default]
    Session,
    /// Since the outlet's midnight.
    Day,
}

/// Read what is sold so far
///
/// The X report: it closes nothing. As CSV: one row for each currency.
#[utoipa::path(
    get,
    path = "/api/v1/reports/x",
    operation_id = "readSnapshot",
    tag = "Reports",
    params(Asked),
    responses(
        (status = 200, description = "The sales so far.",
            content((SnapshotDocument = "application/json"), (String = "text/csv"))),
        (status = 404, description = "There is no such outlet, or it is another's.",
            body = crate::problem::ProblemBody<'static>, content_type = "application/problem+json"),
        (status = 406, description = "Neither JSON nor CSV is accepted.",
            body = crate::problem::ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn snapshot(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let form = Form::chosen(asked.format, &headers)?;
    let place = reached(&app, &caller, asked.outlet_id.as_deref()).await?;
    let outlet = place.outlet.id;
    let period = match asked.period {
        Period::Session => SnapshotPeriod::Session,
        Period::Day => SnapshotPeriod::Day,
    };
    let report = app.consult(move |ledger| ledger.snapshot(outlet, period)).await?;
    Ok(form.answer(match form {
        Form::Json => report.json,
        Form::Csv => table(&report.answer),
    }))
}

const COLUMNS: [&str; 11] = [
    "period",
    "since",
    "sequence_start",
    "sequence_end",
    "currency",
    "count",
    "sales",
    "returns",
    "voids",
    "net",
    "vat",
];

fn table(answer: &SnapshotAnswer) -> String {
    let mut table = Csv::new(&COLUMNS);
    for total in &answer.currencies {
        table.row([
            Cell::of(answer.period.as_str()),
            Cell::maybe(answer.since),
            Cell::maybe(answer.sequence_start),
            Cell::maybe(answer.sequence_end),
            Cell::of(total.currency),
            Cell::of(total.count),
            Cell::of(total.sales),
            Cell::of(total.returns),
            Cell::of(total.voids),
            Cell::of(total.net),
            Cell::of(total.vat),
        ]);
    }
    table.into_text()
}
