//! What is asked of the records. Each question is answered from an index.

use fiscal::{Epoch, InvoiceNumber, OutletId, PayloadHash, Position, Timestamp};
use rusqlite::{Connection, Params, params};

use super::fault;
use crate::{
    ChainId, IdempotencyKey, Known, Place, Reference, Row, StoreFault, Unfit,
    store::columns::{RowColumns, UnfitColumns, chain_end, integer, limit, row_columns, unfit_columns},
};

pub(super) const AT: &str = concat!(
    "SELECT ",
    row_columns!(),
    " FROM records r WHERE r.outlet = ?1 AND r.epoch = ?2 AND r.signer = ?3 AND r.position = ?4"
);

pub(super) const SALE: &str = concat!(
    "SELECT ",
    row_columns!(),
    " FROM sales s JOIN records r USING (outlet, epoch, signer, position) \
     WHERE s.outlet = ?1 AND s.stamped = ?2 AND s.hash = ?3"
);

pub(super) const KEY: &str = concat!(
    "SELECT ",
    row_columns!(),
    " FROM idempotency i JOIN records r USING (outlet, epoch, signer, position) WHERE i.outlet = ?1 AND i.key = ?2"
);

pub(super) const BY_NUMBER: &str = concat!(
    "SELECT ",
    row_columns!(),
    " FROM records r JOIN heads h ON h.outlet = r.outlet \
     WHERE r.outlet = ?1 AND r.epoch = ?2 AND r.number = ?3 ORDER BY r.signer <> h.signer, r.seq LIMIT 1"
);

pub(super) const NOTES_ON: &str = concat!(
    "SELECT ",
    row_columns!(),
    " FROM records r WHERE r.outlet = ?1 AND r.reference_epoch = ?2 AND r.reference_number = ?3 ORDER BY r.seq"
);

pub(super) const RECORDS: &str = concat!(
    "SELECT ",
    row_columns!(),
    " FROM records r WHERE r.outlet = ?1 AND r.epoch = ?2 AND r.signer = ?3 AND r.position > ?4 \
     ORDER BY r.position LIMIT ?5"
);

pub(super) const NEWEST_OF: &str = concat!(
    "SELECT ",
    row_columns!(),
    " FROM records r WHERE r.outlet = ?1 AND r.epoch = ?2 AND r.signer = ?3 ORDER BY r.position DESC LIMIT 1"
);

pub(super) const NEWEST_INVOICE: &str = concat!(
    "SELECT ",
    row_columns!(),
    " FROM records r WHERE r.outlet = ?1 AND r.epoch = ?2 AND r.signer = ?3 AND r.number IS NOT NULL \
     ORDER BY r.position DESC LIMIT 1"
);

pub(super) const LINE_ENDS: &str = concat!(
    "SELECT ",
    row_columns!(),
    " FROM records r WHERE r.kind IN (18, 19) AND r.outlet = ?1 AND r.epoch = ?2 AND r.signer = ?3 \
     ORDER BY r.position DESC LIMIT ?4"
);

pub(super) const FLAGS: &str = concat!(
    "SELECT ",
    row_columns!(),
    " FROM records r WHERE r.kind = 68 AND r.outlet = ?1 AND (r.epoch, r.signer, r.position) > (?2, ?3, ?4) \
     ORDER BY r.epoch, r.signer, r.position LIMIT ?5"
);

pub(super) const UNFIT: &str = concat!(
    "SELECT ",
    unfit_columns!(),
    " FROM unfit u WHERE u.outlet = ?1 AND (u.signer, u.epoch, u.position, u.digest) > (?2, ?3, ?4, ?5) \
     ORDER BY u.signer, u.epoch, u.position, u.digest LIMIT ?6"
);

pub(super) const IS_KEPT: &str = "SELECT count(*) FROM unfit \
     WHERE outlet = ?1 AND signer = ?2 AND epoch = ?3 AND position = ?4 AND digest = ?5";

/// Each chain with its end: one step for each, over however many records, in one question.
pub(super) const CHAINS: &str = "WITH RECURSIVE places (place) AS ( \
       SELECT (SELECT json_array(epoch, signer) FROM records WHERE outlet = ?1 ORDER BY epoch, signer LIMIT 1) \
       UNION ALL \
       SELECT (SELECT json_array(epoch, signer) FROM records \
               WHERE outlet = ?1 AND (epoch, signer) > (place ->> 0, place ->> 1) ORDER BY epoch, signer LIMIT 1) \
       FROM places WHERE place IS NOT NULL) \
     SELECT place ->> 0, place ->> 1, (SELECT max(position) FROM records \
         WHERE outlet = ?1 AND epoch = place ->> 0 AND signer = place ->> 1) \
     FROM places WHERE place IS NOT NULL";

pub(super) const INVOICES_BETWEEN: &str = concat!(
    "SELECT ",
    row_columns!(),
    " FROM records r WHERE r.outlet = ?1 AND r.number IS NOT NULL AND r.time >= ?2 AND r.time < ?3 \
     AND (r.time, r.epoch, r.signer, r.position) > (?4, ?5, ?6, ?7) \
     ORDER BY r.time, r.epoch, r.signer, r.position LIMIT ?8"
);

