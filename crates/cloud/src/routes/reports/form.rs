//! JSON or CSV, as the client asks.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::problem::{Kind, Problem, thousandths, words};

/// In which form a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Form {
    /// One object.
    Json,
    /// One table with a header row (RFC 4180).
    Csv,
}

impl Form {
    /// The one that is named, or else the one that `Accept` prefers; JSON if it prefers none.
    pub(super) fn chosen(named: Option<Self>, headers: &HeaderMap) -> Result<Self, Problem> {
        if let Some(named) = named {
            return Ok(named);
        }
        let mut ranges = headers.get_all(header::ACCEPT).iter().peekable();
        if ranges.peek().is_none() {
            return Ok(Self::Json);
        }
        let ranges: Vec<&str> =
            ranges.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).collect();
        match (weight(&ranges, "application", "json"), weight(&ranges, "text", "csv")) {
            (0, 0) => Err(Problem::new(
                Kind::NotAcceptable,
                words(
                    "un rapport est en application/json ou en text/csv : acceptez l'un des deux",
                    "a report is application/json or text/csv: accept one of the two",
                ),
            )),
            (json, csv) => Ok(if csv > json { Self::Csv } else { Self::Json }),
        }
    }

    /// An answer in this form.
    pub(super) fn answer(self, text: String) -> Response {
        let media_type = match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        };
        let mut response = Response::new(Body::from(text));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::VARY, HeaderValue::from_static("Accept"));
        response
    }
}

/// How gladly a media type is taken, in thousandths: the range that names it most narrowly says (RFC 9110, 12.5.1).
fn weight(ranges: &[&str], kind: &str, subtype: &str) -> u32 {
    let of_range = |range: &&str| {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let narrow = match name.split_once('/')? {
            ("*", "*") => 0,
            (named, "*") if named == kind => 1,
            (named, sub) if named == kind && sub == subtype => 2,
            _ => return None,
        };
        let weight = parts.find(|part| part.starts_with("q=") || part.starts_with("Q="));
        let weight = weight.map_or_else(String::new, str::to_ascii_lowercase);
        Some((narrow, thousandths(&weight)))
    };
    ranges.iter().filter_map(of_range).max().map_or(0, |(_, weight)| weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(accepted: &str) -> Option<Form> {
        let headers = HeaderMap::from_iter([(header::ACCEPT, accepted.parse().unwrap())]);
        Form::chosen(None, &headers).ok()
    }

    #[test]
    fn the_form_is_the_one_that_the_client_prefers_and_json_otherwise() {
        for (accepted, form) in [
            ("text/csv", Some(Form::Csv)),
            ("TEXT/CSV; header=present", Some(Form::Csv)),
            ("text/*", Some(Form::Csv)),
            ("application/json", Some(Form::Json)),
            ("*/*", Some(Form::Json)),
            ("text/csv;q=0.5, application/json;q=0.4", Some(Form::Csv)),
            ("text/csv;q=0.5, */*;q=0.8", Some(Form::Json)),
            ("text/csv;q=0, */*", Some(Form::Json)),
            ("application/json;q=0, */*;q=0.1", Some(Form::Csv)),
            ("text/html, application/xml", None),
            ("text/csv;q=0", None),
            ("nonsense", None),
            ("", None),
        ] {
            assert_eq!(chosen(accepted), form, "{accepted:?}");
        }
        assert_eq!(Form::chosen(None, &HeaderMap::new()).unwrap(), Form::Json);
        let headers = HeaderMap::from_iter([(header::ACCEPT, "text/html".parse().unwrap())]);
        assert_eq!(Form::chosen(Some(Form::Csv), &headers).unwrap(), Form::Csv, "what is named wins");
    }
}
