//! What a device is given and told: the time, acknowledgements, tax groups, certificates, vouchers, and its end.

use std::{sync::Arc, time::Duration};

use def_protocol::{
    Nonce,
    reply::{Attested, Lifecycle},
    token::NewState,
};
use fiscal::{DeviceId, Epoch, OutletId, RecordHash, Timestamp};
use ledger::{By, ChainId, Ended, Ledger, Refusal, Standing, StoreFault};
use pki::DeviceSubject;
use registry::{DeviceState, Reach, Registry, RegistryFault};
use serde_json::Value;
use tunnel::{OrderCommand, Outcome, Text, Token, Work};

use super::{
    Devices, Link, NoAnswer, greeting,
    health::{self, device_time},
    link::Progress,
    refusal,
    wire::Farewell,
};
use crate::app::App;

pub(crate) use greeting::by;

/// So long a device may take for an order.
pub(super) const ORDER: Duration = Duration::from_secs(25);
/// A certificate that ends within this time is renewed.
pub(crate) const RENEWED_DAYS: u64 = 30;
const DAY: u64 = 24 * 60 * 60;

/// Up to where the ledger holds what a device sealed, in the newest epoch in which it sealed.
pub(super) async fn held(app: &Arc<App>, outlet: OutletId, device: DeviceId) -> Result<Progress, Refusal> {
    app.consult(move |ledger| held_now(ledger, outlet, device)).await
}

fn held_now(ledger: &Ledger, outlet: OutletId, device: DeviceId) -> Result<Progress, Refusal> {
    let chains = ledger.ask(|store| store.chains(outlet))?;
    let newest = chains.into_iter().map(|(chain, _)| chain).rfind(|chain| chain.signer == device);
    let Some(chain) = newest else { return Ok(Progress::default()) };
    let held = ledger.held(chain)?;
    Ok(held.map_or_else(Progress::default, |held| Progress {
        epoch: chain.epoch,
        position: held.position.value(),
        number: held.newest.map(|newest| newest.number),
    }))
}

/// Whether the ledger holds more of a device's chain than the device itself, or something else at its end: then it is an
/// older copy of itself, or another with its key.
pub(super) async fn has_gone_back(
    app: &Arc<App>,
    outlet: OutletId,
    stands: Attested,
) -> Result<bool, Refusal> {
    app.consult(move |ledger| {
        let newest = held_now(ledger, outlet, stands.device_id)?;
        if newest.position > 0 && stands.epoch < newest.epoch {
            return Ok(true);
        }
        let chain = ChainId { outlet, epoch: stands.epoch, signer: stands.device_id };
        Ok(ledger.held(chain)?.is_some_and(|held| {
            let held_at = held.position.value();
            stands.last_position < held_at || stands.last_position == held_at && stands.head_hash != held.hash
        }))
    })
    .await
}

/// What a device's records are held against when they arrive.
pub(super) fn standing(ledger: &Ledger, device: DeviceId, outlet: OutletId) -> Result<Standing, Refusal> {
    let known = ledger.ask(|store| {
        let mut registry = Registry::over(store);
        let of_registry = |fault: RegistryFault| match fault {
            RegistryFault::Store(fault) => fault,
            other => StoreFault::Unavailable(other.to_string()),
        };
        let known = registry.device_of(device).map_err(of_registry)?;
        let certificates = registry.certificates(&Reach::Platform, device).map_err(of_registry)?;
        Ok((known, certificates, registry.place_of(outlet).map_err(of_registry)?))
    })?;
    let (Some(known), certificates, Some(place)) = known else {
        return Err(Refusal::NotFound("the device or its outlet is not registered"));
    };
    let key = known.public_key.ok_or(Refusal::NotFound("the device has no key"))?;
    let certificates =
        certificates.iter().map(|one| (one.certificate.not_before(), one.certificate.not_after())).collect();
    let why = if known.state == DeviceState::Lost { "lost" } else { "revoked" };
    // One of which the ledger held nothing has no number in the epoch of its activation.
    let begun = known.activation.as_ref().map_or(Epoch(0), |activation| activation.epoch);
    let ended = known.ended.map(|ended| {
        let (epoch, number) = ended.last.unwrap_or((begun, None));
        Ended { epoch, number, time: ended.time, why }
    });
    Ok(Standing { device, outlet, key, nif: place.outlet.nif, certificates, ended })
}