pub(super) const CLOSURE_BEFORE: &str = concat!(
    "SELECT ",
    row_columns!(),
    " FROM records r WHERE r.kind = 16 AND r.outlet = ?1 AND r.epoch = ?2 AND r.signer = ?3 AND r.position <= ?4 \
     ORDER BY r.position DESC LIMIT 1"
);

pub(super) fn at(connection: &Connection, place: Place) -> Result<Option<Row>, StoreFault> {
    let ChainId { outlet, epoch, signer } = &place.chain;
    one(connection, AT, params![outlet.as_str(), epoch.0, signer.as_str(), integer(place.position.value())])
}

pub(super) fn known(
    connection: &Connection,
    outlet: OutletId,
    sales: &[(Timestamp, PayloadHash)],
    keys: &[IdempotencyKey],
) -> Result<Known, StoreFault> {
    let mut known = Known::default();
    for (stamped, hash) in sales {
        let sale = one(connection, SALE, params![outlet.as_str(), integer(stamped.unix()), hash.0])?;
        known.sales.extend(sale);
    }
    for key in keys {
        let row = one(connection, KEY, params![outlet.as_str(), key.as_str()])?;
        known.keys.extend(row.map(|row| (key.clone(), row)));
    }
    Ok(known)
}

pub(super) fn by_number(
    connection: &Connection,
    outlet: OutletId,
    epoch: Epoch,
    number: InvoiceNumber,
) -> Result<Option<Row>, StoreFault> {
    one(connection, BY_NUMBER, params![outlet.as_str(), epoch.0, integer(number.value())])
}

pub(super) fn notes_on(
    connection: &Connection,
    outlet: OutletId,
    original: Reference,
) -> Result<Vec<Row>, StoreFault> {
    let Reference { epoch, number } = original;
    all(connection, NOTES_ON, params![outlet.as_str(), epoch.0, integer(number.value())])
}

pub(super) fn records(
    connection: &Connection,
    chain: ChainId,
    after: Option<Position>,
    most: usize,
) -> Result<Vec<Row>, StoreFault> {
    let ChainId { outlet, epoch, signer } = &chain;
    let after = after.map_or(0, |position| integer(position.value()));
    all(connection, RECORDS, params![outlet.as_str(), epoch.0, signer.as_str(), after, limit(most)])
}

pub(super) fn newest_of(connection: &Connection, chain: ChainId) -> Result<Option<Row>, StoreFault> {
    let ChainId { outlet, epoch, signer } = &chain;
    one(connection, NEWEST_OF, params![outlet.as_str(), epoch.0, signer.as_str()])
}

pub(super) fn chains(
    connection: &Connection,
    outlet: OutletId,
) -> Result<Vec<(ChainId, Position)>, StoreFault> {
    let mut statement = connection.prepare_cached(CHAINS).map_err(fault)?;
    let ends = statement
        .query_map([outlet.as_str()], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?))
        })
        .map_err(fault)?;
    ends.map(|end| {
        let (epoch, signer, newest) = end.map_err(fault)?;
        chain_end(outlet, epoch, &signer, newest)
    })
    .collect()
}

pub(super) fn newest_invoice(connection: &Connection, chain: ChainId) -> Result<Option<Row>, StoreFault> {
    let ChainId { outlet, epoch, signer } = &chain;
    one(connection, NEWEST_INVOICE, params![outlet.as_str(), epoch.0, signer.as_str()])
}

pub(super) fn line_ends(
    connection: &Connection,
    chain: ChainId,
    most: usize,
) -> Result<Vec<Row>, StoreFault> {
    let ChainId { outlet, epoch, signer } = &chain;
    all(connection, LINE_ENDS, params![outlet.as_str(), epoch.0, signer.as_str(), limit(most)])
}

pub(super) fn flags(
    connection: &Connection,
    outlet: OutletId,
    after: Option<Place>,
    most: usize,
) -> Result<Vec<Row>, StoreFault> {
    let (epoch, signer, position) = match &after {
        None => (-1, "", 0),
        Some(Place { chain, position }) => {
            (i64::from(chain.epoch.0), chain.signer.as_str(), integer(position.value()))
        }
    };
    all(connection, FLAGS, params![outlet.as_str(), epoch, signer, position, limit(most)])
}

