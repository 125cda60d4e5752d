use std::{fmt, str::FromStr, sync::Arc};

use axum::{Extension, extract::State, http::StatusCode, response::Response};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};
use sync::{AlertCursor, AlertFilter, AlertKind, At};
use utoipa::{IntoParams, ToSchema};

use super::view::AlertView;
use crate::{
    answer::json,
    app::App,
    auth::Caller,
    extract::{Page, Query},
    problem::{Language, Problem},
    routes::submissions::{Affairs, wrong},
};

/// Which alerts.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichAlerts {
    /// Those of one merchant; the platform sees all merchants' without it.
    merchant_id: Option<String>,
    /// Those of this cause.
    #[param(example = "settled_by_person")]
    cause: Option<String>,
    /// Those that are over, too.
    #[serde(default)]
    #[param(required = false, default = false)]
    ended: bool,
    /// At most so many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A page of what needs someone, the newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = AuthorityAlerts)]
pub(crate) struct Alerts {
    /// What is wrong.
    alerts: Vec<AlertView>,
    /// Where the next page begins, while there is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
}

/// List what needs someone
///
/// On the way to the authority: tokens that end, machines that are blocked, outlets without one, invoices that only a person
/// can settle, and what persons did.
#[utoipa::path(
    get,
    path = "/api/v1/authority/alerts",
    operation_id = "listAuthorityAlerts",
    tag = "Authority",
    params(WhichAlerts),
    responses((status = 200, description = "A page.", body = Alerts)),
)]
pub(crate) async fn alerts(
    State(app): State<Arc<App>>,
    Extension(language): Extension<Language>,
    caller: Caller,
    Query(which): Query<WhichAlerts>,
) -> Result<Response, Problem> {
    let page = Page::<Cursor>::read(which.limit, which.cursor.as_deref())?;
    let filter = which.filter()?;
    let affairs = Affairs::of(&app, &caller, which.merchant_id.as_deref()).await?;
    let (after, most) = (page.after.as_ref().map(|Cursor(after)| after.clone()), page.most());
    let found = app.desk(move |desk| desk.alerts(affairs.alerts(), filter, after.as_ref(), most)).await?;
    let (shown, next) = page.cut(found, |alert| Cursor(alert.cursor()).to_string());
    let alerts = shown.iter().map(|alert| AlertView::of(alert, &caller, language)).collect();
    Ok(json(StatusCode::OK, &Alerts { alerts, next }))
}

impl WhichAlerts {
    fn filter(&self) -> Result<AlertFilter, Problem> {
        let kind = |name: &str| AlertKind::from_name(name).ok_or_else(|| wrong("cause"));
        let named = self.cause.as_deref().filter(|name| !name.is_empty());
        Ok(AlertFilter { kind: named.map(kind).transpose()?, with_ended: self.ended })
    }
}

/// `milliseconds.name`, the name being the kind and what it is about as one word.
struct Cursor(AlertCursor);

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (since, name) = text.split_once('.').ok_or(())?;
        let name = Base64UrlUnpadded::decode_vec(name).map_err(|_| ())?;
        let name = String::from_utf8(name).map_err(|_| ())?;
        if name.chars().any(char::is_control) {
            return Err(());
        }
        let (kind, about) = name.split_once(' ').ok_or(())?;
        let since = At(since.parse().map_err(|_| ())?);
        Ok(Self(AlertCursor { since, kind: kind.to_owned(), about: about.to_owned() }))
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let AlertCursor { since, kind, about } = &self.0;
        write!(f, "{since}.{}", Base64UrlUnpadded::encode_string(format!("{kind} {about}").as_bytes()))
    }
}
