//! From the cloud to a device and back, in good order (L2): what is wanted stands in the registry, what is so in the
//! ledger, and each step can be taken again.

use std::{sync::Arc, time::Duration};

use def_protocol::reply::{ClockState, Lifecycle};
use fiscal::{DeviceId, KeyId, OutletId, Timestamp};
use ledger::{By, Holder, Line, Lost, Refusal};
use pki::EnterTerms;
use registry::{Mode, OutletMode, Reach, WantedMode};
use tokio::time::sleep;
use tunnel::{OrderCommand, Outcome};

use super::{
    Devices, Link,
    decide::{Seen, Side, Step, next},
    grants, health,
    link::Status,
};
use crate::{
    app::App,
    extract::not_found,
    problem::{Problem, Words, words},
};

/// How an outlet stands after a switch.
pub(crate) struct Switched {
    pub(crate) mode: OutletMode,
    pub(crate) line: Line,
}

/// So many steps lead from anywhere to anywhere; what needs more waits for the next round.
const STEPS: usize = 8;
/// So long what a device sealed may take to arrive.
const DELIVERY: Duration = Duration::from_secs(30);
/// An order that a device's clock finds too early is given again, so often.
const ORDERS: usize = 4;
const BETWEEN: Duration = Duration::from_millis(1_100);

/// Has an outlet sealed for by somebody else. It is refused with a reason, and nothing is changed, when who leaves or who
/// enters cannot do so now.
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
    may(app, devices, outlet, &line, wanted, &by).await?;
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
            Step::Give(device) => give(app, devices, outlet, device, &line, by).await?,
            Step::Enter(device) => {
                if !enter_once(app, devices, outlet, device, by).await? {
                    return Ok(false);
                }
            }
            Step::Leave(device) => {
                if !leave(app, devices, device, &line).await? {
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
        tracing::info!(%outlet, ?holder, "the outlet's line is where it is wanted");
    }
    Ok(())
}

/// The cloud closes its line. The device is looked at once more: nothing is given to one that could not go on.
async fn give(
    app: &Arc<App>,
    devices: &Devices,
    outlet: OutletId,
    device: DeviceId,
    line: &Line,
    by: &By,
) -> Result<(), Problem> {
    let (_, status) = asked(app, devices, device).await?;
    ready(outlet, line, &status)?;
    let by = by.clone();
    app.consult(move |ledger| ledger.leave(outlet, device, Some(by))).await?;
    Ok(())
}

/// Has a device that stands by enter, or takes the line back from it; whether one of the two came to pass.
///
/// A close is entered once. A device that entered, left, and entered again by another order over the same close would give
/// numbers that the ledger gives again. So all that it has is looked at first: only when the ledger holds that, and no
/// entry among it, it has not entered yet. One that has left already gives the line back.
async fn enter_once(
    app: &Arc<App>,
    devices: &Devices,
    outlet: OutletId,
    device: DeviceId,
    by: &By,
) -> Result<bool, Problem> {
    if !delivered(app, devices, device).await {
        return Ok(false);
    }
    let line = line_of(app, outlet).await?;
    if line.holder != Holder::Device(device) {
        return Ok(true);
    }
    if line.entered {
        take_back(app, outlet, device, by).await
    } else {
        enter(app, devices, device, &line).await
    }
}

async fn enter(app: &Arc<App>, devices: &Devices, device: DeviceId, line: &Line) -> Result<bool, Problem> {
    let (Some(link), Some(close)) = (devices.link(device), line.close) else { return Ok(false) };
    let terms = EnterTerms {
        epoch: close.epoch,
        next_number: close.next_number,
        previous: close.previous,
        floor: close.floor,
    };
    link.expect(false);
    let floor = close.floor;
    hand_over(app, &link, move |operator, device, now| operator.enter(device, terms, now.max(floor))).await
}

async fn leave(app: &Arc<App>, devices: &Devices, device: DeviceId, line: &Line) -> Result<bool, Problem> {
    let Some(link) = devices.link(device) else { return Ok(false) };
    let epoch = line.epoch;
    link.expect(true);
    let left = hand_over(app, &link, move |operator, device, now| operator.leave(device, epoch, now)).await?;
    Ok(left && delivered(app, devices, device).await)
}

/// Gives an order until the device obeys it; whether it does. An answer that is lost is seen by the next look.
async fn hand_over(
    app: &Arc<App>,
    link: &Arc<Link>,
    sign: impl Fn(&pki::Operator, DeviceId, Timestamp) -> Result<String, pki::PkiFault> + Clone + Send + 'static,
) -> Result<bool, Problem> {
    for round in 0..ORDERS {
        if round > 0 {
            // By a later second the order is later than the one before, and not too early for the device's clock.
            sleep(BETWEEN).await;
        }
        match grants::order(app, link, OrderCommand::Handover, sign.clone()).await? {
            Ok(Outcome::Done { .. }) => return Ok(true),
            Ok(Outcome::Refused { code, detail, .. }) => {
                tracing::info!(device = %link.device, %code, %detail, "an order to hand over was refused");
            }
            other => {
                tracing::info!(device = %link.device, ?other, "an order to hand over has no answer");
                return Ok(health::ask(app, link).await.is_some());
            }
        }
    }
    Ok(false)
}

/// Whether the cloud has the line back.
async fn take_back(app: &Arc<App>, outlet: OutletId, device: DeviceId, by: &By) -> Result<bool, Problem> {
    let by = by.clone();
    match app.consult(move |ledger| ledger.enter(outlet, device, Some(by))).await {
        Ok(_) => Ok(true),
        Err(Refusal::NotClosed { .. }) => Ok(false),
        Err(refusal) => Err(refusal.into()),
    }
}

