//! An audit export as an outlet's ledger writes one, with parts of a few records.

use std::{collections::BTreeMap, convert::Infallible, io};

use fiscal::{PrivateKey, PublicKey, RecordHash};
use p256::ecdsa::SigningKey;
use verify::{Audit, ExportList, ExportManifest, ExportPart, ExportVerdict, PartFile, PartWriter, Trust};

use super::{Entry, public};

pub struct Export {
    pub parts: Vec<ExportPart>,
    pub files: BTreeMap<PartFile, Vec<u8>>,
}

/// What the key of this seed signs, as an HSM would.
pub fn sign(seed: u8) -> impl Fn(&[u8; 32]) -> Result<[u8; 64], Infallible> {
    move |hash| Ok(SigningKey::from_slice(&[seed; 32]).unwrap().sign(&RecordHash(*hash)).unwrap())
}

impl Export {
    /// At most so many records a part.
    pub fn of(entries: &[Entry], most: usize) -> Self {
        let mut export = Self { parts: Vec::new(), files: BTreeMap::new() };
        let mut file = PartFile::FIRST;
        let mut rest = entries;
        while !rest.is_empty() {
            let mut writer = PartWriter::new(Vec::new(), file);
            let taken = rest.iter().take(most).take_while(|entry| {
                writer.takes(&entry.record)
                    && writer.write(&entry.record, Some(&entry.payload)).map(|()| true).unwrap()
            });
            rest = &rest[taken.count()..];
            let (bytes, part) = writer.finish().unwrap();
            export.parts.push(part);
            export.files.insert(file, bytes);
            file = file.next().unwrap();
        }
        export
    }

    pub fn list(&self) -> ExportList {
        ExportList {
            issued: "2026-02-07T08:00:00".parse().unwrap(),
            outlet: "OUTLET-001".parse().unwrap(),
            nif: "A1234567Z".parse().unwrap(),
            parts: self.parts.clone(),
        }
    }

    /// The list, signed by key 8.
    pub fn manifest(&self) -> ExportManifest {
        let jws = self.list().sign(&public(8), sign(8)).unwrap();
        ExportManifest::read(&jws, &attester()).unwrap()
    }

    pub fn audited(&self, manifest: &ExportManifest) -> ExportVerdict {
        let trust = Trust::Keys(vec![public(1), public(2)]);
        self.audited_by(Audit::new(&trust), manifest)
    }

    pub fn audited_by(&self, audit: Audit<'_>, manifest: &ExportManifest) -> ExportVerdict {
        audit.export(manifest, |part| Ok(self.files.get(&part.file).map(io::Cursor::new))).unwrap()
    }
}

pub fn attester() -> PublicKey {
    public(8)
}
