//! Which stretches of an outlet's line a device held, by what the ledger's own signer says: it closed for the device, and
//! took the line back behind it.

use fiscal::EventKind;
use fiscal::{DeviceId, Epoch, InvoiceNumber, OutletId, Record, Subject};
use ledger::{ChainId, LedgerStore, Row, StoreFault};
use serde::Deserialize;

/// Numbers that a device could give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// In which line.
    pub(crate) epoch: Epoch,
    /// The first.
    pub(crate) first: u64,
    /// The last, once it left: the one before `first` when it gave none.
    pub(crate) last: Option<u64>,
}

impl Stretch {
    /// Whether a number is one of these.
    pub(crate) fn has(&self, epoch: Epoch, number: InvoiceNumber) -> bool {
        let number = number.value();
        epoch == self.epoch && number >= self.first && self.last.is_none_or(|last| number <= last)
    }
}

/// More hand-overs than an outlet has in the life of an epoch.
const MOST: usize = 10_000;

/// What a device held of an outlet's lines, in order.
pub(crate) fn stretches(
    store: &mut dyn LedgerStore,
    outlet: OutletId,
    device: DeviceId,
) -> Result<Vec<Stretch>, StoreFault> {
    let Some(head) = store.head(outlet)? else { return Ok(Vec::new()) };
    let mut stretches = Vec::new();
    for (own, _) in store.chains(outlet)?.into_iter().filter(|(chain, _)| chain.signer == head.chain.signer) {
        let ends = store.line_ends(own, MOST)?;
        let ends = ends.iter().rev().filter_map(|row| end(row).transpose()).collect::<Result<Vec<_>, _>>()?;
        let mut held = held(own.epoch, &ends, device);
        if own.epoch < head.chain.epoch
            && let Some(open) = held.last_mut().filter(|stretch| stretch.last.is_none())
        {
            // Its line was taken by force.
            let sold = store.newest_invoice(ChainId { signer: device, ..own })?.and_then(|row| row.number);
            open.last = Some(sold.map_or(0, InvoiceNumber::value).max(open.first.saturating_sub(1)));
        }
        stretches.append(&mut held);
    }
    Ok(stretches)
}

/// What the ledger's own signer says of a line.
#[derive(Deserialize)]
#[serde(untagged)]
enum End {
    Closed { to: String, last_number: u64 },
    TakenBack { from: String, next_number: u64 },
}

fn end(row: &Row) -> Result<Option<End>, StoreFault> {
    let corrupt = |what: String| StoreFault::Corrupt(format!("{:?}: {what}", row.place));
    let record: Record = row.read().map_err(|fault| corrupt(fault.to_string()))?;
    let is_end = matches!(record.header.subject, Subject::Event(EventKind::Close | EventKind::HandOver));
    let Some(body) = row.body.as_deref().filter(|_| is_end) else { return Ok(None) };
    serde_json::from_str(body).map(Some).map_err(|fault| corrupt(fault.to_string()))
}

fn held(epoch: Epoch, ends: &[End], device: DeviceId) -> Vec<Stretch> {
    let mut held: Vec<Stretch> = Vec::new();
    for end in ends {
        match end {
            End::Closed { to, last_number } if to == device.as_str() => {
                held.push(Stretch { epoch, first: last_number + 1, last: None });
            }
            End::TakenBack { from, next_number } if from == device.as_str() => {
                if let Some(open) = held.last_mut().filter(|stretch| stretch.last.is_none()) {
                    open.last = Some(next_number.saturating_sub(1));
                }
            }
            End::Closed { .. } | End::TakenBack { .. } => {}
        }
    }
    held
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_held_what_was_closed_for_it_until_it_was_taken_back() {
        let closed = |to: &str, last_number| End::Closed { to: to.to_owned(), last_number };
        let back = |from: &str, next_number| End::TakenBack { from: from.to_owned(), next_number };
        let ends = [
            closed("DEF-1", 57),
            back("DEF-1", 60),
            closed("DEF-2", 60),
            back("DEF-2", 61),
            closed("DEF-1", 70),
        ];
        let of = |name: &str| held(Epoch(0), &ends, name.parse().unwrap());
        let stretch = |first, last| Stretch { epoch: Epoch(0), first, last };
        assert_eq!(of("DEF-1"), [stretch(58, Some(59)), stretch(71, None)]);
        assert_eq!(of("DEF-2"), [stretch(61, Some(60))], "it gave no number");
        assert!(of("DEF-3").is_empty());
        let has =
            |number| of("DEF-1").iter().any(|one| one.has(Epoch(0), InvoiceNumber::new(number).unwrap()));
        assert_eq!([57, 58, 59, 60, 70, 71, 900].map(has), [false, true, true, false, false, true, true]);
        assert!(!stretch(1, None).has(Epoch(1), InvoiceNumber::FIRST));
    }
}
