//! Chains of other signers: each goes exactly as far as the ledger's own chain says.

use std::collections::BTreeMap;

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{OutletId, PayloadHash, PublicKey, RecordHash};
use serde::Deserialize;

use super::{
    finding::{Findings, StoredRule},
    own::{PAGE, check_sales, text},
    raw::{Raw, signed},
};
use crate::{Cell, Cells, StoreFault, Table, Tables};

/// How far each chain of another signer is anchored, by epoch and signer.
pub(super) struct Anchors(pub(super) BTreeMap<(i64, String), Anchored>);

pub(super) struct Anchored {
    previous: RecordHash,
    last: i64,
    hash: RecordHash,
}

/// What is read again of an anchor's body.
#[derive(Deserialize)]
struct Anchor {
    signer: String,
    epoch: u32,
    first_position: u64,
    last_position: u64,
    previous_hash: String,
    last_hash: String,
}

/// What is read of the body of a record by which a signer announces its key.
#[derive(Deserialize)]
struct Announced {
    public_key: String,
}

impl Anchors {
    /// The next anchor of the ledger's own chain.
    pub(super) fn meet(&mut self, raw: &Raw<'_>, body: &str, findings: &mut Findings) {
        let read = || -> Option<(Anchor, RecordHash, RecordHash)> {
            let anchor: Anchor = serde_json::from_str(body).ok()?;
            let previous = RecordHash::from_hex(&anchor.previous_hash)?;
            let last = RecordHash::from_hex(&anchor.last_hash)?;
            Some((anchor, previous, last))
        };
        let Some((anchor, previous, hash)) = read() else {
            return findings.stored(StoredRule::AnchorForm, raw.place());
        };
        let (first, last) = (signed(anchor.first_position), signed(anchor.last_position));
        let anchored = self.0.entry((i64::from(anchor.epoch), anchor.signer));
        let anchored = anchored.or_insert(Anchored { previous, last: 0, hash: previous });
        if first != anchored.last + 1 || previous != anchored.hash || last < first {
            findings.stored(StoredRule::AnchorGap, raw.place());
        }
        (anchored.last, anchored.hash) = (last, hash);
    }

    /// A chain of another signer, from its first row to its last. Says how many there are.
    pub(super) fn check(
        &mut self,
        tables: &mut dyn Tables,
        outlet: OutletId,
        (epoch, signer): (i64, &str),
        keys: &mut Vec<PublicKey>,
        findings: &mut Findings,
        progress: &mut dyn FnMut(u64),
    ) -> Result<u64, StoreFault> {
        let place = format!("{outlet} {signer} epoch {epoch}");
        let anchored = self.0.remove(&(epoch, signer.to_owned()));
        let mut end = anchored.as_ref().map_or((0, None), |anchored| (0, Some(anchored.previous)));
        let mut after =
            vec![text(outlet.as_str()), Cell::Integer(epoch), text(signer), Cell::Integer(i64::MIN)];
        let mut records = 0;
        loop {
            let rows = tables.rows(Table::Records, Some(&after), PAGE)?;
            let whole = rows.len() == PAGE;
            let of_chain = |row: &Cells| row[..3] == after[..3] && row[..4] > after[..];
            let rows: Vec<Cells> = rows.into_iter().take_while(of_chain).collect();
            let Some(last) = rows.last() else { break };
            let next = Raw(last).key();
            let mut sales = Vec::new();
            for row in &rows {
                if meet_row(row, &mut end, keys, findings) {
                    sales.push(row);
                }
            }
            check_sales(tables, &sales, findings)?;
            records += rows.len() as u64;
            progress(rows.len() as u64);
            if !whole || rows.len() < PAGE {
                break;
            }
            after = next;
        }
        match anchored {
            None => findings.stored(StoredRule::NotAnchored, place),
            Some(anchored) if end != (anchored.last, Some(anchored.hash)) => {
                findings.stored(StoredRule::Anchor, format!("{place} position {}", anchored.last));
            }
            Some(_) => {}
        }
        Ok(records)
    }

    /// Those of which no row is left.
    pub(super) fn conclude(self, outlet: OutletId, findings: &mut Findings) {
        for ((epoch, signer), _) in self.0 {
            findings.stored(StoredRule::Anchor, format!("{outlet} {signer} epoch {epoch}"));
        }
    }
}

/// Whether the row is an invoice. `end` is the position and the hash of the row before.
fn meet_row(
    row: &Cells,
    end: &mut (i64, Option<RecordHash>),
    keys: &mut Vec<PublicKey>,
    findings: &mut Findings,
) -> bool {
    /// A signer has a few keys; a hostile database must not fill the memory.
    const MOST_KEYS: usize = 64;
    let raw = Raw(row);
    let Some(checked) = raw.check(false, findings) else {
        *end = (raw.position(), None);
        return false;
    };
    let (record, link) = (checked.record, checked.record.link);
    let position = signed(link.position.value());
    if position != end.0 + 1 || end.1.is_some_and(|hash| hash != link.previous) {
        findings.stored(StoredRule::ChainBroken, raw.place());
    }
    *end = (position, Some(checked.hash));
    let body = raw.body().unwrap_or_default();
    if raw.body().is_some() && PayloadHash::of(body.as_bytes()) != link.payload {
        findings.stored(StoredRule::BodyDiffers, raw.place());
    }
    let is_invoice = record.header.invoice().is_some();
    if !is_invoice
        && keys.len() < MOST_KEYS
        && let Some(key) = announced(body)
        && !keys.contains(&key)
    {
        keys.push(key);
    }
    let key = keys.iter().find(|key| key.id() == record.header.key);
    if key.is_some_and(|key| record.verify(key).is_err()) {
        findings.stored(StoredRule::SealFalse, raw.place());
    }
    is_invoice
}

fn announced(body: &str) -> Option<PublicKey> {
    let announced: Announced = serde_json::from_str(body).ok()?;
    PublicKey::from_spki(&Base64UrlUnpadded::decode_vec(&announced.public_key).ok()?).ok()
}
