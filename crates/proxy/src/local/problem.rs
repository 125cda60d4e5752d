//! What a till hears when the answer is no: `application/problem+json` (RFC 9457), in French or English, with the codes of
//! the cloud and of the device.

mod kind;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use fiscal::Fault;
use serde::Serialize;
use utoipa::ToSchema;

use self::kind::Kind;
use crate::device::{Sold, Trouble};

/// A refusal. It is written in the till's language when it leaves.
#[derive(Clone, Debug)]
pub(crate) struct Problem(Box<Refused>);

#[derive(Clone, Debug, Default)]
struct Refused {
    code: String,
    /// In English; the title without it.
    detail: Option<String>,
    french: Option<String>,
    member: Option<String>,
    reason: Option<&'static str>,
    fiscal_number: Option<String>,
}

/// A refusal (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody<'a> {
    /// A URN of the code.
    r#type: String,
    /// What the kind of problem is called.
    title: &'a str,
    /// The status of HTTP.
    status: u16,
    /// A sentence that says what to do.
    detail: &'a str,
    /// The stable code.
    #[schema(example = "DEVICE_UNREACHABLE")]
    code: &'a str,
    /// The member that is wrong, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<&'a str>,
    /// The seal that there is already.
    #[serde(skip_serializing_if = "Option::is_none")]
    fiscal_number: Option<&'a str>,
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
    /// The rule that it breaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// What to do.
    detail: &'a str,
}

impl Problem {
    pub(crate) const CONTENT_TYPE: &'static str = "application/problem+json";

    /// With the kind's own sentence.
    pub(crate) fn of(code: &str) -> Self {
        Self(Box::new(Refused { code: code.to_owned(), ..Refused::default() }))
    }

    pub(crate) fn new(code: &str, detail: impl Into<String>) -> Self {
        let mut problem = Self::of(code);
        problem.0.detail = Some(detail.into());
        problem
    }

    /// In both languages.
    pub(crate) fn said(code: &str, french: impl Into<String>, english: impl Into<String>) -> Self {
        let mut problem = Self::new(code, english);
        problem.0.french = Some(french.into());
        problem
    }

    pub(crate) fn of_payload(fault: &Fault) -> Self {
        let path = fault.path.to_string();
        let mut problem = Self::said("SCHEMA_INVALID", fault.reason.french(), fault.reason.english());
        problem.0.member = (!path.is_empty()).then_some(path);
        problem.0.reason = Some(fault.reason.code());
        problem
    }

    pub(crate) fn of_draft(fault: &draft::DraftFault) -> Self {
        let mut problem = Self::said("SCHEMA_INVALID", fault.french(), fault.english());
        problem.0.member = fault.member();
        problem.0.reason = Some(fault.code());
        problem
    }

    pub(crate) fn at_member(mut self, member: &str) -> Self {
        self.0.member = Some(member.to_owned());
        self
    }

    /// What came of a sale, when no seal did.
    pub(crate) fn of_sold(sold: Sold) -> Self {
        match sold {
            Sold::Refused { code, detail, number } => {
                let mut problem = Self::new(&code, detail);
                problem.0.fiscal_number = number;
                problem
            }
            Sold::Unclear { detail } => Self::new("DEVICE_OUTCOME_UNKNOWN", detail),
            Sold::Unreachable { detail } => Self::new("DEVICE_UNREACHABLE", detail),
            Sold::Sealed { .. } | Sold::Unsealed => Self::of("DEVICE_UNREACHABLE"),
        }
    }

    /// Writes it in the language that `Accept-Language` prefers.
    pub(crate) fn speak(response: &mut Response, headers: &HeaderMap) {
        let Some(problem) = response.extensions_mut().remove::<Self>() else { return };
        let french = prefers_french(headers);
        *response.body_mut() = Body::from(problem.to_json(french));
        let tag = HeaderValue::from_static(if french { "fr" } else { "en" });
        response.headers_mut().insert(header::CONTENT_LANGUAGE, tag);
    }

    fn to_json(&self, french: bool) -> String {
        let refused = &*self.0;
        let kind = Kind::of(&refused.code);
        let title = if french { kind.french } else { kind.english };
        let detail = if french {
            refused.french.as_deref().unwrap_or(kind.remedy)
        } else {
            refused.detail.as_deref().unwrap_or(kind.english)
        };
        let (member, fiscal_number) = (refused.member.as_deref(), refused.fiscal_number.as_deref());
        let errors = match (member, refused.reason) {
            (None, None) => Vec::new(),
            (member, reason) => vec![ProblemItem { member, reason, detail }],
        };
        let body = ProblemBody {
            r#type: format!("urn:stelala:problem:{}", refused.code.to_ascii_lowercase().replace('_', "-")),
            title,
            status: kind.status.as_u16(),
            detail,
            code: &refused.code,
            member,
            fiscal_number,
            errors,
        };
        // Texts and integers always serialise.
        serde_json::to_string(&body).unwrap_or_default()
    }
}

impl From<Trouble> for Problem {
    fn from(trouble: Trouble) -> Self {
        Self::new(trouble.code(), trouble.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        let status = Kind::of(&self.0.code).status;
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(Self::CONTENT_TYPE));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            let seconds = if status == StatusCode::TOO_MANY_REQUESTS { "1" } else { "5" };
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Which of the two languages `Accept-Language` prefers; English when it does not say.
fn prefers_french(headers: &HeaderMap) -> bool {
    let accepted =
        headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (mut french, mut english) = (0, 0);
    for range in accepted.split(',') {
        let (tag, weight) = range.split_once(';').unwrap_or((range, ""));
        let weight = thousandths(weight);
        match tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "fr" => french = french.max(weight),
            "en" => english = english.max(weight),
            _ => {}
        }
    }
    french > english
}

/// `q=0.85` is 850; without a weight it is 1,000.
fn thousandths(weight: &str) -> u32 {
    let Some(digits) = weight.trim().strip_prefix("q=") else { return 1_000 };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction: String = fraction.chars().chain("000".chars()).take(3).collect();
    let number = |text: &str| text.parse::<u32>().unwrap_or(0);
    number(whole).min(1) * 1_000 + if whole == "0" { number(&fraction) } else { 0 }
}
