use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{DeviceId, Epoch, Nif, OutletId, Prefix, PublicKey, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use signing::{Attester, SignerFault};

use crate::DeviceCertificate;

/// What the DGI is sent to have a device registered: which device seals for whom and where, with which key, and what it
/// answered when it was activated.
///
/// It is signed as a compact JWS (RFC 7515): `alg` `ES256`, `typ` `stelala-registration+jwt`, `kid` the id of the key with
/// which the ledger attests. Times end in `Z`, keys are SPKI in base64url, certificates PEM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistrationRequest {
    version: u32,
    requested: String,
    device: String,
    nif: String,
    outlet: String,
    prefix: String,
    epoch: u32,
    public_key: String,
    public_key_id: String,
    firmware_version: String,
    activated: String,
    /// The device's record of its activation, in base64url, as INIT answered: its signature shows that it holds the key.
    activation_record: Option<String>,
    certificate: String,
    issuers: String,
}

/// Of what a [`RegistrationRequest`] is made.
#[derive(Clone, Copy, Debug)]
pub struct Registration<'a> {
    /// When it is asked for.
    pub requested: Timestamp,
    /// Of the outlet's fiscal numbers.
    pub prefix: Prefix,
    /// In which the device was activated.
    pub epoch: Epoch,
    /// The program that the device runs.
    pub firmware_version: &'a str,
    /// When it was activated.
    pub activated: Timestamp,
    /// The record that it sealed then.
    pub activation_record: Option<&'a [u8]>,
    /// Its certificate.
    pub certificate: &'a DeviceCertificate,
    /// The certificates above, in PEM: [`crate::Chain::pem`].
    pub issuers: &'a str,
}

/// Why a text is no registration request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationFault {
    /// `REGISTRATION_FORM`
    #[error("this is no registration request: take the text as the service gave it")]
    Form,
    /// `REGISTRATION_SIGNATURE`
    #[error("the registration request was altered, or another key signed it: have the service give it again")]
    SignatureFalse,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JoseHeader {
    alg: String,
    typ: String,
    kid: String,
}

const TYPE: &str = "stelala-registration+jwt";

impl RegistrationRequest {
    /// The media type of the signed text (RFC 7515).
    pub const CONTENT_TYPE: &str = "application/jose";

    /// Says what is asked.
    pub fn new(of: &Registration<'_>) -> Self {
        let subject = of.certificate.subject();
        let key = of.certificate.key();
        Self {
            version: 1,
            requested: format!("{}Z", of.requested),
            device: subject.device.to_string(),
            nif: subject.nif.to_string(),
            outlet: subject.outlet.to_string(),
            prefix: of.prefix.to_string(),
            epoch: of.epoch.0,
            public_key: Base64UrlUnpadded::encode_string(&key.to_spki()),
            public_key_id: key.id().to_string(),
            firmware_version: of.firmware_version.to_owned(),
            activated: format!("{}Z", of.activated),
            activation_record: of.activation_record.map(Base64UrlUnpadded::encode_string),
            certificate: of.certificate.pem(),
            issuers: of.issuers.to_owned(),
        }
    }

    /// Signs it.
    pub fn sign(&self, attester: &dyn Attester) -> Result<String, SignerFault> {
        let kid = attester.public_key().id().to_string();
        let header = JoseHeader { alg: "ES256".into(), typ: TYPE.into(), kid };
        let [header, body] = [to_json(&header)?, to_json(self)?];
        let signed = format!("{}.{}", base64url(header), base64url(body));
        let signature = attester.sign(&Sha256::digest(signed.as_bytes()).into())?;
        Ok(format!("{signed}.{}", Base64UrlUnpadded::encode_string(&signature)))
    }

    /// Reads a signed one.
    pub fn verify(text: &str, key: &PublicKey) -> Result<Self, RegistrationFault> {
        let form = RegistrationFault::Form;
        let (signed, signature) = text.trim().rsplit_once('.').ok_or(form)?;
        let (header, body) = signed.split_once('.').ok_or(form)?;
        let header: JoseHeader = from_base64_json(header)?;
        if header.alg != "ES256" || header.typ != TYPE {
            return Err(form);
        }
        let signature = Base64UrlUnpadded::decode_vec(signature).map_err(|_| form)?;
        let signature: [u8; 64] = signature.try_into().map_err(|_| form)?;
        let hash: [u8; 32] = Sha256::digest(signed.as_bytes()).into();
        let accepted = header.kid == key.id().to_string() && key.verify_prehash(&hash, &signature).is_ok();
        if accepted { from_base64_json(body) } else { Err(RegistrationFault::SignatureFalse) }
    }

    /// Which device.
    pub fn device(&self) -> Option<DeviceId> {
        self.device.parse().ok()
    }

    /// For which outlet.
    pub fn outlet(&self) -> Option<OutletId> {
        self.outlet.parse().ok()
    }

    /// Of whom.
    pub fn nif(&self) -> Option<Nif> {
        self.nif.parse().ok()
    }

    /// Its certificate.
    pub fn certificate(&self) -> Option<DeviceCertificate> {
        DeviceCertificate::from_pem(&self.certificate).ok()
    }
}

fn to_json(of: &impl Serialize) -> Result<String, SignerFault> {
    // Texts and numbers only, so that writing cannot fail.
    serde_json::to_string(of).map_err(|fault| SignerFault::Permanent(fault.to_string()))
}

fn base64url(text: String) -> String {
    Base64UrlUnpadded::encode_string(text.as_bytes())
}

fn from_base64_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, RegistrationFault> {
    let json = Base64UrlUnpadded::decode_vec(text).map_err(|_| RegistrationFault::Form)?;
    serde_json::from_slice(&json).map_err(|_| RegistrationFault::Form)
}
