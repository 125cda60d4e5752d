use std::{num::NonZeroUsize, sync::Arc};

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use def_protocol::{ArticlesAsked, Cursor};
use fiscal::{CivilDate, OutletId};
use ledger::{ArticlesAnswer, Refusal, ReportFault};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    csv::{Cell, Csv},
    day::{begun, day},
    document::ArticlesDocument,
    form::Form,
};
use crate::{
    app::App,
    auth::Caller,
    extract::Query,
    problem::{Kind, Problem, words},
    routes::{invoices::wrong, place::reached},
};

/// Which business days.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Of which outlet; a key of one outlet need not say it.
    #[param(example = "KIN-GOMBE-01")]
    outlet_id: Option<String>,
    /// The first, a civil day in the outlet's zone, today or before.
    #[param(format = Date, example = "2026-03-01")]
    since: String,
    /// The last, at most 366 days after the first.
    #[param(format = Date, example = "2026-03-31")]
    until: String,
    /// `next` of the page before.
    #[param(max_length = 200)]
    after: Option<String>,
    /// At most so many articles.
    #[param(minimum = 1, maximum = 1000, default = 200)]
    limit: Option<u16>,
    /// Wins over `Accept`.
    #[param(inline)]
    format: Option<Form>,
}

const LIMIT: u16 = 200;
const MOST: u16 = 1_000;
/// Each page reads all days again.
const MOST_DAYS: u32 = 366;

/// Count articles
///
/// The A report: what was sold of each article over business days, both included. As CSV: one row for each article, and
/// where there are more, `Link` leads to the next page.
#[utoipa::path(
    get,
    path = "/api/v1/reports/a",
    operation_id = "readArticles",
    tag = "Reports",
    params(Asked),
    responses(
        (status = 200, description = "A page of articles.",
            content((ArticlesDocument = "application/json"), (String = "text/csv")),
            headers(("Link" = String, description = "Where the next page is, while there may be more (RFC 8288)."))),
        (status = 404, description = "There is no such outlet, it is another's, or the payloads of these days were erased.",
            body = crate::problem::ProblemBody<'static>, content_type = "application/problem+json"),
        (status = 406, description = "Neither JSON nor CSV is accepted.",
            body = crate::problem::ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn articles(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let form = Form::chosen(asked.format, &headers)?;
    let place = reached(&app, &caller, asked.outlet_id.as_deref()).await?;
    let since = begun(&asked.since, ("since", Kind::RequestInvalid), &place, app.clock.now())?;
    let until = day(&asked.until, "until", Kind::RequestInvalid)?;
    if until < since || until.days() - since.days() > MOST_DAYS {
        return Err(wrong("until"));
    }
    let limit = asked.limit.unwrap_or(LIMIT);
    let most =
        NonZeroUsize::new(usize::from(limit)).filter(|_| limit <= MOST).ok_or_else(|| wrong("limit"))?;
    if asked.after.as_deref().is_some_and(|after| Cursor::new(after).is_none()) {
        return Err(wrong("after"));
    }
    let (outlet, after) = (place.outlet.id, asked.after);
    let report = app.consult(move |ledger| {
        let asked = ArticlesAsked { since, until, after: after.as_deref().and_then(Cursor::new) };
        ledger.articles(outlet, &asked, most)
    });
    let report = report.await.map_err(refused)?;
    let next = report.answer.next.as_deref().map(|next| next_page(outlet, (since, until), limit, next));
    let mut response = form.answer(match form {
        Form::Json => report.json,
        Form::Csv => table(&report.answer),
    });
    if let Some(next) = next.and_then(|next| HeaderValue::try_from(next).ok()) {
        response.headers_mut().insert(header::LINK, next);
    }
    Ok(response)
}

/// In a query there is no member of a payload that is wrong, but a parameter.
fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Report(ReportFault::Cursor) => wrong("after"),
        Refusal::Report(ReportFault::Days) => wrong("until"),
        Refusal::Report(fault @ ReportFault::Sum) => Problem::of_member(
            Kind::RequestInvalid,
            "until",
            words(
                "une somme est plus longue qu'un montant ne peut l'être : demandez moins de jours",
                fault.to_string(),
            ),
        ),
        refusal => refusal.into(),
    }
}

fn next_page(outlet: OutletId, days: (CivilDate, CivilDate), limit: u16, after: &str) -> String {
    let after = after.bytes().fold(String::new(), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
        escaped
    });
    let (since, until) = days;
    format!(
        "</api/v1/reports/a?outlet_id={outlet}&since={since}&until={until}&limit={limit}&after={after}>; rel=\"next\""
    )
}

const COLUMNS: [&str; 8] =
    ["code", "description", "quantity", "unit", "price_mode", "tax_group", "amount", "currency"];

fn table(answer: &ArticlesAnswer) -> String {
    let mut table = Csv::new(&COLUMNS);
    for article in &answer.articles {
        table.row([
            Cell::Free(article.code.as_str()),
            Cell::Free(&article.description),
            Cell::of(article.quantity),
            Cell::Free(&article.unit),
            Cell::of(article.price_mode.name()),
            Cell::of(article.tax_group),
            Cell::of(article.amount),
            Cell::of(article.currency),
        ]);
    }
    table.into_text()
}
