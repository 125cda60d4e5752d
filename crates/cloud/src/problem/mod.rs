//! What a client hears when the answer is no: `application/problem+json` (RFC 9457).

mod kind;
mod language;
mod refusal;

pub use kind::Kind;
pub use language::Language;

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use fiscal::{Fault, FiscalNumber};
use serde::Serialize;

/// A refusal as a client gets it.
#[derive(Debug)]
pub struct Problem {
    kind: Kind,
    detail: String,
    language: Language,
    retry_after: Option<Duration>,
    fiscal_number: Option<FiscalNumber>,
    errors: Vec<Item>,
    cause: Option<String>,
}

/// One thing that is wrong.
#[derive(Debug, Serialize)]
pub(crate) struct Item {
    /// Which member of the payload, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<String>,
    /// Which rule, by its stable code.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    detail: String,
}

/// In the order in which it is written.
#[derive(Serialize)]
struct Members<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fiscal_number: Option<String>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [Item],
}

/// What of a problem is logged and counted.
#[derive(Clone, Debug)]
pub(crate) struct Noted {
    pub(crate) code: &'static str,
    /// For the operator only: it may name files, hosts and statements.
    pub(crate) cause: Option<String>,
}

impl Problem {
    /// The media type.
    pub const CONTENT_TYPE: &str = "application/problem+json";

    /// A problem of a kind that has one code.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            language: Language::English,
            retry_after: None,
            fiscal_number: None,
            errors: Vec::new(),
            cause: None,
        }
    }

    /// A payload that breaks a rule, in the client's language.
    pub(crate) fn of_payload(fault: &Fault, language: Language) -> Self {
        let detail = match language {
            Language::French => fault.reason.french(),
            Language::English => fault.reason.english(),
        };
        let path = fault.path.to_string();
        let member = if path.is_empty() { None } else { Some(path) };
        let item = Item { member, reason: Some(fault.reason.code()), detail: detail.to_owned() };
        Self { language, errors: vec![item], ..Self::new(Kind::SchemaInvalid, detail) }
    }

    pub(crate) fn with_reasons(mut self, reasons: Vec<String>) -> Self {
        self.errors.extend(reasons.into_iter().map(|detail| Item { member: None, reason: None, detail }));
        self
    }

    pub(crate) fn with_fiscal_number(mut self, number: Option<FiscalNumber>) -> Self {
        self.fiscal_number = number;
        self
    }

    pub(crate) fn with_retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }

    fn with_cause(mut self, cause: String) -> Self {
        self.cause = Some(cause);
        self
    }

    fn to_json(&self) -> String {
        let member = match self.errors.as_slice() {
            [Item { member: Some(member), .. }] => Some(member.as_str()),
            _ => None,
        };
        let body = Members {
            r#type: format!(
                "urn:stelala:problem:{}",
                self.kind.code().to_ascii_lowercase().replace('_', "-")
            ),
            title: self.kind.title(self.language),
            status: self.kind.status().as_u16(),
            detail: &self.detail,
            code: self.kind.code(),
            member,
            fiscal_number: self.fiscal_number.map(|number| number.to_string()),
            errors: &self.errors,
        };
        // Strings and integers always serialise.
        serde_json::to_string(&body).unwrap_or_default()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.to_json()));
        *response.status_mut() = self.kind.status();
        response.extensions_mut().insert(Noted { code: self.kind.code(), cause: self.cause });
        let headers = response.headers_mut();
        let mut set =
            |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
        set(header::CONTENT_TYPE, Self::CONTENT_TYPE);
        set(header::CONTENT_LANGUAGE, self.language.tag());
        set(header::CACHE_CONTROL, "no-store");
        if self.kind == Kind::Unauthenticated {
            set(header::WWW_AUTHENTICATE, "Bearer");
        }
        if self.kind == Kind::PayloadTooLarge || self.kind == Kind::BodyTooSlow {
            // What is left of the body is not read.
            set(header::CONNECTION, "close");
        }
        if let Some(after) = self.retry_after {
            headers.insert(header::RETRY_AFTER, after.as_secs().max(1).into());
        }
        response
    }
}
