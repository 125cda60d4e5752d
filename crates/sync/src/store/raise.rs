use fiscal::OutletId;
use ledger::{Cell, LedgerStore, Statements, StoreFault};

use super::{rows::cell, write};
use crate::At;

/// Notes that something is wrong, as it is seen now. What is noted already and has not ended keeps its beginning.
pub(crate) fn raise(
    statements: &mut dyn Statements,
    kind: &str,
    about: &str,
    outlet: Option<OutletId>,
    now: At,
    detail: &str,
) -> Result<(), StoreFault> {
    let text = |text: &str| Cell::Text(text.to_owned());
    let time = super::rows::number(now.0);
    let sql = "INSERT INTO sync_alerts (kind, about, outlet, since, seen, detail) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT DO NOTHING";
    let values = [
        text(kind),
        text(about),
        outlet.as_ref().map_or(Cell::Null, cell),
        time.clone(),
        time.clone(),
        text(detail),
    ];
    if statements.execute(sql, &values)? == 0 {
        let sql = "UPDATE sync_alerts SET since = $1, ended = NULL WHERE kind = $2 AND about = $3 AND ended IS NOT NULL";
        statements.execute(sql, &[time.clone(), text(kind), text(about)])?;
        let sql = "UPDATE sync_alerts SET seen = $1, detail = $2 WHERE kind = $3 AND about = $4";
        statements.execute(sql, &[time, text(detail), text(kind), text(about)])?;
    }
    Ok(())
}

/// Notes that something cannot be read.
pub(crate) fn alert_corrupt(
    store: &mut dyn LedgerStore,
    about: &str,
    outlet: Option<OutletId>,
    what: &str,
    now: At,
) -> Result<(), StoreFault> {
    write(store, |statements| raise(statements, "corrupt_row", about, outlet, now, what))
}
