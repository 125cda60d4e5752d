//! What certificates and lists say beside names, keys and times: written, and read strictly.

use der::{
    Encode,
    asn1::{Ia5String, OctetString},
    oid::{AssociatedOid, ObjectIdentifier},
};
use fiscal::{DeviceId, PublicKey};
use sha2::{Digest, Sha256};
use x509_cert::ext::{
    Extension, Extensions,
    pkix::{
        AuthorityKeyIdentifier, BasicConstraints, CrlDistributionPoints, KeyUsage, KeyUsages, SubjectAltName,
        SubjectKeyIdentifier,
        crl::dp::DistributionPoint,
        name::{DistributionPointName, GeneralName},
    },
};

use crate::{PkiFault, asn1};

/// What stands before a device's serial number in its certificate's subjectAltName.
const DEVICE_URN: &str = "urn:stelala:device:";

/// The first 160 bits of SHA-256 of the key's point (RFC 7093, method 1).
pub(crate) fn key_identifier(key: &PublicKey) -> Vec<u8> {
    let spki = key.to_spki();
    Sha256::digest(&spki[spki.len() - 65..])[..20].to_vec()
}

/// Of a certificate of an authority below which at most so many others are.
pub(crate) fn of_authority(key: &PublicKey, issuer: &PublicKey, below: u8) -> Result<Extensions, PkiFault> {
    let constraints = BasicConstraints { ca: true, path_len_constraint: Some(below) };
    let usage = KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign);
    Ok(vec![critical(&constraints)?, critical(&usage)?, subject_key(key)?, authority_key(issuer)?])
}

/// Of a device's certificate.
pub(crate) fn of_device(
    device: DeviceId,
    key: &PublicKey,
    issuer: &PublicKey,
    crl_address: Option<&str>,
) -> Result<Extensions, PkiFault> {
    let urn = address(&format!("{DEVICE_URN}{device}"))?;
    let mut all = vec![
        critical(&BasicConstraints { ca: false, path_len_constraint: None })?,
        critical(&KeyUsage(KeyUsages::DigitalSignature.into()))?,
        subject_key(key)?,
        authority_key(issuer)?,
        plain(&SubjectAltName(vec![urn]))?,
    ];
    if let Some(url) = crl_address {
        let point = DistributionPoint {
            distribution_point: Some(DistributionPointName::FullName(vec![address(url)?])),
            reasons: None,
            crl_issuer: None,
        };
        all.push(plain(&CrlDistributionPoints(vec![point]))?);
    }
    Ok(all)
}

/// Where a list of revoked certificates is, as the extensions of a device's certificate say; none if they do not.
pub(crate) fn crl_address(extensions: &[Extension]) -> Option<String> {
    let found = extensions.iter().find(|extension| extension.extn_id == CrlDistributionPoints::OID)?;
    let points: CrlDistributionPoints = asn1::read_der("list's address", found.extn_value.as_bytes()).ok()?;
    let [DistributionPoint { distribution_point: Some(DistributionPointName::FullName(names)), .. }] =
        points.0.as_slice()
    else {
        return None;
    };
    match names.as_slice() {
        [GeneralName::UniformResourceIdentifier(url)] => Some(url.as_str().to_owned()),
        _ => None,
    }
}

/// Whether a text can stand as an address: printable ASCII without spaces.
pub(crate) fn is_address(text: &str) -> bool {
    (1..=256).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn address(text: &str) -> Result<GeneralName, PkiFault> {
    if !is_address(text) {
        return Err(PkiFault::Text("address"));
    }
    Ia5String::new(text).map(GeneralName::UniformResourceIdentifier).map_err(|_| PkiFault::Text("address"))
}

fn subject_key(key: &PublicKey) -> Result<Extension, PkiFault> {
    plain(&SubjectKeyIdentifier(octets(key_identifier(key))?))
}

pub(crate) fn authority_key(issuer: &PublicKey) -> Result<Extension, PkiFault> {
    plain(&AuthorityKeyIdentifier {
        key_identifier: Some(octets(key_identifier(issuer))?),
        authority_cert_issuer: None,
        authority_cert_serial_number: None,
    })
}

pub(crate) fn plain(of: &(impl Encode + AssociatedOid)) -> Result<Extension, PkiFault> {
    extension(of, false)
}

fn critical(of: &(impl Encode + AssociatedOid)) -> Result<Extension, PkiFault> {
    extension(of, true)
}

fn extension<E: Encode + AssociatedOid>(of: &E, critical: bool) -> Result<Extension, PkiFault> {
    let extn_id: ObjectIdentifier = E::OID;
    Ok(Extension { extn_id, critical, extn_value: octets(asn1::to_der("extension", of)?)? })
}

fn octets(bytes: Vec<u8>) -> Result<OctetString, PkiFault> {
    OctetString::new(bytes).map_err(|fault| PkiFault::form("extension", fault))
}
