use fiscal::OutletId;
use ledger::{Cell, LedgerStore, Statements, StoreFault};

use super::{
    rows::{at, cell, read_at},
    write,
};
use crate::{AlertKind, At};

/// More than that is not read by anybody; each act is in the log as well.
const MOST: usize = 500;

/// Notes that something is wrong, as it is seen now. What is noted already and has not ended keeps its beginning.
pub(crate) fn raise(
    statements: &mut dyn Statements,
    kind: AlertKind,
    about: &str,
    outlet: Option<OutletId>,
    now: At,
    detail: &str,
) -> Result<(), StoreFault> {
    let text = |text: &str| Cell::Text(text.to_owned());
    let sql = "SELECT seen, ended, detail FROM sync_alerts WHERE kind = $1 AND about = $2";
    let rows = statements.query(sql, &[cell(&kind), text(about)])?;
    let Some([seen, ended, before]) = rows.first().map(Vec::as_slice) else {
        let sql = "INSERT INTO sync_alerts (kind, about, outlet, since, seen, detail) VALUES ($1, $2, $3, $4, $4, $5)";
        let outlet = outlet.as_ref().map_or(Cell::Null, cell);
        return statements
            .execute(sql, &[cell(&kind), text(about), outlet, at(now), text(detail)])
            .map(|_| ());
    };
    let lasts = *ended == Cell::Null;
    let detail = match before.text().filter(|_| lasts && kind.adds_up()) {
        Some(before) => beside(detail, before),
        None => detail.to_owned(),
    };
    // Two tellings of one moment are two.
    let told = read_at(seen).map_or(now, |seen| now.max(At(seen.0 + 1)));
    let sql = "UPDATE sync_alerts SET since = CASE WHEN ended IS NULL THEN since ELSE $1 END, ended = NULL, seen = $1, \
         detail = $2 WHERE kind = $3 AND about = $4";
    statements.execute(sql, &[at(told), text(&detail), cell(&kind), text(about)]).map(|_| ())
}

/// What is said now, and then what was said before.
fn beside(now: &str, before: &str) -> String {
    let is_newest = before.strip_prefix(now).is_some_and(|rest| rest.is_empty() || rest.starts_with("; "));
    if is_newest || now.is_empty() {
        return before.to_owned();
    }
    let both = if before.is_empty() { now.to_owned() } else { format!("{now}; {before}") };
    match both.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &both[..end]),
        None => both,
    }
}

/// Notes that something cannot be read.
pub(crate) fn alert_corrupt(
    store: &mut dyn LedgerStore,
    about: &str,
    outlet: Option<OutletId>,
    what: &str,
    now: At,
) -> Result<(), StoreFault> {
    write(store, |statements| raise(statements, AlertKind::CorruptRow, about, outlet, now, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_stands_beside_what_is_said_now_once_and_within_bounds() {
        assert_eq!(beside("b", "a"), "b; a");
        assert_eq!(beside("b", "b; a"), "b; a");
        assert_eq!(beside("b", "b"), "b");
        assert_eq!(beside("", "a"), "a");
        assert_eq!(beside("b", ""), "b");
        assert_eq!(beside("b", "bc"), "b; bc");
        let long = beside("é", &"à".repeat(MOST));
        assert_eq!(long.chars().count(), MOST + 1);
        assert!(long.starts_with("é; à") && long.ends_with("à…"));
    }
}
