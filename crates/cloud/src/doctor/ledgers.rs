use std::{fs::OpenOptions, os::unix::fs::MetadataExt, path::Path};

use fiscal::Timestamp;
use ledger::{Clock, Database, StoreFault};

use super::Finding;
use crate::{
    config::{Config, DatabaseConfig},
    start::NotedHeads,
};

const CLOCK: &str = "clock";
const OUTLETS: &str = "outlets";
const HEADS: &str = "heads";
/// 2026-01-01T00:00:00: there was no cloud before.
const FIRST_YEAR: u64 = 1_767_225_600;
/// So many outlets are looked at.
const MOST: usize = 1_000;
/// A clock behind its newest record by more than this seals nothing (L3).
const TOLERANCE_SECONDS: u64 = 2;

pub(super) fn examine(config: &Config, database: Option<&dyn Database>, clock: &dyn Clock) -> Vec<Finding> {
    let now = clock.now();
    let mut findings = Vec::new();
    match database.map(newest) {
        Some(Ok((count, newest))) => {
            findings.push(outlets(count));
            findings.push(time(now, newest));
        }
        Some(Err(fault)) => {
            findings.push(Finding::bad(OUTLETS, fault.to_string()));
            findings.push(time(now, None));
        }
        None => findings.push(time(now, None)),
    }
    findings.push(heads(config));
    findings.extend(noted(config, database));
    findings
}

/// How many outlets there are, and the time of the newest record of any.
fn newest(database: &dyn Database) -> Result<(usize, Option<Timestamp>), StoreFault> {
    let mut store = database.connect()?;
    let outlets = store.outlets(None, MOST)?;
    let mut newest = None;
    for outlet in &outlets {
        let time = store.head(outlet.id)?.map(|head| head.state.time);
        newest = newest.max(time);
    }
    Ok((outlets.len(), newest))
}

fn outlets(count: usize) -> Finding {
    match count {
        0 => Finding::warning(OUTLETS, "there is no outlet yet: `stelala cloud outlet add` adds one"),
        MOST => Finding::good(OUTLETS, format!("{MOST} outlets or more")),
        count => Finding::good(OUTLETS, format!("{count} registered")),
    }
}

fn time(now: Timestamp, newest: Option<Timestamp>) -> Finding {
    if now.unix() < FIRST_YEAR {
        return Finding::bad(
            CLOCK,
            format!("this machine thinks that it is {now}Z: set its clock, and have it synchronised"),
        );
    }
    match newest {
        Some(newest) if newest.seconds_after(now) > TOLERANCE_SECONDS => Finding::bad(
            CLOCK,
            format!(
                "it is {now}Z here, and the newest record is of {newest}Z: set the clock, nothing is sealed before"
            ),
        ),
        _ => Finding::good(CLOCK, format!("{now}Z")),
    }
}

/// What the file of heads says that the database does not.
fn noted(config: &Config, database: Option<&dyn Database>) -> Vec<Finding> {
    let path = &config.ledger.heads;
    let noted = match NotedHeads::read(path) {
        Ok(noted) => noted,
        Err(fault) => return vec![Finding::bad(HEADS, fault.to_string())],
    };
    let mut findings = Vec::new();
    if noted.unreadable() > 0 {
        let (name, count) = (path.display(), noted.unreadable());
        findings.push(Finding::warning(
            HEADS,
            format!("{count} lines of {name} are no heads: they were damaged, and say nothing"),
        ));
    }
    if let Some(Err(fault)) = database.map(|database| noted.check(database, path)) {
        findings.push(Finding::bad(HEADS, fault.to_string()));
    }
    findings
}

fn heads(config: &Config) -> Finding {
    let path = &config.ledger.heads;
    let name = path.display();
    let folder = path.parent().unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Finding::bad(
            HEADS,
            format!("the folder of {name} does not exist: make it, or set ledger.heads"),
        );
    }
    if path.exists()
        && let Err(fault) = OpenOptions::new().append(true).open(path)
    {
        return Finding::bad(
            HEADS,
            format!("{name}: {fault}: let this program write it, or set ledger.heads"),
        );
    }
    let device = |path: &Path| path.metadata().ok().map(|metadata| metadata.dev());
    if let DatabaseConfig::Sqlite(database) = &config.database
        && database.parent().and_then(device) == device(folder)
    {
        return Finding::warning(
            HEADS,
            format!(
                "{name} is on the database's disk: what cuts the end of one may cut the other; another disk is better"
            ),
        );
    }
    Finding::good(HEADS, format!("noted in {name}"))
}
