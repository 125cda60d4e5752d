//! From a new connection to a device that has proven that it is here: who has not gets nothing.

use std::{net::IpAddr, sync::Arc, time::Duration};

use def_protocol::reply::{Attested, Initialised, Presence};
use fiscal::{DeviceId, EventKind, KeyId, PayloadHash, PublicKey, Subject, Timestamp};
use ledger::{By, Ledger, Outlet, Refusal, SealingKey, StoreFault};
use pki::{ActivationCode, Binding, DeviceSubject, SerialNumber};
use registry::{ActivatedDevice, Device, Label, Reach};
use serde::Deserialize;
use serde_json::Value;
use tunnel::{FromCloud, FromProxy, PROTOCOL, Text, Token};

use super::{
    Devices, Trust, refusal,
    wire::{Ended, Farewell, Wire},
};
use crate::{
    app::App,
    limits::Passed,
    problem::{Language, Problem},
};

/// So long a proxy may take for each of its messages; its device signs in less than a second.
const PATIENCE: Duration = Duration::from_secs(20);
/// A technician types the code before the proxy connects, and INIT makes a key.
const ACTIVATION: Duration = Duration::from_secs(90);

/// A device that has proven itself.
pub(super) struct Proven {
    pub(super) device: Device,
    pub(super) key: PublicKey,
    /// Up to where its journal goes, as it signed it.
    pub(super) stands: Attested,
}

/// Why a connection did not become a session.
pub(super) enum Unwelcome {
    Ended(Ended),
    Told(Farewell),
}

impl From<Ended> for Unwelcome {
    fn from(ended: Ended) -> Self {
        Self::Ended(ended)
    }
}

/// Somebody who says which device he has.
struct Guest {
    serial: DeviceId,
    key: Option<KeyId>,
    address: IpAddr,
}

/// Has a proxy's device activated, if it has no key yet, and proven.
pub(super) async fn greet(
    app: &Arc<App>,
    devices: &Devices,
    wire: &mut Wire,
    address: IpAddr,
) -> Result<Proven, Unwelcome> {
    let FromProxy::Hello { protocol, device: serial, public_key_id: key, .. } =
        wire.hear_within(PATIENCE).await?
    else {
        return Err(out_of_turn());
    };
    if protocol != PROTOCOL {
        let detail = format!("this cloud speaks tunnel protocol {PROTOCOL}: update the proxy or the cloud");
        return Err(told("PROTOCOL_UNKNOWN", detail));
    }
    let guest = Guest { serial, key, address };
    let known = device_of(app, serial).await?.ok_or_else(unknown)?;
    if key.is_none() {
        activate(app, devices, wire, &guest).await?;
    }
    let challenge = Challenge::new(app);
    wire.say(&FromCloud::Challenge { challenge: challenge.text() }).await?;
    let mut heard = wire.hear_within(PATIENCE).await?;
    if let FromProxy::Activated { initialised } = heard {
        // Its connection broke behind INIT.
        if known.public_key.is_none() {
            slow(app, &guest)?;
            activated(app, devices, wire, &guest, initialised).await?;
        }
        heard = wire.hear_within(PATIENCE).await?;
    }
    let FromProxy::Presence { presence } = heard else { return Err(out_of_turn()) };
    let device = device_of(app, serial).await?.ok_or_else(unknown)?;
    let key = device.public_key.filter(|known| guest.key.is_none_or(|key| key == known.id()));
    let key =
        key.ok_or_else(|| told("PROOF_INVALID", "this device has another key, or none, in the registry"))?;
    let presence: Presence = serde_json::from_value(presence).map_err(|_| {
        told("PROOF_INVALID", "this is no answer to QRY|PROOF: update the device or the proxy")
    })?;
    if presence.device_id != serial || presence.verify(&challenge.0, &key).is_err() {
        return Err(told(
            "PROOF_INVALID",
            "the device's key did not sign the challenge: plug in the device that is meant",
        ));
    }
    Ok(Proven { device, key, stands: presence.attested() })
}

