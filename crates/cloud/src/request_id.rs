//! A name for each request, in its answer and its line of the log.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, request::Parts},
};
use ledger::ActName;

use crate::problem::{Kind, Problem, words};

pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// The longest that is taken from a client.
const LONGEST: usize = 64;

/// The name of a request, among its extensions.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) HeaderValue);

/// The name of a request, as the log of acts has it.
pub(crate) struct RequestName(pub(crate) ActName);

impl<S: Sync> FromRequestParts<S> for RequestName {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let name = parts.extensions.get::<RequestId>().and_then(|id| id.0.to_str().ok()?.parse().ok());
        // `observe` is around every route, and gives names that the log takes.
        name.map(Self).ok_or_else(|| {
            Problem::new(
                Kind::Internal,
                words("erreur interne : signalez-la", "an internal error: please report it"),
            )
        })
    }
}

/// Gives names that no other process gives.
pub(crate) struct RequestIds {
    process: u64,
    next: AtomicU64,
}

impl RequestIds {
    /// From a random number.
    pub(crate) const fn new(process: u64) -> Self {
        Self { process, next: AtomicU64::new(1) }
    }

    /// The client's, if it is short and plain; else a new one.
    pub(crate) fn of(&self, headers: &HeaderMap) -> HeaderValue {
        let given = headers.get(HEADER).filter(|given| is_plain(given.as_bytes()));
        given.cloned().unwrap_or_else(|| {
            let next = self.next.fetch_add(1, Ordering::Relaxed);
            let text = format!("{:016x}-{next:x}", self.process);
            // Digits and a hyphen are always a header's value.
            HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("-"))
        })
    }
}

/// It goes into the log: nothing that could end a line or look like another member.
fn is_plain(given: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    (1..=LONGEST).contains(&given.len()) && given.iter().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_id_of_the_client_is_kept_and_any_other_replaced() {
        let ids = RequestIds::new(0xAB);
        for (given, kept) in
            [("till-7.42", true), ("a b", false), ("x\"y", false), ("", false), (&*"a".repeat(65), false)]
        {
            let headers = HeaderMap::from_iter([(HEADER, given.parse().unwrap())]);
            let id = ids.of(&headers);
            assert_eq!(id == given, kept, "{given:?}");
            assert!(kept || id.to_str().unwrap().starts_with("00000000000000ab-"));
        }
        assert_ne!(ids.of(&HeaderMap::new()), ids.of(&HeaderMap::new()));
    }
}
