//! Devices: from the box to the end of their life, and who is wanted to seal.

use std::sync::{Arc, OnceLock};

use fiscal::{DeviceId, Epoch, InvoiceNumber, PrivateKey, PublicKey, RecordHash, Signature, Timestamp};
use pki::{
    ActivationCode, AuthorityName, CertificateRequest, Chain, DeviceCertificate, DeviceSubject,
    IssuingAuthority, RevocationReason, RootAuthority, SerialNumber, Validity,
};
use registry::{
    ActivatedDevice, Device, DeviceEnd, DeviceEnding, DeviceHealth, DeviceState, MerchantId, Mode, NewDevice,
    Reach, Registry, RegistryFault, WantedMode,
};
use signing::{Attester, AwsLcKey, SignerFault};

use super::{Subject, world::*};

struct Key(AwsLcKey);

impl Attester for Key {
    fn public_key(&self) -> PublicKey {
        self.0.public_key()
    }

    fn sign(&self, hash: &[u8; 32]) -> Result<[u8; 64], SignerFault> {
        Ok(*Signature::normalised(self.0.sign(&RecordHash(*hash)).unwrap()).unwrap().as_bytes())
    }
}

fn key() -> Arc<Key> {
    Arc::new(Key(AwsLcKey::generate().unwrap()))
}

fn issuing() -> &'static IssuingAuthority {
    static ISSUING: OnceLock<IssuingAuthority> = OnceLock::new();
    ISSUING.get_or_init(|| {
        let name = |text: &str| text.parse::<AuthorityName>().unwrap();
        let years = |years: u64| Validity::days(at(0), years * 365).unwrap();
        let root = RootAuthority::make(&name("Root"), key(), years(25), serial_number(1)).unwrap();
        let own = key();
        let request = CertificateRequest::make(&name("Devices"), own.as_ref()).unwrap();
        let certificate = root.sign(&request, years(10), serial_number(2)).unwrap();
        IssuingAuthority::new(Chain::new(certificate, root.certificate().clone()).unwrap(), own).unwrap()
    })
}

fn serial_number(number: u64) -> SerialNumber {
    let mut random = [0; 16];
    random[8..].copy_from_slice(&number.to_be_bytes());
    SerialNumber::from_random(random)
}

fn serial(text: &str) -> DeviceId {
    text.parse().unwrap()
}

fn certificate(device: &str, at_outlet: &str, key: &PublicKey, number: u64, days: u64) -> DeviceCertificate {
    let subject = DeviceSubject {
        device: serial(device),
        nif: "A1234567X".parse().unwrap(),
        outlet: outlet(at_outlet),
    };
    let validity = Validity::days(at(0), days).unwrap();
    issuing().issue(&subject, key, validity, serial_number(number)).unwrap()
}

/// A merchant with an outlet A1.
fn shop(subject: &dyn Subject) -> (World, MerchantId) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    world.place(&merchant, "A1");
    (world, merchant)
}

impl World {
    fn register(&mut self, device: &str, at_outlet: &str) -> Result<(ActivationCode, Device), RegistryFault> {
        let new = NewDevice { serial: serial(device), outlet: outlet(at_outlet) };
        let (mut registry, mut random) = self.both();
        registry.register_device(&Reach::Platform, &new, &by("usr:owner"), at(1), &mut random)
    }

    fn activate(
        &mut self,
        device: &str,
        certificate: &DeviceCertificate,
        now: Timestamp,
    ) -> Result<Device, RegistryFault> {
        let activated = ActivatedDevice {
            certificate,
            firmware_version: label("1.2.0"),
            epoch: Epoch(0),
            record: &[1, 2, 3],
        };
        self.registry().device_activated(serial(device), &activated, &by("machine"), now)
    }

    /// Its code is shown.
    fn expected(&mut self, device: &str, at_outlet: &str) {
        let (code, _) = self.register(device, at_outlet).unwrap();
        self.registry().redeem_code(serial(device), &code, &by("machine"), at(2)).unwrap();
    }

    /// Up to the state in which it waits, or is active.
    fn tested(&mut self, device: &str, at_outlet: &str, number: u64) -> Device {
        self.expected(device, at_outlet);
        let certificate = certificate(device, at_outlet, &key().public_key(), number, 730);
        self.activate(device, &certificate, at(2)).unwrap();
        self.registry().device_tested(serial(device), &by("machine"), at(3)).unwrap()
    }

