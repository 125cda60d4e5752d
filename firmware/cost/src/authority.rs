//! Who commands the device: a root, the tax authority and an operator, with keys made from fixed numbers.

use core::fmt::{self, Write};

use def_engine::{Factory, Firmware};
use def_protocol::{
    Nonce,
    token::{Activation, Body, Policy, Realm, Scope, TimeGrant, sign},
};
use fiscal::{DeviceId, Epoch, InvoiceNumber, PrivateKey, PublicKey, Signature, Timestamp, UtcOffset};
use p256::ecdsa::SigningKey;

/// When the device begins to sell: one o'clock in Kinshasa.
pub const OPENING: &str = "2026-03-14T12:00:00";

/// The longest token, in characters: that of a tax manifest.
pub const TOKEN: usize = 8 * 1_024;
/// A token, as it travels.
pub type TokenText = heapless::String<TOKEN>;

/// The keys that command the device.
pub struct Authority {
    /// Signs activation codes.
    pub root: SigningKey,
    /// The tax authority.
    pub dgi: SigningKey,
    /// Who runs the service.
    pub operator: SigningKey,
    device: DeviceId,
}

impl Authority {
    /// Of the device with the serial number `DEF-000001`.
    #[allow(clippy::new_without_default, reason = "it is this one and no other")]
    pub fn new() -> Self {
        let device = "DEF-000001".parse().expect("a serial number");
        Self { root: key(1), dgi: key(2), operator: key(3), device }
    }

    /// What the device is when it leaves the factory.
    pub fn factory(&self) -> Factory {
        Factory {
            serial: self.device,
            realm: Realm::Development,
            root: self.root.public_key(),
            firmware: Firmware { version: "cost", build: 1 },
        }
    }

    /// The code that binds the device to the shop; bounds are off.
    pub fn activation(&self) -> TokenText {
        let body = Activation {
            nif: "A2301457K".parse().expect("a NIF"),
            outlet: "KIN-GOMBE-01".parse().expect("an outlet"),
            prefix: "KING".parse().expect("a prefix"),
            epoch: Epoch(0),
            first_number: Some(InvoiceNumber::FIRST),
            offset: UtcOffset::KINSHASA,
            policy: Policy::default(),
            dgi: self.dgi.public_key(),
            operator: self.operator.public_key(),
        };
        self.token(&self.root, &body)
    }

    /// Any token, valid from the opening on.
    pub fn token<'b, B: Body<'b>>(&self, key: &SigningKey, body: &B) -> TokenText {
        self.token_from(key, body, OPENING.parse().expect("a time"))
    }

    /// Any token, valid from a time on.
    pub fn token_from<'b, B: Body<'b>>(
        &self,
        key: &SigningKey,
        body: &B,
        not_before: Timestamp,
    ) -> TokenText {
        let not_after = "2036-01-01T00:00:00".parse().expect("a time");
        let scope = Scope { realm: Realm::Development, device: self.device, not_before, not_after };
        let mut buffer = [0; TOKEN * 3 / 4];
        let signed = sign(&scope, body, key, &mut buffer).expect("a software key signs");
        let mut text = TokenText::new();
        write!(text, "{signed}").expect("a token is no longer than one may be");
        text
    }

    /// The operator's signature over a time.
    pub fn time(&self, timestamp: Timestamp, challenge: Nonce) -> Signature {
        let (realm, device) = (Realm::Development, self.device);
        let grant = TimeGrant { realm, device, timestamp, challenge, newest: None };
        grant.sign(&self.operator).expect("a software key signs")
    }
}

/// A key in PEM, as a member of JSON.
pub struct PemMember(pub PublicKey);

impl fmt::Display for PemMember {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.0.to_pem().split_terminator('\n') {
            write!(f, "{line}\\n")?;
        }
        Ok(())
    }
}

fn key(number: u8) -> SigningKey {
    SigningKey::from_slice(&[number; 32]).expect("a small number is a key")
}
