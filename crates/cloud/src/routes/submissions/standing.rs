use std::sync::Arc;

use fiscal::FiscalNumber;
use serde::Serialize;
use sync::Sight;
use utoipa::ToSchema;

use super::view::{ElementsView, ErrorView, StateName, said, time_of};
use crate::{
    app::App,
    problem::{Language, Problem},
};

/// How an invoice stands with the tax authority (A2).
#[derive(Serialize, ToSchema)]
#[schema(as = AuthorityStanding)]
pub(crate) struct Standing {
    /// How far it is. An invoice that nothing looked for yet is `PENDING`.
    state: StateName,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "2026-03-14T07:32:12Z")]
    since: Option<String>,
    /// What went wrong last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    error: Option<ErrorView>,
    /// What the state means, in the language of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    explanation: Option<String>,
    /// What to do about it, if there is something.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    advice: Option<String>,
    /// The authority's elements, once they are known: print them beside ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    elements: Option<ElementsView>,
}

impl Standing {
    /// Of an invoice that the caller reaches.
    pub(crate) async fn of(
        app: &Arc<App>,
        number: FiscalNumber,
        language: Language,
    ) -> Result<Self, Problem> {
        let listed = app.desk(move |desk| desk.job_of(Sight::All, &number)).await?;
        let Some(listed) = listed else {
            // A ledger that was restored without the tables of its sync has the record all the same.
            let elements = app.consult(move |ledger| ledger.authority_of(&number)).await?;
            return Ok(Self {
                state: if elements.is_some() { StateName::Synced } else { StateName::Pending },
                since: None,
                error: None,
                explanation: None,
                advice: None,
                elements: elements.as_ref().map(ElementsView::from),
            });
        };
        let job = &listed.job;
        Ok(Self {
            state: job.state.into(),
            since: Some(time_of(job.since)),
            error: job.error.as_ref().map(ErrorView::from),
            explanation: Some(said(listed.explanation(), language).to_owned()),
            advice: listed.advice().map(|advice| said(advice, language).to_owned()),
            elements: job.elements.as_ref().map(ElementsView::from),
        })
    }
}
