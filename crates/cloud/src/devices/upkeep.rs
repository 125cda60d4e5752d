//! What is looked at now and then, whether a device comes or not.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use fiscal::OutletId;
use registry::{Device, DeviceState, Mode, Reach};
use tokio::time::sleep;

use super::{Devices, alerts, grants, switch};
use crate::{app::App, problem::Problem};

/// How often.
const EVERY: Duration = Duration::from_secs(20);
/// Sales that were sealed twice are looked for in each so-manieth round: it reads all flags.
const DOUBLES: u32 = 15;
/// A device that was not heard of for so long cannot be reached, by whichever process.
const AWAY: u64 = 90;
/// So many devices are read at a time.
const PAGE: usize = 200;

/// Goes on with what was interrupted, and says what needs somebody, for as long as the cloud runs.
pub(crate) async fn keep_up(app: Arc<App>, devices: Arc<Devices>) {
    let mut rounds: u32 = 0;
    loop {
        sleep(EVERY).await;
        rounds = rounds.wrapping_add(1);
        if let Err(problem) = round(&app, &devices, rounds.is_multiple_of(DOUBLES)).await {
            let detail = problem.detail(crate::Language::English);
            tracing::warn!(detail, "devices could not be looked after");
        }
    }
}

async fn round(app: &Arc<App>, devices: &Arc<Devices>, doubles: bool) -> Result<(), Problem> {
    let mut seen = BTreeSet::new();
    let open = app.registry(|registry| registry.open_switches(None, PAGE)).await?;
    for one in open {
        switch::go_on(app, devices, one.outlet).await;
    }
    let mut after = None;
    loop {
        let page = app.registry(move |registry| registry.devices(&Reach::Platform, after, PAGE)).await?;
        for device in &page {
            look(app, devices, device).await?;
            if doubles && seen.insert(device.outlet) {
                take_back(app, device.outlet).await?;
            }
        }
        let is_last = page.len() < PAGE;
        after = page.last().map(|device| device.serial);
        if is_last {
            return Ok(());
        }
    }
}

/// Takes the second seal of each sale back that was sealed twice (L4); whether none is left.
pub(super) async fn take_back(app: &Arc<App>, outlet: OutletId) -> Result<bool, Problem> {
    let mut is_done = true;
    let doubles = app.consult(move |ledger| ledger.duplicates(outlet)).await?;
    let Some(place) = app.place(outlet).await?.filter(|_| !doubles.is_empty()) else { return Ok(true) };
    for double in doubles {
        let by = super::switch::machine()?;
        match crate::routes::void(app, &place, &double.second, by).await {
            Ok(note) => {
                tracing::warn!(%outlet, second = ?double.second.place, %note, "a second seal of a sale is taken back")
            }
            Err(problem) => {
                is_done = false;
                let detail = problem.detail(crate::Language::English);
                tracing::error!(%outlet, second = ?double.second.place, detail, "a second seal of a sale is not taken back yet");
            }
        }
    }
    Ok(is_done)
}

async fn look(app: &Arc<App>, devices: &Arc<Devices>, device: &Device) -> Result<(), Problem> {
    let link = devices.links().into_iter().find(|link| link.device == device.serial);
    if let Some(link) = &link
        && !device.state.is_alive()
        && !link.retired
    {
        // Another process ended its life.
        devices.disconnect(device.serial).await;
        return Ok(());
    }
    if device.state != DeviceState::Active {
        return Ok(());
    }
    let now = app.clock.now().unix();
    let days = device.certificate_expires.map_or(0, |until| until.unix().saturating_sub(now) / 86_400);
    match &link {
        Some(link) if days < grants::RENEWED_DAYS => grants::renew(app, devices, link).await,
        None if days < grants::RENEWED_DAYS => alerts::expires(app, device.serial, device.outlet, days).await,
        _ => alerts::holds(app, device.serial),
    }
    let is_away = link.is_none() && device.seen.is_none_or(|seen| seen.unix() + AWAY < now);
    if is_away {
        let outlet = device.outlet;
        let mode = app.registry(move |registry| registry.mode(outlet)).await?;
        if mode.mode == Mode::Def && mode.device == Some(device.serial) {
            alerts::away(app, device.serial, device.outlet).await;
        }
    }
    Ok(())
}