    fn homologate(&mut self, device: &str) -> Result<Device, RegistryFault> {
        let reference = label("DGI 2026/17");
        let asks = by("usr:operator");
        self.registry().homologate(&Reach::Platform, serial(device), Some(&reference), &asks, at(4))
    }

    fn active(&mut self, device: &str, at_outlet: &str, number: u64) -> Device {
        self.tested(device, at_outlet, number);
        self.homologate(device).unwrap()
    }

    fn end(&mut self, device: &str, end: DeviceEnd) -> Result<Device, RegistryFault> {
        let last = Some((Epoch(0), InvoiceNumber::new(57)));
        let ending = DeviceEnding { end, reason: label("left in a taxi"), last };
        self.registry().end_device(&Reach::Platform, serial(device), &ending, &by("usr:owner"), at(9))
    }

    fn want(&mut self, at_outlet: &str, wanted: WantedMode) -> Result<registry::OutletMode, RegistryFault> {
        self.registry().want_mode(&Reach::Platform, outlet(at_outlet), wanted, &by("usr:owner"), at(5))
    }

    fn actions(&mut self) -> Vec<String> {
        let acts = self.acts(&Reach::Platform);
        acts.into_iter().rev().map(|act| act.action).filter(|action| !action.ends_with(".create")).collect()
    }
}

pub(crate) fn a_device_goes_from_its_box_to_its_end_one_act_each(subject: &dyn Subject) {
    let (mut world, merchant) = shop(subject);
    let (code, device) = world.register("DEF-1", "A1").unwrap();
    assert_eq!(
        (device.state, device.outlet, &device.merchant),
        (DeviceState::Registered, outlet("A1"), &merchant)
    );
    assert_eq!(device.code_expires, Some(at(1 + 72 * 3600)));
    let found = world.registry().redeem_code(serial("DEF-1"), &code, &by("machine"), at(2)).unwrap();
    assert_eq!(found.state, DeviceState::Registered);
    let own = key().public_key();
    let certificate = certificate("DEF-1", "A1", &own, 10, 730);
    let device = world.activate("DEF-1", &certificate, at(3)).unwrap();
    assert_eq!(
        (device.state, device.public_key, device.code_expires),
        (DeviceState::Activated, Some(own), None)
    );
    assert_eq!(device.certificate_expires, Some(certificate.not_after()));
    let activation = device.activation.clone().unwrap();
    assert_eq!((activation.time, activation.epoch, activation.record), (at(3), Epoch(0), vec![1, 2, 3]));
    let device = world.registry().device_tested(serial("DEF-1"), &by("machine"), at(4)).unwrap();
    assert_eq!((device.state, device.tested), (DeviceState::PendingHomologation, Some(at(4))));
    assert_eq!(world.registry().active_device(outlet("A1")).unwrap(), None);
    let device = world.homologate("DEF-1").unwrap();
    assert_eq!(device.state, DeviceState::Active);
    assert_eq!(device.homologation.clone().unwrap().reference, Some(label("DGI 2026/17")));
    assert_eq!(world.registry().active_device(outlet("A1")).unwrap(), Some(device.clone()));
    assert_eq!(world.registry().device_of(serial("DEF-1")).unwrap(), Some(device));
    let device = world.end("DEF-1", DeviceEnd::Lost).unwrap();
    let ended = device.ended.clone().unwrap();
    assert_eq!(
        (device.state, ended.time, ended.last),
        (DeviceState::Lost, at(9), Some((Epoch(0), InvoiceNumber::new(57))))
    );
    assert_eq!((device.certificate_expires, ended.reason), (None, label("left in a taxi")));
    let device = world.end("DEF-1", DeviceEnd::Decommissioned).unwrap();
    assert_eq!((device.state, device.ended.unwrap().time), (DeviceState::Decommissioned, at(9)));
    let acts = ["register", "redeem", "activate", "test", "homologate", "lose", "decommission"];
    assert_eq!(world.actions(), acts.map(|act| format!("device.{act}")));
    let act = world.acts(&Reach::Merchant(merchant)).remove(0);
    assert_eq!((act.subject.as_str(), act.outlet.as_deref()), ("DEF-1", Some("A1")));
}

