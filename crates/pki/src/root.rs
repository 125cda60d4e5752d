use std::sync::Arc;

use fiscal::Timestamp;
use signing::Attester;

use crate::{
    AuthorityCertificate, AuthorityName, CertificateRequest, PkiFault, RevocationList, RevokedCertificate,
    SerialNumber, Validity, authority_certificate::Draft, extensions, issuing::belongs, revocation,
};

/// The root of all device certificates, kept apart from the cloud. It signs itself, issuing authorities, and the list of
/// those that were revoked; never a device.
pub struct RootAuthority {
    certificate: AuthorityCertificate,
    attester: Arc<dyn Attester>,
}

impl RootAuthority {
    /// Makes a root that signs itself.
    pub fn make(
        name: &AuthorityName,
        attester: Arc<dyn Attester>,
        validity: Validity,
        serial: SerialNumber,
    ) -> Result<Self, PkiFault> {
        let key = attester.public_key();
        let subject = name.to_x509()?;
        let extensions = extensions::of_authority(&key, &key, 1)?;
        let draft = Draft { serial, issuer: &subject.clone(), subject, key: &key, validity, extensions };
        Self::new(AuthorityCertificate::from_der(&draft.sign(attester.as_ref())?)?, attester)
    }

    /// A root that was made, with its key.
    pub fn new(certificate: AuthorityCertificate, attester: Arc<dyn Attester>) -> Result<Self, PkiFault> {
        belongs(&certificate, attester.as_ref())?;
        certificate.verify(certificate.key())?;
        if certificate.below() != 1 {
            return Err(PkiFault::form("root's certificate", "it may not sign authorities"));
        }
        Ok(Self { certificate, attester })
    }

    /// Its certificate.
    pub const fn certificate(&self) -> &AuthorityCertificate {
        &self.certificate
    }

    /// Signs the certificate of an authority that issues device certificates. Its request has proven that it holds its
    /// key.
    pub fn sign(
        &self,
        request: &CertificateRequest,
        validity: Validity,
        serial: SerialNumber,
    ) -> Result<AuthorityCertificate, PkiFault> {
        if !validity.is_within(self.certificate.validity()) {
            return Err(PkiFault::Validity);
        }
        if request.name() == self.certificate.name() || request.key() == self.certificate.key() {
            // Its certificate would look like the root's own.
            return Err(PkiFault::form("request for a certificate", "it has the root's own name or key"));
        }
        let draft = Draft {
            serial,
            issuer: self.certificate.subject(),
            subject: request.name().to_x509()?,
            key: request.key(),
            validity,
            extensions: extensions::of_authority(request.key(), self.certificate.key(), 0)?,
        };
        AuthorityCertificate::from_der(&draft.sign(self.attester.as_ref())?)
    }

    /// The list of issuing authorities that were revoked: `number` is above that of the list before, `next` is when there
    /// will be another at the latest.
    pub fn crl(
        &self,
        revoked: &[RevokedCertificate],
        number: u64,
        now: Timestamp,
        next: Timestamp,
    ) -> Result<RevocationList, PkiFault> {
        revocation::make(&self.certificate, self.attester.as_ref(), revoked, number, (now, next))
    }
}
