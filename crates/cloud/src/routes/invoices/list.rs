use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{InvoiceType, OutletId, PayloadHash, Timestamp};
use ledger::{ChainId, IdempotencyKey, LedgerStore, Place as Spot, Row, StoreFault};
use registry::Reach;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    document::SealDocument,
    view::{InvoiceView, Viewer, json},
};
use crate::{
    app::App,
    auth::Caller,
    extract::{Query, not_found},
    problem::{Kind, Problem, words},
};

/// Which invoices.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filters {
    /// Of which outlet; a key of one outlet need not say it.
    #[param(example = "KIN-GOMBE-01")]
    outlet_id: Option<String>,
    /// Sealed at this time or later, in UTC.
    #[param(example = "2026-03-14T00:00:00Z")]
    since: Option<String>,
    /// Sealed before this time, in UTC.
    until: Option<String>,
    /// Of which type.
    #[param(example = "sale")]
    invoice_type: Option<String>,
    /// The one that was sealed under this key: the fate of a sale whose answer was lost. No other filter goes with it.
    idempotency_key: Option<String>,
    /// The one with this SHA-256 of its payload, in hexadecimal digits; with `timestamp`, and no other filter.
    payload_hash: Option<String>,
    /// The payload's own `timestamp`.
    timestamp: Option<String>,
    /// At most so many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A page of invoices, in the order in which they were sealed.
#[derive(Serialize, ToSchema)]
pub(crate) struct Invoices {
    /// Without their payloads.
    #[schema(value_type = Vec<SealDocument>)]
    invoices: Vec<InvoiceView>,
    /// Where the next page begins, while there may be more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
}

const LIMIT: u16 = 50;
const MOST: u16 = 200;
/// So many rows are looked at for one page at most.
const LOOKED_AT: usize = 2_000;

/// List sealed invoices
///
/// In the order in which they were sealed. An empty page after a lost answer says that the sale is not sealed *yet*: an
/// earlier attempt may be on its way, and only sending it again settles it.
#[utoipa::path(
    get,
    path = "/api/v1/invoices",
    operation_id = "listInvoices",
    tag = "Invoices",
    params(Filters),
    responses((status = 200, description = "A page.", body = Invoices)),
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(filters): Query<Filters>,
) -> Result<Response, Problem> {
    let outlet = outlet(&caller, filters.outlet_id.as_deref())?;
    let place = app.place(outlet).await?.filter(|place| caller.reach.covers(&place.merchant, outlet));
    let prefix = place.ok_or_else(not_found)?.outlet.prefix;
    let question = filters.question(outlet)?;
    let page = app.ask(move |store| {
        let (rows, next) = question.answer(store, outlet)?;
        let viewer = Viewer::new(store, prefix)?;
        let invoices = rows.iter().map(|row| viewer.sealed(row)).collect::<Result<Vec<_>, _>>()?;
        Ok(Invoices { invoices: invoices.into_iter().flatten().collect(), next })
    });
    Ok(json(StatusCode::OK, &page.await?))
}

/// The outlet that is meant: the one that is named, or the only one that the caller reaches.
pub(crate) fn outlet(caller: &Caller, named: Option<&str>) -> Result<OutletId, Problem> {
    match (named, &caller.reach) {
        (Some(named), _) => named.parse().map_err(|_| not_found()),
        (None, Reach::Outlet(_, own)) => Ok(*own),
        (None, Reach::Merchant(_) | Reach::Platform) => Err(Problem::of_member(
            Kind::RequestInvalid,
            "outlet_id",
            words(
                "dites de quel point de vente il s'agit : outlet_id",
                "say which outlet is meant: outlet_id",
            ),
        )),
    }
}

enum Question {
    Key(IdempotencyKey),
    Sale(Timestamp, PayloadHash),
    Between {
        times: (Timestamp, Timestamp),
        kind: Option<InvoiceType>,
        after: Option<(Timestamp, Spot)>,
        limit: usize,
    },
}

impl Filters {
    fn question(&self, outlet: OutletId) -> Result<Question, Problem> {
        let others = self.since.is_some()
            || self.until.is_some()
            || self.invoice_type.is_some()
            || self.cursor.is_some()
            || self.limit.is_some();
        match (&self.idempotency_key, &self.payload_hash, &self.timestamp) {
            (Some(key), None, None) if !others => {
                key.parse().map(Question::Key).map_err(|_| super::create::key_invalid())
            }
            (None, Some(hash), Some(timestamp)) if !others => {
                let hash = PayloadHash::from_hex(hash).ok_or_else(|| wrong("payload_hash"))?;
                Ok(Question::Sale(time(timestamp).ok_or_else(|| wrong("timestamp"))?, hash))
            }
            (None, None, None) => self.between(outlet),
            _ => Err(Problem::new(
                Kind::RequestInvalid,
                words(
                    "demandez par idempotency_key seule, par payload_hash et timestamp, ou par les autres filtres",
                    "ask by idempotency_key alone, by payload_hash and timestamp, or by the other filters",
                ),
            )),
        }
    }

