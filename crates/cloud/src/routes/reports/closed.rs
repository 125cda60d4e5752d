use std::sync::Arc;

use axum::{extract::State, http::HeaderMap, response::Response};
use def_protocol::reply::{ClosureGroup, ClosureReport, CurrencyTotals};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    close::closure,
    csv::{Cell, Csv},
    day::begun,
    document::ClosureDocument,
    form::Form,
};
use crate::{
    app::App,
    auth::Caller,
    extract::{Query, not_found},
    problem::{Kind, Problem, words},
    routes::place::reached,
};

/// Which business day.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Of which outlet; a key of one outlet need not say it.
    #[param(example = "KIN-GOMBE-01")]
    outlet_id: Option<String>,
    /// A civil day in the outlet's zone, today or before.
    #[param(format = Date, example = "2026-03-14")]
    date: String,
    /// By which signer, where several sealed on that day; without it by who holds the outlet's line now.
    #[param(example = "CLOUD-01", value_type = Option<String>)]
    signer: Option<String>,
    /// Wins over `Accept`.
    #[param(inline)]
    format: Option<Form>,
}

type Closure = ClosureReport<Vec<ClosureGroup>, Vec<CurrencyTotals>>;

/// Read what closed a business day
///
/// It closes nothing. As CSV: one row for each tax group (`row` is `group`) and one for each currency (`row` is
/// `currency`); cells that do not apply are empty.
#[utoipa::path(
    get,
    path = "/api/v1/reports/z",
    operation_id = "readClosure",
    tag = "Reports",
    params(Asked),
    responses(
        (status = 200, description = "The closure.",
            content((ClosureDocument = "application/json"), (String = "text/csv"))),
        (status = 404, description = "The day is not closed, or the outlet is another's.",
            body = crate::problem::ProblemBody<'static>, content_type = "application/problem+json"),
        (status = 406, description = "Neither JSON nor CSV is accepted.",
            body = crate::problem::ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn closed(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let form = Form::chosen(asked.format, &headers)?;
    let place = reached(&app, &caller, asked.outlet_id.as_deref()).await?;
    let date = begun(&asked.date, ("date", Kind::RequestInvalid), &place, app.clock.now())?;
    let outlet = place.outlet.id;
    let recorded = match &asked.signer {
        None => app.consult(move |ledger| ledger.closure(outlet, date)).await?,
        Some(signer) => {
            let closures = app.consult(move |ledger| ledger.closures(outlet, date)).await?;
            closures.into_iter().find(|closure| closure.row.place.chain.signer.as_str() == signer)
        }
    };
    let recorded = recorded.ok_or_else(not_found)?;
    let json = closure(&recorded)?;
    Ok(form.answer(match form {
        Form::Json => json,
        Form::Csv => table(&serde_json::from_str(&json).map_err(|fault| unreadable(&fault))?),
    }))
}

const COLUMNS: [&str; 19] = [
    "row",
    "period",
    "closure",
    "first_day",
    "last_day",
    "sequence_start",
    "sequence_end",
    "currency",
    "count",
    "vat",
    "tax_group",
    "rate",
    "invoice_type",
    "nature",
    "base",
    "sales",
    "returns",
    "voids",
    "net",
];

fn table(closure: &Closure) -> String {
    let mut table = Csv::new(&COLUMNS);
    let start = |row: &str| {
        [
            Cell::of(row),
            Cell::of(closure.period),
            Cell::of(closure.closure),
            Cell::of(closure.first_day),
            Cell::of(closure.last_day),
            Cell::maybe(closure.sequence_start),
            Cell::maybe(closure.sequence_end),
        ]
    };
    for group in &closure.totals {
        let of_group = [
            Cell::of(group.currency),
            Cell::of(group.count),
            Cell::of(group.vat),
            Cell::of(group.tax_group),
            Cell::of(group.rate),
            Cell::of(group.invoice_type.name()),
            Cell::maybe(group.nature),
            Cell::of(group.base),
            Cell::Empty,
            Cell::Empty,
            Cell::Empty,
            Cell::Empty,
        ];
        table.row(start("group").into_iter().chain(of_group));
    }
    for total in &closure.currencies {
        let of_currency = [
            Cell::of(total.currency),
            Cell::of(total.count),
            Cell::of(total.vat),
            Cell::Empty,
            Cell::Empty,
            Cell::Empty,
            Cell::Empty,
            Cell::Empty,
            Cell::of(total.sales),
            Cell::of(total.returns),
            Cell::of(total.voids),
            Cell::of(total.net),
        ];
        table.row(start("currency").into_iter().chain(of_currency));
    }
    table.into_text()
}

fn unreadable(fault: &serde_json::Error) -> Problem {
    let detail = words("erreur interne : signalez-la", "an internal error: please report it");
    Problem::new(Kind::Internal, detail).with_cause(fault.to_string())
}
