//! The one place where this program looks at the clock.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;
use fiscal::Timestamp;

/// Universal time, as this machine knows it.
#[allow(
    clippy::disallowed_methods,
    reason = "this is the one clock; --at, --from and --until override it, and a status shows it beside the device's"
)]
pub(crate) fn now() -> anyhow::Result<Timestamp> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let time = since.ok().and_then(|since| Timestamp::from_unix(since.as_secs()));
    time.context("this machine's clock is not between 1970 and 9999: set it, or name the times")
}
