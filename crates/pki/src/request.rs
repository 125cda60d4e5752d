use fiscal::PublicKey;
use signing::Attester;
use x509_cert::request::{CertReq, CertReqInfo, Version};

use crate::{AuthorityName, PkiFault, asn1};

/// What an issuing authority asks the root to sign: its name and key, in PKCS#10 (RFC 2986), signed by that key, which
/// shows that the asker holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRequest {
    inner: CertReq,
    name: AuthorityName,
    key: PublicKey,
}

const WHAT: &str = "request for a certificate";

impl CertificateRequest {
    /// Makes one with the key that is to issue.
    pub fn make(name: &AuthorityName, attester: &dyn Attester) -> Result<Self, PkiFault> {
        let key = attester.public_key();
        let info = CertReqInfo {
            version: Version::V1,
            subject: name.to_x509()?,
            public_key: asn1::spki(&key)?,
            attributes: Default::default(),
        };
        let signature = asn1::sign(&info, attester)?;
        let inner = CertReq { info, algorithm: asn1::algorithm(), signature };
        Ok(Self { inner, name: name.clone(), key })
    }

    /// Reads one and verifies that its key signed it.
    pub fn from_pem(pem: &str) -> Result<Self, PkiFault> {
        let inner: CertReq = asn1::read_der(WHAT, &asn1::pem_to_der::<CertReq>(WHAT, pem)?)?;
        if !inner.info.attributes.is_empty() {
            return Err(PkiFault::form(WHAT, "it asks for more than a name and a key"));
        }
        let name = AuthorityName::from_x509(WHAT, &inner.info.subject)?;
        let key = asn1::public_key(WHAT, &inner.info.public_key)?;
        asn1::verify(WHAT, &inner.info, &inner.algorithm, &inner.signature, &key)?;
        Ok(Self { inner, name, key })
    }

    /// In PEM.
    pub fn pem(&self) -> String {
        // What was made or read can be written.
        asn1::to_pem(WHAT, &self.inner).unwrap_or_default()
    }

    /// What it wants to be called.
    pub const fn name(&self) -> &AuthorityName {
        &self.name
    }

    /// Its key.
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }
}