pub(super) fn unfit(
    connection: &Connection,
    outlet: OutletId,
    after: Option<&Unfit>,
    most: usize,
) -> Result<Vec<Unfit>, StoreFault> {
    let (signer, epoch, position, digest) = match after {
        None => ("", -1, 0, [0; 32]),
        Some(unfit) => {
            (unfit.signer.as_str(), i64::from(unfit.epoch.0), integer(unfit.position.value()), unfit.digest)
        }
    };
    let mut statement = connection.prepare_cached(UNFIT).map_err(fault)?;
    let asked = params![outlet.as_str(), signer, epoch, position, digest, limit(most)];
    let rows = statement
        .query_map(asked, |row| {
            Ok(UnfitColumns {
                outlet: row.get(0)?,
                signer: row.get(1)?,
                epoch: row.get(2)?,
                position: row.get(3)?,
                digest: row.get(4)?,
                record: row.get(5)?,
                body: row.get(6)?,
                reason: row.get(7)?,
                time: row.get(8)?,
            })
        })
        .map_err(fault)?;
    rows.map(|row| row.map_err(fault)?.read()).collect()
}

pub(super) fn is_kept(connection: &Connection, unfit: &Unfit) -> Result<bool, StoreFault> {
    let (outlet, signer, epoch, position, digest) = unfit.key();
    let asked = params![outlet.as_str(), signer.as_str(), epoch.0, integer(position.value()), digest];
    let count = || -> Result<i64, rusqlite::Error> {
        connection.prepare_cached(IS_KEPT)?.query_row(asked, |row| row.get(0))
    };
    Ok(count().map_err(fault)? > 0)
}

pub(super) fn unfit_since(
    connection: &Connection,
    outlet: OutletId,
    since: Timestamp,
) -> Result<usize, StoreFault> {
    let asked = params![outlet.as_str(), integer(since.unix())];
    let sql = "SELECT count(*) FROM unfit WHERE outlet = ?1 AND time >= ?2";
    let count = || -> Result<i64, rusqlite::Error> {
        connection.prepare_cached(sql)?.query_row(asked, |row| row.get(0))
    };
    Ok(usize::try_from(count().map_err(fault)?).unwrap_or_default())
}

pub(super) fn invoices_between(
    connection: &Connection,
    outlet: OutletId,
    (from, to): (Timestamp, Timestamp),
    after: Option<(Timestamp, Place)>,
    most: usize,
) -> Result<Vec<Row>, StoreFault> {
    let (time, epoch, signer, position) = match &after {
        None => (integer(from.unix()), -1, "", 0),
        Some((time, place)) => (
            integer(time.unix()),
            i64::from(place.chain.epoch.0),
            place.chain.signer.as_str(),
            integer(place.position.value()),
        ),
    };
    // The second bound is the index's: without it each page would begin at the period's start.
    let begin = time.max(integer(from.unix()));
    let to = integer(to.unix());
    all(
        connection,
        INVOICES_BETWEEN,
        params![outlet.as_str(), begin, to, time, epoch, signer, position, limit(most)],
    )
}

pub(super) fn closure_before(
    connection: &Connection,
    chain: ChainId,
    position: Position,
) -> Result<Option<Row>, StoreFault> {
    let ChainId { outlet, epoch, signer } = &chain;
    one(
        connection,
        CLOSURE_BEFORE,
        params![outlet.as_str(), epoch.0, signer.as_str(), integer(position.value())],
    )
}

fn one(connection: &Connection, sql: &str, asked: impl Params) -> Result<Option<Row>, StoreFault> {
    Ok(all(connection, sql, asked)?.into_iter().next())
}

fn all(connection: &Connection, sql: &str, asked: impl Params) -> Result<Vec<Row>, StoreFault> {
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    let rows = statement.query_map(asked, columns).map_err(fault)?;
    rows.map(|row| row.map_err(fault)?.read()).collect()
}

fn columns(row: &rusqlite::Row<'_>) -> Result<RowColumns, rusqlite::Error> {
    Ok(RowColumns {
        outlet: row.get(0)?,
        epoch: row.get(1)?,
        signer: row.get(2)?,
        position: row.get(3)?,
        number: row.get(4)?,
        time: row.get(5)?,
        stamped: row.get(6)?,
        hash: row.get(7)?,
        reference_epoch: row.get(8)?,
        reference_number: row.get(9)?,
        record: row.get(10)?,
        body: row.get(11)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_question_reads_a_whole_table() {
        let connection = Connection::open_in_memory().unwrap();
        for script in [super::super::SCHEMA, super::super::LINE] {
            connection.execute_batch(script).unwrap();
        }
        let questions = [
            AT,
            SALE,
            KEY,
            BY_NUMBER,
            NOTES_ON,
            RECORDS,
            NEWEST_OF,
            NEWEST_INVOICE,
            LINE_ENDS,
            FLAGS,
            UNFIT,
            IS_KEPT,
            INVOICES_BETWEEN,
            CLOSURE_BEFORE,
        ];
        for sql in questions {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let asked = vec![None::<i64>; statement.parameter_count()];
            let plan = statement
                .query_map(rusqlite::params_from_iter(asked), |row| row.get::<_, String>(3))
                .unwrap();
            for step in plan.map(Result::unwrap) {
                assert!(!step.contains("SCAN"), "{sql}: {step}");
                assert!(!step.contains("TEMP B-TREE") || sql == BY_NUMBER, "{sql}: {step}");
            }
        }
    }
}
