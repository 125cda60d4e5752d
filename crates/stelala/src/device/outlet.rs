//! What a till remembers of its outlet, for reprints without the device.

use std::{fs, path::Path};

use anyhow::Context;
use fiscal::UtcOffset;

use super::put;

const NAME: &str = "zone";

/// Keeps the outlet's zone: minutes ahead of UTC.
pub(super) fn keep_zone(till: &Path, zone: UtcOffset) -> anyhow::Result<()> {
    let path = till.join(NAME);
    if self::zone(till) == Some(zone) {
        return Ok(());
    }
    put::file(&path, zone.minutes().to_string().as_bytes()).with_context(|| path.display().to_string())
}

/// The zone that was kept.
pub(super) fn zone(till: &Path) -> Option<UtcOffset> {
    let text = fs::read_to_string(till.join(NAME)).ok()?;
    text.trim().parse().ok().and_then(UtcOffset::from_minutes)
}
