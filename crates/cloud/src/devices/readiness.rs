//! Whether a device can go on with a line now: a reason, if it cannot. Nothing is changed here.

use std::sync::Arc;

use def_protocol::reply::{ClockState, Lifecycle};
use fiscal::{DeviceId, EventKind, OutletId, Subject};
use ledger::{ChainId, Line, StoreFault};
use registry::{DeviceFault, DeviceState, RegistryFault, WantedMode};

use super::{
    Devices, Link,
    decide::Side,
    health,
    link::Status,
    switch::{holder_of, side},
};
use crate::{
    app::App,
    extract::not_found,
    problem::{Problem, Words, words},
};

/// Whether a switch can be begun now. Who holds the line can leave it, or has left already; who is to get it could go on
/// at once.
pub(super) async fn may(
    app: &Arc<App>,
    devices: &Devices,
    outlet: OutletId,
    line: &Line,
    wanted: WantedMode,
) -> Result<(), Problem> {
    let (holder, wanted) = (holder_of(line), side(wanted));
    if holder == wanted {
        return Ok(());
    }
    if let Side::Device(device) = wanted {
        can_enter(app, devices, outlet, line, device).await?;
    }
    if let Side::Device(device) = holder
        && asked(app, devices, device).await.is_err()
        && !has_left(app, outlet, line, device).await?
    {
        return Err(cannot_leave(device));
    }
    Ok(())
}

async fn can_enter(
    app: &Arc<App>,
    devices: &Devices,
    outlet: OutletId,
    line: &Line,
    device: DeviceId,
) -> Result<(), Problem> {
    let known = app.registry(move |registry| registry.device_of(device)).await?.ok_or_else(not_found)?;
    if known.outlet != outlet {
        return Err(not_found());
    }
    if known.state == DeviceState::Registered {
        return Err(Problem::not_ready(words(
            format!("{device} est enregistré et n'est pas activé : saisissez son code au proxy"),
            format!("{device} is registered and not activated: type its code at the proxy"),
        )));
    }
    // One whose life has ended is no more asked: it is said why.
    let fault = match known.state {
        DeviceState::PendingHomologation => Some(DeviceFault::NotHomologated(device)),
        state if !state.is_alive() => Some(DeviceFault::State { device, state }),
        _ => None,
    };
    if let Some(fault) = fault {
        return Err(RegistryFault::from(fault).into());
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

/// Whether the ledger holds the close with which a device left: then the line can be taken back without it.
async fn has_left(app: &Arc<App>, outlet: OutletId, line: &Line, device: DeviceId) -> Result<bool, Problem> {
    let chain = ChainId { outlet, epoch: line.epoch, signer: device };
    let newest = app.ask(move |store| {
        let Some(row) = store.line_ends(chain, 1)?.pop() else { return Ok(None) };
        let record = row.read().map_err(|fault| StoreFault::Corrupt(format!("{:?}: {fault}", row.place)))?;
        Ok(Some(record.header.subject))
    });
    Ok(line.entered && newest.await? == Some(Subject::Event(EventKind::Close)))
}

/// How a device is, by its own word of now.
pub(super) async fn asked(
    app: &Arc<App>,
    devices: &Devices,
    device: DeviceId,
) -> Result<(Arc<Link>, Arc<Status>), Problem> {
    let link = devices.link(device).ok_or_else(|| away(device))?;
    let status = health::ask(app, &link).await.ok_or_else(|| away(device))?;
    Ok((link, status))
}

/// Whether a device could go on with a line at once.
pub(super) fn ready(outlet: OutletId, line: &Line, status: &Status) -> Result<(), Problem> {
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
