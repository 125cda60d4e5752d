//! From the cloud to a device and back, in good order (L2): what is wanted stands in the registry, what is so in the
//! ledger, and each step can be taken again.

use std::sync::Arc;

use fiscal::{DeviceId, KeyId, OutletId};
use ledger::{By, Holder, Line, Lost, Refusal};
use registry::{Mode, OutletMode, Reach, WantedMode};

use super::{
    Devices,
    decide::{Seen, Side, Step, next},
    handing::{enter_once, give, leave, seen, take_back},
    readiness::may,
};
use crate::{app::App, problem::Problem};

/// How an outlet stands after a switch.
pub(crate) struct Switched {
    pub(crate) mode: OutletMode,
    pub(crate) line: Line,
}

/// So many steps lead from anywhere to anywhere; what needs more waits for the next round.
const STEPS: usize = 8;

/// Has an outlet sealed for by somebody else. It is refused with a reason, and nothing is changed, when who leaves or who
/// enters cannot do so now: all that is looked at before what is wanted is noted, and the line moves after that only.
pub(crate) async fn switch(
    app: &Arc<App>,
    devices: &Arc<Devices>,
    (reach, by): (Reach, By),
    outlet: OutletId,
    wanted: WantedMode,
) -> Result<Switched, Problem> {
    let one_at_a_time = devices.switch_of(outlet);
    let _held = one_at_a_time.lock().await;
    let line = line_of(app, outlet).await?;
    may(app, devices, outlet, &line, wanted).await?;
    let (asked, now) = (by.clone(), app.clock.now());
    app.registry(move |registry| registry.want_mode(&reach, outlet, wanted, &asked, now)).await?;
    advance(app, devices, outlet, &by).await?;
    Ok(Switched { mode: mode_of(app, outlet).await?, line: line_of(app, outlet).await? })
}

/// Takes an outlet's line from a device that is lost or broken: a new epoch begins (L2).
pub(crate) async fn force(
    app: &Arc<App>,
    devices: &Arc<Devices>,
    (reach, by): (Reach, By),
    outlet: OutletId,
    (device, key, reason): (DeviceId, KeyId, &'static str),
) -> Result<Switched, Problem> {
    let one_at_a_time = devices.switch_of(outlet);
    let _held = one_at_a_time.lock().await;
    let lost = Lost { device, key, reason };
    let asked = by.clone();
    app.consult(move |ledger| ledger.force(outlet, lost, Some(asked))).await?;
    let now = app.clock.now();
    app.registry(move |registry| registry.want_mode(&reach, outlet, WantedMode::Cloud, &by, now)).await?;
    app.registry(move |registry| registry.mode_reached(outlet, WantedMode::Cloud, now)).await?;
    app.published.forget();
    Ok(Switched { mode: mode_of(app, outlet).await?, line: line_of(app, outlet).await? })
}

/// Goes on with a switch that was interrupted, if there is one.
pub(super) async fn go_on(app: &Arc<App>, devices: &Arc<Devices>, outlet: OutletId) {
    let one_at_a_time = devices.switch_of(outlet);
    let Ok(_held) = one_at_a_time.try_lock() else { return };
    let Ok(by) = machine() else { return };
    if let Err(problem) = advance(app, devices, outlet, &by).await {
        let detail = problem.detail(crate::Language::English);
        tracing::warn!(%outlet, detail, "a switch of an outlet waits");
    }
}

/// Who is wanted to seal at an outlet.
pub(crate) async fn mode_of(app: &Arc<App>, outlet: OutletId) -> Result<OutletMode, Problem> {
    app.registry(move |registry| registry.mode(outlet)).await
}

/// Who seals there.
pub(crate) async fn line_of(app: &Arc<App>, outlet: OutletId) -> Result<Line, Problem> {
    Ok(app.consult(move |ledger| ledger.line(outlet)).await?)
}

/// Step by step, as far as it goes now; whether it is as it is wanted.
async fn advance(app: &Arc<App>, devices: &Arc<Devices>, outlet: OutletId, by: &By) -> Result<bool, Problem> {
    for _ in 0..STEPS {
        let (mode, line) = (mode_of(app, outlet).await?, line_of(app, outlet).await?);
        let (wanted, holder) = (side_of(&mode), holder_of(&line));
        let seen = match (holder, wanted) {
            (Side::Device(device), _) | (Side::Cloud, Side::Device(device)) => {
                seen(app, devices, device).await
            }
            (Side::Cloud, Side::Cloud) => Seen::StandingBy,
        };
        match next(wanted, holder, seen) {
            Step::Settled => {
                settled(app, devices, &mode, holder).await?;
                return Ok(true);
            }
            // It may have left before it went away.
            Step::Await(device) if holder == Side::Device(device) && wanted != holder => {
                if !take_back(app, outlet, device, by).await? {
                    return Ok(false);
                }
            }
            Step::Await(device) => {
                if seen == Seen::Sealing {
                    tracing::error!(%device, %outlet, "a device seals although the cloud holds the line: revoke it, and look");
                }
                return Ok(false);
            }
            Step::Give(device) => {
                if !give(app, devices, outlet, device, &line, by).await? {
                    return Ok(false);
                }
            }
            Step::Enter(device) => {
                if !enter_once(app, devices, outlet, device, by).await? {
                    return Ok(false);
                }
            }
            Step::Leave(device) => {
                if !leave(app, devices, outlet, device).await? {
                    return Ok(false);
                }
            }
            Step::TakeBack(device) => {
                if take_back(app, outlet, device, by).await? {
                    continue;
                }
                // It stands by, and the ledger does not hold its close: it has not entered, or not delivered.
                if !enter_once(app, devices, outlet, device, by).await? {
                    return Ok(false);
                }
            }
        }
    }
    Ok(false)
}

async fn settled(app: &Arc<App>, devices: &Devices, mode: &OutletMode, holder: Side) -> Result<(), Problem> {
    for link in devices.links().into_iter().filter(|link| link.outlet == mode.outlet) {
        link.expect(holder != Side::Device(link.device));
    }
    if mode.asked.is_some() && mode.reached.is_none() {
        let (outlet, now) = (mode.outlet, app.clock.now());
        let reached = wanted_of(mode);
        app.registry(move |registry| registry.mode_reached(outlet, reached, now)).await?;
        app.published.forget();
        tracing::info!(%outlet, ?holder, "the outlet's line is where it is wanted");
    }
    Ok(())
}

pub(super) fn machine() -> Result<By, Refusal> {
    let name = |text: &str| text.parse().map_err(|_| Refusal::NotFound("the machine has no name"));
    Ok(By { actor: name("machine")?, tenant: None, request: name("switch")? })
}

fn side_of(mode: &OutletMode) -> Side {
    side(wanted_of(mode))
}

pub(super) const fn side(wanted: WantedMode) -> Side {
    match wanted {
        WantedMode::Cloud => Side::Cloud,
        WantedMode::Def(device) => Side::Device(device),
    }
}

const fn wanted_of(mode: &OutletMode) -> WantedMode {
    match (mode.mode, mode.device) {
        (Mode::Def, Some(device)) => WantedMode::Def(device),
        (Mode::Cloud, _) | (Mode::Def, None) => WantedMode::Cloud,
    }
}

pub(super) const fn holder_of(line: &Line) -> Side {
    match line.holder {
        Holder::Own => Side::Cloud,
        Holder::Device(device) => Side::Device(device),
    }
}
