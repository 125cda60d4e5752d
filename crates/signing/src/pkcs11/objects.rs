//! Keys as objects of a token: how they are made, labelled and found.

use std::collections::BTreeMap;

use cryptoki::{
    error::Error,
    mechanism::Mechanism,
    object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle},
    session::Session,
};
use fiscal::{KeyId, PublicKey};

use crate::{NewKey, StoredKey};

/// The private keys of this program in a token.
pub(super) type Found = BTreeMap<KeyId, (StoredKey, ObjectHandle)>;

/// The curve P-256, as an object identifier in DER.
const P256: [u8; 10] = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
/// What a label begins with.
const LABEL_TAG: &str = "stelala";

/// What stands in a label: whose key it is, what for and since when. `stelala seal CLOUD-1 2026-02-04T10:15:30`
fn label(key: &NewKey) -> String {
    format!("{LABEL_TAG} {} {} {}", key.purpose, key.signer, key.made)
}

fn read_label(label: &[u8]) -> Option<NewKey> {
    let mut words = str::from_utf8(label).ok()?.split(' ');
    if words.next()? != LABEL_TAG {
        return None;
    }
    let key = NewKey {
        purpose: words.next()?.parse().ok()?,
        signer: words.next()?.parse().ok()?,
        made: words.next()?.parse().ok()?,
    };
    words.next().is_none().then_some(key)
}

/// Makes a key in the token, from where it cannot be taken out: what it is for and its id stand with it.
pub(super) fn make(session: &Session, key: &NewKey) -> Result<(StoredKey, ObjectHandle), Made> {
    let label = Attribute::Label(label(key).into_bytes());
    let public = [
        Attribute::Token(true),
        Attribute::Private(false),
        Attribute::Verify(true),
        Attribute::EcParams(P256.to_vec()),
        label.clone(),
    ];
    let private = [
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(true),
        Attribute::Decrypt(false),
        Attribute::Unwrap(false),
        Attribute::Derive(false),
        label,
    ];
    let (public, private) = session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private)?;
    let point = public_point(&session.get_attributes(public, &[AttributeType::EcPoint])?);
    let public_key = point.ok_or(Made::NoPoint)?;
    // The id follows from the public key, so that it is known only now. A pair without one, of a making that was
    // interrupted here, is not used.
    let id = [Attribute::Id(public_key.id().0.to_vec())];
    session.update_attributes(public, &id)?;
    session.update_attributes(private, &id)?;
    Ok((key.with(public_key), private))
}

/// Why no key was made.
#[derive(Debug)]
pub(super) enum Made {
    Token(Error),
    NoPoint,
}

impl From<Error> for Made {
    fn from(error: Error) -> Self {
        Self::Token(error)
    }
}

/// Looks all keys up. It takes a while in a full token, so that it is done once for each initialisation.
pub(super) fn find(session: &Session) -> Result<Found, Error> {
    let kind = |class| [Attribute::Token(true), Attribute::Class(class), Attribute::KeyType(KeyType::EC)];
    // All public halves in one search: a search for each would take the square of their number.
    let mut points = BTreeMap::new();
    for handle in session.find_objects(&kind(ObjectClass::PUBLIC_KEY))? {
        let attributes = session.get_attributes(handle, &[AttributeType::Id, AttributeType::EcPoint])?;
        if let (Some(id), Some(key)) = (id(&attributes), public_point(&attributes)) {
            points.insert(id.to_vec(), key);
        }
    }
    let mut found = Found::new();
    for handle in session.find_objects(&kind(ObjectClass::PRIVATE_KEY))? {
        let attributes = session.get_attributes(handle, &PRIVATE)?;
        let Some(key) = attributes.iter().find_map(|attribute| match attribute {
            Attribute::Label(label) => read_label(label),
            _ => None,
        }) else {
            continue;
        };
        let public_key = id(&attributes).and_then(|id| points.get(id).filter(|key| key.id().0 == *id));
        match public_key {
            Some(public_key) if stayed_inside(&attributes) => {
                found.insert(public_key.id(), (key.with(*public_key), handle));
            }
            Some(public_key) => {
                tracing::warn!(key = %public_key.id(), "not used: the key was or could be outside of its token");
            }
            None => {
                tracing::warn!(label = label(&key), "not used: the key has not the id of its public half");
            }
        }
    }
    Ok(found)
}

const PRIVATE: [AttributeType; 6] = [
    AttributeType::Label,
    AttributeType::Id,
    AttributeType::Sensitive,
    AttributeType::Extractable,
    AttributeType::Local,
    AttributeType::NeverExtractable,
];

/// Whether the key was made in the token and cannot leave it.
fn stayed_inside(attributes: &[Attribute]) -> bool {
    [
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Local(true),
        Attribute::NeverExtractable(true),
    ]
    .iter()
    .all(|wanted| attributes.contains(wanted))
}

fn id(attributes: &[Attribute]) -> Option<&[u8]> {
    attributes.iter().find_map(|attribute| match attribute {
        Attribute::Id(id) => Some(id.as_slice()),
        _ => None,
    })
}

/// CKA_EC_POINT is an OCTET STRING in DER; some tokens leave its frame out.
fn public_point(attributes: &[Attribute]) -> Option<PublicKey> {
    attributes.iter().find_map(|attribute| match attribute {
        Attribute::EcPoint(point) => PublicKey::from_sec1(
            point.strip_prefix(&[0x04, 0x41]).filter(|rest| rest.len() == 65).unwrap_or(point),
        )
        .ok(),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Purpose;

    fn key() -> NewKey {
        NewKey {
            purpose: Purpose::Seal,
            signer: "CLOUD-1".parse().unwrap(),
            made: "2026-02-04T10:15:30".parse().unwrap(),
        }
    }

    #[test]
    fn a_label_says_what_a_key_is_for_and_whose_it_is() {
        assert_eq!(label(&key()), "stelala seal CLOUD-1 2026-02-04T10:15:30");
        assert_eq!(read_label(label(&key()).as_bytes()), Some(key()));
    }

    #[test]
    fn labels_of_others_are_none_of_ours() {
        for label in ["", "stelala", "seal CLOUD-1", "stelala sign CLOUD-1 2026-02-04T10:15:30", "\u{fc}"] {
            assert_eq!(read_label(label.as_bytes()), None, "{label}");
        }
        assert_eq!(read_label(b"stelala seal CLOUD-1 2026-02-04T10:15:30 x"), None);
        assert_eq!(read_label(&[0xff]), None);
    }

    #[test]
    fn a_point_is_read_with_and_without_its_frame() {
        use fiscal::PrivateKey;
        let key = crate::AwsLcKey::generate().unwrap().public_key();
        let bare = &key.to_spki()[26..];
        let framed = [&[0x04, 0x41], bare].concat();
        assert_eq!(public_point(&[Attribute::EcPoint(bare.to_vec())]), Some(key));
        assert_eq!(public_point(&[Attribute::EcPoint(framed)]), Some(key));
        assert_eq!(public_point(&[Attribute::EcPoint(vec![4; 65])]), None);
    }
}