/// Waits until all that a device has is in the ledger; whether it is.
async fn delivered(app: &Arc<App>, devices: &Devices, device: DeviceId) -> bool {
    let Some(link) = devices.link(device) else { return false };
    let Some(status) = health::ask(app, &link).await else { return false };
    link.delivered(status.epoch, status.last_position, DELIVERY).await
}

async fn seen(app: &Arc<App>, devices: &Devices, device: DeviceId) -> Seen {
    let Some(link) = devices.link(device) else { return Seen::Away };
    match health::ask(app, &link).await {
        Some(status) if status.handed_over => Seen::StandingBy,
        Some(_) => Seen::Sealing,
        None => Seen::Away,
    }
}

/// Whether a switch can be begun now: a reason, if it cannot.
async fn may(
    app: &Arc<App>,
    devices: &Arc<Devices>,
    outlet: OutletId,
    line: &Line,
    wanted: WantedMode,
    by: &By,
) -> Result<(), Problem> {
    let (holder, wanted) = (holder_of(line), side(wanted));
    if holder == wanted {
        return Ok(());
    }
    if let Side::Device(device) = holder
        && asked(app, devices, device).await.is_err()
        && !take_back(app, outlet, device, by).await?
    {
        return Err(cannot_leave(device));
    }
    let Side::Device(device) = wanted else { return Ok(()) };
    let known = app.registry(move |registry| registry.device_of(device)).await?.ok_or_else(not_found)?;
    if known.outlet != outlet {
        return Err(not_found());
    }
    let (_, status) = asked(app, devices, device).await?;
    let now = app.clock.now();
    if known.certificate_expires.is_none_or(|until| until < now) {
        return Err(Problem::not_ready(words(
            format!("le certificat de {device} est expiré : faites-le renouveler (rotation)"),
            format!("the certificate of {device} has ended: have it renewed (rotation)"),
        )));
    }
    ready(outlet, line, &status)
}

async fn asked(
    app: &Arc<App>,
    devices: &Devices,
    device: DeviceId,
) -> Result<(Arc<Link>, Arc<Status>), Problem> {
    let link = devices.link(device).ok_or_else(|| away(device))?;
    let status = health::ask(app, &link).await.ok_or_else(|| away(device))?;
    Ok((link, status))
}

/// Whether a device could go on with a line at once.
fn ready(outlet: OutletId, line: &Line, status: &Status) -> Result<(), Problem> {
    let device = status.device_id;
    let no = |french: String, english: String| Err(Problem::not_ready(words(french, english)));
    if !matches!(status.lifecycle, Lifecycle::Provisioned | Lifecycle::Active) {
        return no(
            format!("{device} n'est pas en état de sceller : activez-la, ou prenez-en une autre"),
            format!("{device} is in no state to seal: activate it, or take another"),
        );
    }
    if status.outlet_id != Some(outlet) {
        return no(
            format!("{device} a été activée pour un autre point de vente : prenez-en une autre"),
            format!("{device} was activated for another outlet: take another"),
        );
    }
    if status.epoch != line.epoch {
        let (own, here) = (status.epoch, line.epoch);
        return no(
            format!(
                "{device} est dans la série {own}, et le point de vente dans la série {here} : il faut une remise à zéro"
            ),
            format!("{device} is in epoch {own}, and the outlet in epoch {here}: it needs a reset"),
        );
    }
    if status.clock != ClockState::Ok {
        return no(
            format!("l'horloge de {device} n'est pas encore à l'heure : réessayez dans quelques secondes"),
            format!("the clock of {device} is not set yet: try again in a few seconds"),
        );
    }
    if status.self_test.as_ref().is_none_or(|test| test.failed.is_some()) || status.corrupt.is_some() {
        return no(
            format!(
                "{device} n'a pas réussi son autotest, ou son journal est illisible : appelez un technicien"
            ),
            format!("{device} did not pass its self-test, or its journal cannot be read: call a technician"),
        );
    }
    Ok(())
}

fn away(device: DeviceId) -> Problem {
    let detail: Words = words(
        format!("{device} ne répond pas : rien n'a été changé ; vérifiez son boîtier et son réseau"),
        format!("{device} does not answer: nothing was changed; check its proxy and its network"),
    );
    Problem::away(detail)
}

fn cannot_leave(device: DeviceId) -> Problem {
    Problem::away(words(
        format!(
            "{device} tient la ligne et ne répond pas : rien n'a été changé ; si elle est perdue ou cassée, un \
             propriétaire peut reprendre la ligne de force (force, reason)"
        ),
        format!(
            "{device} holds the line and does not answer: nothing was changed; if it is lost or broken, an owner may \
             take the line by force (force, reason)"
        ),
    ))
}

pub(super) fn machine() -> Result<By, Refusal> {
    let name = |text: &str| text.parse().map_err(|_| Refusal::NotFound("the machine has no name"));
    Ok(By { actor: name("machine")?, tenant: None, request: name("switch")? })
}

fn side_of(mode: &OutletMode) -> Side {
    side(wanted_of(mode))
}

const fn side(wanted: WantedMode) -> Side {
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

const fn holder_of(line: &Line) -> Side {
    match line.holder {
        Holder::Own => Side::Cloud,
        Holder::Device(device) => Side::Device(device),
    }
}