/// Takes a technician's code, and answers with what `CFG|INIT` takes.
async fn activate(
    app: &Arc<App>,
    devices: &Devices,
    wire: &mut Wire,
    guest: &Guest,
) -> Result<(), Unwelcome> {
    let FromProxy::Activate { code } = wire.hear_within(ACTIVATION).await? else { return Err(out_of_turn()) };
    slow(app, guest)?;
    let serial = guest.serial;
    let code: ActivationCode = code
        .as_str()
        .parse()
        .map_err(|fault: pki::ActivationCodeFault| told("ACTIVATION_REFUSED", fault.to_string()))?;
    let (by, now) = (acting(serial)?, app.clock.now());
    let redeemed = app.registry(move |registry| registry.redeem_code(serial, &code, &by, now)).await;
    let device = redeemed.map_err(|problem| refused("ACTIVATION_REFUSED", &problem))?;
    let outlet = device.outlet;
    let place = app.place(outlet).await.map_err(|problem| refused("ACTIVATION_REFUSED", &problem))?;
    let place = place.ok_or_else(unknown)?;
    let trust = Arc::clone(&devices.trust);
    let token = app.consult(move |ledger| {
        let binding = binding(ledger, &trust, &place.outlet)?;
        Ok((trust.activator()?.activate(serial, &binding, now).map_err(refusal)?, binding.operator))
    });
    let (token, operator) = token.await.map_err(|refusal| refused("ACTIVATION_REFUSED", &refusal.into()))?;
    let (token, public_key_pem) = (Token::cut(&token), Token::cut(operator.to_pem().as_ref()));
    wire.say(&FromCloud::Activation { token, public_key_pem }).await?;
    let FromProxy::Activated { initialised } = wire.hear_within(ACTIVATION).await? else {
        return Err(out_of_turn());
    };
    activated(app, devices, wire, guest, initialised).await
}

/// Who guesses is slow at it.
fn slow(app: &App, guest: &Guest) -> Result<(), Unwelcome> {
    match app.limiters.sign_in(guest.address) {
        Passed::Yes(_) => Ok(()),
        Passed::No { .. } => {
            Err(told("ACTIVATION_REFUSED", "too many activations came from this address: wait a minute"))
        }
    }
}

/// To what a device of an outlet is bound.
fn binding(ledger: &Ledger, trust: &Trust, outlet: &Outlet) -> Result<Binding, Refusal> {
    Ok(Binding {
        nif: outlet.nif,
        outlet: outlet.id,
        prefix: outlet.prefix,
        epoch: ledger.line(outlet.id)?.epoch,
        offset: outlet.zone,
        policy: trust.policy(),
        dgi: trust.dgi(),
        operator: trust.operator()?.public_key(),
    })
}

/// Looks at what a device answered to INIT: the record that it sealed proves that it holds its key, and has in it the
/// activation that it took, which whoever has no code does not have. Then it is given a certificate.
async fn activated(
    app: &Arc<App>,
    devices: &Devices,
    wire: &mut Wire,
    guest: &Guest,
    initialised: Value,
) -> Result<(), Unwelcome> {
    let serial = guest.serial;
    let device = device_of(app, serial).await?.ok_or_else(unknown)?;
    let place = app.place(device.outlet).await.map_err(|problem| refused("ACTIVATION_REFUSED", &problem))?;
    let place = place.ok_or_else(unknown)?;
    let initialised: Initialised<String> =
        serde_json::from_value(initialised).map_err(|_| unproven("this is no answer to CFG|INIT"))?;
    let key = proof(&initialised, &device)?;
    let token = taken(&initialised)?;
    let subject = DeviceSubject { device: serial, nif: place.outlet.nif, outlet: device.outlet };
    let (trust, now, random) = (Arc::clone(&devices.trust), app.clock.now(), random(app));
    let made = app.consult(move |ledger| {
        let binding = binding(ledger, &trust, &place.outlet)?;
        match trust.activator()?.verify(&token, serial, &binding) {
            Ok(epoch) if epoch == initialised.record.header.epoch => {}
            Ok(_) => return Ok(Err("its record is of another epoch than its activation".to_owned())),
            Err(fault) => return Ok(Err(fault.to_string())),
        }
        Ok(Ok(trust.issue(&subject, &key, now, random)?))
    });
    let made = made.await.map_err(|refusal| refused("ACTIVATION_REFUSED", &refusal.into()))?;
    let certificate = made.map_err(|why| unproven(&why))?;
    let (record, by) = (initialised.record, acting(serial)?);
    let firmware_version: Label = "?".parse().map_err(|_| unknown())?;
    let kept = app.registry(move |registry| {
        let activated = ActivatedDevice {
            certificate: &certificate,
            firmware_version,
            epoch: record.header.epoch,
            record: &record.to_bytes(),
        };
        registry.device_activated(serial, &activated, &by, now)?;
        registry.certificates(&Reach::Platform, serial)
    });
    let kept = kept.await.map_err(|problem| refused("ACTIVATION_REFUSED", &problem))?;
    publish(app, serial, key, now).await?;
    tracing::info!(device = %serial, outlet = %device.outlet, key = %key.id(), "a device is activated");
    let Some(first) = kept.first() else { return Err(unknown()) };
    wire.say(&certificate_message(devices, &first.certificate)).await?;
    Ok(())
}

