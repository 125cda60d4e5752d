use serde::Deserialize;

use super::ConfigFault;
use crate::access::{Access, Grant, KeyHash};

/// An API key as the file has it: its hash, and what it is good for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyEntry {
    hash: String,
    outlet: Option<String>,
    #[serde(default)]
    operator: bool,
}

pub(crate) fn check(entries: Vec<KeyEntry>) -> Result<Access, ConfigFault> {
    let read = |(place, entry): (usize, KeyEntry)| {
        let wrong =
            |member: &str, problem: &str| ConfigFault::member(format!("api_keys[{place}]{member}"), problem);
        let hash: KeyHash = entry.hash.parse().map_err(|_| {
            wrong(".hash", "sha256: and 64 hexadecimal digits are expected: `stelala cloud key new` prints the lines to add")
        })?;
        let grant = match (entry.outlet, entry.operator) {
            (Some(outlet), false) => Grant::Outlet(
                outlet.parse().map_err(|_| wrong(".outlet", "the id of an outlet is expected"))?,
            ),
            (None, true) => Grant::Operator,
            _ => return Err(wrong("", "name the outlet that it sells for, or say operator = true")),
        };
        Ok((hash, grant))
    };
    entries.into_iter().enumerate().map(read).collect::<Result<Vec<_>, _>>().map(Access::new)
}
