//! Lists of revoked certificates (RFC 5280, section 5).

use der::{
    Encode,
    asn1::{BitString, Uint},
};
use fiscal::Timestamp;
use signing::Attester;
use x509_cert::{
    Version,
    crl::{CertificateList, RevokedCert, TbsCertList},
    ext::{
        Extension,
        pkix::{CrlNumber, CrlReason},
    },
};

use crate::{AuthorityCertificate, AuthorityName, PkiFault, SerialNumber, asn1, extensions};

/// A certificate that is no longer good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RevokedCertificate {
    /// Which one.
    pub serial: SerialNumber,
    /// Since when.
    pub time: Timestamp,
    /// Why.
    pub reason: RevocationReason,
}

/// Why a certificate was revoked; codes of RFC 5280, 5.3.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RevocationReason {
    /// Someone else may have the key: a device that was lost or stolen.
    KeyCompromise,
    /// A newer certificate has its place.
    Superseded,
    /// The device is out of use.
    CessationOfOperation,
    /// The authority or the service took its leave away.
    PrivilegeWithdrawn,
}

impl RevocationReason {
    const ALL: [(Self, CrlReason, &'static str); 4] = [
        (Self::KeyCompromise, CrlReason::KeyCompromise, "key_compromise"),
        (Self::Superseded, CrlReason::Superseded, "superseded"),
        (Self::CessationOfOperation, CrlReason::CessationOfOperation, "cessation_of_operation"),
        (Self::PrivilegeWithdrawn, CrlReason::PrivilegeWithdrawn, "privilege_withdrawn"),
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        Self::ALL[self as usize].2
    }
}

impl std::str::FromStr for RevocationReason {
    type Err = PkiFault;

    fn from_str(text: &str) -> Result<Self, PkiFault> {
        let found = Self::ALL.iter().find(|(_, _, name)| *name == text);
        found.map(|(reason, ..)| *reason).ok_or(PkiFault::Text("reason"))
    }
}

/// A list of revoked certificates, version 2, with its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevocationList {
    der: Vec<u8>,
    inner: CertificateList,
    issuer: AuthorityName,
    number: u64,
    this_update: Timestamp,
    next_update: Timestamp,
    revoked: Vec<RevokedCertificate>,
}

const WHAT: &str = "list of revoked certificates";

impl RevocationList {
    /// The media type (RFC 2585).
    pub const CONTENT_TYPE: &str = "application/pkix-crl";

