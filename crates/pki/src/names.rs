//! Who a certificate is about.

use std::{fmt, str::FromStr};

use der::{
    Decode, Encode, Tag,
    asn1::{Any, SetOfVec, Utf8StringRef},
    oid::{
        ObjectIdentifier,
        db::rfc4519::{COMMON_NAME, ORGANIZATION_NAME, ORGANIZATIONAL_UNIT_NAME},
    },
};
use x509_cert::{
    attr::AttributeTypeAndValue,
    name::{Name, RelativeDistinguishedName},
};

use crate::PkiFault;

/// What a root or an issuing authority is called: its common name, 1 to 64 characters, without control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityName(String);

impl AuthorityName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn to_x509(&self) -> Result<Name, PkiFault> {
        name(&[(COMMON_NAME, &self.0)])
    }

    pub(crate) fn from_x509(what: &'static str, of: &Name) -> Result<Self, PkiFault> {
        let [text] = texts(of, [COMMON_NAME])
            .ok_or_else(|| PkiFault::form(what, "its name is not one of an authority"))?;
        text.parse()
    }
}

impl FromStr for AuthorityName {
    type Err = PkiFault;

    fn from_str(text: &str) -> Result<Self, PkiFault> {
        // RFC 5280 bounds a common name to 64 characters.
        let fits = (1..=64).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if fits { Ok(Self(text.to_owned())) } else { Err(PkiFault::Text("name")) }
    }
}

impl fmt::Display for AuthorityName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A device: CN is its serial number, O the merchant's NIF, OU the outlet.
pub(crate) fn device_name(serial: &str, nif: &str, outlet: &str) -> Result<Name, PkiFault> {
    name(&[(ORGANIZATION_NAME, nif), (ORGANIZATIONAL_UNIT_NAME, outlet), (COMMON_NAME, serial)])
}

/// The way back: serial number, NIF and outlet.
pub(crate) fn device_texts(of: &Name) -> Option<[String; 3]> {
    let [nif, outlet, serial] = texts(of, [ORGANIZATION_NAME, ORGANIZATIONAL_UNIT_NAME, COMMON_NAME])?;
    Some([serial, nif, outlet])
}

fn name(parts: &[(ObjectIdentifier, &str)]) -> Result<Name, PkiFault> {
    let part = |(oid, text): &(ObjectIdentifier, &str)| {
        let value = Any::from_der(&Utf8StringRef::new(text)?.to_der()?)?;
        let values = SetOfVec::try_from(vec![AttributeTypeAndValue { oid: *oid, value }])?;
        Ok(RelativeDistinguishedName(values))
    };
    let parts: der::Result<Vec<_>> = parts.iter().map(part).collect();
    parts.map(x509_cert::name::RdnSequence).map_err(|fault| PkiFault::form("name", fault))
}

/// The texts of a name that has exactly these parts in this order.
fn texts<const N: usize>(of: &Name, oids: [ObjectIdentifier; N]) -> Option<[String; N]> {
    if of.0.len() != N {
        return None;
    }
    let text = |(part, oid): (&RelativeDistinguishedName, ObjectIdentifier)| {
        let attribute = (part.0.len() == 1).then(|| part.0.get(0))??;
        let is_it = attribute.oid == oid && der::Tagged::tag(&attribute.value) == Tag::Utf8String;
        is_it.then(|| std::str::from_utf8(attribute.value.value()).ok().map(str::to_owned))?
    };
    let texts: Option<Vec<String>> = of.0.iter().zip(oids).map(text).collect();
    texts?.try_into().ok()
}
