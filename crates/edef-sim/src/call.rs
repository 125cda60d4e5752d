use serde::{Deserialize, Serialize};

/// The verb of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// Any other: answered by 405.
    Other,
}

/// One HTTP request, without the network.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its verb.
    pub method: Method,
    /// Its path, with or without the test service's prefix `/edef`.
    pub path: String,
    /// What stands behind `Authorization: Bearer`.
    pub token: Option<String>,
    /// Its body, as it came.
    pub body: Vec<u8>,
}

impl Call {
    /// A call without a body.
    pub fn bare(method: Method, path: &str, token: &str) -> Self {
        Self { method, path: path.to_owned(), token: Some(token.to_owned()), body: Vec::new() }
    }

    /// The same with a body.
    pub fn with_body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }
}

/// What the caller gets of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Delivery {
    /// The answer arrives.
    Arrives,
    /// The call never came to the service: it had no effect.
    LostBefore,
    /// The call had its effect, and its answer is lost.
    LostAfter,
}

/// One HTTP response, without the network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The header `Retry-After`, in seconds.
    pub retry_after: Option<u32>,
    /// The body: JSON, unless a fault made something else of it.
    pub body: Vec<u8>,
    /// Whether it arrives. What is lost has a status and a body nevertheless: what would have been answered.
    pub delivery: Delivery,
    /// How many milliseconds a fault makes it later.
    pub delay_ms: u64,
}

impl Reply {
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, retry_after: None, body: Vec::new(), delivery: Delivery::Arrives, delay_ms: 0 }
    }

    pub(crate) fn json(status: u16, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(body) => Self { body, ..Self::empty(status) },
            Err(_) => Self::empty(500),
        }
    }
}

/// What is called.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// `GET /api/invoice`
    Status,
    /// `POST /api/invoice`
    Request,
    /// `GET /api/invoice/{uid}`
    Details,
    /// `PUT /api/invoice/{uid}/confirm`
    Confirm,
    /// `PUT /api/invoice/{uid}/cancel`
    Cancel,
    /// `GET /api/info/…`
    Info,
}

/// An endpoint with what its path names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Route<'a> {
    Status,
    Request,
    Details(&'a str),
    Confirm(&'a str),
    Cancel(&'a str),
    Info(&'a str),
}

/// Why a call leads nowhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NoRoute {
    NotFound,
    WrongMethod,
}

impl<'a> Route<'a> {
    /// ASP.NET, of which the service is made, reads paths without looking at their case.
    pub(crate) fn of(method: Method, path: &'a str) -> Result<Self, NoRoute> {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let is = |part: &str, name: &str| part.eq_ignore_ascii_case(name);
        let rest = match parts.as_slice() {
            [edef, api, rest @ ..] if is(edef, "edef") && is(api, "api") => rest,
            [api, rest @ ..] if is(api, "api") => rest,
            _ => return Err(NoRoute::NotFound),
        };
        let (wanted, route) = match rest {
            [invoice] if is(invoice, "invoice") => match method {
                Method::Post => (Method::Post, Self::Request),
                _ => (Method::Get, Self::Status),
            },
            [invoice, uid] if is(invoice, "invoice") => (Method::Get, Self::Details(uid)),
            [invoice, uid, act] if is(invoice, "invoice") && is(act, "confirm") => {
                (Method::Put, Self::Confirm(uid))
            }
            [invoice, uid, act] if is(invoice, "invoice") && is(act, "cancel") => {
                (Method::Put, Self::Cancel(uid))
            }
            [info, name] if is(info, "info") => (Method::Get, Self::Info(name)),
            _ => return Err(NoRoute::NotFound),
        };
        if method == wanted { Ok(route) } else { Err(NoRoute::WrongMethod) }
    }

    pub(crate) const fn endpoint(&self) -> Endpoint {
        match self {
            Self::Status => Endpoint::Status,
            Self::Request => Endpoint::Request,
            Self::Details(_) => Endpoint::Details,
            Self::Confirm(_) => Endpoint::Confirm,
            Self::Cancel(_) => Endpoint::Cancel,
            Self::Info(_) => Endpoint::Info,
        }
    }
}
