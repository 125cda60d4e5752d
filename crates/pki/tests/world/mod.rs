//! Authorities and devices to try things with.

#![allow(dead_code, reason = "each of the programs that share this uses a part")]

use std::sync::Arc;

use fiscal::{PrivateKey, PublicKey, RecordHash, Signature, Timestamp};
use pki::*;
use signing::{Attester, AwsLcKey, SignerFault};

/// A key of this process.
pub(crate) struct Key(AwsLcKey);

impl Key {
    pub(crate) fn make() -> Arc<Self> {
        Arc::new(Self(AwsLcKey::generate().unwrap()))
    }
}

impl Attester for Key {
    fn public_key(&self) -> PublicKey {
        self.0.public_key()
    }

    fn sign(&self, hash: &[u8; 32]) -> Result<[u8; 64], SignerFault> {
        let signature = self.0.sign(&RecordHash(*hash)).unwrap();
        Ok(*Signature::normalised(signature).unwrap().as_bytes())
    }
}

/// A root, an issuing authority, and one device.
pub(crate) struct World {
    pub(crate) root: RootAuthority,
    pub(crate) issuing: IssuingAuthority,
    pub(crate) device: DeviceCertificate,
}

pub(crate) const CRL: &str = "https://cloud.example/pki/issuing.crl";

impl World {
    pub(crate) fn new(name: &str) -> Self {
        let root = RootAuthority::make(&title(&format!("{name} root")), Key::make(), years(25), serial(1));
        let root = root.unwrap();
        let key = Key::make();
        let request = CertificateRequest::make(&title(&format!("{name} devices")), key.as_ref()).unwrap();
        let request = CertificateRequest::from_pem(&request.pem()).unwrap();
        let certificate = root.sign(&request, years(10), serial(2)).unwrap();
        let chain = Chain::new(certificate, root.certificate().clone()).unwrap();
        let issuing = IssuingAuthority::new(chain, key).unwrap().with_crl_address(CRL).unwrap();
        let device = issue(&issuing, 3);
        Self { root, issuing, device }
    }
}

pub(crate) fn issue(issuing: &IssuingAuthority, number: u8) -> DeviceCertificate {
    let validity = Validity::days(now(), Validity::DEVICE_DAYS).unwrap();
    issuing.issue(&subject(), &Key::make().public_key(), validity, serial(number)).unwrap()
}

pub(crate) fn subject() -> DeviceSubject {
    DeviceSubject {
        device: "DEF-000_123".parse().unwrap(),
        nif: "A2301457K".parse().unwrap(),
        outlet: "KIN-GOMBE-01".parse().unwrap(),
    }
}

pub(crate) fn title(text: &str) -> AuthorityName {
    text.parse().unwrap()
}

pub(crate) fn serial(number: u8) -> SerialNumber {
    SerialNumber::from_random([number; 16])
}

pub(crate) fn now() -> Timestamp {
    "2026-03-14T08:00:00".parse().unwrap()
}

pub(crate) fn after(seconds: u64) -> Timestamp {
    Timestamp::from_unix(now().unix() + seconds).unwrap()
}

pub(crate) fn years(years: u64) -> Validity {
    Validity::days(now(), years * 365).unwrap()
}