pub(crate) fn what_was_done_to_a_device_is_not_done_again(subject: &dyn Subject) {
    let (mut world, _) = shop(subject);
    let (code, _) = world.register("DEF-1", "A1").unwrap();
    let redeem =
        |world: &mut World| world.registry().redeem_code(serial("DEF-1"), &code, &by("machine"), at(2));
    assert_eq!(redeem(&mut world).unwrap(), redeem(&mut world).unwrap());
    let certificate = certificate("DEF-1", "A1", &key().public_key(), 10, 730);
    for _ in 0..2 {
        assert_eq!(world.activate("DEF-1", &certificate, at(3)).unwrap().state, DeviceState::Activated);
    }
    for _ in 0..2 {
        world.registry().device_tested(serial("DEF-1"), &by("machine"), at(4)).unwrap();
        world.homologate("DEF-1").unwrap();
    }
    for _ in 0..2 {
        assert_eq!(world.end("DEF-1", DeviceEnd::Revoked).unwrap().state, DeviceState::Revoked);
    }
    let acts = ["register", "redeem", "activate", "test", "homologate", "revoke"];
    assert_eq!(world.actions(), acts.map(|act| format!("device.{act}")));
    assert_eq!(code_of(world.end("DEF-1", DeviceEnd::Lost)), "DEVICE_STATE");
    assert_eq!(code_of(redeem(&mut world)), "ACTIVATION_CODE");
}

fn code_of<T: std::fmt::Debug>(answer: Result<T, RegistryFault>) -> &'static str {
    super::world::code(answer)
}

pub(crate) fn a_device_is_not_activated_without_the_code_that_was_made_last(subject: &dyn Subject) {
    let (mut world, _) = shop(subject);
    let (code, _) = world.register("DEF-1", "A1").unwrap();
    let certificate = certificate("DEF-1", "A1", &key().public_key(), 10, 730);
    assert_eq!(code_of(world.activate("DEF-1", &certificate, at(2))), "ACTIVATION_CODE_MISSING");
    world.registry().redeem_code(serial("DEF-1"), &code, &by("machine"), at(3)).unwrap();
    let (mut registry, mut random) = world.both();
    let asks = by("usr:owner");
    let (new, _) =
        registry.reissue_code(&Reach::Platform, serial("DEF-1"), &asks, at(4), &mut random).unwrap();
    assert_eq!(code_of(world.activate("DEF-1", &certificate, at(5))), "ACTIVATION_CODE_MISSING");
    let waiting = world.registry().device_of(serial("DEF-1")).unwrap().unwrap();
    assert_eq!((waiting.state, waiting.public_key), (DeviceState::Registered, None));
    world.registry().redeem_code(serial("DEF-1"), &new, &by("machine"), at(6)).unwrap();
    // It took its time behind INIT.
    let late = at(6 + 72 * 3600);
    assert_eq!(world.activate("DEF-1", &certificate, late).unwrap().state, DeviceState::Activated);
}

pub(crate) fn an_activation_code_is_for_one_device_for_three_days_until_it_is_activated(
    subject: &dyn Subject,
) {
    let (mut world, _) = shop(subject);
    let (code, _) = world.register("DEF-1", "A1").unwrap();
    world.register("DEF-2", "A1").unwrap();
    let redeem = |world: &mut World, device: &str, code: &ActivationCode, now: Timestamp| {
        world.registry().redeem_code(serial(device), code, &by("machine"), now)
    };
    assert_eq!(code_of(redeem(&mut world, "DEF-2", &code, at(2))), "ACTIVATION_CODE");
    assert_eq!(code_of(redeem(&mut world, "DEF-3", &code, at(2))), "ACTIVATION_CODE");
    let other = ActivationCode::from_random([9; 10]);
    assert_eq!(code_of(redeem(&mut world, "DEF-1", &other, at(2))), "ACTIVATION_CODE");
    let end = 1 + 72 * 3600;
    assert!(redeem(&mut world, "DEF-1", &code, at(end - 1)).is_ok());
    assert_eq!(code_of(redeem(&mut world, "DEF-1", &code, at(end))), "ACTIVATION_CODE_OVER");

    let (mut registry, mut random) = world.both();
    let asks = by("usr:owner");
    let (new, device) =
        registry.reissue_code(&Reach::Platform, serial("DEF-1"), &asks, at(end), &mut random).unwrap();
    assert_eq!(device.code_expires, Some(at(end + 72 * 3600)));
    assert_eq!(code_of(redeem(&mut world, "DEF-1", &code, at(end))), "ACTIVATION_CODE");
    assert!(redeem(&mut world, "DEF-1", &new, at(end)).is_ok());
    let certificate = certificate("DEF-1", "A1", &key().public_key(), 10, 730);
    world.activate("DEF-1", &certificate, at(end)).unwrap();
    assert_eq!(code_of(redeem(&mut world, "DEF-1", &new, at(end))), "ACTIVATION_CODE");
    let (mut registry, mut random) = world.both();
    let again = registry.reissue_code(&Reach::Platform, serial("DEF-1"), &asks, at(end), &mut random);
    assert_eq!(code_of(again), "DEVICE_STATE");
    // The code stands nowhere.
    let hidden = format!("code = '{0}' OR code = '{1}'", new.reveal(), new.reveal().replace('-', ""));
    assert_eq!(subject.raw(&format!("UPDATE devices SET code = code WHERE {hidden}")), Ok(0));
}

