//! Heads of records that a restored backup did not hold: the ledger itself says where what it held ended (L2).

use std::collections::BTreeMap;

use fiscal::{EventKind, OutletId, PayloadHash, Record, Subject};
use serde::Deserialize;
use verify::HeadAt;

use super::{
    chain::text,
    raw::{Raw, signed},
};
use crate::{Cell, StoreFault, Table, Tables};

/// How far each chain goes that was given up, by signer and epoch.
///
/// What is read here is judged with all other records: a flag that its signer did not seal makes the verdict false.
pub(super) struct Unreported(BTreeMap<(String, i64), i64>);

/// What is read again of a flag's body.
#[derive(Deserialize)]
struct Flag {
    reason: String,
    epoch: u32,
    last_position: u64,
    /// Whose line it is, when it is not the ledger's own.
    #[serde(default)]
    signer: Option<String>,
}

impl Unreported {
    /// Reads the flags of an outlet's own chain: they follow the first record of its epoch, one over the ledger's own line
    /// and one over that of a device.
    pub(super) fn read(
        tables: &mut dyn Tables,
        outlet: OutletId,
        own: &str,
        epochs: impl Iterator<Item = i64>,
    ) -> Result<Self, StoreFault> {
        let place = |epoch: i64, signer: &str, position: i64| {
            vec![text(outlet.as_str()), Cell::Integer(epoch), text(signer), Cell::Integer(position)]
        };
        let mut ends = BTreeMap::new();
        for opened in epochs {
            let rows = tables.find(Table::Records, &[place(opened, own, 2), place(opened, own, 3)])?;
            for flag in rows.iter().flatten().filter_map(|row| flag(Raw(row))) {
                let signer = flag.signer.unwrap_or_else(|| own.to_owned());
                let (given_up, last) = (i64::from(flag.epoch), signed(flag.last_position));
                // Where records go on after what the flag says, it says nothing of heads.
                let next = place(given_up, &signer, last.saturating_add(1));
                let next = tables.find(Table::Records, &[next])?.pop().flatten();
                if given_up >= opened || next.is_some() {
                    continue;
                }
                if signer == own {
                    // Epochs between the two were begun after the backup, and nothing of them was held.
                    let between = (given_up + 1..opened).take(Self::MOST_BETWEEN);
                    ends.extend(between.map(|epoch| ((own.to_owned(), epoch), 0)));
                }
                ends.insert((signer, given_up), last);
            }
        }
        Ok(Self(ends))
    }

    /// More restores than this were not made from one backup.
    const MOST_BETWEEN: usize = 1_000;

    /// Whether a head is of a record that was not held.
    pub(super) fn covers(&self, head: &HeadAt) -> bool {
        let end = self.0.get(&(head.signer.to_string(), i64::from(head.epoch.0)));
        end.is_some_and(|last| signed(head.position.value()) > *last)
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
