//! What is looked at now and then, whether a device comes or not.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use fiscal::OutletId;
use registry::{Device, DeviceState, Mode, Reach};
use tokio::{task::JoinSet, time::sleep};

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
/// And so many are looked after at once: one that is slow to answer holds up few.
const SIDE_BY_SIDE: usize = 16;

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
    let (switches, looks) = tokio::join!(switches(app, devices), looks(app, devices, doubles));
    switches.and(looks)
}

async fn switches(app: &Arc<App>, devices: &Arc<Devices>) -> Result<(), Problem> {
    let (mut under_way, mut after) = (Several::default(), None);
    loop {
        let page = app.registry(move |registry| registry.open_switches(after, PAGE)).await?;
        let is_last = page.len() < PAGE;
        after = page.last().map(|one| one.outlet);
        for one in page {
            let (app, devices) = (Arc::clone(app), Arc::clone(devices));
            under_way.begin(async move { switch::go_on(&app, &devices, one.outlet).await }).await;
        }
        if is_last {
            under_way.finish().await;
            return Ok(());
        }
    }
}

/// Looks at each device. What is wrong with one holds up none of the others.
async fn looks(app: &Arc<App>, devices: &Arc<Devices>, doubles: bool) -> Result<(), Problem> {
    let (mut under_way, mut after, mut seen) = (Several::default(), None, BTreeSet::new());
    loop {
        let page = app.registry(move |registry| registry.devices(&Reach::Platform, after, PAGE)).await?;
        let is_last = page.len() < PAGE;
        after = page.last().map(|device| device.serial);
        for device in page {
            let doubles = doubles && seen.insert(device.outlet);
            let (app, devices) = (Arc::clone(app), Arc::clone(devices));
            under_way.begin(async move { one(&app, &devices, &device, doubles).await }).await;
        }
        if is_last {
            under_way.finish().await;
            return Ok(());
        }
    }
}

async fn one(app: &Arc<App>, devices: &Arc<Devices>, device: &Device, doubles: bool) {
    let looked = look(app, devices, device).await;
    let taken = if doubles { take_back(app, device.outlet).await.map(drop) } else { Ok(()) };
    for fault in [looked, taken].into_iter().filter_map(Result::err) {
        let detail = fault.detail(crate::Language::English);
        tracing::warn!(device = %device.serial, detail, "a device could not be looked after");
    }
}

/// Things that are done side by side, a few at a time.
#[derive(Default)]
struct Several(JoinSet<()>);

impl Several {
    /// Begins another, as soon as there is room for it.
    async fn begin(&mut self, work: impl Future<Output = ()> + Send + 'static) {
        while self.0.len() >= SIDE_BY_SIDE {
            self.0.join_next().await;
        }
        self.0.spawn(work);
    }

    async fn finish(mut self) {
        while self.0.join_next().await.is_some() {}
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
        _ if days >= grants::RENEWED_DAYS => alerts::holds(app, device.serial),
        Some(link) if grants::renew(app, devices, link).await => alerts::holds(app, device.serial),
        // It is away, or it could not be renewed: its issuing authority ends, or its signer is away.
        _ => alerts::expires(app, device.serial, device.outlet, days).await,
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn what_is_slow_or_panics_holds_up_none_of_the_others_and_few_are_at_it_at_once() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let [busy, most, done] = [(); 3].map(|()| Arc::new(AtomicUsize::new(0)));
            let mut several = Several::default();
            let begun = tokio::time::Instant::now();
            for number in 0..SIDE_BY_SIDE * 4 {
                let (busy, most, done) = (Arc::clone(&busy), Arc::clone(&most), Arc::clone(&done));
                let work = async move {
                    most.fetch_max(busy.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    sleep(Duration::from_millis(if number == 0 { 4_000 } else { 5 })).await;
                    busy.fetch_sub(1, Ordering::SeqCst);
                    assert!(number != 3, "one that panics");
                    done.fetch_add(1, Ordering::SeqCst);
                };
                several.begin(work).await;
            }
            assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
            several.finish().await;
            assert_eq!(done.load(Ordering::SeqCst), SIDE_BY_SIDE * 4 - 1);
            assert_eq!(most.load(Ordering::SeqCst), SIDE_BY_SIDE);
        });
    }
}
