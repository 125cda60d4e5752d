//! Heads of records that a restored backup did not hold: the ledger itself says where what it held ended (L2).

use std::collections::BTreeMap;

use fiscal::{EventKind, OutletId, PayloadHash, Record, Subject};
use serde::Deserialize;
use verify::HeadAt;

use super::{
    own::text,
    raw::{Raw, signed},
};
use crate::{Cell, StoreFault, Table, Tables};

/// How far each epoch of a ledger goes that was given up.
///
/// What is read here is judged with all other records: a flag that its signer did not seal makes the verdict false.
pub(super) struct Unreported(BTreeMap<i64, i64>);

/// What is read again of a flag's body.
#[derive(Deserialize)]
struct Flag {
    reason: String,
    epoch: u32,
    last_position: u64,
}

impl Unreported {
    /// Reads the flags of an outlet's own chain: each is the second record of its epoch.
    pub(super) fn read(
        tables: &mut dyn Tables,
        outlet: OutletId,
        signer: &str,
        epochs: impl Iterator<Item = i64>,
    ) -> Result<Self, StoreFault> {
        let place = |epoch: i64, position: i64| {
            vec![text(outlet.as_str()), Cell::Integer(epoch), text(signer), Cell::Integer(position)]
        };
        let mut ends = BTreeMap::new();
        for opened in epochs {
            let row = tables.find(Table::Records, &[place(opened, 2)])?.pop().flatten();
            let Some(flag) = row.as_ref().and_then(|row| flag(Raw(row))) else { continue };
            let (given_up, last) = (i64::from(flag.epoch), signed(flag.last_position));
            // Where records go on after what the flag says, it says nothing of heads.
            let next =
                tables.find(Table::Records, &[place(given_up, last.saturating_add(1))])?.pop().flatten();
            if given_up < opened && next.is_none() {
                ends.insert(given_up, last);
                // Epochs between the two were begun after the backup, and nothing of them was held.
                ends.extend((given_up + 1..opened).take(Self::MOST_BETWEEN).map(|epoch| (epoch, 0)));
            }
        }
        Ok(Self(ends))
    }

    /// More restores than this were not made from one backup.
    const MOST_BETWEEN: usize = 1_000;

    /// Whether a head is of a record that was not held.
    pub(super) fn covers(&self, signer: &str, head: &HeadAt) -> bool {
        let end = self.0.get(&i64::from(head.epoch.0));
        head.signer.as_str() == signer && end.is_some_and(|last| signed(head.position.value()) > *last)
    }
}

fn flag(raw: Raw<'_>) -> Option<Flag> {
    let record = Record::from_bytes(raw.record()).ok()?;
    let body = raw.body()?;
    let sealed = record.header.subject == Subject::Event(EventKind::Flag)
        && PayloadHash::of(body.as_bytes()) == record.link.payload;
    let flag: Flag = sealed.then(|| serde_json::from_str(body).ok()).flatten()?;
    (flag.reason == "unreported").then_some(flag)
}
