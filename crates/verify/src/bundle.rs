//! The signed, dated list of keys that an inspector carries (S6): an ES256 compact JWS (RFC 7515).

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{
    DeviceId, Epoch, InvoiceNumber, KeyId, Listing, OutletId, PrivateKey, Proven, PublicKey, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::{
    jws::{self, Jws, JwsFault},
    trust::{KeyUse, Last, Serial, TrustedKey},
};

const TYPE: &str = "stelala-trust+jwt";
const VERSION: u32 = 1;

/// A list of keys that its root signed: key id to key, signer, outlet, merchant and range of numbers.
///
/// Only [`Bundle::read`] makes one.
#[derive(Clone, Debug, PartialEq)]
pub struct Bundle {
    list: KeyList,
    /// Where in the list the entry of a key and outlet stands: an authority's list is of a whole country, and a cloud's
    /// key seals for thousands of outlets.
    by_id: Vec<Entry>,
}

/// A key, whom it seals for, and where in the list that stands.
type Entry = (KeyId, Option<(DeviceId, OutletId)>, usize);

/// A list of keys that nobody has signed yet.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyList {
    /// When it was made: a key that is younger is not in it, and neither is a later revocation.
    pub issued: Timestamp,
    /// The keys. One that seals may stand once for each outlet, one that lends once.
    pub keys: Vec<TrustedKey>,
}

impl Bundle {
    /// Reads a list that `root` signed.
    pub fn read(jws: &str, root: &PublicKey) -> Result<Self, BundleFault> {
        let jws = Jws::read(jws, TYPE)?;
        if !jws.is_signed_by(root) {
            return Err(BundleFault::SignatureFalse);
        }
        let body: Body = jws.body()?;
        if body.version != VERSION {
            return Err(BundleFault::Version(body.version));
        }
        let keys = body.keys.iter().map(KeyEntry::read).collect::<Option<_>>().ok_or(BundleFault::Entry)?;
        let list = KeyList { issued: body.issued.parse().map_err(|_| BundleFault::Entry)?, keys };
        if list.is_ambiguous() { Err(BundleFault::Twice) } else { Ok(Self::of(list)) }
    }

    fn of(list: KeyList) -> Self {
        let mut by_id: Vec<_> = list
            .keys
            .iter()
            .enumerate()
            .map(|(at, trusted)| (trusted.key.id(), trusted.purpose.outlet(), at))
            .collect();
        by_id.sort_unstable();
        Self { list, by_id }
    }

    /// When it was signed.
    pub const fn issued(&self) -> Timestamp {
        self.list.issued
    }

    /// The entry of this key for this signer and outlet.
    pub(crate) fn entry(&self, id: KeyId, of: (DeviceId, OutletId)) -> Option<&TrustedKey> {
        let from = self.by_id.partition_point(|(key, outlet, _)| (*key, *outlet) < (id, Some(of)));
        let (key, outlet, at) = self.by_id.get(from)?;
        (*key == id && *outlet == Some(of)).then(|| &self.list.keys[*at])
    }

    /// The first entry of this key.
    pub(crate) fn first_entry(&self, id: KeyId) -> Option<&TrustedKey> {
        let from = self.by_id.partition_point(|(key, ..)| *key < id);
        let same = self.by_id[from..].iter().take_while(|(key, ..)| *key == id);
        same.map(|(.., at)| *at).min().map(|at| &self.list.keys[at])
    }
}

impl KeyList {
    /// Signs the list.
    pub fn sign<K: PrivateKey>(
        &self,
        root: &Proven<K, Listing>,
    ) -> Result<String, BundleIssueFault<K::Error>> {
        if self.is_ambiguous() {
            return Err(BundleIssueFault::Twice);
        }
        let body = Body {
            version: VERSION,
            issued: self.issued.to_string(),
            keys: self.keys.iter().map(KeyEntry::write).collect(),
        };
        let signed = jws::unsigned(TYPE, root.public_key().id(), &body);
        let signature = root.sign_list(&signed).map_err(BundleIssueFault::Sign)?;
        Ok(jws::with_signature(&signed, signature.as_bytes()))
    }

    /// Whether two entries speak of the same key and outlet, or a key both seals and lends: which of them holds?
    fn is_ambiguous(&self) -> bool {
        let mut seen: Vec<_> =
            self.keys.iter().map(|trusted| (trusted.key.id(), trusted.purpose.outlet())).collect();
        seen.sort();
        seen.windows(2).any(|pair| pair[0] == pair[1] || pair[0].0 == pair[1].0 && pair[0].1.is_none())
    }
}

