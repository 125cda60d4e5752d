//! How devices say that they are.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use def_protocol::reply::{ClockState, Warning};
use fiscal::{InvoiceNumber, Timestamp};
use registry::{DeviceHealth, DeviceState};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tunnel::{Outcome, ProxyHealth};

use super::{
    Link, Live, alerts, grants,
    link::{Status, Told},
    session::FRESH,
    switch,
};
use crate::app::App;

/// So long a device may take to say how it is.
const PATIENCE: Duration = Duration::from_secs(10);
/// What it says is kept at most so often.
const KEPT_EVERY: u64 = 30;
/// A clock that is further from the cloud's is set.
const DRIFT: u64 = 10;
/// And not more often than this.
const SET_EVERY: u64 = 120;

/// What is kept of what a device and its proxy say.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    /// The device's own answer; null when it could not be asked.
    pub(crate) status: Option<Value>,
    /// The proxy's.
    pub(crate) proxy: Option<ProxyHealth>,
    /// The version of the tax groups that it was given.
    #[serde(default)]
    pub(crate) manifest: Option<u32>,
}

/// Which tax groups a device was given, by what was kept of it.
pub(super) fn manifest_of(report: &str) -> Option<u32> {
    serde_json::from_str::<Report>(report).ok()?.manifest
}

/// Notes what a proxy says, and does what follows from it.
pub(super) fn note(app: &Arc<App>, link: &Arc<Link>, said: Live) {
    let before = link.live();
    let now = app.clock.now();
    let fresh = Live {
        // A device that cannot be asked is not the one before: its last word stays, and its proxy says that it is away.
        status: said.status.clone().or(before.status),
        proxy: said.proxy.or(before.proxy),
        at: said.at,
        kept: before.kept,
        clock_set: before.clock_set,
        manifest: before.manifest,
        warnings: BTreeSet::new(),
        told: before.told,
    };
    let due = is_due(fresh.kept, now, KEPT_EVERY);
    let warnings = warnings(&fresh);
    let mut fresh = Live { warnings, ..fresh };
    let (new, told) = news(&fresh, now);
    fresh.told = told;
    let needs_time = !link.retired && said.status.as_deref().is_some_and(|status| needs_time(status, now));
    let sets = needs_time && is_due(fresh.clock_set, now, SET_EVERY);
    if sets {
        fresh.clock_set = Some(now);
    }
    if due {
        fresh.kept = Some(now);
    }
    let stands_by = said.status.as_deref().map(|status| status.handed_over);
    link.note(fresh);
    let (app, link) = (Arc::clone(app), Arc::clone(link));
    tokio::spawn(async move {
        if sets {
            grants::set_clock(&link).await;
        }
        if due {
            keep(&app, &link).await;
        }
        if !new.is_empty() {
            alerts::warned(&app, &link, &new).await;
        }
        if stands_by.is_some_and(|stands_by| link.stands_by_otherwise(stands_by)) && !link.retired {
            // Something that was asked for came to pass, or did not: it is gone on with.
            if let Some(devices) = app.devices.clone() {
                switch::go_on(&app, &devices, link.outlet).await;
            }
        }
    });
}

/// Which warnings are to be told now, and what was told with them. A device, or its proxy, whose warnings come and go has
/// them told as often as it is kept, and no more often.
fn news(fresh: &Live, now: Timestamp) -> (Vec<&'static str>, Option<Told>) {
    let before = fresh.told.as_ref();
    let known = before.map(|told| &told.warnings);
    let changed = known.map_or(!fresh.warnings.is_empty(), |known| *known != fresh.warnings);
    if !changed || !is_due(before.map(|told| told.at), now, KEPT_EVERY) {
        return (Vec::new(), fresh.told.clone());
    }
    let is_new = |warning: &&&'static str| known.is_none_or(|known| !known.contains(**warning));
    let new = fresh.warnings.iter().filter(is_new).copied().collect();
    (new, Some(Told { warnings: fresh.warnings.clone(), at: now }))
}

fn is_due(last: Option<Timestamp>, now: Timestamp, every: u64) -> bool {
    last.is_none_or(|last| now.unix().saturating_sub(last.unix()) >= every)
}

/// Asks a device how it is, now.
pub(super) async fn ask(app: &Arc<App>, link: &Arc<Link>) -> Option<Arc<Status>> {
    let Ok(Outcome::Done { answer }) = link.ask(FRESH, PATIENCE).await else { return None };
    let status: Arc<Status> = Arc::new(serde_json::from_value(answer).ok()?);
    let at = Some(app.clock.now());
    note(app, link, Live { status: Some(Arc::clone(&status)), at, ..Live::default() });
    Some(status)
}

