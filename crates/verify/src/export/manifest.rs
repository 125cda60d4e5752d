//! The list of an export's parts, as an ES256 compact JWS.

use fiscal::{Epoch, Nif, OutletId, Position, PublicKey, RecordHash, Timestamp};
use serde::{Deserialize, Serialize};

use super::part::{ExportPart, PartFile};
use crate::jws::{self, Jws, JwsFault};

const TYPE: &str = "stelala-export+jwt";
const VERSION: u32 = 1;

/// A list of parts that was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportManifest {
    list: ExportList,
    parts_listed: u64,
    signed: bool,
}

/// A list of parts that nobody has signed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportList {
    /// When it was made.
    pub issued: Timestamp,
    /// The outlet.
    pub outlet: OutletId,
    /// The merchant.
    pub nif: Nif,
    /// The parts, in the order of the outlet's records; at least one.
    pub parts: Vec<ExportPart>,
}

impl ExportManifest {
    /// The name of its file, beside the parts.
    pub const FILE: &str = "manifest.jws";

    /// Reads a list that the attester's key signed.
    pub fn read(jws: &str, attester: &PublicKey) -> Result<Self, ExportFault> {
        let jws = Jws::read(jws, TYPE)?;
        if !jws.is_signed_by(attester) {
            return Err(ExportFault::SignatureFalse);
        }
        Self::of(&jws, true)
    }

    /// Reads a list of which nobody knows who signed it: what it says is only stated.
    pub fn read_unproven(jws: &str) -> Result<Self, ExportFault> {
        Self::of(&Jws::read(jws, TYPE)?, false)
    }

    /// The same list with one of its parts alone, to judge that one in part.
    pub fn only(mut self, file: PartFile) -> Result<Self, ExportFault> {
        self.list.parts.retain(|part| part.file == file);
        if self.list.parts.is_empty() { Err(ExportFault::NoSuchPart(file)) } else { Ok(self) }
    }

    /// What it says.
    pub const fn list(&self) -> &ExportList {
        &self.list
    }

    /// Whether a key was given that signed it.
    pub const fn is_signed(&self) -> bool {
        self.signed
    }

    /// How many parts it names, also of those that were left out.
    pub const fn parts_listed(&self) -> u64 {
        self.parts_listed
    }

    fn of(jws: &Jws<'_>, signed: bool) -> Result<Self, ExportFault> {
        let body: Body = jws.body()?;
        if body.version != VERSION {
            return Err(ExportFault::Version(body.version));
        }
        let list = body.read().ok_or(ExportFault::Form)?;
        if !list.is_sound() {
            return Err(ExportFault::Parts);
        }
        Ok(Self { parts_listed: list.parts.len() as u64, list, signed })
    }
}

impl ExportList {
    /// Signs the list: `sign` gives the signature of a SHA-256 hash under the attester's key, r‖s. It is verified before
    /// anyone gets it.
    pub fn sign<E>(
        &self,
        attester: &PublicKey,
        sign: impl FnOnce(&[u8; 32]) -> Result<[u8; 64], E>,
    ) -> Result<String, ExportIssueFault<E>> {
        if !self.is_sound() {
            return Err(ExportIssueFault::Parts);
        }
        let signed = jws::unsigned(TYPE, attester.id(), &Body::write(self));
        let hash = jws::hash(&signed);
        let signature = sign(&hash).map_err(ExportIssueFault::Sign)?;
        attester.verify_prehash(&hash, &signature).map_err(|_| ExportIssueFault::SignatureFalse)?;
        Ok(jws::with_signature(&signed, &signature))
    }

    /// Whether the parts follow each other.
    fn is_sound(&self) -> bool {
        let numbered = self.parts.first().is_some_and(|part| part.file == PartFile::FIRST);
        numbered
            && self.parts.iter().all(ExportPart::is_sound)
            && self.parts.windows(2).all(|pair| pair[1].follows(&pair[0]))
    }
}

/// Members that a version does not know make a new version, here and below.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    version: u32,
    issued: String,
    outlet_id: String,
    merchant_nif: String,
    parts: Vec<PartEntry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartEntry {
    file: String,
    sha256: String,
    records: u64,
    chain: ChainEntry,
    first: u64,
    last: u64,
    previous_hash: String,
    last_hash: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChainEntry {
    signer: String,
    epoch: u32,
}

impl Body {
    fn read(&self) -> Option<ExportList> {
        Some(ExportList {
            issued: self.issued.parse().ok()?,
            outlet: self.outlet_id.parse().ok()?,
            nif: self.merchant_nif.parse().ok()?,
            parts: self.parts.iter().map(PartEntry::read).collect::<Option<_>>()?,
        })
    }

    fn write(list: &ExportList) -> Self {
        Self {
            version: VERSION,
            issued: list.issued.to_string(),
            outlet_id: list.outlet.to_string(),
            merchant_nif: list.nif.to_string(),
            parts: list.parts.iter().map(PartEntry::write).collect(),
        }
    }
}

impl PartEntry {
    fn read(&self) -> Option<ExportPart> {
        Some(ExportPart {
            file: self.file.parse().ok()?,
            sha256: lower_hex(&self.sha256)?.0,
            records: self.records,
            signer: self.chain.signer.parse().ok()?,
            epoch: Epoch(self.chain.epoch),
            first: Position::new(self.first)?,
            last: Position::new(self.last)?,
            previous: lower_hex(&self.previous_hash)?,
            head: lower_hex(&self.last_hash)?,
        })
    }

    fn write(part: &ExportPart) -> Self {
        Self {
            file: part.file.to_string(),
            sha256: RecordHash(part.sha256).to_string(),
            records: part.records,
            chain: ChainEntry { signer: part.signer.to_string(), epoch: part.epoch.0 },
            first: part.first.value(),
            last: part.last.value(),
            previous_hash: part.previous.to_string(),
            last_hash: part.head.to_string(),
        }
    }
}

fn lower_hex(text: &str) -> Option<RecordHash> {
    RecordHash::from_hex(text).filter(|hash| hash.to_string() == text)
}

impl From<JwsFault> for ExportFault {
    fn from(fault: JwsFault) -> Self {
        match fault {
            JwsFault::Form => Self::Form,
            JwsFault::Kind => Self::Kind,
        }
    }
}

/// Why a list of parts cannot be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExportFault {
    /// Not a compact JWS, or not of this body.
    #[error("this is not the signed list of an export's parts: fetch it again")]
    Form,
    /// A JWS of another kind.
    #[error("this is signed, but not a list of an export's parts: choose the right file")]
    Kind,
    /// The attester did not sign it.
    #[error("the attester's key did not sign this list of parts: do not use it")]
    SignatureFalse,
    /// A version that is not known.
    #[error("the list of parts is of version {0}: use a newer verifier")]
    Version(u32),
    /// They do not follow each other.
    #[error("the list's parts do not follow each other: ask for the export again")]
    Parts,
    /// A part is asked for that it does not name.
    #[error("the list has no part {0}: choose one of its parts")]
    NoSuchPart(PartFile),
}

/// Why a list of parts was not signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExportIssueFault<E> {
    /// They do not follow each other.
    #[error("an export's parts are numbered from 1 and follow each other: list all that were written")]
    Parts,
    /// The attester's key failed.
    #[error("the attester did not sign: {0}")]
    Sign(E),
    /// What it gave is no signature under its key.
    #[error("the attester's signature is not valid under its public key: do not use this key")]
    SignatureFalse,
}
