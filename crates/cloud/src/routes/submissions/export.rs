use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderName, HeaderValue},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use sync::{Asked, Desk, DeskFault, ExportOrder, Exported, JobCursor, SheetForm, SheetPart};
use utoipa::{IntoParams, ToSchema};

use super::{
    Seen,
    list::{Cursor, filter_of, wrong},
};
use crate::{
    app::App,
    auth::Caller,
    extract::Query,
    problem::Problem,
    routes::file_answer::{FileAnswer, Shown},
    start::InZones,
};

/// Which invoices, and as what.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportAsked {
    /// Those of one merchant; the platform sees all merchants' without it.
    merchant_id: Option<String>,
    /// Of which outlet; all that the caller reaches, if it is left out.
    #[param(example = "KIN-GOMBE-01")]
    outlet_id: Option<String>,
    /// In which state; several with commas between. Without it those that are not done with.
    #[param(example = "FAILED,DIFFERS")]
    state: Option<String>,
    /// A spreadsheet with all tables, or one of them as text.
    #[serde(default)]
    #[param(inline, default = "csv")]
    format: FormatName,
    /// Which table, of a text.
    #[serde(default)]
    #[param(inline, default = "invoices")]
    part: PartName,
    /// `X-Next` of the file before.
    cursor: Option<String>,
}

/// The form of a file.
#[derive(Clone, Copy, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FormatName {
    /// Text.
    #[default]
    Csv,
    /// A spreadsheet.
    Xlsx,
}

/// A table.
#[derive(Clone, Copy, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PartName {
    /// A row for each invoice; of a hand-out with empty columns for the authority's answer.
    #[default]
    Invoices,
    /// A row for each line.
    Items,
    /// A row for each means of payment.
    Payments,
}

/// Export what is not at the authority
///
/// Under the authority's names of the fields, for looking: at most 2,000 invoices of at most 10,000 that are looked at, the
/// oldest first. Nothing is changed by it, and invoices go on being sent: what is to be typed into the portal is handed out instead.
#[utoipa::path(
    get,
    path = "/api/v1/submissions/export",
    operation_id = "exportSubmissions",
    tag = "Authority",
    params(ExportAsked),
    responses((status = 200, description = "The file.", content(
        (String = "text/csv"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ), headers(
        ("X-Invoices" = u64, description = "How many invoices are in it."),
        ("X-Left-Out" = u64, description = "How many are not, since they cannot be written as a request."),
        ("X-Next" = String, description = "Where the next file begins, while there is more: its `cursor`."),
    ))),
)]
pub(crate) async fn export(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(asked): Query<ExportAsked>,
) -> Result<Response, Problem> {
    asked.exported(&app, &caller, false).await
}

impl ExportAsked {
    /// The file of what is meant. What is handed out is not sent from then on.
    pub(super) async fn exported(
        &self,
        app: &Arc<App>,
        caller: &Caller,
        hand_out: bool,
    ) -> Result<Response, Problem> {
        let (seen, form) = (self.seen(app, caller).await?, self.form());
        let (filter, after) = (filter_of(self.state.as_deref())?, self.after()?);
        let order = ExportOrder { filter, after, most: ExportOrder::MOST, form, hand_out };
        let (by, now) = (caller.by(), app.at());
        let make = move |desk: &mut Desk<'_>, zones: &InZones| {
            desk.export(seen.sight(), &order, zones, Asked { by: &by, now })
        };
        sheet(app, form, make).await
    }

    pub(super) async fn seen(&self, app: &Arc<App>, caller: &Caller) -> Result<Seen, Problem> {
        Seen::of(app, caller, self.merchant_id.as_deref(), self.outlet_id.as_deref()).await
    }

    /// Where the file begins.
    pub(super) fn after(&self) -> Result<Option<JobCursor>, Problem> {
        let cursor = self.cursor.as_deref().map(str::parse::<Cursor>).transpose();
        Ok(cursor.map_err(|()| wrong("cursor"))?.map(|Cursor(after)| after))
    }

    pub(super) const fn form(&self) -> SheetForm {
        match (self.format, self.part) {
            (FormatName::Xlsx, _) => SheetForm::Xlsx,
            (FormatName::Csv, PartName::Invoices) => SheetForm::Csv(SheetPart::Invoices),
            (FormatName::Csv, PartName::Items) => SheetForm::Csv(SheetPart::Items),
            (FormatName::Csv, PartName::Payments) => SheetForm::Csv(SheetPart::Payments),
        }
    }
}

/// A file that the desk makes, as the answer.
pub(super) async fn sheet(
    app: &Arc<App>,
    form: SheetForm,
    make: impl FnOnce(&mut Desk<'_>, &InZones) -> Result<Exported, DeskFault> + Send + 'static,
) -> Result<Response, Problem> {
    let book = app.ledger.manifest();
    let zones = app.ask(move |store| InZones::read(book, store)).await?;
    let made = app.desk(move |desk| make(desk, &zones)).await?;
    let file = FileAnswer {
        media_type: form.media_type(),
        name: format!("stelala-dgi.{}", form.extension()),
        shown: Shown::Saved,
        body: Body::from(made.bytes),
    };
    let mut response = file.into_response();
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("x-invoices"), made.invoices.into());
    headers.insert(HeaderName::from_static("x-left-out"), made.left_out.count().into());
    // Digits and a dot are, too.
    if let Some(next) = made.next.and_then(|next| HeaderValue::try_from(Cursor(next).to_string()).ok()) {
        headers.insert(HeaderName::from_static("x-next"), next);
    }
    // Digits are always a header's value.
    if let Some(id) = made.hand_out.and_then(|id| HeaderValue::try_from(id.to_string()).ok()) {
        headers.insert(HeaderName::from_static("x-hand-out"), id);
    }
    Ok(response)
}
