use std::{str::FromStr, sync::Arc};

use axum::{Extension, extract::State, http::StatusCode, response::Response};
use fiscal::Timestamp;
use serde::{Deserialize, Serialize};
use sync::{JobCursor, JobFilter, JobState, Listed};
use utoipa::{IntoParams, ToSchema};

use super::{Seen, view::SubmissionView};
use crate::{
    answer::json,
    app::App,
    auth::Caller,
    extract::{Page, Query, Time, not_found},
    problem::{Kind, Language, Problem, words},
};

/// Which invoices.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Those of one merchant; the platform sees all merchants' without it.
    merchant_id: Option<String>,
    /// Of which outlet; all that the caller reaches, if it is left out.
    #[param(example = "KIN-GOMBE-01")]
    outlet_id: Option<String>,
    /// In which state; several with commas between.
    #[param(example = "FAILED,DIFFERS")]
    state: Option<String>,
    /// With this word as the cause of their state, or as the code of their error.
    #[param(example = "waits_for_original")]
    error: Option<String>,
    /// That went, or go, to this machine of the authority.
    machine_id: Option<String>,
    /// Sealed before this time, in UTC.
    #[param(example = "2026-03-14T00:00:00Z")]
    sealed_before: Option<String>,
    /// At most so many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A page of invoices by the time of their sealing, the oldest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct Submissions {
    /// How each stands.
    submissions: Vec<SubmissionView>,
    /// Where the next page begins, while there is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
}

/// List invoices by how they stand with the authority
///
/// Each with its state, the cause, what it means and what to do, in the language of the request. Who reaches one outlet sees
/// that outlet's.
#[utoipa::path(
    get,
    path = "/api/v1/submissions",
    operation_id = "listSubmissions",
    tag = "Authority",
    params(Which),
    responses((status = 200, description = "A page.", body = Submissions)),
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Extension(language): Extension<Language>,
    caller: Caller,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    let page = Page::<Cursor>::read(which.limit, which.cursor.as_deref())?;
    let filter = which.filter()?;
    let seen = which.seen(&app, &caller).await?;
    if let Some(machine) = filter.machine.clone() {
        let reach = caller.reach.clone();
        app.desk(move |desk| desk.machine(&reach, &machine).map(drop)).await?;
    }
    let (after, most) = (page.after.as_ref().map(|Cursor(after)| *after), page.most());
    let found = app.desk(move |desk| desk.jobs(seen.sight(), &filter, after, most)).await?;
    let (shown, next) = page.cut(found, |listed| Cursor(listed.cursor()).to_string());
    let submissions = shown.iter().map(|listed: &Listed| SubmissionView::of(listed, &caller, language));
    Ok(json(StatusCode::OK, &Submissions { submissions: submissions.collect(), next }))
}

impl Which {
    /// Whose.
    pub(super) async fn seen(&self, app: &Arc<App>, caller: &Caller) -> Result<Seen, Problem> {
        Seen::of(app, caller, self.merchant_id.as_deref(), self.outlet_id.as_deref()).await
    }

    /// Which of them.
    pub(super) fn filter(&self) -> Result<JobFilter, Problem> {
        let before =
            |text: &str| text.parse::<Time>().map(|Time(time)| time).map_err(|_| wrong("sealed_before"));
        let machine = |text: &str| text.parse().map_err(|_| not_found());
        Ok(JobFilter {
            error: self.error.clone().filter(|word| !word.is_empty()),
            sealed_before: self.sealed_before.as_deref().map(before).transpose()?,
            machine: self.machine_id.as_deref().map(machine).transpose()?,
            ..filter_of(self.state.as_deref())?
        })
    }
}

/// Those in some states, with commas between them; in any without a word.
pub(super) fn filter_of(states: Option<&str>) -> Result<JobFilter, Problem> {
    let state = |name: &str| JobState::from_name(name).ok_or_else(|| wrong("state"));
    let names = states.unwrap_or_default().split(',').filter(|name| !name.is_empty());
    Ok(JobFilter { states: names.map(state).collect::<Result<_, _>>()?, ..JobFilter::default() })
}

/// A parameter of a query that is none.
pub(crate) fn wrong(member: &str) -> Problem {
    Problem::of_member(
        Kind::RequestInvalid,
        member,
        words(
            format!("{member} est erroné : voyez sa forme dans la documentation"),
            format!("{member} is wrong: see its form in the documentation"),
        ),
    )
}

/// `seconds.id`
pub(super) struct Cursor(pub(super) JobCursor);

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (sealed, id) = text.split_once('.').ok_or(())?;
        let sealed = sealed.parse().ok().and_then(Timestamp::from_unix).ok_or(())?;
        Ok(Self(JobCursor { sealed, id: id.parse().map_err(|_| ())? }))
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.0.sealed.unix(), self.0.id)
    }
}
