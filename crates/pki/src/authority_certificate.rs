use der::Encode;
use fiscal::PublicKey;
use x509_cert::{
    Certificate, TbsCertificate, Version, ext::Extensions, name::Name, time::Validity as X509Validity,
};

use signing::Attester;

use crate::{AuthorityName, PkiFault, SerialNumber, Validity, asn1, extensions};

/// The certificate of a root or of an issuing authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityCertificate {
    der: Vec<u8>,
    inner: Certificate,
    name: AuthorityName,
    issuer: AuthorityName,
    serial: SerialNumber,
    validity: Validity,
    key: PublicKey,
    below: u8,
}

const WHAT: &str = "authority's certificate";

impl AuthorityCertificate {
    /// Reads one in PEM. Whether somebody signed it, [`crate::Chain`] asks.
    pub fn from_pem(pem: &str) -> Result<Self, PkiFault> {
        Self::from_der(&asn1::pem_to_der::<Certificate>(WHAT, pem)?)
    }

    /// The same in DER.
    pub fn from_der(der: &[u8]) -> Result<Self, PkiFault> {
        let inner: Certificate = asn1::read_der(WHAT, der)?;
        let tbs = &inner.tbs_certificate;
        let read = Self {
            der: der.to_vec(),
            name: AuthorityName::from_x509(WHAT, &tbs.subject)?,
            issuer: AuthorityName::from_x509(WHAT, &tbs.issuer)?,
            serial: SerialNumber::from_x509(WHAT, &tbs.serial_number)?,
            validity: validity(WHAT, tbs)?,
            key: asn1::public_key(WHAT, &tbs.subject_public_key_info)?,
            below: below(tbs)?,
            inner,
        };
        read.written_here()
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

    /// What it is called.
    pub const fn name(&self) -> &AuthorityName {
        &self.name
    }

    /// What its issuer is called.
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

    /// Its key.
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// How many authorities may be between it and a device: 1 for a root, 0 for an issuing authority.
    pub const fn below(&self) -> u8 {
        self.below
    }

    pub(crate) fn subject(&self) -> &Name {
        &self.inner.tbs_certificate.subject
    }

    /// Whether a key signed it.
    pub(crate) fn verify(&self, key: &PublicKey) -> Result<(), PkiFault> {
        let Certificate { tbs_certificate, signature_algorithm, signature } = &self.inner;
        asn1::verify(WHAT, tbs_certificate, signature_algorithm, signature, key)
    }

    /// Whether its extensions are those that this crate writes, for one of the two kinds; the issuer's key is in none of
    /// the other fields, so it is taken from the extension.
    fn written_here(self) -> Result<Self, PkiFault> {
        let tbs = &self.inner.tbs_certificate;
        let expected = extensions::of_authority(&self.key, &self.key, self.below)?;
        let found = tbs.extensions.as_deref().unwrap_or_default();
        let same = match (found, expected.as_slice()) {
            ([a, b, c, issuer], [x, y, z, own]) => {
                [a, b, c] == [x, y, z]
                    && issuer.extn_id == own.extn_id
                    && issuer.extn_value.as_bytes().len() == own.extn_value.as_bytes().len()
            }
            _ => false,
        };
        if same {
            Ok(self)
        } else {
            Err(PkiFault::form(WHAT, "its extensions are not those of an authority"))
        }
    }
}

/// How many authorities may be below, as basicConstraints says.
fn below(tbs: &TbsCertificate) -> Result<u8, PkiFault> {
    use x509_cert::ext::pkix::BasicConstraints;
    let found = tbs.get::<BasicConstraints>().map_err(|fault| PkiFault::form(WHAT, fault))?;
    match found {
        Some((true, BasicConstraints { ca: true, path_len_constraint: Some(below @ 0..=1) })) => Ok(below),
        _ => Err(PkiFault::form(WHAT, "it is no authority's")),
    }
}

/// Checks what all certificates have alike, and reads when they hold.
pub(crate) fn validity(what: &'static str, tbs: &TbsCertificate) -> Result<Validity, PkiFault> {
    if tbs.version != Version::V3 || tbs.issuer_unique_id.is_some() || tbs.subject_unique_id.is_some() {
        return Err(PkiFault::form(what, "it is not of version 3"));
    }
    if tbs.signature != asn1::algorithm() {
        return Err(PkiFault::form(what, "it is signed by another algorithm than ECDSA with SHA-256"));
    }
    let X509Validity { not_before, not_after } = tbs.validity;
    Validity::new(asn1::timestamp(what, not_before)?, asn1::timestamp(what, not_after)?)
}

/// What a certificate is made of.
pub(crate) struct Draft<'a> {
    pub(crate) serial: SerialNumber,
    pub(crate) issuer: &'a Name,
    pub(crate) subject: Name,
    pub(crate) key: &'a PublicKey,
    pub(crate) validity: Validity,
    pub(crate) extensions: Extensions,
}

impl Draft<'_> {
    /// Signs it: its DER form.
    pub(crate) fn sign(self, attester: &dyn Attester) -> Result<Vec<u8>, PkiFault> {
        let tbs_certificate = TbsCertificate {
            version: Version::V3,
            serial_number: self.serial.to_x509()?,
            signature: asn1::algorithm(),
            issuer: self.issuer.clone(),
            validity: X509Validity {
                not_before: asn1::time(self.validity.not_before())?,
                not_after: asn1::time(self.validity.not_after())?,
            },
            subject: self.subject,
            subject_public_key_info: asn1::spki(self.key)?,
            issuer_unique_id: None,
            subject_unique_id: None,
            extensions: Some(self.extensions),
        };
        let signature = asn1::sign(&tbs_certificate, attester)?;
        let certificate = Certificate { tbs_certificate, signature_algorithm: asn1::algorithm(), signature };
        certificate.to_der().map_err(|fault| PkiFault::form("certificate", fault))
    }
}