/// Signs the time for a device (D8).
pub(super) async fn time(
    app: &Arc<App>,
    link: &Arc<Link>,
    challenge: Nonce,
    newest: Option<Text<64>>,
) -> Result<(Timestamp, Text<128>), Refusal> {
    let devices = app.devices.clone().ok_or(Refusal::Stopping)?;
    let (device, timestamp) = (link.device, app.clock.now());
    let newest = match newest {
        Some(text) => Some(
            RecordHash::from_hex(text.as_str())
                .ok_or(Refusal::NotFound("the newest record's hash is none"))?,
        ),
        None => None,
    };
    let signed = app.consult(move |_| {
        let operator = devices.trust.operator()?;
        operator.time(device, timestamp, challenge, newest).map_err(refusal)
    });
    Ok((timestamp, Text::cut(&signed.await?)))
}

/// Has a device's clock set.
pub(super) async fn set_clock(link: &Arc<Link>) {
    match link.ask(Work::Time {}, ORDER).await {
        Ok(Outcome::Done { .. }) => tracing::info!(device = %link.device, "the device's clock is set"),
        other => tracing::warn!(device = %link.device, ?other, "the device's clock was not set"),
    }
}

/// Signs an order, and has the device obey it.
pub(super) async fn order(
    app: &Arc<App>,
    link: &Arc<Link>,
    command: OrderCommand,
    sign: impl FnOnce(&pki::Operator, DeviceId, Timestamp) -> Result<String, pki::PkiFault> + Send + 'static,
) -> Result<Result<Outcome, NoAnswer>, Refusal> {
    let devices = app.devices.clone().ok_or(Refusal::Stopping)?;
    let (device, now) = (link.device, device_time(app, link));
    let token = app.consult(move |_| sign(&devices.trust.operator()?, device, now).map_err(refusal)).await?;
    Ok(link.ask(Work::Order { command, token: Token::cut(&token) }, ORDER).await)
}

/// Tells a device up to which invoice the ledger holds everything (D10).
pub(super) async fn acknowledge(app: &Arc<App>, link: &Arc<Link>) {
    let chain = ChainId { outlet: link.outlet, epoch: link.held().epoch, signer: link.device };
    let newest = match app.consult(move |ledger| ledger.held(chain)).await {
        Ok(held) => held.and_then(|held| held.newest),
        Err(refusal) => return tracing::warn!(device = %link.device, %refusal, "nothing was acknowledged"),
    };
    let Some(newest) = newest else { return };
    let told = order(app, link, OrderCommand::Ack, move |operator, device, now| {
        operator.acknowledge(device, newest, false, now)
    });
    match told.await {
        Ok(Ok(Outcome::Done { .. })) => {}
        Ok(other) => tracing::debug!(device = %link.device, ?other, "an acknowledgement was not taken"),
        Err(refusal) => tracing::warn!(device = %link.device, %refusal, "nothing was acknowledged"),
    }
}

/// Gives a device the tax groups that hold, unless it was given them before.
pub(super) async fn manifest(app: &Arc<App>, devices: &Arc<Devices>, link: &Arc<Link>) {
    let book = app.ledger.manifest();
    let (version, serial) = (book.version(), link.device);
    let before = app.registry(move |registry| registry.health(&Reach::Platform, serial)).await;
    let before = before.ok().flatten().and_then(|health| health::manifest_of(&health.report));
    let live = link.live();
    let known = live.manifest.or(before);
    link.note(super::Live { manifest: known, ..live });
    if known == Some(version) || devices.link(serial).is_none() {
        return;
    }
    let given = order(app, link, OrderCommand::Manifest, move |operator, device, now| {
        operator.manifest(device, version, book.groups(), now)
    });
    match given.await {
        Ok(Ok(Outcome::Done { .. })) => {
            link.note(super::Live { manifest: Some(version), ..link.live() });
            health::keep(app, link).await;
            tracing::info!(device = %serial, version, "the device has the tax groups that hold");
        }
        Ok(other) => tracing::warn!(device = %serial, version, ?other, "the tax groups were not taken"),
        Err(refusal) => tracing::warn!(device = %serial, %refusal, "the tax groups were not signed"),
    }
}