    fn between(&self, outlet: OutletId) -> Result<Question, Problem> {
        let at = |given: &Option<String>, name, otherwise| match given {
            Some(given) => time(given).ok_or_else(|| wrong(name)),
            None => Ok(otherwise),
        };
        let times =
            (at(&self.since, "since", Timestamp::EARLIEST)?, at(&self.until, "until", Timestamp::LATEST)?);
        let kind = self.invoice_type.as_deref().map(|kind| kind.parse().map_err(|_| wrong("invoice_type")));
        let limit = self.limit.unwrap_or(LIMIT);
        if !(1..=MOST).contains(&limit) {
            return Err(wrong("limit"));
        }
        let after =
            self.cursor.as_deref().map(|cursor| Cursor::read(cursor, outlet).ok_or_else(|| wrong("cursor")));
        let after = after.transpose()?.map(|Cursor(time, spot)| (time, spot));
        Ok(Question::Between { times, kind: kind.transpose()?, after, limit: usize::from(limit) })
    }
}

/// A time of the API ends in `Z` (S7); the form of the payload is taken as well.
pub(crate) fn time(text: &str) -> Option<Timestamp> {
    text.strip_suffix('Z').unwrap_or(text).parse().ok()
}

/// A parameter of the query is not what it should be.
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

impl Question {
    fn answer(
        self,
        store: &mut dyn LedgerStore,
        outlet: OutletId,
    ) -> Result<(Vec<Row>, Option<String>), StoreFault> {
        match self {
            Self::Key(key) => Ok((key.sealed(store, outlet)?.into_iter().collect(), None)),
            Self::Sale(stamped, hash) => Ok((store.known(outlet, &[(stamped, hash)], &[])?.sales, None)),
            Self::Between { times, kind, mut after, limit } => {
                let at_once = rows_at_once(limit, kind);
                let (mut found, mut looked_at) = (Vec::new(), 0);
                loop {
                    let rows = store.invoices_between(outlet, times, after, at_once)?;
                    let last = rows.len() < at_once;
                    for row in rows {
                        after = Some((row.time, row.place));
                        looked_at += 1;
                        if is_of(&row, kind)? {
                            found.push(row);
                        }
                        if found.len() == limit {
                            break;
                        }
                    }
                    if found.len() == limit || looked_at >= LOOKED_AT {
                        let next = after.map(|(time, spot)| Cursor(time, spot).write());
                        return Ok((found, next));
                    }
                    if last {
                        return Ok((found, None));
                    }
                }
            }
        }
    }
}

/// How many rows to ask for: of those of one type there may be few among many.
fn rows_at_once(limit: usize, kind: Option<InvoiceType>) -> usize {
    if kind.is_some() { limit.max(usize::from(MOST)) } else { limit }
}

fn is_of(row: &Row, kind: Option<InvoiceType>) -> Result<bool, StoreFault> {
    let Some(kind) = kind else { return Ok(true) };
    let record = row.read().map_err(|fault| StoreFault::Corrupt(format!("{:?}: {fault}", row.place)))?;
    Ok(record.header.invoice().is_some_and(|invoice| invoice.invoice_type == kind))
}

/// The last invoice of a page. Who changes it gets another page of the same outlet.
struct Cursor(Timestamp, Spot);

impl Cursor {
    fn write(&self) -> String {
        let Spot { chain, position } = self.1;
        let text = format!("{}|{}|{}|{}", self.0, chain.epoch, chain.signer, position.value());
        Base64UrlUnpadded::encode_string(text.as_bytes())
    }

    fn read(text: &str, outlet: OutletId) -> Option<Self> {
        let text = String::from_utf8(Base64UrlUnpadded::decode_vec(text).ok()?).ok()?;
        let mut parts = text.split('|');
        let mut next = || parts.next();
        let (time, epoch, signer, position) = (next()?, next()?, next()?, next()?);
        let chain =
            ChainId { outlet, epoch: fiscal::Epoch(epoch.parse().ok()?), signer: signer.parse().ok()? };
        let position = fiscal::Position::new(position.parse().ok()?)?;
        Some(Self(time.parse().ok()?, Spot { chain, position }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_one_type_is_found_by_few_questions_however_short_it_is() {
        for limit in [1, 50, 200] {
            assert_eq!(rows_at_once(limit, None), limit);
            assert!(LOOKED_AT / rows_at_once(limit, Some(InvoiceType::Sale)) <= 10);
        }
    }
}