    /// Reads a list and verifies that an authority signed it.
    pub fn from_der(der: &[u8], issuer: &AuthorityCertificate) -> Result<Self, PkiFault> {
        let inner: CertificateList = asn1::read_der(WHAT, der)?;
        let tbs = &inner.tbs_cert_list;
        asn1::verify(WHAT, tbs, &inner.signature_algorithm, &inner.signature, issuer.key())?;
        let name = AuthorityName::from_x509(WHAT, &tbs.issuer)?;
        if name != *issuer.name() || tbs.version != Version::V2 || tbs.signature != asn1::algorithm() {
            return Err(PkiFault::form(WHAT, "it is another authority's, or not of version 2"));
        }
        let next = tbs.next_update.ok_or_else(|| PkiFault::form(WHAT, "it has no end"))?;
        let entries = tbs.revoked_certificates.as_deref().unwrap_or_default();
        Ok(Self {
            der: der.to_vec(),
            issuer: name,
            number: number(tbs, issuer)?,
            this_update: asn1::timestamp(WHAT, tbs.this_update)?,
            next_update: asn1::timestamp(WHAT, next)?,
            revoked: entries.iter().map(read_entry).collect::<Result<_, _>>()?,
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
        asn1::to_pem(WHAT, &Pem(&self.inner)).unwrap_or_default()
    }

    /// Whose list it is.
    pub const fn issuer(&self) -> &AuthorityName {
        &self.issuer
    }

    /// Its number, above that of the list before.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// When it was made.
    pub const fn this_update(&self) -> Timestamp {
        self.this_update
    }

    /// When there will be another at the latest.
    pub const fn next_update(&self) -> Timestamp {
        self.next_update
    }

    /// What it lists, in the order of serial numbers.
    pub fn revoked(&self) -> &[RevokedCertificate] {
        &self.revoked
    }

    /// Whether a certificate is on it.
    pub fn find(&self, serial: SerialNumber) -> Option<&RevokedCertificate> {
        self.revoked.iter().find(|revoked| revoked.serial == serial)
    }
}

/// Makes a list; each certificate stands on it once, with the earliest of its times.
pub(crate) fn make(
    issuer: &AuthorityCertificate,
    attester: &dyn Attester,
    revoked: &[RevokedCertificate],
    number: u64,
    (now, next): (Timestamp, Timestamp),
) -> Result<RevocationList, PkiFault> {
    if next < now {
        return Err(PkiFault::Validity);
    }
    let mut revoked = revoked.to_vec();
    revoked.sort_unstable();
    revoked.dedup_by_key(|one| one.serial);
    let entries: Vec<RevokedCert> = revoked.iter().map(write_entry).collect::<Result<_, _>>()?;
    let tbs_cert_list = TbsCertList {
        version: Version::V2,
        signature: asn1::algorithm(),
        issuer: issuer.subject().clone(),
        this_update: asn1::time(now)?,
        next_update: Some(asn1::time(next)?),
        // An empty list is left out (RFC 5280, 5.1.2.6).
        revoked_certificates: (!entries.is_empty()).then_some(entries),
        crl_extensions: Some(list_extensions(issuer, number)?),
    };
    let signature: BitString = asn1::sign(&tbs_cert_list, attester)?;
    let list = CertificateList { tbs_cert_list, signature_algorithm: asn1::algorithm(), signature };
    RevocationList::from_der(&asn1::to_der(WHAT, &list)?, issuer)
}

fn list_extensions(issuer: &AuthorityCertificate, number: u64) -> Result<Vec<Extension>, PkiFault> {
    let number = Uint::new(&number.to_be_bytes()).map_err(|fault| PkiFault::form(WHAT, fault))?;
    Ok(vec![extensions::authority_key(issuer.key())?, extensions::plain(&CrlNumber(number))?])
}

fn number(tbs: &TbsCertList, issuer: &AuthorityCertificate) -> Result<u64, PkiFault> {
    let wrong = || PkiFault::form(WHAT, "its extensions are not those of a list");
    let [_, number] = tbs.crl_extensions.as_deref().unwrap_or_default() else { return Err(wrong()) };
    let read: CrlNumber = asn1::read_der(WHAT, number.extn_value.as_bytes())?;
    let number = read
        .0
        .as_bytes()
        .iter()
        .try_fold(0_u64, |number, byte| Some(number.checked_mul(256)? + u64::from(*byte)));
    let number = number.ok_or_else(wrong)?;
    let is_written_here = tbs.crl_extensions == Some(list_extensions(issuer, number)?);
    if is_written_here { Ok(number) } else { Err(wrong()) }
}

fn write_entry(of: &RevokedCertificate) -> Result<RevokedCert, PkiFault> {
    let (_, reason, _) = RevocationReason::ALL[of.reason as usize];
    Ok(RevokedCert {
        serial_number: of.serial.to_x509()?,
        revocation_date: asn1::time(of.time)?,
        crl_entry_extensions: Some(vec![extensions::plain(&reason)?]),
    })
}

fn read_entry(of: &RevokedCert) -> Result<RevokedCertificate, PkiFault> {
    let wrong = || PkiFault::form(WHAT, "one of its entries has no reason of this program's");
    let [reason] = of.crl_entry_extensions.as_deref().unwrap_or_default() else { return Err(wrong()) };
    let found = RevocationReason::ALL
        .iter()
        .find(|(_, code, _)| extensions::plain(code).is_ok_and(|written| written == *reason));
    Ok(RevokedCertificate {
        serial: SerialNumber::from_x509(WHAT, &of.serial_number)?,
        time: asn1::timestamp(WHAT, of.revocation_date)?,
        reason: found.ok_or_else(wrong)?.0,
    })
}

/// The list as PEM knows it: the library has no label for it.
struct Pem<'a>(&'a CertificateList);

impl der::pem::PemLabel for Pem<'_> {
    const PEM_LABEL: &'static str = "X509 CRL";
}

impl Encode for Pem<'_> {
    fn encoded_len(&self) -> der::Result<der::Length> {
        self.0.encoded_len()
    }

    fn encode(&self, encoder: &mut impl der::Writer) -> der::Result<()> {
        self.0.encode(encoder)
    }
}