pub(crate) fn a_device_is_of_one_outlet_for_its_life_and_a_key_of_one_device(subject: &dyn Subject) {
    let (mut world, merchant) = shop(subject);
    world.place(&merchant, "A2");
    world.expected("DEF-1", "A1");
    assert_eq!(code_of(world.register("DEF-1", "A2")), "EXISTS");
    assert_eq!(code_of(world.register("DEF-1", "A1")), "EXISTS");
    let own = key().public_key();
    let elsewhere = certificate("DEF-1", "A2", &own, 11, 730);
    assert_eq!(code_of(world.activate("DEF-1", &elsewhere, at(2))), "DEVICE_KEY");
    let others = certificate("DEF-2", "A1", &own, 12, 730);
    assert_eq!(code_of(world.activate("DEF-1", &others, at(2))), "DEVICE_KEY");
    world.activate("DEF-1", &certificate("DEF-1", "A1", &own, 13, 730), at(2)).unwrap();
    let changed = certificate("DEF-1", "A1", &key().public_key(), 14, 730);
    assert_eq!(code_of(world.activate("DEF-1", &changed, at(2))), "DEVICE_KEY");
    world.expected("DEF-2", "A2");
    let same = certificate("DEF-2", "A2", &own, 15, 730);
    assert_eq!(code_of(world.activate("DEF-2", &same, at(2))), "DEVICE_KEY");
    world.end("DEF-1", DeviceEnd::Lost).unwrap();
    assert_eq!(code_of(world.register("DEF-1", "A2")), "EXISTS");
}

pub(crate) fn an_outlet_has_at_most_one_active_device(subject: &dyn Subject) {
    let (mut world, _) = shop(subject);
    world.active("DEF-1", "A1", 10);
    assert_eq!(world.tested("DEF-2", "A1", 11).state, DeviceState::PendingHomologation);
    assert_eq!(code_of(world.homologate("DEF-2")), "OUTLET_HAS_DEVICE");
    // Neither does one that was homologated before pass by.
    world.expected("DEF-3", "A1");
    world.homologate("DEF-3").unwrap();
    world.activate("DEF-3", &certificate("DEF-3", "A1", &key().public_key(), 12, 730), at(2)).unwrap();
    let tested = world.registry().device_tested(serial("DEF-3"), &by("machine"), at(3));
    assert_eq!(code_of(tested), "OUTLET_HAS_DEVICE");
    // Nor does the database let another program.
    assert!(subject.raw("UPDATE devices SET state = 'active' WHERE serial = 'DEF-2'").is_err());
    world.end("DEF-1", DeviceEnd::Lost).unwrap();
    assert_eq!(
        world.registry().device_tested(serial("DEF-3"), &by("machine"), at(3)).unwrap().state,
        DeviceState::Active
    );
    assert_eq!(code_of(world.homologate("DEF-2")), "OUTLET_HAS_DEVICE");
}

