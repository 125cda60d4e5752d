//! What a client hears when the answer is no: `application/problem+json` (RFC 9457), in French or English.

mod desk;
mod device;
mod draft;
mod kind;
mod language;
mod people;
mod refusal;
mod registry;
mod webhooks;
mod words;

pub(crate) use desk::{TIME_FORM, UNKNOWN_MACHINE, only_by};
pub use kind::Kind;
pub use language::Language;
pub(crate) use language::thousandths;
pub use words::{Words, words};

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use fiscal::{Fault, FiscalNumber};
use serde::Serialize;
use utoipa::ToSchema;

/// A refusal. It is written in the client's language when it leaves ([`Problem::speak`]).
#[derive(Clone, Debug)]
pub struct Problem(Box<Refused>);

#[derive(Clone, Debug)]
struct Refused {
    kind: Kind,
    detail: Words,
    retry_after: Option<Duration>,
    fiscal_number: Option<FiscalNumber>,
    errors: Vec<Item>,
    /// For the operator only: it may name files, hosts and statements.
    cause: Option<String>,
}

/// One thing that is wrong.
#[derive(Clone, Debug)]
struct Item {
    member: Option<String>,
    reason: Option<&'static str>,
    detail: Words,
}

/// A refusal (RFC 9457), in French or English by `Accept-Language`.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody<'a> {
    /// A URN of the code.
    #[schema(example = "urn:stelala:problem:schema-invalid")]
    r#type: String,
    /// What the kind of problem is called.
    title: &'a str,
    /// The status of HTTP.
    status: u16,
    /// A sentence that says what to do.
    detail: &'a str,
    /// The stable code of the kind.
    #[schema(example = "SCHEMA_INVALID")]
    code: &'a str,
    /// The path of the member that is wrong, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<&'a str>,
    /// The seal that there is already.
    #[serde(skip_serializing_if = "Option::is_none")]
    fiscal_number: Option<String>,
    /// What is wrong, one by one.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false)]
    errors: Vec<ProblemItem<'a>>,
}

/// One thing that is wrong.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProblemItem<'a> {
    /// The path of the member.
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<&'a str>,
    /// The rule that it breaks, by its stable code.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// What to do.
    detail: &'a str,
}

/// What of a problem is logged and counted.
#[derive(Clone, Debug)]
pub(crate) struct Noted {
    pub(crate) code: &'static str,
    pub(crate) cause: Option<String>,
}

impl Problem {
    /// The media type.
    pub const CONTENT_TYPE: &str = "application/problem+json";

    /// A problem of a kind.
    pub fn new(kind: Kind, detail: Words) -> Self {
        let (retry_after, fiscal_number, cause) = (None, None, None);
        Self(Box::new(Refused { kind, detail, retry_after, fiscal_number, errors: Vec::new(), cause }))
    }

    /// Its kind.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// What it says, in one of the two languages.
    pub(crate) fn detail(&self, language: Language) -> &str {
        self.0.detail.in_language(language)
    }

    /// A payload that breaks a rule.
    pub(crate) fn of_payload(fault: &Fault) -> Self {
        let detail = words(fault.reason.french(), fault.reason.english());
        let path = fault.path.to_string();
        let member = if path.is_empty() { None } else { Some(path) };
        let item = Item { member, reason: Some(fault.reason.code()), detail: detail.clone() };
        Self::new(Kind::SchemaInvalid, detail).with_item(item)
    }

    /// A member of a request that breaks a rule.
    pub(crate) fn of_member(kind: Kind, member: impl Into<String>, detail: Words) -> Self {
        let item = Item { member: Some(member.into()), reason: None, detail: detail.clone() };
        Self::new(kind, detail).with_item(item)
    }

    fn with_item(mut self, item: Item) -> Self {
        self.0.errors.push(item);
        self
    }

    /// The same, of another member.
    pub(crate) fn at_member(mut self, member: &str) -> Self {
        if let [item] = self.0.errors.as_mut_slice() {
            item.member = Some(member.to_owned());
        }
        self
    }

    pub(crate) fn with_reasons(mut self, reasons: Vec<Words>) -> Self {
        self.0.errors.extend(reasons.into_iter().map(|detail| Item { member: None, reason: None, detail }));
        self
    }

    pub(crate) fn with_fiscal_number(mut self, number: Option<FiscalNumber>) -> Self {
        self.0.fiscal_number = number;
        self
    }

    pub(crate) fn with_retry_after(mut self, after: Duration) -> Self {
        self.0.retry_after = Some(after);
        self
    }

    pub(crate) fn with_cause(mut self, cause: impl Into<String>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// What it says, for the answer of one among many.
    pub(crate) fn body(&self, language: Language) -> ProblemBody<'_> {
        let member = match self.0.errors.as_slice() {
            [Item { member: Some(member), .. }] => Some(member.as_str()),
            _ => None,
        };
        let errors = self.0.errors.iter().map(|item| ProblemItem {
            member: item.member.as_deref(),
            reason: item.reason,
            detail: item.detail.in_language(language),
        });
        ProblemBody {
            r#type: format!(
                "urn:stelala:problem:{}",
                self.0.kind.code().to_ascii_lowercase().replace('_', "-")
            ),
            title: self.0.kind.title(language),
            status: self.0.kind.status().as_u16(),
            detail: self.0.detail.in_language(language),
            code: self.0.kind.code(),
            member,
            fiscal_number: self.0.fiscal_number.map(|number| number.to_string()),
            errors: errors.collect(),
        }
    }

    fn to_json(&self, language: Language) -> String {
        // Strings and integers always serialise.
        serde_json::to_string(&self.body(language)).unwrap_or_default()
    }

    /// Writes the problem that an answer carries, if it carries one, in the client's language.
    pub(crate) fn speak(response: &mut Response, language: Language) {
        let Some(problem) = response.extensions_mut().remove::<Self>() else { return };
        *response.body_mut() = Body::from(problem.to_json(language));
        let tag = HeaderValue::from_static(language.tag());
        response.headers_mut().insert(header::CONTENT_LANGUAGE, tag);
        let noted = Noted { code: problem.0.kind.code(), cause: problem.0.cause };
        response.extensions_mut().insert(noted);
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.0.kind.status();
        let headers = response.headers_mut();
        let mut set =
            |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
        set(header::CONTENT_TYPE, Self::CONTENT_TYPE);
        set(header::CACHE_CONTROL, "no-store");
        if self.0.kind == Kind::Unauthenticated {
            set(header::WWW_AUTHENTICATE, "Bearer");
        }
        if self.0.kind == Kind::PayloadTooLarge || self.0.kind == Kind::BodyTooSlow {
            // What is left of the body is not read.
            set(header::CONNECTION, "close");
        }
        if let Some(after) = self.0.retry_after {
            // Who comes after whole seconds must not come too early.
            let seconds = after.as_secs().saturating_add(u64::from(after.subsec_nanos() > 0));
            headers.insert(header::RETRY_AFTER, seconds.max(1).into());
        }
        response.extensions_mut().insert(self);
        response
    }
}