/// Renews a device's certificate before it ends: its key has just proven itself. Nothing waits for it. Whether it holds
/// long enough now.
pub(super) async fn renew(app: &Arc<App>, devices: &Arc<Devices>, link: &Arc<Link>) -> bool {
    let (serial, now) = (link.device, app.clock.now());
    let known = app.registry(move |registry| registry.certificates(&Reach::Platform, serial)).await;
    let Some(newest) = known.ok().and_then(|all| all.into_iter().find(|one| one.revoked.is_none())) else {
        return false;
    };
    let certificate = if newest.certificate.not_after().unix() > now.unix() + RENEWED_DAYS * DAY {
        newest.certificate
    } else {
        match rotate(app, devices, serial, &greeting::by(serial)).await {
            Ok(certificate) => certificate,
            Err(problem) => {
                let detail = problem.detail(crate::Language::English);
                tracing::warn!(device = %serial, detail, "a certificate was not renewed");
                return false;
            }
        }
    };
    let holds = certificate.not_after().unix() > now.unix() + RENEWED_DAYS * DAY;
    link.say(greeting::certificate_message(devices, &certificate)).await;
    holds
}

/// Makes another certificate over a device's key. The one before holds on until its end.
pub(crate) async fn rotate(
    app: &Arc<App>,
    devices: &Arc<Devices>,
    serial: DeviceId,
    by: &Result<By, Refusal>,
) -> Result<pki::DeviceCertificate, crate::Problem> {
    let (now, number, trust) = (app.clock.now(), greeting::random(app), Arc::clone(&devices.trust));
    let by = by.clone()?;
    let known = app.registry(move |registry| {
        let device = registry.device(&Reach::Platform, serial)?;
        Ok((registry.place_of(device.outlet)?, device))
    });
    let (Some(place), device) = known.await? else { return Err(crate::extract::not_found()) };
    let Some(key) = device.public_key.filter(|_| device.state.is_alive()) else {
        return Err(registry::RegistryFault::from(registry::DeviceFault::State {
            device: serial,
            state: device.state,
        })
        .into());
    };
    let subject = DeviceSubject { device: serial, nif: place.outlet.nif, outlet: device.outlet };
    let made = app.consult(move |_| trust.issue(&subject, &key, now, number)).await?;
    let kept = made.clone();
    app.registry(move |registry| registry.rotate_certificate(serial, &kept, &by, now)).await?;
    Ok(made)
}

/// A till of this device needs a voucher: as `POST /vouchers` answers.
pub(super) async fn voucher(app: &Arc<App>, link: &Arc<Link>, body: Value) -> (u16, Value) {
    match crate::routes::vouch_for(app, link, body).await {
        Ok(answer) => (201, answer),
        Err(problem) => {
            let status = problem.kind().status().as_u16();
            let body = serde_json::to_value(problem.body(crate::Language::English)).unwrap_or_default();
            (status, body)
        }
    }
}

/// A device that is revoked, lost or out of use: it is told so, delivers what it has, and is sent away.
pub(super) async fn retire(app: &Arc<App>, devices: &Arc<Devices>, link: &Arc<Link>) {
    /// So long it may take to deliver what it has.
    const LAST: Duration = Duration::from_secs(120);
    let serial = link.device;
    let known = app.registry(move |registry| registry.device_of(serial)).await.ok().flatten();
    let reason =
        known.and_then(|device| device.ended).map(|ended| ended.reason.to_string()).unwrap_or_default();
    let mut reason: String = reason.chars().take(32).filter(char::is_ascii).collect();
    if reason.is_empty() {
        reason = "revoked".to_owned();
    }
    let status = health::ask(app, link).await;
    let knows = status
        .is_some_and(|status| matches!(status.lifecycle, Lifecycle::Revoked | Lifecycle::Decommissioned));
    let told = if knows {
        None
    } else {
        Some(order(app, link, OrderCommand::State, move |operator, device, now| {
            operator.state(device, NewState::Revoked, &reason, now)
        }))
    };
    match match told {
        Some(told) => told.await,
        None => Ok(Ok(Outcome::Unsealed {})),
    } {
        Ok(Ok(Outcome::Unsealed {})) => {
            tracing::debug!(device = %serial, "a device that is revoked delivers what it has")
        }
        Ok(Ok(outcome)) => {
            tracing::warn!(device = %serial, ?outcome, "a device that is no more in use came back, and was revoked")
        }
        Ok(Err(fault)) => {
            tracing::warn!(device = %serial, ?fault, "a device that is no more in use did not answer")
        }
        Err(refusal) => {
            tracing::warn!(device = %serial, %refusal, "a device that is no more in use was not revoked")
        }
    }
    if let Some(status) = health::ask(app, link).await {
        link.delivered(status.epoch, status.last_position, LAST).await;
    }
    // It has been told, and the ledger holds all that it has: a proxy that comes back at once has nothing new.
    devices.rest(link).await;
    link.end(Farewell::new(
        "DEVICE_REVOKED",
        "this device is revoked, lost or out of use: it seals nothing any more",
    ));
}
