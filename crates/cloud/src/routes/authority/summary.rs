use std::{collections::BTreeMap, sync::Arc};

use axum::{extract::State, http::StatusCode, response::Response};
use fiscal::{OutletId, Timestamp};
use serde::{Deserialize, Serialize};
use sync::{InHands, JobState, Machine, StateCount};
use utoipa::{IntoParams, ToSchema};

use crate::{
    answer::json,
    app::App,
    auth::Caller,
    extract::Query,
    problem::Problem,
    routes::submissions::{Affairs, Seen},
};

/// Whose.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhoseSummary {
    /// Of one merchant; the platform sees all merchants' without it.
    merchant_id: Option<String>,
}

/// How much waits on its way to the authority.
#[derive(Serialize, ToSchema)]
#[schema(as = AuthoritySummary)]
pub(crate) struct Summary {
    /// Whether this cloud sends anything: otherwise invoices stay pending.
    enabled: bool,
    /// The hosts to which it sends.
    #[schema(example = json!(["edef.dgirdc.cd"]))]
    hosts: Vec<String>,
    /// How many invoices are in each state that is not the end.
    #[schema(value_type = BTreeMap<String, u64>, example = json!({ "PENDING": 2, "RETRY": 1 }))]
    states: BTreeMap<&'static str, u64>,
    /// How many of them the authority does not have, as far as we know: they are to be sent, or to be typed by a person.
    #[schema(example = 3)]
    unsent: u64,
    /// How many of these a person has, to type them into the authority's portal.
    #[schema(example = 0)]
    handed_out: u64,
    /// When the oldest of the unsent was sealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "2026-03-14T07:32:11Z")]
    oldest: Option<String>,
    /// How many alerts last.
    #[schema(example = 1)]
    alerts: usize,
    /// The same of each outlet; of the platform's, of those where something is not at its end.
    outlets: Vec<OutletSummary>,
}

/// How much of an outlet waits.
#[derive(Serialize, ToSchema)]
#[schema(as = AuthorityOutlet)]
pub(crate) struct OutletSummary {
    /// Which.
    #[schema(example = "KIN-GOMBE-01")]
    outlet_id: String,
    /// To which machine its invoices go; none while it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "mcf_0123456789abcdefghjk")]
    machine_id: Option<String>,
    /// How many invoices are in each state that is not the end.
    #[schema(value_type = BTreeMap<String, u64>, example = json!({ "PENDING": 2 }))]
    states: BTreeMap<&'static str, u64>,
    /// How many of them the authority does not have, as far as we know.
    #[schema(example = 2)]
    unsent: u64,
    /// How many of these a person has.
    #[schema(example = 0)]
    handed_out: u64,
    /// When the oldest of the unsent was sealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    oldest: Option<String>,
}

/// What the desk says of it.
struct Found {
    counts: Vec<StateCount>,
    handed: Vec<InHands>,
    oldest_of: BTreeMap<OutletId, Timestamp>,
    machines: Vec<Machine>,
    alerts: usize,
}

/// How much waits
///
/// On its way to the authority, whether anything is sent, and what needs someone. People read the same at `/authority`.
#[utoipa::path(
    get,
    path = "/api/v1/authority",
    operation_id = "readAuthority",
    tag = "Authority",
    params(WhoseSummary),
    responses((status = 200, description = "How it stands.", body = Summary)),
)]
pub(crate) async fn summary(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(whose): Query<WhoseSummary>,
) -> Result<Response, Problem> {
    let affairs = Affairs::of(&app, &caller, whose.merchant_id.as_deref()).await?;
    let asked = affairs.clone();
    let found = app.desk(move |desk| {
        let sight = asked.seen.sight();
        let (counts, handed) = (desk.counts(sight, false)?, desk.handed_out(sight)?);
        Ok(Found {
            alerts: desk.open_alerts(asked.alerts())?,
            oldest_of: desk.oldest_of_each(&counts, &handed)?,
            machines: desk.machines(&asked.reach, false)?,
            counts,
            handed,
        })
    });
    let found = found.await?;
    let outlets = match affairs.seen {
        Seen::Outlets(outlets) => outlets,
        Seen::All => {
            let mut outlets: Vec<_> = found.counts.iter().map(|count| count.outlet).collect();
            outlets.dedup();
            outlets
        }
    };
    let (states, to_send) = states(found.counts.iter());
    let handed_out: u64 = found.handed.iter().map(|handed| handed.count).sum();
    let config = app.authority.as_ref();
    Ok(json(
        StatusCode::OK,
        &Summary {
            enabled: config.is_some(),
            hosts: config.map(|authority| authority.names().to_vec()).unwrap_or_default(),
            states,
            unsent: to_send + handed_out,
            handed_out,
            oldest: found.oldest_of.values().min().map(|time| format!("{time}Z")),
            alerts: found.alerts,
            outlets: outlets.into_iter().map(|outlet| OutletSummary::of(outlet, &found)).collect(),
        },
    ))
}

const fn is_unsent(state: JobState) -> bool {
    matches!(state, JobState::Pending | JobState::Retry | JobState::Submitted)
}

/// How many there are in each state, and how many of them are to be sent.
fn states<'a>(counts: impl Iterator<Item = &'a StateCount>) -> (BTreeMap<&'static str, u64>, u64) {
    let (mut states, mut unsent) = (BTreeMap::new(), 0);
    for StateCount { state, count, .. } in counts {
        *states.entry(state.name()).or_default() += count;
        unsent += if is_unsent(*state) { *count } else { 0 };
    }
    (states, unsent)
}

impl OutletSummary {
    fn of(outlet: OutletId, found: &Found) -> Self {
        let (states, to_send) = states(found.counts.iter().filter(|count| count.outlet == outlet));
        let handed = found.handed.iter().find(|handed| handed.outlet == outlet);
        let handed_out = handed.map_or(0, |handed| handed.count);
        let machine = found.machines.iter().find(|machine| machine.outlets.contains(&outlet));
        Self {
            outlet_id: outlet.to_string(),
            machine_id: machine.map(|machine| machine.id.to_string()),
            states,
            unsent: to_send + handed_out,
            handed_out,
            oldest: found.oldest_of.get(&outlet).map(|time| format!("{time}Z")),
        }
    }
}
