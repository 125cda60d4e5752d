use std::io;

use ureq::{
    Body, Error,
    http::{Response, StatusCode, header},
};

use crate::CallFault;

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

/// The statuses that say all by themselves.
pub(super) fn of_status(answer: &Response<Body>) -> Result<(), CallFault> {
    match answer.status() {
        StatusCode::UNAUTHORIZED => Err(CallFault::Unauthorized),
        StatusCode::FORBIDDEN => Err(CallFault::Forbidden),
        StatusCode::TOO_MANY_REQUESTS => Err(CallFault::TooMany { retry_after: retry_after(answer) }),
        status if status.is_server_error() => {
            Err(CallFault::Server { status: status.as_u16(), retry_after: retry_after(answer) })
        }
        _ => Ok(()),
    }
}

/// In seconds; a date is taken for none.
fn retry_after(answer: &Response<Body>) -> Option<u64> {
    let text = answer.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX).min(LONGEST_WAIT))
}