/// A device's certificate and those above it.
pub(super) fn certificate_message(devices: &Devices, certificate: &pki::DeviceCertificate) -> FromCloud {
    FromCloud::Certificate { chain_pem: Token::cut(&(certificate.pem() + &devices.trust.chain().pem())) }
}

/// The key that INIT made, if its own record proves it.
fn proof(initialised: &Initialised<String>, device: &Device) -> Result<PublicKey, Unwelcome> {
    let wrong = |what| Err(unproven(what));
    let key = PublicKey::from_pem(initialised.public_key.as_str())
        .map_err(|_| unproven("its public key cannot be read"))?;
    let record = initialised.record;
    if record.verify(&key).is_err() || record.header.key != key.id() {
        return wrong("its key did not sign its first record");
    }
    if record.header.device != device.serial || initialised.device_id != device.serial {
        return wrong("it is another device");
    }
    if record.header.outlet != device.outlet {
        return wrong("it was bound to another outlet");
    }
    let is_first = record.header.subject == Subject::Event(EventKind::Provisioned);
    if !is_first || PayloadHash::of(initialised.body.as_bytes()) != record.link.payload {
        return wrong("its record is not the one of an activation");
    }
    Ok(key)
}

/// The activation that a device took, by its own record.
fn taken(initialised: &Initialised<String>) -> Result<String, Unwelcome> {
    #[derive(Deserialize)]
    struct Provisioned {
        activation: String,
    }
    let body = serde_json::from_str::<Provisioned>(&initialised.body);
    body.map(|body| body.activation).map_err(|_| unproven("its record has no activation"))
}

/// Whoever finds a seal of this device finds its key.
async fn publish(app: &Arc<App>, serial: DeviceId, key: PublicKey, now: Timestamp) -> Result<(), Unwelcome> {
    let published = SealingKey { key, signer: serial, since: now, until: None };
    let done = app.ask(move |store| match store.publish_key(&published) {
        Ok(()) | Err(StoreFault::Exists(_)) => Ok(()),
        Err(fault) => Err(fault),
    });
    done.await.map_err(|refusal| refused("ACTIVATION_REFUSED", &refusal.into()))
}

/// A question that only this device can answer, now.
struct Challenge([u8; 32]);

impl Challenge {
    fn new(app: &App) -> Self {
        let mut bytes = [0; 32];
        (app.entropy)(&mut bytes);
        Self(bytes)
    }

    fn text(&self) -> Text<64> {
        Text::cut(&self.0.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    }
}

pub(super) async fn device_of(app: &Arc<App>, serial: DeviceId) -> Result<Option<Device>, Unwelcome> {
    let found = app.registry(move |registry| registry.device_of(serial)).await;
    found.map_err(|problem| refused("TRY_AGAIN", &problem))
}

/// The number of a new certificate.
pub(super) fn random(app: &App) -> SerialNumber {
    let mut bytes = [0; SerialNumber::LENGTH];
    (app.entropy)(&mut bytes);
    SerialNumber::from_random(bytes)
}

/// How the log of acts names a device that does something.
pub(crate) fn by(serial: DeviceId) -> Result<By, Refusal> {
    let name = |text: &str| {
        text.parse().map_err(|_| Refusal::NotFound("the device has no name for the log of acts"))
    };
    Ok(By { actor: name(&format!("device:{serial}"))?, tenant: None, request: name("tunnel")? })
}

fn acting(serial: DeviceId) -> Result<By, Unwelcome> {
    by(serial).map_err(|refusal| refused("ACTIVATION_REFUSED", &refusal.into()))
}

fn told(code: &'static str, detail: impl Into<String>) -> Unwelcome {
    Unwelcome::Told(Farewell::new(code, detail))
}

/// In English, as devices speak.
fn refused(code: &'static str, problem: &Problem) -> Unwelcome {
    told(code, problem.detail(Language::English))
}

fn unproven(what: &str) -> Unwelcome {
    told("ACTIVATION_REFUSED", format!("the device did not prove its key: {what}"))
}

fn unknown() -> Unwelcome {
    told("DEVICE_UNKNOWN", "no device of this serial number is registered here: register it first")
}

fn out_of_turn() -> Unwelcome {
    told("OUT_OF_TURN", "this message is not the one that was asked for: update the proxy or the cloud")
}
