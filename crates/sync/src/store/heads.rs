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

/// A page of heads.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heads {
    pub(crate) heads: Vec<(OutletId, Head)>,
    /// The outlets whose row cannot be read.
    pub(crate) broken: Vec<String>,
    /// Where the next page begins, and how many rows this one has.
    pub(crate) last: Option<Cell>,
    pub(crate) count: usize,
}

/// The heads of all outlets in the order of their ids, those after one, at most so many: one question, and all that is
/// asked while nothing is new.
pub(crate) fn heads(
    store: &mut dyn LedgerStore,
    after: Option<&Cell>,
    most: usize,
) -> Result<Heads, StoreFault> {
    let sql = "SELECT outlet, epoch, signer, position FROM heads WHERE outlet > $1 ORDER BY outlet LIMIT $2";
    let after = after.cloned().unwrap_or_else(|| Cell::Text(String::new()));
    let mut found = Heads::default();
    store.look(&mut |statements| {
        let rows = statements.query(sql, &[after.clone(), number(most as u64)])?;
        found = Heads {
            last: rows.last().and_then(|row| row.first()).cloned(),
            count: rows.len(),
            ..Heads::default()
        };
        for row in &rows {
            match head(row) {
                Ok(head) => found.heads.push(head),
                Err(_) => found.broken.extend(row.first().and_then(Cell::text).map(str::to_owned)),
            }
        }
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
