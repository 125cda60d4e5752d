use std::io;

use ureq::{
    Body, Error,
    http::{Response, StatusCode, header},
};

use crate::{CallFault, answer::refusal_of};

/// No answer makes anybody wait longer, in seconds: an hour.
const LONGEST_WAIT: u64 = 3_600;

/// What a failed call is. `left` says whether anything of the request may have left.
pub(super) fn of(error: &Error, left: bool) -> CallFault {
    if !left {
        return CallFault::Unreachable;
    }
    match error {
        Error::Timeout(_) => CallFault::Timeout,
        Error::Io(error) if matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock) => {
            CallFault::Timeout
        }
        Error::Protocol(_) | Error::Http(_) | Error::LargeResponseHeader(..) => CallFault::Malformed,
        _ => CallFault::Broken,
    }
}

/// What an answer is whose status is no success. Where the status does not say all by itself, the authority's own words
/// are kept; one that says when to come back is asked again then.
pub(super) fn of_status(answer: &Response<Body>, body: &str) -> Option<CallFault> {
    let (status, retry_after) = (answer.status(), retry_after(answer));
    let number = status.as_u16();
    match status {
        StatusCode::UNAUTHORIZED => Some(CallFault::Unauthorized),
        StatusCode::FORBIDDEN => Some(CallFault::Forbidden),
        StatusCode::TOO_MANY_REQUESTS => Some(CallFault::TooMany { retry_after }),
        _ if status.is_success() => None,
        _ if status.is_server_error() => {
            let refused = if retry_after.is_none() { refusal_of(body, number) } else { None };
            Some(refused.unwrap_or(CallFault::Server { status: number, retry_after }))
        }
        _ => Some(refusal_of(body, number).unwrap_or(CallFault::WrongStatus { status: number })),
    }
}

/// In seconds; a date is taken for none.
fn retry_after(answer: &Response<Body>) -> Option<u64> {
    let text = answer.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX).min(LONGEST_WAIT))
}
