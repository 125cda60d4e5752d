use fiscal::{DeviceId, PublicKey, Timestamp};
use x509_cert::Certificate;

use crate::{
    AuthorityCertificate, AuthorityName, DeviceSubject, PkiFault, SerialNumber, Validity, asn1,
    authority_certificate::validity, extensions, names,
};

/// A device's certificate: whose key it is, for which outlet, and until when (X.509 version 3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceCertificate {
    der: Vec<u8>,
    inner: Certificate,
    subject: DeviceSubject,
    issuer: AuthorityName,
    serial: SerialNumber,
    validity: Validity,
    key: PublicKey,
    crl_address: Option<String>,
}

const WHAT: &str = "device's certificate";

impl DeviceCertificate {
    /// Reads one in PEM. Whether it is good, [`crate::Chain::verify`] says.
    pub fn from_pem(pem: &str) -> Result<Self, PkiFault> {
        Self::from_der(&asn1::pem_to_der::<Certificate>(WHAT, pem)?)
    }

    /// The same in DER.
    pub fn from_der(der: &[u8]) -> Result<Self, PkiFault> {
        let inner: Certificate = asn1::read_der(WHAT, der)?;
        let tbs = &inner.tbs_certificate;
        let crl_address = extensions::crl_address(tbs.extensions.as_deref().unwrap_or_default());
        Ok(Self {
            der: der.to_vec(),
            subject: subject(&inner)?,
            issuer: AuthorityName::from_x509(WHAT, &tbs.issuer)?,
            serial: SerialNumber::from_x509(WHAT, &tbs.serial_number)?,
            validity: validity(WHAT, tbs)?,
            key: asn1::public_key(WHAT, &tbs.subject_public_key_info)?,
            crl_address,
            inner,
        })
    }

    /// The bytes.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// In PEM.
    pub fn pem(&self) -> String {
        // What was read from DER can be written.
        asn1::to_pem(WHAT, &self.inner).unwrap_or_default()
    }

    /// Whom it is about.
    pub const fn subject(&self) -> &DeviceSubject {
        &self.subject
    }

    /// The device.
    pub const fn device(&self) -> DeviceId {
        self.subject.device
    }

    /// Who signed it, by name.
    pub const fn issuer(&self) -> &AuthorityName {
        &self.issuer
    }

    /// Its number within its issuer.
    pub const fn serial(&self) -> SerialNumber {
        self.serial
    }

    /// When it holds.
    pub const fn validity(&self) -> Validity {
        self.validity
    }

    /// The first second in which it holds.
    pub const fn not_before(&self) -> Timestamp {
        self.validity.not_before()
    }

    /// The last one.
    pub const fn not_after(&self) -> Timestamp {
        self.validity.not_after()
    }

    /// The device's key.
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Where the list of revoked certificates is.
    pub fn crl_address(&self) -> Option<&str> {
        self.crl_address.as_deref()
    }

    /// Whether an authority signed it and it says what a device's certificate of that authority says, no more.
    pub(crate) fn verify(&self, issuing: &AuthorityCertificate) -> Result<(), PkiFault> {
        let Certificate { tbs_certificate, signature_algorithm, signature } = &self.inner;
        asn1::verify(WHAT, tbs_certificate, signature_algorithm, signature, issuing.key())?;
        let expected =
            extensions::of_device(self.subject.device, &self.key, issuing.key(), self.crl_address())?;
        if tbs_certificate.extensions.as_ref() == Some(&expected) {
            Ok(())
        } else {
            Err(PkiFault::form(WHAT, "its extensions are not those of a device"))
        }
    }
}

fn subject(certificate: &Certificate) -> Result<DeviceSubject, PkiFault> {
    let wrong = || PkiFault::form(WHAT, "its name is not one of a device");
    let [device, nif, outlet] =
        names::device_texts(&certificate.tbs_certificate.subject).ok_or_else(wrong)?;
    Ok(DeviceSubject {
        device: device.parse().map_err(|_| wrong())?,
        nif: nif.parse().map_err(|_| wrong())?,
        outlet: outlet.parse().map_err(|_| wrong())?,
    })
}
