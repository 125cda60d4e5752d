use std::sync::Arc;

use fiscal::{DeviceId, Nif, OutletId, PublicKey, Timestamp};
use signing::Attester;

use crate::{
    AuthorityCertificate, Chain, DeviceCertificate, PkiFault, RevocationList, RevokedCertificate,
    SerialNumber, Validity, authority_certificate::Draft, extensions, names, revocation,
};

/// The authority that signs device certificates and the list of those that were revoked. Its key stays in its store.
pub struct IssuingAuthority {
    chain: Chain,
    attester: Arc<dyn Attester>,
    crl_address: Option<String>,
}

/// Whom a device certificate is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceSubject {
    /// The device's serial number: CN, and the URI `urn:stelala:device:SERIAL`.
    pub device: DeviceId,
    /// Whose invoices it seals: O.
    pub nif: Nif,
    /// For which outlet: OU.
    pub outlet: OutletId,
}

impl IssuingAuthority {
    /// With its certificate, its root, and the key that the certificate is for.
    pub fn new(chain: Chain, attester: Arc<dyn Attester>) -> Result<Self, PkiFault> {
        belongs(chain.issuing(), attester.as_ref())?;
        Ok(Self { chain, attester, crl_address: None })
    }

    /// The address of the list of revoked certificates, which each certificate names from now on, as
    /// `https://cloud.example/pki/issuing.crl`.
    pub fn with_crl_address(mut self, address: &str) -> Result<Self, PkiFault> {
        if !extensions::is_address(address) {
            return Err(PkiFault::Text("address"));
        }
        self.crl_address = Some(address.to_owned());
        Ok(self)
    }

    /// Its certificate and the root's.
    pub const fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Both certificates in PEM, the issuing one first.
    pub fn chain_pem(&self) -> String {
        self.chain.pem()
    }

    /// Signs a device's certificate. Whoever asks has seen that the device holds the key. It ends with the authority's own
    /// certificate, if that ends earlier than asked for.
    pub fn issue(
        &self,
        subject: &DeviceSubject,
        key: &PublicKey,
        validity: Validity,
        serial: SerialNumber,
    ) -> Result<DeviceCertificate, PkiFault> {
        let own = self.chain.issuing();
        let validity = validity.within(own.validity())?;
        let DeviceSubject { device, nif, outlet } = subject;
        let crl_address = self.crl_address.as_deref();
        let draft = Draft {
            serial,
            issuer: own.subject(),
            subject: names::device_name(device.as_str(), nif.as_str(), outlet.as_str())?,
            key,
            validity,
            extensions: extensions::of_device(*device, key, own.key(), crl_address)?,
        };
        DeviceCertificate::from_der(&draft.sign(self.attester.as_ref())?)
    }

    /// The list of revoked device certificates: `number` is above that of the list before, `next` is when there will be
    /// another at the latest.
    pub fn crl(
        &self,
        revoked: &[RevokedCertificate],
        number: u64,
        now: Timestamp,
        next: Timestamp,
    ) -> Result<RevocationList, PkiFault> {
        revocation::make(self.chain.issuing(), self.attester.as_ref(), revoked, number, (now, next))
    }
}

/// Whether a certificate is for a signer's key.
pub(crate) fn belongs(certificate: &AuthorityCertificate, attester: &dyn Attester) -> Result<(), PkiFault> {
    let (own, signer) = (certificate.key().id(), attester.public_key().id());
    if *certificate.key() == attester.public_key() {
        return Ok(());
    }
    Err(PkiFault::OtherKey { certificate: own.to_string(), signer: signer.to_string() })
}
