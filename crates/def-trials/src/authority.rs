//! Who commands devices in trials: a root, the tax authority and an operator, with keys made from fixed numbers.

use def_engine::{Factory, Firmware};
use def_protocol::{
    Nonce,
    token::{
        Acknowledgement, Activation, Body, FirmwareOrder, HandOver, NewState, Newest, Policy, Realm, Reset,
        Scope, StateChange, TaxManifest, TimeGrant, sign,
    },
};
use fiscal::{
    DEFAULT_MANIFEST, DeviceId, Epoch, InvoiceNumber, PrivateKey, RecordHash, Signature, Timestamp, UtcOffset,
};
use p256::ecdsa::SigningKey;
use sha2::{Digest, Sha256};

/// When trials begin: a quarter past eight in Kinshasa.
pub const OPENING: &str = "2026-03-14T07:15:00";

/// The keys that command a device.
pub struct Authority {
    /// Signs activation codes.
    pub root: SigningKey,
    /// The tax authority.
    pub dgi: SigningKey,
    /// Who runs the service.
    pub operator: SigningKey,
    /// Which device.
    pub device: DeviceId,
    /// What an activation code grants.
    pub policy: Policy,
}

impl Default for Authority {
    fn default() -> Self {
        Self::new("DEF-000001")
    }
}

impl Authority {
    /// For a device with this serial number; bounds are off.
    pub fn new(device: &str) -> Self {
        Self {
            root: key(1),
            dgi: key(2),
            operator: key(3),
            device: device.parse().expect("a serial number"),
            policy: Policy::default(),
        }
    }

    /// What the device is when it leaves the factory.
    pub fn factory(&self) -> Factory {
        Factory {
            serial: self.device,
            realm: Realm::Development,
            root: self.root.public_key(),
            firmware: Firmware { version: "2026.11.20", build: 7 },
        }
    }

    /// An activation code for the shop of the trials.
    pub fn activation(&self) -> String {
        self.activation_in(Epoch(0), Some(InvoiceNumber::FIRST))
    }

    /// The same in an epoch, from a number on; without one the device stands by.
    pub fn activation_in(&self, epoch: Epoch, first_number: Option<InvoiceNumber>) -> String {
        self.token(
            &self.root,
            &Activation {
                nif: "A2301457K".parse().expect("a NIF"),
                outlet: "KIN-GOMBE-01".parse().expect("an outlet"),
                prefix: "KING".parse().expect("a prefix"),
                epoch,
                first_number,
                offset: UtcOffset::KINSHASA,
                policy: self.policy,
                dgi: self.dgi.public_key(),
                operator: self.operator.public_key(),
            },
        )
    }

    /// The request that binds the device to the shop.
    pub fn initialisation(&self) -> String {
        self.initialisation_with(&self.activation())
    }

    /// The request that goes with a code.
    pub fn initialisation_with(&self, code: &str) -> String {
        let pem = self.operator.public_key().to_pem().replace('\n', "\\n");
        format!(r#"CFG|INIT {{"activation_code":"{code}","public_key":"{pem}"}}"#)
    }

    /// An order to open an epoch.
    pub fn reset(&self, epoch: u32, newest: Option<Newest>) -> String {
        self.token(&self.dgi, &Reset { epoch: Epoch(epoch), newest })
    }

    /// The ledger's word that it holds an invoice and all before it.
    pub fn acknowledgement(&self, newest: Newest, time: Timestamp) -> String {
        self.token(&self.operator, &Acknowledgement { newest, time, revoke: false })
    }

    /// An order to leave or to enter.
    pub fn hand_over(&self, order: HandOver) -> String {
        self.token(&self.operator, &order)
    }

    /// The same from a time on: an order from before the last hand-over is not obeyed.
    pub fn hand_over_from(&self, order: HandOver, from: Timestamp) -> String {
        self.token_valid(&self.operator, &order, from, at("2036-01-01T00:00:00"))
    }

    /// The default tax groups, as a token.
    pub fn manifest(&self, version: u32) -> String {
        self.token(&self.operator, &TaxManifest::new(version, DEFAULT_MANIFEST.groups))
    }

    /// The end of a life cycle.
    pub fn state(&self, state: NewState) -> String {
        self.token(&self.dgi, &StateChange { state, reason: "trial" })
    }

    /// An order to take a firmware.
    pub fn firmware(&self, build: u32, version: &str, image: &[u8]) -> String {
        let digest = Sha256::digest(image).into();
        let length = u32::try_from(image.len()).expect("a firmware is small");
        self.token(&self.operator, &FirmwareOrder { build, length, digest, version })
    }

    /// The operator's signature over a time.
    pub fn time(&self, timestamp: Timestamp, challenge: Nonce, newest: Option<RecordHash>) -> Signature {
        let grant =
            TimeGrant { realm: Realm::Development, device: self.device, timestamp, challenge, newest };
        grant.sign(&self.operator).expect("a software key signs")
    }

    /// Any token, valid for the whole of the trials.
    pub fn token<'b, B: Body<'b>>(&self, key: &SigningKey, body: &B) -> String {
        self.token_valid(key, body, at("2026-01-01T00:00:00"), at("2036-01-01T00:00:00"))
    }

    /// Any token, valid from when until when.
    pub fn token_valid<'b, B: Body<'b>>(
        &self,
        key: &SigningKey,
        body: &B,
        not_before: Timestamp,
        not_after: Timestamp,
    ) -> String {
        let scope = Scope { realm: Realm::Development, device: self.device, not_before, not_after };
        let mut buffer = vec![0; B::MAX_BYTES];
        sign(&scope, body, key, &mut buffer).expect("a software key signs").to_string()
    }
}

fn key(number: u8) -> SigningKey {
    SigningKey::from_slice(&[number; 32]).expect("a small number is a key")
}

/// A time as trials write it.
pub fn at(time: &str) -> Timestamp {
    time.parse().expect("a time")
}
