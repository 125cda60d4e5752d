//! How far the ledger holds a chain of another signer.

use def_protocol::token::Newest;

use crate::{ChainId, Held, StoreFault, delivery::Item, line::record, store::LedgerStore};

/// How far a chain is held.
pub(crate) fn held(store: &mut dyn LedgerStore, chain: ChainId) -> Result<Option<Held>, StoreFault> {
    let Some(row) = store.newest_of(chain)? else { return Ok(None) };
    let hash = record(&row)?.hash();
    let newest = match store.newest_invoice(chain)? {
        Some(invoice) => {
            let hash = record(&invoice)?.hash();
            invoice.number.map(|number| Newest { epoch: chain.epoch, number, hash })
        }
        None => None,
    };
    Ok(Some(Held { position: row.place.position, hash, time: row.time, newest }))
}

/// The same with what enters.
pub(super) fn after(held: Option<Held>, items: &[Item]) -> Option<Held> {
    let Some(last) = items.last() else { return held };
    let sold = items.iter().rev().find_map(|item| {
        let (epoch, number) = (item.row.place.chain.epoch, item.row.number?);
        Some(Newest { epoch, number, hash: item.hash })
    });
    Some(Held {
        position: last.row.place.position,
        hash: last.hash,
        time: last.row.time,
        newest: sold.or(held.and_then(|held| held.newest)),
    })
}