pub(crate) fn an_outlet_seals_in_the_cloud_until_its_device_is_homologated(subject: &dyn Subject) {
    let (mut world, _) = shop(subject);
    let device = WantedMode::Def(serial("DEF-1"));
    let mode = world.registry().mode(outlet("A1")).unwrap();
    assert_eq!((mode.mode, mode.device, mode.asked), (Mode::Cloud, None, None));
    world.expected("DEF-1", "A1");
    assert_eq!(code_of(world.want("A1", device)), "DEVICE_STATE");
    world.activate("DEF-1", &certificate("DEF-1", "A1", &key().public_key(), 10, 730), at(2)).unwrap();
    assert_eq!(code_of(world.want("A1", device)), "DEVICE_STATE");
    world.registry().device_tested(serial("DEF-1"), &by("machine"), at(3)).unwrap();
    assert_eq!(code_of(world.want("A1", device)), "NOT_HOMOLOGATED");
    let own = world.registry().device_of(serial("DEF-1")).unwrap().unwrap().merchant;
    let asks = by("usr:owner");
    let refused = world.registry().homologate(&Reach::Merchant(own), serial("DEF-1"), None, &asks, at(4));
    assert_eq!(code_of(refused), "PLATFORM_ONLY");
    world.homologate("DEF-1").unwrap();
    let mode = world.want("A1", device).unwrap();
    assert_eq!((mode.mode, mode.device, mode.reached), (Mode::Def, Some(serial("DEF-1")), None));
    assert_eq!(mode.asked, Some((at(5), "usr:owner".to_owned())));
}

pub(crate) fn a_switch_is_under_way_until_it_is_reached(subject: &dyn Subject) {
    let (mut world, merchant) = shop(subject);
    world.place(&merchant, "A2");
    world.active("DEF-1", "A1", 10);
    let device = WantedMode::Def(serial("DEF-1"));
    assert_eq!(code_of(world.want("A2", device)), "DEVICE_ELSEWHERE");
    assert_eq!(code_of(world.want("A1", WantedMode::Def(serial("DEF-9")))), "NOT_FOUND");
    let before = world.actions().len();
    world.want("A1", WantedMode::Cloud).unwrap();
    assert_eq!(world.actions().len(), before, "the cloud was wanted already");
    world.want("A1", device).unwrap();
    world.want("A1", device).unwrap();
    assert_eq!(world.actions()[before..], ["outlet.mode.def"]);
    let open = |world: &mut World| -> Vec<String> {
        let open = world.registry().open_switches(None, 10).unwrap();
        open.iter().map(|mode| mode.outlet.to_string()).collect()
    };
    assert_eq!(open(&mut world), ["A1"]);
    assert!(!world.registry().mode_reached(outlet("A1"), WantedMode::Cloud, at(6)).unwrap());
    assert!(world.registry().mode_reached(outlet("A1"), device, at(6)).unwrap());
    assert!(world.registry().mode_reached(outlet("A1"), device, at(7)).unwrap());
    assert_eq!(world.registry().mode(outlet("A1")).unwrap().reached, Some(at(6)));
    assert_eq!(open(&mut world), [""; 0]);

    assert_eq!(code_of(world.end("DEF-1", DeviceEnd::Decommissioned)), "DEVICE_IN_MODE");
    world.end("DEF-1", DeviceEnd::Lost).unwrap();
    let mode = world.registry().mode(outlet("A1")).unwrap();
    assert_eq!((mode.mode, mode.device, mode.reached), (Mode::Cloud, None, None));
    assert_eq!(open(&mut world), ["A1"]);
    assert_eq!(world.actions().last().unwrap(), "outlet.mode.cloud");
    assert_eq!(code_of(world.want("A1", device)), "DEVICE_STATE");
}

pub(crate) fn certificates_overlap_and_end_with_their_device(subject: &dyn Subject) {
    let (mut world, merchant) = shop(subject);
    world.expected("DEF-1", "A1");
    let own = key().public_key();
    let rotate = |world: &mut World, certificate: &DeviceCertificate| {
        world.registry().rotate_certificate(serial("DEF-1"), certificate, &by("machine"), at(5))
    };
    let [first, second] =
        [(10, 30), (11, 730)].map(|(number, days)| certificate("DEF-1", "A1", &own, number, days));
    assert_eq!(code_of(rotate(&mut world, &first)), "DEVICE_STATE");
    world.activate("DEF-1", &first, at(2)).unwrap();
    assert_eq!(code_of(rotate(&mut world, &first)), "EXISTS");
    let foreign = certificate("DEF-1", "A1", &key().public_key(), 12, 730);
    assert_eq!(code_of(rotate(&mut world, &foreign)), "DEVICE_KEY");
    assert_eq!(rotate(&mut world, &second).unwrap().certificate_expires, Some(second.not_after()));
    let here = Reach::Outlet(merchant, outlet("A1"));
    let kept = world.registry().certificates(&here, serial("DEF-1")).unwrap();
    assert_eq!(kept.iter().map(|kept| &kept.certificate).collect::<Vec<_>>(), [&second, &first]);
    assert!(kept.iter().all(|kept| kept.revoked.is_none()));
    assert_eq!(world.registry().revoked_certificates(at(5)).unwrap(), []);
    world.end("DEF-1", DeviceEnd::Lost).unwrap();
    let revoked = world.registry().revoked_certificates(at(10)).unwrap();
    let told: Vec<_> = revoked.iter().map(|revoked| (revoked.serial, revoked.time, revoked.reason)).collect();
    let lost = RevocationReason::KeyCompromise;
    assert_eq!(told, [(first.serial(), at(9), lost), (second.serial(), at(9), lost)]);
    let later = Timestamp::from_unix(first.not_after().unix() + 1).unwrap();
    let left = world.registry().revoked_certificates(later).unwrap();
    assert_eq!(left.iter().map(|revoked| revoked.serial).collect::<Vec<_>>(), [second.serial()]);
    assert_eq!(code_of(rotate(&mut world, &certificate("DEF-1", "A1", &own, 13, 730))), "DEVICE_STATE");
    issuing().crl(&revoked, 1, at(10), at(20)).unwrap();
}

