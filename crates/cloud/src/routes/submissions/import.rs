use std::sync::Arc;

use axum::{
    Extension,
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};
use edef::Nim;
use registry::{MerchantId, Permission};
use serde::{Deserialize, Serialize};
use sync::{Asked, Complete, DeskFault, ImportOrder, Imported, ResultFile, RowOutcome};
use utoipa::{IntoParams, ToSchema};

use super::{
    Seen,
    import_words::{of_fault, of_incomplete},
    list::wrong,
};
use crate::{
    answer::json,
    app::App,
    auth::Caller,
    extract::{Query, Time, media_type, member, read_body},
    problem::{Kind, Language, Problem, Words, words},
};

/// What is imported, and how.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportAsked {
    /// Those of one merchant; the platform's may be all merchants'.
    merchant_id: Option<String>,
    /// Change nothing, and say what would be done.
    #[serde(default)]
    #[param(required = false, default = false)]
    dry_run: bool,
    /// The machine (e-MCF) of rows that name none.
    #[param(example = "CD01002345-1")]
    nim: Option<String>,
    /// Where the file is from. It is kept with the name of who imported it.
    reason: Option<String>,
    /// The file is the portal's whole export of the machine `nim` from this time on: what is in doubt and not in it is not at
    /// the authority. With `complete_to` and `complete_rows`.
    complete_from: Option<String>,
    /// Up to this time.
    complete_to: Option<String>,
    /// So many invoices the portal shows for this period.
    complete_rows: Option<usize>,
}

/// What an import did, or would do.
#[derive(Serialize, ToSchema)]
#[schema(as = SubmissionsImport)]
pub(crate) struct ImportView {
    /// Nothing was changed.
    dry_run: bool,
    /// How many rows were filled in.
    #[schema(example = 12)]
    rows: usize,
    /// How many were not. They mean nothing.
    #[schema(example = 0)]
    blank: usize,
    /// Columns whose meaning is not known; they were not read.
    unknown_columns: Vec<String>,
    /// What came of each row.
    results: Vec<RowView>,
    /// Invoices in doubt that a complete export does not have.
    absent: Vec<AbsentView>,
    /// Why the export does not count as complete, though that was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    not_complete: Option<WhyView>,
}

/// What came of a row.
#[derive(Serialize, ToSchema)]
#[schema(as = ImportedRow)]
pub(crate) struct RowView {
    /// Which, as the spreadsheet program numbers it.
    #[schema(example = 2)]
    row: u32,
    /// Of which invoice, if it was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "KINGOMBE01-0-00000001")]
    fiscal_number: Option<String>,
    /// What came of it.
    outcome: OutcomeView,
    /// Why it was refused: a stable code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "CODE_FORM")]
    code: Option<&'static str>,
    /// What came of it, in the language of the request.
    words: String,
}

/// What came of a row.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ImportedOutcome)]
pub(crate) enum OutcomeView {
    /// The invoice is at the authority by it.
    Settled,
    /// It was so before.
    Already,
    /// It was not taken.
    Refused,
}

/// An invoice in doubt that a complete export does not have.
#[derive(Serialize, ToSchema)]
#[schema(as = AbsentInvoice)]
pub(crate) struct AbsentView {
    /// Which.
    fiscal_number: String,
    /// Why nothing is concluded from it; none when it is sent again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    kept: Option<WhyView>,
}

/// A reason.
#[derive(Serialize, ToSchema)]
#[schema(as = ImportReason)]
pub(crate) struct WhyView {
    /// Its stable code.
    code: &'static str,
    /// In the language of the request.
    words: String,
}

/// The media types of a file.
const KINDS: [&str; 3] = [
    "text/csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/octet-stream",
];
/// As large as a file may be.
const MOST_BYTES: usize = 10 << 20;

