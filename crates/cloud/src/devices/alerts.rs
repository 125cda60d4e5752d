//! Who has to look at a device hears of it: in the log, in the counters, and by webhooks.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use fiscal::{DeviceId, Epoch, OutletId};
use ledger::Taken;
use webhooks::{DeviceNews, News};

use super::{Link, link::locked};
use crate::app::App;

/// What was said and is still so.
#[derive(Default)]
pub(crate) struct Alerts {
    offline: Mutex<BTreeSet<DeviceId>>,
    expiring: Mutex<BTreeSet<DeviceId>>,
}

/// A device has come.
pub(super) async fn came(app: &Arc<App>, link: &Link) {
    let Some(devices) = &app.devices else { return };
    if locked(&devices.alerts.offline).remove(&link.device) {
        tracing::info!(device = %link.device, outlet = %link.outlet, "a device can be reached again");
        announce(app, DeviceNews::Online, link.device, link.outlet).await;
    }
}

/// A device's tunnel is over. Whether that is worth a word, the upkeep finds when it stays away.
pub(super) fn went(app: &Arc<App>, link: &Link) {
    app.metrics.device_left();
    tracing::debug!(device = %link.device, "a device is away");
}

/// A device that is to seal cannot be reached.
pub(super) async fn away(app: &Arc<App>, device: DeviceId, outlet: OutletId) {
    let Some(devices) = &app.devices else { return };
    if locked(&devices.alerts.offline).insert(device) {
        tracing::warn!(%device, %outlet, "a device that seals for an outlet cannot be reached");
        announce(app, DeviceNews::Offline, device, outlet).await;
    }
}

/// A device, or its proxy, says something new that will need someone soon.
pub(super) async fn warned(app: &Arc<App>, link: &Link, new: &[&'static str]) {
    tracing::warn!(device = %link.device, outlet = %link.outlet, warnings = ?new, "a device will need someone soon");
    announce(app, DeviceNews::Warning, link.device, link.outlet).await;
}

/// A certificate ends soon, and was not renewed yet.
pub(super) async fn expires(app: &Arc<App>, device: DeviceId, outlet: OutletId, days: u64) {
    let Some(devices) = &app.devices else { return };
    if locked(&devices.alerts.expiring).insert(device) {
        tracing::warn!(%device, %outlet, days, "a device's certificate ends soon: it is renewed when the device connects");
        announce(app, DeviceNews::CertificateExpiring, device, outlet).await;
    }
}

/// A certificate holds long enough.
pub(super) fn holds(app: &App, device: DeviceId) {
    if let Some(devices) = &app.devices {
        locked(&devices.alerts.expiring).remove(&device);
    }
}

/// Invoices that break the rules are told of by the flags over them; the log says so at once.
pub(super) async fn taken(app: &Arc<App>, link: &Link, taken: &Taken) {
    if taken.unfit.is_empty() {
        return;
    }
    announce(app, DeviceNews::Warning, link.device, link.outlet).await;
}

/// What a device has at a position has no place in its chain, however often it is read.
pub(super) async fn stuck(app: &Arc<App>, link: &Link, epoch: Epoch, position: u64) {
    tracing::error!(device = %link.device, outlet = %link.outlet, epoch = epoch.0, position,
        "what the device has from here on cannot be taken, and is read no more: have a technician look at it");
    announce(app, DeviceNews::Warning, link.device, link.outlet).await;
}

/// What a device answered is not what it delivers; the log says what.
pub(super) async fn doubted(app: &Arc<App>, link: &Link) {
    announce(app, DeviceNews::Warning, link.device, link.outlet).await;
}

async fn announce(app: &Arc<App>, news: DeviceNews, device: DeviceId, outlet: OutletId) {
    let place = match app.place(outlet).await {
        Ok(Some(place)) => place,
        Ok(None) | Err(_) => return,
    };
    let news = News::Device(news, outlet, device);
    let (now, kind, mut occasion) = (app.clock.now(), news.kind(), [0; 16]);
    (app.entropy)(&mut occasion);
    let told = app.webhooks(move |webhooks| webhooks.announce(&news, &place.merchant, &occasion, now));
    match told.await {
        Ok(0) => {}
        Ok(_) => app.wake_dispatcher(),
        Err(problem) => {
            let detail = problem.detail(crate::Language::English);
            tracing::warn!(%device, event = kind.name(), detail, "webhooks were not told");
        }
    }
}
