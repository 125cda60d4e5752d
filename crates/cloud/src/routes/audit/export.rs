use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use fiscal::CivilDate;
use ledger::{Act, By, ExportDays, write_act};
use registry::Place;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    chunks::pipe,
    exports::Whose,
    made::{Order, make},
};
use crate::{
    app::App,
    auth::Caller,
    extract::Query,
    problem::{Kind, Problem},
    routes::{
        file_answer::{FileAnswer, Shown},
        invoices::wrong,
        place::reached,
        reports::{begun, day},
    },
};

/// Which records.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Of which outlet; a key of one outlet need not say it.
    #[param(example = "KIN-GOMBE-01")]
    outlet_id: Option<String>,
    /// The first business day, in the outlet's zone; all before it are left out.
    #[param(format = Date, example = "2026-03-01")]
    since: Option<String>,
    /// The last business day.
    #[param(format = Date)]
    until: Option<String>,
}

/// Take an outlet's records away
///
/// An archive with the parts of the journal, the list of them signed by the attesting key, and the keys that sealed:
/// unpack it and run `stelala verify export`. What devices delivered is in a folder of each. A merchant takes one away at once.
#[utoipa::path(
    get,
    path = "/api/v1/audit/export",
    operation_id = "exportRecords",
    tag = "Audit",
    params(Asked),
    responses(
        (status = 200, description = "The archive.", body = Vec<u8>, content_type = "application/x-tar",
            headers(("Content-Disposition" = String, description = "What to call it."))),
        (status = 404, description = "Nothing was sealed in these days, or the outlet is another's.",
            body = crate::problem::ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn export(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let place = reached(&app, &caller, asked.outlet_id.as_deref()).await?;
    let order = asked.order(&app, &place)?;
    let is_platform = caller.reach.merchant().is_none();
    let made = make(&app, order, Whose { is_platform, merchant: place.merchant.clone() }).await?;
    let subject = format!("{}, {} records", order.name(), made.done.records);
    note(&app, &caller, &place, order, subject).await?;
    let (pipe, chunks) = pipe();
    tokio::task::spawn_blocking(move || made.send(pipe));
    let file = FileAnswer {
        media_type: "application/x-tar",
        name: format!("{}.tar", order.name()),
        shown: Shown::Saved,
        body: Body::new(chunks),
    };
    Ok(file.into_response())
}

impl Asked {
    fn order(&self, app: &App, place: &Place) -> Result<Order, Problem> {
        let now = app.clock.now();
        let since =
            self.since.as_deref().map(|since| begun(since, ("since", Kind::RequestInvalid), place, now));
        let until = self.until.as_deref().map(|until| day(until, "until", Kind::RequestInvalid));
        let (since, until): (Option<CivilDate>, _) = (since.transpose()?, until.transpose()?);
        if since.zip(until).is_some_and(|(since, until)| until < since) {
            return Err(wrong("until"));
        }
        Ok(Order { outlet: place.outlet.id, days: ExportDays { since, until }, now })
    }
}

/// Who took what away, in the log of the merchant whose it is, before it is taken.
async fn note(
    app: &Arc<App>,
    caller: &Caller,
    place: &Place,
    order: Order,
    subject: String,
) -> Result<(), Problem> {
    // The log takes every merchant's id.
    let tenant = place.merchant.as_str().parse().ok();
    let by = By { tenant, ..caller.by() };
    let act = Act { time: order.now, by, action: "audit.export", outlet: Some(order.outlet), subject };
    Ok(app.ask(move |store| store.change(&mut |statements| write_act(statements, &act))).await?)
}