/// Members that a version does not know make a new version, here and below.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    version: u32,
    issued: String,
    keys: Vec<KeyEntry>,
}

/// A key as the list writes it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyEntry {
    #[serde(rename = "use")]
    purpose: String,
    public_key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seals: Option<SealEntry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SealEntry {
    device_id: String,
    outlet_id: String,
    merchant_nif: String,
    first: SerialEntry,
    last: Option<LastEntry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LastEntry {
    epoch: u32,
    invoice_seq: u64,
    time: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SerialEntry {
    epoch: u32,
    invoice_seq: u64,
}

impl KeyEntry {
    fn read(&self) -> Option<TrustedKey> {
        let der = Base64UrlUnpadded::decode_vec(&self.public_key).ok()?;
        let purpose = match (self.purpose.as_str(), &self.seals) {
            ("seal", Some(seals)) => KeyUse::Seal {
                device: seals.device_id.parse().ok()?,
                outlet: seals.outlet_id.parse().ok()?,
                nif: seals.merchant_nif.parse().ok()?,
                first: seals.first.read()?,
                last: match &seals.last {
                    Some(last) => Some(Last {
                        serial: SerialEntry { epoch: last.epoch, invoice_seq: last.invoice_seq }.read()?,
                        time: last.time.parse().ok()?,
                    }),
                    None => None,
                },
            },
            ("issue", None) => KeyUse::Issue,
            _ => return None,
        };
        Some(TrustedKey { key: PublicKey::from_spki(&der).ok()?, purpose })
    }

    fn write(trusted: &TrustedKey) -> Self {
        let (purpose, seals) = match trusted.purpose {
            KeyUse::Issue => ("issue", None),
            KeyUse::Seal { device, outlet, nif, first, last } => {
                let seals = SealEntry {
                    device_id: device.to_string(),
                    outlet_id: outlet.to_string(),
                    merchant_nif: nif.to_string(),
                    first: SerialEntry::write(first),
                    last: last.map(|last| {
                        let SerialEntry { epoch, invoice_seq } = SerialEntry::write(last.serial);
                        LastEntry { epoch, invoice_seq, time: last.time.to_string() }
                    }),
                };
                ("seal", Some(seals))
            }
        };
        let public_key = Base64UrlUnpadded::encode_string(&trusted.key.to_spki());
        Self { purpose: purpose.to_owned(), public_key, seals }
    }
}

impl SerialEntry {
    /// 0 stands for "before the first".
    fn read(&self) -> Option<Serial> {
        let number = if self.invoice_seq == 0 { None } else { Some(InvoiceNumber::new(self.invoice_seq)?) };
        Some(Serial { epoch: Epoch(self.epoch), number })
    }

    fn write(serial: Serial) -> Self {
        Self { epoch: serial.epoch.0, invoice_seq: serial.number.map_or(0, InvoiceNumber::value) }
    }
}

impl From<JwsFault> for BundleFault {
    fn from(fault: JwsFault) -> Self {
        match fault {
            JwsFault::Form => Self::Form,
            JwsFault::Kind => Self::Kind,
        }
    }
}

/// Why a list of keys cannot be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleFault {
    /// Not a compact JWS.
    #[error("this is not a signed list of keys: fetch it again")]
    Form,
    /// A JWS of another kind.
    #[error("this is signed, but not a list of keys: fetch the right file")]
    Kind,
    /// The root did not sign it.
    #[error("the root key did not sign this list of keys: do not use it")]
    SignatureFalse,
    /// A version that is not known.
    #[error("the list of keys is of version {0}: use a newer verifier")]
    Version(u32),
    /// Two entries for one thing.
    #[error(
        "a key stands twice in the list of keys, so that nobody can say which entry holds: fetch a right one"
    )]
    Twice,
    /// A key in it cannot be read.
    #[error("a key in the list cannot be read: fetch the list again or use a newer verifier")]
    Entry,
}

/// Why a list of keys was not signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleIssueFault<E> {
    /// Two entries for one thing.
    #[error("a key stands twice in the list for one outlet, or both seals and lends: keep one entry")]
    Twice,
    /// The root key failed.
    #[error("the root key did not sign: {0}")]
    Sign(fiscal::SignError<E>),
}
