use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use fiscal::{FiscalNumber, OutletId, Position};
use ledger::{ChainId, Irregular, Place};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::view::json;
use crate::{
    app::App,
    auth::Caller,
    extract::{Id, Query, not_found},
    problem::{Kind, Problem, words},
};

/// An invoice that is in the ledger and breaks a rule (L6).
#[derive(Serialize, ToSchema)]
#[schema(as = NonCompliant)]
pub(crate) struct NonCompliantView {
    /// Its number; none of a record that is no invoice.
    #[schema(example = "KINGOMBE01-0-00000001")]
    pub(super) fiscal_number: Option<String>,
    /// Who sealed it.
    #[schema(example = "DEF-000123")]
    device_id: String,
    /// Which rules it breaks.
    #[schema(example = json!(["certificate_expired"]))]
    causes: Vec<String>,
    /// The invoice that repeats it, if one does.
    reissued_by: Option<String>,
}

/// A page of them.
#[derive(Serialize, ToSchema)]
pub(crate) struct NonCompliants {
    /// In the order in which they arrived.
    non_compliant: Vec<NonCompliantView>,
    /// Where the next page begins, while there is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
}

/// Which part of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Part {
    /// At most so many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// List invoices that break a rule
///
/// What a device delivered is kept whatever it is; what breaks a rule is flagged and listed here, until it is reissued and
/// afterwards. It holds nothing else up.
#[utoipa::path(
    get,
    path = "/api/v1/outlets/{outlet_id}/non-compliant",
    operation_id = "listNonCompliant",
    tag = "Invoices",
    params(("outlet_id" = String, Path, description = "Its id.", example = "KIN-GOMBE-01"), Part),
    responses((status = 200, description = "A page.", body = NonCompliants)),
)]
pub(crate) async fn non_compliant(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(outlet): Id<OutletId>,
    Query(part): Query<Part>,
) -> Result<Response, Problem> {
    let place = app.place(outlet).await?;
    let place = place.filter(|place| caller.reach.covers(&place.merchant, outlet)).ok_or_else(not_found)?;
    let limit = usize::from(part.limit.unwrap_or(50));
    if !(1..=200).contains(&limit) {
        return Err(wrong("limit"));
    }
    let after = part.cursor.map(|cursor| spot(outlet, &cursor).ok_or_else(|| wrong("cursor"))).transpose()?;
    let mut found = app.consult(move |ledger| ledger.non_compliant_of(outlet, after, limit + 1)).await?;
    let is_more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| is_more).map(|last| cursor(&last.flag));
    let prefix = place.outlet.prefix;
    let shown = found.iter().map(|one| NonCompliantView::of(one, prefix)).collect();
    Ok(json(StatusCode::OK, &NonCompliants { non_compliant: shown, next }))
}

impl NonCompliantView {
    pub(super) fn of(of: &Irregular, prefix: fiscal::Prefix) -> Self {
        let chain = of.record.place.chain;
        let number = of.record.number.map(|number| FiscalNumber { prefix, epoch: chain.epoch, number });
        Self {
            fiscal_number: number.map(|number| number.to_string()),
            device_id: chain.signer.to_string(),
            causes: of.record.causes.clone(),
            reissued_by: of.reissued_by.map(|number| number.to_string()),
        }
    }
}

/// `epoch.position.signer`
fn cursor(flag: &Place) -> String {
    format!("{}.{}.{}", flag.chain.epoch.0, flag.position.value(), flag.chain.signer)
}

fn spot(outlet: OutletId, cursor: &str) -> Option<Place> {
    let mut parts = cursor.splitn(3, '.');
    let epoch = fiscal::Epoch(parts.next()?.parse().ok()?);
    let position = Position::new(parts.next()?.parse().ok()?)?;
    let signer = parts.next()?.parse().ok()?;
    Some(Place { chain: ChainId { outlet, epoch, signer }, position })
}

fn wrong(member: &str) -> Problem {
    Problem::of_member(
        Kind::RequestInvalid,
        member,
        words(
            format!("{member} est erroné : voyez sa forme dans la documentation"),
            format!("{member} is wrong: see its form in the documentation"),
        ),
    )
}
