//! What stands beside a chain of another signer: how far the ledger's own chain says that it goes.

use std::collections::BTreeMap;

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{OutletId, PublicKey};
use serde::Deserialize;

use super::{
    chain::{Beside, text},
    finding::{Findings, StoredRule},
    own::OfOthers,
    raw::{Checked, Raw},
};
use crate::{Cell, StoreFault, Table, Tables};

/// What is looked at beside another signer's records.
pub(super) struct Other<'o> {
    says: &'o OfOthers,
    /// The position of the newest record of each epoch.
    newest: BTreeMap<i64, i64>,
    pub(super) invoices: u64,
}

/// What is read of the body of a record by which a signer announces its key.
#[derive(Deserialize)]
struct Announced {
    public_key: String,
}

impl Beside for Other<'_> {
    const OWN: bool = false;

    fn look(&mut self, raw: &Raw<'_>, checked: Option<&Checked>, findings: &mut Findings) {
        self.newest.insert(raw.epoch(), raw.position());
        let is_invoice = checked.is_some_and(|checked| checked.record.header.invoice().is_some());
        self.invoices += u64::from(is_invoice);
        let named = || (raw.epoch(), raw.signer().to_owned(), raw.position());
        if raw.body().is_none() && !self.says.without_body.contains(&named()) {
            findings.stored(StoredRule::BodyMissing, raw.place());
        }
    }
}

impl<'o> Other<'o> {
    pub(super) fn new(says: &'o OfOthers) -> Self {
        Self { says, newest: BTreeMap::new(), invoices: 0 }
    }

    /// Whether each of its chains goes no further than it is anchored. That it goes as far, the referee asks.
    pub(super) fn conclude(&self, outlet: OutletId, signer: &str, findings: &mut Findings) {
        for (epoch, newest) in &self.newest {
            let place = format!("{outlet} {signer} epoch {epoch}");
            match self.says.anchored.get(&(*epoch, signer.to_owned())) {
                None => findings.stored(StoredRule::NotAnchored, place),
                Some(last) if newest > last => {
                    findings.stored(StoredRule::Anchor, format!("{place} position {last}"));
                }
                Some(_) => {}
            }
        }
    }
}

/// The key that a signer announced with its first record in an epoch.
pub(super) fn announced_key(
    tables: &mut dyn Tables,
    outlet: OutletId,
    epoch: i64,
    signer: &str,
) -> Result<Option<PublicKey>, StoreFault> {
    let first = vec![text(outlet.as_str()), Cell::Integer(epoch), text(signer), Cell::Integer(1)];
    let row = tables.find(Table::Records, &[first])?.pop().flatten();
    Ok(row.as_ref().and_then(|row| announced(Raw(row).body()?)))
}

fn announced(body: &str) -> Option<PublicKey> {
    let announced: Announced = serde_json::from_str(body).ok()?;
    PublicKey::from_spki(&Base64UrlUnpadded::decode_vec(&announced.public_key).ok()?).ok()
}