/// Keeps what is known of a device in the registry, for who asks while it is away and after a restart.
pub(super) async fn keep(app: &Arc<App>, link: &Arc<Link>) {
    let (live, serial) = (link.live(), link.device);
    let Some(seen) = live.at else { return };
    let status = live.status.as_deref();
    let report = Report {
        status: status.and_then(|status| serde_json::to_value(Brief::of(status)).ok()),
        proxy: live.proxy.clone(),
        manifest: live.manifest,
    };
    let health = DeviceHealth {
        seen,
        firmware_version: status.and_then(|status| status.firmware_version.parse().ok()),
        epoch: status.map(|status| status.epoch),
        last_number: status.and_then(|status| InvoiceNumber::new(status.next_invoice_seq.saturating_sub(1))),
        last_position: status.map(|status| status.last_position),
        clock_drift: status.and_then(|status| drift(status, seen)),
        // Texts and numbers always serialise.
        report: serde_json::to_string(&report).unwrap_or_default(),
    };
    let passed =
        status.is_some_and(|status| status.self_test.as_ref().is_some_and(|test| test.failed.is_none()));
    let by = grants::by(serial);
    let kept = app.registry(move |registry| {
        registry.note_health(serial, &health)?;
        let Some(device) = registry.device_of(serial)?.filter(|device| passed && device.tested.is_none())
        else {
            return Ok(());
        };
        if let (DeviceState::Activated, Ok(by)) = (device.state, &by) {
            registry.device_tested(serial, by, seen)?;
        }
        Ok(())
    });
    if let Err(problem) = kept.await {
        let detail = problem.detail(crate::Language::English);
        tracing::warn!(device = %serial, detail, "what a device says of itself was not kept");
    }
}

/// What is kept of a status: what a technician reads.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Brief {
    pub(crate) next_invoice_seq: u64,
    pub(crate) epoch: u32,
    pub(crate) lifecycle: def_protocol::reply::Lifecycle,
    pub(crate) handed_over: bool,
    pub(crate) clock: ClockState,
    pub(crate) counter: u64,
    pub(crate) counter_limit: u64,
    pub(crate) capacity_bytes: u64,
    pub(crate) free_bytes: u64,
    pub(crate) warnings: Vec<String>,
}

impl Brief {
    pub(crate) fn of(status: &Status) -> Self {
        Self {
            next_invoice_seq: status.next_invoice_seq,
            epoch: status.epoch.0,
            lifecycle: status.lifecycle,
            handed_over: status.handed_over,
            clock: status.clock,
            counter: status.secure_element.counter,
            counter_limit: status.secure_element.limit,
            capacity_bytes: status.storage.capacity_bytes,
            free_bytes: status.storage.free_bytes,
            warnings: own_warnings(status).map(str::to_owned).collect(),
        }
    }
}

/// What will need someone soon, of the device and its proxy.
fn warnings(live: &Live) -> BTreeSet<&'static str> {
    let mut warnings: BTreeSet<_> = live.status.as_deref().into_iter().flat_map(own_warnings).collect();
    if live.proxy.as_ref().is_some_and(|proxy| !proxy.line_up) {
        warnings.insert("line_down");
    }
    if live.proxy.as_ref().is_some_and(|proxy| proxy.unresolved > 0) {
        warnings.insert("unresolved");
    }
    warnings
}

fn own_warnings(status: &Status) -> impl Iterator<Item = &'static str> {
    let own = status.warnings.iter().map(|warning| match warning {
        Warning::Flash => "flash",
        Warning::Clock => "clock",
        Warning::Certificate => "certificate",
        Warning::Counter => "counter",
        Warning::Offline => "offline",
        Warning::Totals => "totals",
        Warning::Debug => "debug",
    });
    let own: Vec<_> = own.collect();
    let failed = status.self_test.as_ref().is_some_and(|test| test.failed.is_some()).then_some("self_test");
    let corrupt = status.corrupt.is_some().then_some("corrupt");
    own.into_iter().chain(failed).chain(corrupt)
}

/// By how many seconds a device's clock is ahead of the cloud's.
pub(crate) fn drift(status: &Status, now: Timestamp) -> Option<i64> {
    let (device, now) = (i64::try_from(status.time?.unix()).ok()?, i64::try_from(now.unix()).ok()?);
    Some(device - now)
}

fn needs_time(status: &Status, now: Timestamp) -> bool {
    let provisioned = status.outlet_id.is_some();
    provisioned
        && (status.clock != ClockState::Ok
            || drift(status, now).is_none_or(|drift| drift.unsigned_abs() > DRIFT))
}

/// What time it is for a device, by which it judges what it is ordered.
pub(super) fn device_time(app: &App, link: &Link) -> Timestamp {
    let now = app.clock.now();
    let live = link.live();
    let drift = live.status.as_deref().zip(live.at).and_then(|(status, at)| drift(status, at));
    let shifted = drift.and_then(|drift| now.unix().checked_add_signed(drift)).and_then(Timestamp::from_unix);
    // An order that is to hold from now on is not dated later than what the device's clock shows.
    shifted.map_or(now, |shifted| shifted.min(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_that_come_and_go_with_each_word_are_told_at_most_every_so_often() {
        let begun = Timestamp::EARLIEST.unix();
        let mut live = Live::default();
        let mut told = Vec::new();
        for second in 0..60 {
            let now = Timestamp::from_unix(begun + second).unwrap();
            live.warnings = if second % 2 == 0 { BTreeSet::from(["flash"]) } else { BTreeSet::new() };
            let (new, kept) = news(&live, now);
            live.told = kept;
            if !new.is_empty() {
                told.push(second);
            }
        }
        assert_eq!(told.first(), Some(&0), "the first at once");
        assert!(told.len() <= 2, "{told:?}");
        live.warnings = BTreeSet::from(["clock", "flash"]);
        let later = Timestamp::from_unix(begun + 200).unwrap();
        assert!(news(&live, later).0.contains(&"clock"), "nothing new is lost");
    }
}
