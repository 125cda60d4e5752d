//! `/simulator/…`: what a test or the page looks at and sets. Documented in docs/edef-simulator.md.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::shared::{Shared, is_kept};
use crate::{At, Dice, Exact, Fault, FaultId, Finalised, Group, Nim, Settings, Wanted, World, WorldFault};

/// So many invoices at once.
const INVOICES: usize = 100;
/// So many calls on the page.
const CALLS: usize = 100;

type Inside = State<Arc<Shared>>;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/simulator/state", get(state))
        .route("/simulator/machines", get(machines).post(add))
        .route("/simulator/machines/{nim}/invoices", get(invoices))
        .route("/simulator/machines/{nim}/token", post(renew))
        .route("/simulator/machines/{nim}/rates", post(rates))
        .route("/simulator/machines/{nim}/currency", post(currency))
        .route("/simulator/settings", get(settings).put(set))
        .route("/simulator/expire", post(expire))
        .route("/simulator/faults", get(faults).post(fault).delete(heal))
        .route("/simulator/faults/{id}", delete(remove_fault))
        .route("/simulator/log", get(log))
}

/// Why a change was not made.
enum Refused {
    NotJson,
    Body(serde_json::Error),
    World(WorldFault),
    NotKept,
}

impl From<WorldFault> for Refused {
    fn from(fault: WorldFault) -> Self {
        Self::World(fault)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::NotJson => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "send Content-Type: application/json".to_owned())
            }
            Self::Body(fault) => (StatusCode::BAD_REQUEST, format!("the body is not as documented: {fault}")),
            Self::World(WorldFault::Unknown) => (StatusCode::NOT_FOUND, WorldFault::Unknown.to_string()),
            Self::World(fault) => (StatusCode::UNPROCESSABLE_ENTITY, fault.to_string()),
            Self::NotKept => {
                (StatusCode::INSUFFICIENT_STORAGE, "the state cannot be written: see the disk".to_owned())
            }
        };
        answer(status, &json!({ "error": text }))
    }
}

fn answer(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(body) => {
            (status, [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], body)
                .into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn found(body: &impl Serialize) -> Response {
    answer(StatusCode::OK, body)
}

/// A page of another origin can send no JSON without asking first, and is never allowed to.
fn read<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, Refused> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/json") {
        return Err(Refused::NotJson);
    }
    serde_json::from_slice(body).map_err(Refused::Body)
}

async fn changed<T: Serialize>(
    shared: &Shared,
    how: impl FnOnce(&mut World, At, &mut dyn Dice) -> Result<T, WorldFault>,
) -> Result<Response, Refused> {
    let (made, kept) = shared.change(how);
    let made = made?;
    if is_kept(kept).await { Ok(found(&made)) } else { Err(Refused::NotKept) }
}