pub(crate) fn the_newest_word_of_a_device_is_kept(subject: &dyn Subject) {
    let (mut world, merchant) = shop(subject);
    world.register("DEF-1", "A1").unwrap();
    let here = Reach::Merchant(merchant);
    assert_eq!(world.registry().health(&here, serial("DEF-1")).unwrap(), None);
    let health = |seen| DeviceHealth {
        seen: at(seen),
        firmware_version: Some(label(&format!("1.{seen}"))),
        epoch: Some(Epoch(1)),
        last_number: InvoiceNumber::new(12),
        last_position: Some(40),
        clock_drift: Some(-3),
        report: r#"{"free":1}"#.to_owned(),
    };
    let acts = world.actions().len();
    for seen in [10, 20, 15] {
        world.registry().note_health(serial("DEF-1"), &health(seen)).unwrap();
    }
    assert_eq!(world.registry().health(&here, serial("DEF-1")).unwrap(), Some(health(20)));
    let device = world.registry().device(&here, serial("DEF-1")).unwrap();
    assert_eq!((device.seen, device.firmware_version), (Some(at(20)), Some(label("1.20"))));
    assert_eq!(world.actions().len(), acts);
    // Nobody heard of this one.
    world.registry().note_health(serial("DEF-9"), &health(20)).unwrap();
    let long = DeviceHealth { report: "x".repeat(DeviceHealth::MAX_REPORT + 1), ..health(30) };
    assert_eq!(code_of(world.registry().note_health(serial("DEF-1"), &long)), "HEALTH_FORM");
}

pub(crate) fn nobody_reaches_another_merchants_devices(subject: &dyn Subject) {
    let (mut world, merchant) = shop(subject);
    let other = world.merchant("B1234567X").id;
    world.place(&merchant, "A2");
    world.place(&other, "B1");
    world.active("DEF-1", "A1", 10);
    let own = world.registry().device_of(serial("DEF-1")).unwrap().unwrap();
    let strangers = [
        Reach::Merchant(other.clone()),
        Reach::Outlet(other, outlet("B1")),
        Reach::Outlet(merchant.clone(), outlet("A2")),
    ];
    for reach in strangers {
        let (asks, it) = (by("usr:any"), serial("DEF-1"));
        let ending = DeviceEnding { end: DeviceEnd::Lost, reason: label("x"), last: None };
        let (mut registry, mut random) = world.both();
        let new = NewDevice { serial: serial("DEF-2"), outlet: outlet("A1") };
        let refused = [
            registry.device(&reach, it).map(drop),
            registry.certificates(&reach, it).map(drop),
            registry.health(&reach, it).map(drop),
            registry.register_device(&reach, &new, &asks, at(6), &mut random).map(drop),
            registry.reissue_code(&reach, it, &asks, at(6), &mut random).map(drop),
            registry.end_device(&reach, it, &ending, &asks, at(6)).map(drop),
            registry.want_mode(&reach, outlet("A1"), WantedMode::Def(it), &asks, at(6)).map(drop),
        ];
        for answer in refused {
            assert_eq!(code_of(answer), "NOT_FOUND", "{reach:?}");
        }
        assert_eq!(registry.devices(&reach, None, 10).unwrap(), []);
    }
    for reach in [Reach::Platform, Reach::Merchant(merchant.clone()), Reach::Outlet(merchant, outlet("A1"))] {
        assert_eq!(world.registry().device(&reach, serial("DEF-1")).unwrap(), own);
        assert_eq!(world.registry().devices(&reach, None, 10).unwrap(), std::slice::from_ref(&own));
        assert_eq!(world.registry().devices(&reach, Some(serial("DEF-1")), 10).unwrap(), []);
    }
}

