//! What a till remembers of its outlet and its device, for reprints without the device.

use std::{fs, path::Path};

use anyhow::Context;
use fiscal::{PublicKey, UtcOffset};

use super::put;

const NAME: &str = "zone";
const KEY: &str = "device.pem";

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

/// Keeps the device's key, with which seals are verified from now on.
pub(super) fn keep_key(till: &Path, key: &PublicKey) -> anyhow::Result<()> {
    let path = till.join(KEY);
    if self::key(till)? == Some(*key) {
        return Ok(());
    }
    put::file(&path, key.to_pem().as_bytes()).with_context(|| path.display().to_string())
}

/// The key that was kept.
pub(super) fn key(till: &Path) -> anyhow::Result<Option<PublicKey>> {
    let path = till.join(KEY);
    match fs::read_to_string(&path) {
        Ok(pem) => {
            let key = PublicKey::from_pem(&pem);
            key.map(Some).with_context(|| format!("{}: name the device's key anew by --key", path.display()))
        }
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(fault) => Err(fault).with_context(|| path.display().to_string()),
    }
}
