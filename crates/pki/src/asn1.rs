//! Signing and reading what ASN.1 describes.

use der::{
    Decode, Encode, EncodePem, Sequence,
    asn1::{BitString, GeneralizedTime, Uint, UtcTime},
    oid::db::rfc5912::ECDSA_WITH_SHA_256,
    pem::{LineEnding, PemLabel},
};
use fiscal::{PublicKey, Timestamp};
use sha2::{Digest, Sha256};
use signing::Attester;
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::Time;

use crate::PkiFault;

/// ECDSA with SHA-256; it has no parameters (RFC 5758).
pub(crate) fn algorithm() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid: ECDSA_WITH_SHA_256, parameters: None }
}

/// How an ECDSA signature stands in a certificate (RFC 3279).
#[derive(Sequence)]
struct EcdsaSignature {
    r: Uint,
    s: Uint,
}

/// Signs the DER form of what is to be signed.
pub(crate) fn sign(signed: &impl Encode, attester: &dyn Attester) -> Result<BitString, PkiFault> {
    let bytes = signed.to_der().map_err(|fault| PkiFault::form("document", fault))?;
    let raw = attester.sign(&Sha256::digest(&bytes).into())?;
    let (r, s) = raw.split_at(32);
    let encoded = Uint::new(r)
        .and_then(|r| Ok(EcdsaSignature { r, s: Uint::new(s)? }))
        .and_then(|signature| signature.to_der())
        .and_then(|bytes| BitString::from_bytes(&bytes));
    encoded.map_err(|fault| PkiFault::form("signature", fault))
}

/// Whether the key signed the DER form.
pub(crate) fn verify(
    what: &'static str,
    signed: &impl Encode,
    algorithm_named: &AlgorithmIdentifierOwned,
    signature: &BitString,
    key: &PublicKey,
) -> Result<(), PkiFault> {
    let bytes = signed.to_der().map_err(|fault| PkiFault::form(what, fault))?;
    let raw = raw_signature(signature).ok_or(PkiFault::SignatureFalse(what))?;
    if *algorithm_named != algorithm() {
        return Err(PkiFault::form(what, "it is signed by another algorithm than ECDSA with SHA-256"));
    }
    key.verify_prehash(&Sha256::digest(&bytes).into(), &raw).map_err(|_| PkiFault::SignatureFalse(what))
}

fn raw_signature(signature: &BitString) -> Option<[u8; 64]> {
    let EcdsaSignature { r, s } = EcdsaSignature::from_der(signature.as_bytes()?).ok()?;
    let mut raw = [0; 64];
    for (half, number) in raw.chunks_exact_mut(32).zip([r, s]) {
        let bytes = number.as_bytes();
        let from = half.len().checked_sub(bytes.len())?;
        half[from..].copy_from_slice(bytes);
    }
    Some(raw)
}

/// Reads DER of which nothing is left and which is in its one form.
pub(crate) fn read_der<'a, T: Decode<'a> + Encode>(what: &'static str, der: &'a [u8]) -> Result<T, PkiFault> {
    let read = T::from_der(der).map_err(|fault| PkiFault::form(what, fault))?;
    let again = read.to_der().map_err(|fault| PkiFault::form(what, fault))?;
    if again == der { Ok(read) } else { Err(PkiFault::form(what, "it is not in its one form")) }
}

/// The DER within a PEM text.
pub(crate) fn pem_to_der<T: PemLabel>(what: &'static str, pem: &str) -> Result<Vec<u8>, PkiFault> {
    let (label, der) =
        der::pem::decode_vec(pem.trim_ascii().as_bytes()).map_err(|fault| PkiFault::form(what, fault))?;
    if label == T::PEM_LABEL { Ok(der) } else { Err(PkiFault::form(what, format!("it is a {label}"))) }
}

pub(crate) fn to_der(what: &'static str, of: &impl Encode) -> Result<Vec<u8>, PkiFault> {
    of.to_der().map_err(|fault| PkiFault::form(what, fault))
}

pub(crate) fn to_pem(what: &'static str, of: &impl EncodePem) -> Result<String, PkiFault> {
    of.to_pem(LineEnding::LF).map_err(|fault| PkiFault::form(what, fault))
}

pub(crate) fn spki(key: &PublicKey) -> Result<SubjectPublicKeyInfoOwned, PkiFault> {
    SubjectPublicKeyInfoOwned::from_der(&key.to_spki()).map_err(|fault| PkiFault::form("public key", fault))
}

pub(crate) fn public_key(
    what: &'static str,
    spki: &SubjectPublicKeyInfoOwned,
) -> Result<PublicKey, PkiFault> {
    let der = to_der(what, spki)?;
    PublicKey::from_spki(&der).map_err(|fault| PkiFault::form(what, fault))
}

/// Through 2049 a UTCTime, then a GeneralizedTime (RFC 5280, 4.1.2.5).
pub(crate) fn time(of: Timestamp) -> Result<Time, PkiFault> {
    let since = std::time::Duration::from_secs(of.unix());
    let time = match UtcTime::from_unix_duration(since) {
        Ok(time) => Ok(Time::UtcTime(time)),
        Err(_) => GeneralizedTime::from_unix_duration(since).map(Time::GeneralTime),
    };
    time.map_err(|fault| PkiFault::form("time", fault))
}

/// The way back; a time in the other of the two forms is refused.
pub(crate) fn timestamp(what: &'static str, of: Time) -> Result<Timestamp, PkiFault> {
    let read = Timestamp::from_unix(of.to_unix_duration().as_secs());
    let read = read.ok_or_else(|| PkiFault::form(what, "a time is after the year 9999"))?;
    if time(read)? == of { Ok(read) } else { Err(PkiFault::form(what, "a time is not in its one form")) }
}
