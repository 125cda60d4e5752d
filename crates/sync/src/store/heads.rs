use fiscal::{DeviceId, Epoch, OutletId};
use ledger::{Cell, LedgerStore, StoreFault};

use super::rows::{corrupt, count, number, parsed};

/// How far the ledger's own chain of an outlet has come, 0 before its first record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Head {
    pub(crate) epoch: Epoch,
    pub(crate) signer: DeviceId,
    pub(crate) position: u64,
}

/// The heads of all outlets in the order of their ids, those after one, at most so many: one question, and all that is
/// asked while nothing is new.
pub(crate) fn heads(
    store: &mut dyn LedgerStore,
    after: Option<OutletId>,
    most: usize,
) -> Result<Vec<(OutletId, Head)>, StoreFault> {
    let sql = "SELECT outlet, epoch, signer, position FROM heads WHERE outlet > $1 ORDER BY outlet LIMIT $2";
    let after = Cell::Text(after.map_or_else(String::new, |outlet| outlet.to_string()));
    let mut found = Vec::new();
    store.look(&mut |statements| {
        let rows = statements.query(sql, &[after.clone(), number(most as u64)])?;
        found = rows.iter().map(|row| head(row)).collect::<Result<_, _>>()?;
        Ok(())
    })?;
    Ok(found)
}

fn head(row: &[Cell]) -> Result<(OutletId, Head), StoreFault> {
    let read = || {
        let [outlet, epoch, signer, position] = row else { return None };
        let epoch = Epoch(u32::try_from(count(epoch)?).ok()?);
        let position = if *position == Cell::Null { 0 } else { count(position)? };
        Some((parsed(outlet)?, Head { epoch, signer: parsed(signer)?, position }))
    };
    read().ok_or_else(|| corrupt("heads"))
}