/// Import the authority's results
///
/// From a CSV or XLSX file: our own export that was filled in, or one of the authority's portal. Rows are taken one by one: a
/// row that is refused holds up no other. Try it with `dry_run=true` first.
#[utoipa::path(
    post,
    path = "/api/v1/submissions/import",
    operation_id = "importSubmissions",
    tag = "Authority",
    params(ImportAsked),
    request_body(
        content(
            (String = "text/csv", example = "rn;nim;codeDEFDGI;dateTime\nKINGOMBE01-0-00000099;CD01002345-1;TESTFEW73TJMEJCGFOCXPDOX;14/03/2026 08:32:12\n"),
        ),
        description = "CSV, or XLSX as `application/vnd.openxmlformats-officedocument.spreadsheetml.sheet`.",
    ),
    responses((status = 200, description = "What came of each row.", body = ImportView)),
)]
pub(crate) async fn import(
    State(app): State<Arc<App>>,
    Extension(language): Extension<Language>,
    caller: Caller,
    Query(asked): Query<ImportAsked>,
    request: Request,
) -> Result<Response, Problem> {
    if !asked.dry_run && !caller.permits(Permission::SettleAuthority) {
        return Err(may_only_try());
    }
    let seen = Seen::of(&app, &caller, asked.merchant_id.as_deref(), None).await?;
    let order = asked.order()?;
    if !KINDS.contains(&media_type(request.headers()).as_str()) {
        let detail = words(
            "envoyez un fichier CSV (Content-Type: text/csv) ou XLSX",
            "send a file of CSV (Content-Type: text/csv) or XLSX",
        );
        return Err(Problem::new(Kind::MediaType, detail));
    }
    let bytes = read_body(&app, request.into_body(), MOST_BYTES).await?;
    let merchant = caller.reach.merchant().map_or("", MerchantId::as_str);
    let file = app.read_file(merchant, move || ResultFile::read(&bytes)).await?.map_err(DeskFault::from)?;
    let (by, now) = (caller.by(), app.at());
    let imported =
        app.desk(move |desk| desk.import(seen.sight(), &file, &order, Asked { by: &by, now })).await?;
    app.wake_agent();
    Ok(json(StatusCode::OK, &ImportView::of(&imported, language)))
}

fn may_only_try() -> Problem {
    Problem::new(
        Kind::Forbidden,
        words(
            "il vous manque le droit authority:settle : essayez avec dry_run=true, et laissez importer qui l'a",
            "you lack the scope authority:settle: try with dry_run=true, and have someone import who has it",
        ),
    )
}

impl ImportAsked {
    fn order(&self) -> Result<ImportOrder, Problem> {
        let nim: Option<Nim> = self.nim.as_deref().map(str::parse).transpose()?;
        let reason = self.reason.as_deref().unwrap_or("import");
        Ok(ImportOrder {
            complete: self.complete(nim.as_ref())?,
            nim,
            reason: member("reason", reason)?,
            dry_run: self.dry_run,
        })
    }

    fn complete(&self, nim: Option<&Nim>) -> Result<Option<Complete>, Problem> {
        let time = |name, text: &Option<String>| -> Result<_, Problem> {
            let text = text.as_deref().ok_or_else(|| wrong(name))?;
            text.parse::<Time>().map(|Time(time)| time).map_err(|_| wrong(name))
        };
        if self.complete_from.is_none() && self.complete_to.is_none() && self.complete_rows.is_none() {
            return Ok(None);
        }
        Ok(Some(Complete {
            nim: nim.cloned().ok_or_else(|| wrong("nim"))?,
            from: time("complete_from", &self.complete_from)?,
            to: time("complete_to", &self.complete_to)?,
            rows: self.complete_rows.ok_or_else(|| wrong("complete_rows"))?,
        }))
    }
}

impl ImportView {
    fn of(imported: &Imported, language: Language) -> Self {
        let say = |said: Words| said.in_language(language).to_owned();
        let results = imported.rows.iter().map(|answer| {
            let (outcome, code, said) = match &answer.outcome {
                RowOutcome::Settled => (
                    OutcomeView::Settled,
                    None,
                    words("à la DGI, avec ce code", "at the authority, with this code"),
                ),
                RowOutcome::Already => (
                    OutcomeView::Already,
                    None,
                    words("déjà connue avec ce code", "known with this code already"),
                ),
                RowOutcome::Refused(fault) => (OutcomeView::Refused, Some(fault.code()), of_fault(fault)),
            };
            let fiscal_number = answer.fiscal.map(|number| number.to_string());
            RowView { row: answer.row, fiscal_number, outcome, code, words: say(said) }
        });
        let absent = imported.absent.iter().map(|absent| AbsentView {
            fiscal_number: absent.fiscal.to_string(),
            kept: absent
                .kept
                .as_ref()
                .map(|fault| WhyView { code: fault.code(), words: say(of_fault(fault)) }),
        });
        Self {
            dry_run: imported.dry_run,
            rows: imported.rows.len(),
            blank: imported.blank,
            unknown_columns: imported.unknown_columns.clone(),
            results: results.collect(),
            absent: absent.collect(),
            not_complete: imported
                .not_complete
                .as_ref()
                .map(|fault| WhyView { code: fault.code(), words: say(of_incomplete(fault)) }),
        }
    }
}