async fn state(State(shared): Inside) -> Response {
    let now = shared.now();
    let state = shared.look(|world| {
        let mut invoices: Vec<&Finalised> =
            world.machines().flat_map(|machine| world.finalised(machine.nim).rev().take(INVOICES)).collect();
        invoices.sort_by_key(|invoice| std::cmp::Reverse((invoice.at, invoice.number)));
        invoices.truncate(INVOICES);
        serde_json::to_vec(&json!({
            "now": now,
            "clock": world.clock(now),
            "settings": world.settings(),
            "faults": listed_faults(world),
            "log": world.log().take(CALLS).collect::<Vec<_>>(),
        }))
        .and_then(|head| {
            Ok((
                head,
                serde_json::to_vec(&world.machines().collect::<Vec<_>>())?,
                serde_json::to_vec(&invoices)?,
            ))
        })
    });
    match state {
        Ok((mut body, machines, invoices)) => {
            body.pop();
            body.extend_from_slice(b",\"machines\":");
            body.extend(machines);
            body.extend_from_slice(b",\"invoices\":");
            body.extend(invoices);
            body.push(b'}');
            (
                StatusCode::OK,
                [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")],
                body,
            )
                .into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn listed_faults(world: &World) -> Vec<Value> {
    world.faults().map(|(id, fault)| json!({ "id": id, "fault": fault })).collect()
}

async fn machines(State(shared): Inside) -> Response {
    found(&shared.look(|world| world.machines().collect::<Vec<_>>()))
}

async fn add(State(shared): Inside, headers: HeaderMap, body: Bytes) -> Result<Response, Refused> {
    let wanted: Wanted = read(&headers, &body)?;
    changed(&shared, |world, now, dice| world.add(wanted, now, dice)).await
}

/// From where a list of invoices goes on.
#[derive(Deserialize)]
struct After {
    #[serde(default)]
    after: u64,
}

async fn invoices(State(shared): Inside, Path(nim): Path<Nim>, Query(page): Query<After>) -> Response {
    shared.look(|world| {
        let more = world.finalised(nim).filter(|invoice| invoice.number > page.after);
        found(&more.take(INVOICES).collect::<Vec<_>>())
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Life {
    life_ms: u64,
}

async fn renew(
    State(shared): Inside,
    Path(nim): Path<Nim>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refused> {
    let Life { life_ms } = read(&headers, &body)?;
    changed(&shared, |world, now, dice| Ok(json!({ "token": world.renew(nim, life_ms, now, dice)? }))).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RatesFrom {
    from: String,
    rates: BTreeMap<Group, Exact>,
}

async fn rates(
    State(shared): Inside,
    Path(nim): Path<Nim>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refused> {
    let RatesFrom { from, rates } = read(&headers, &body)?;
    changed(&shared, |world, _, _| world.rates_from(nim, &from, &rates)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Currency {
    #[serde(rename = "type")]
    currency: String,
    date: String,
    rate: Exact,
}

async fn currency(
    State(shared): Inside,
    Path(nim): Path<Nim>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refused> {
    let Currency { currency, date, rate } = read(&headers, &body)?;
    changed(&shared, |world, _, _| world.currency_from(nim, &currency, &date, rate)).await
}

async fn settings(State(shared): Inside) -> Response {
    found(&shared.look(World::settings))
}

async fn set(State(shared): Inside, headers: HeaderMap, body: Bytes) -> Result<Response, Refused> {
    let settings: Settings = read(&headers, &body)?;
    changed(&shared, |world, _, _| {
        world.set(settings);
        Ok(settings)
    })
    .await
}

/// At which e-MCF; at all without it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Where {
    #[serde(default)]
    nim: Option<Nim>,
}

async fn expire(State(shared): Inside, headers: HeaderMap, body: Bytes) -> Result<Response, Refused> {
    let Where { nim } = read(&headers, &body)?;
    changed(&shared, |world, now, _| {
        world.expire_all(nim, now);
        Ok(json!({}))
    })
    .await
}

async fn faults(State(shared): Inside) -> Response {
    found(&shared.look(listed_faults))
}

async fn fault(State(shared): Inside, headers: HeaderMap, body: Bytes) -> Result<Response, Refused> {
    let fault: Fault = read(&headers, &body)?;
    changed(&shared, |world, _, _| Ok(json!({ "id": world.fault(fault)? }))).await
}

async fn heal(State(shared): Inside) -> Result<Response, Refused> {
    changed(&shared, |world, _, _| {
        world.heal();
        Ok(json!({}))
    })
    .await
}

async fn remove_fault(State(shared): Inside, Path(id): Path<u64>) -> Result<Response, Refused> {
    changed(&shared, |world, _, _| match world.remove_fault(FaultId(id)) {
        Some(_) => Ok(json!({})),
        None => Err(WorldFault::NoFault),
    })
    .await
}

async fn log(State(shared): Inside) -> Response {
    found(&shared.look(|world| world.log().cloned().collect::<Vec<_>>()))
}