pub(crate) fn nothing_is_registered_or_activated_where_nothing_is_sold(subject: &dyn Subject) {
    let (mut world, merchant) = shop(subject);
    let (code, _) = world.register("DEF-1", "A1").unwrap();
    let redeem =
        |world: &mut World| world.registry().redeem_code(serial("DEF-1"), &code, &by("machine"), at(2));
    world.registry().stop_place(&Reach::Platform, outlet("A1"), &by("a"), at(2)).unwrap();
    assert_eq!(code_of(world.register("DEF-2", "A1")), "OUTLET_STOPPED");
    assert_eq!(code_of(redeem(&mut world)), "OUTLET_STOPPED");
    world.registry().resume_place(&Reach::Platform, outlet("A1"), &by("a"), at(2)).unwrap();
    world.registry().stop_merchant(&Reach::Platform, &merchant, &by("a"), at(2)).unwrap();
    assert_eq!(code_of(world.register("DEF-2", "A1")), "MERCHANT_STOPPED");
    assert_eq!(code_of(redeem(&mut world)), "MERCHANT_STOPPED");
    assert_eq!(code_of(world.register("DEF-2", "NOPE")), "NOT_FOUND");
    world.registry().resume_merchant(&Reach::Platform, &merchant, &by("a"), at(2)).unwrap();
    for number in 2..=Device::MOST {
        world.register(&format!("DEF-{number}"), "A1").unwrap();
    }
    assert_eq!(code_of(world.register("DEF-1000", "A1")), "TOO_MANY_DEVICES");
}

pub(crate) fn a_database_without_devices_gets_their_tables_and_keeps_all_else(subject: &dyn Subject) {
    let (mut world, merchant) = shop(subject);
    let (secret, _) = world.key(&new_key(Reach::Merchant(merchant), registry::Role::Owner));
    let before = world.all_of(&Reach::Platform);
    // As version 1 left it.
    for table in ["outlet_modes", "device_health", "device_certificates", "devices"] {
        subject.raw(&format!("DROP TABLE {table}")).unwrap();
    }
    assert_eq!(subject.raw("UPDATE registry_meta SET version = 1"), Ok(1));
    for _ in 0..2 {
        Registry::prepare(&mut *world.store).unwrap();
        assert_eq!(subject.raw("UPDATE registry_meta SET version = version WHERE version = 2"), Ok(1));
    }
    assert_eq!(world.all_of(&Reach::Platform), before);
    assert!(world.permissions_of(&secret, at(1)).is_some());
    world.active("DEF-1", "A1", 10);
}

/// All that a backup carries of devices, as another process reads it.
pub(crate) fn devices_of(world: &mut World) -> Vec<String> {
    let mut all = Vec::new();
    for device in world.registry().devices(&Reach::Platform, None, usize::MAX).unwrap() {
        let it = device.serial;
        let mut registry = world.registry();
        all.push(format!(
            "{:?} {:?} {:?} {:?}",
            Device { code_expires: None, ..device.clone() },
            registry.certificates(&Reach::Platform, it).unwrap(),
            registry.health(&Reach::Platform, it).unwrap(),
            registry.mode(device.outlet).unwrap(),
        ));
    }
    all
}

/// Three devices in different states, with all that there is of devices.
pub(crate) fn some_devices(world: &mut World, at_outlet: &str) {
    world.active("DEF-1", at_outlet, 20);
    world.want(at_outlet, WantedMode::Def(serial("DEF-1"))).unwrap();
    world.tested("DEF-2", at_outlet, 21);
    world.end("DEF-2", DeviceEnd::Revoked).unwrap();
    world.register("DEF-3", at_outlet).unwrap();
    let health = DeviceHealth {
        seen: at(3),
        firmware_version: None,
        epoch: None,
        last_number: None,
        last_position: None,
        clock_drift: None,
        report: "{}".into(),
    };
    world.registry().note_health(serial("DEF-1"), &health).unwrap();
}
