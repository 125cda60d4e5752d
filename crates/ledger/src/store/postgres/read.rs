//! What is asked of the records. Each question is answered from an index.

use ::postgres::{Error, Row as Found, types::ToSql};
use fiscal::{Epoch, InvoiceNumber, OutletId, PayloadHash, Position, Timestamp};

use crate::{
    ChainId, IdempotencyKey, Known, Place, Reference, Row, StoreFault, Unfit,
    store::columns::{
        HeadColumns, KeyColumns, OutletColumns, RowColumns, UnfitColumns, chain_end, integer, limit,
        row_columns, unfit_columns,
    },
};

/// Where a question is asked: a connection that is opened again when it broke.
pub(super) trait Ask {
    fn ask(&mut self, sql: &'static str, asked: &[&(dyn ToSql + Sync)]) -> Result<Vec<Found>, StoreFault>;
}

pub(super) fn at(store: &mut impl Ask, place: Place) -> Result<Option<Row>, StoreFault> {
    let ChainId { outlet, epoch, signer } = &place.chain;
    let sql = concat!(
        "SELECT ",
        row_columns!(),
        " FROM records r WHERE r.outlet = $1 AND r.epoch = $2 AND r.signer = $3 AND r.position = $4"
    );
    let asked: [&(dyn ToSql + Sync); 4] =
        [&outlet.as_str(), &i64::from(epoch.0), &signer.as_str(), &integer(place.position.value())];
    one(store, sql, &asked)
}

pub(super) fn known(
    store: &mut impl Ask,
    outlet: OutletId,
    sales: &[(Timestamp, PayloadHash)],
    keys: &[IdempotencyKey],
) -> Result<Known, StoreFault> {
    // The number of the key that was asked for stands before its row; -1 is for a sale.
    let sql = concat!(
        "SELECT -1::bigint, q.nth, ",
        row_columns!(),
        " FROM unnest($2::bigint[], $3::bytea[]) WITH ORDINALITY AS q (stamped, hash, nth) \
          JOIN sales s ON s.outlet = $1 AND s.stamped = q.stamped AND s.hash = q.hash \
          JOIN records r ON r.outlet = $1 AND r.epoch = s.epoch AND r.signer = s.signer AND r.position = s.position \
          UNION ALL SELECT q.nth - 1, q.nth, ",
        row_columns!(),
        " FROM unnest($4::text[]) WITH ORDINALITY AS q (key, nth) \
          JOIN idempotency i ON i.outlet = $1 AND i.key = q.key \
          JOIN records r ON r.outlet = $1 AND r.epoch = i.epoch AND r.signer = i.signer AND r.position = i.position \
          ORDER BY 1, 2"
    );
    let stamped: Vec<i64> = sales.iter().map(|(stamped, _)| integer(stamped.unix())).collect();
    let hashes: Vec<&[u8]> = sales.iter().map(|(_, hash)| hash.0.as_slice()).collect();
    let texts: Vec<&str> = keys.iter().map(IdempotencyKey::as_str).collect();
    let mut known = Known::default();
    for found in store.ask(sql, &[&outlet.as_str(), &stamped, &hashes, &texts])? {
        let row = row_at(&found, 2).map_err(misread)?.read()?;
        let key = found.try_get::<_, i64>(0).map_err(misread)?;
        match usize::try_from(key).ok().and_then(|index| keys.get(index)) {
            Some(key) => known.keys.push((key.clone(), row)),
            None => known.sales.push(row),
        }
    }
    Ok(known)
}

pub(super) fn by_number(
    store: &mut impl Ask,
    outlet: OutletId,
    epoch: Epoch,
    number: InvoiceNumber,
) -> Result<Option<Row>, StoreFault> {
    let sql = concat!(
        "SELECT ",
        row_columns!(),
        " FROM records r JOIN heads h ON h.outlet = r.outlet WHERE r.outlet = $1 AND r.epoch = $2 AND r.number = $3 \
         ORDER BY r.signer <> h.signer, r.seq LIMIT 1"
    );
    one(store, sql, &[&outlet.as_str(), &i64::from(epoch.0), &integer(number.value())])
}

pub(super) fn notes_on(
    store: &mut impl Ask,
    outlet: OutletId,
    original: Reference,
) -> Result<Vec<Row>, StoreFault> {
    let sql = concat!(
        "SELECT ",
        row_columns!(),
        " FROM records r WHERE r.outlet = $1 AND r.reference_epoch = $2 AND r.reference_number = $3 ORDER BY r.seq"
    );
    let Reference { epoch, number } = original;
    all(store, sql, &[&outlet.as_str(), &i64::from(epoch.0), &integer(number.value())])
}

pub(super) fn records(
    store: &mut impl Ask,
    chain: ChainId,
    after: Option<Position>,
    most: usize,
) -> Result<Vec<Row>, StoreFault> {
    let sql = concat!(
        "SELECT ",
        row_columns!(),
        " FROM records r WHERE r.outlet = $1 AND r.epoch = $2 AND r.signer = $3 AND r.position > $4 \
         ORDER BY r.position LIMIT $5"
    );
    let ChainId { outlet, epoch, signer } = &chain;
    let after = after.map_or(0, |position| integer(position.value()));
    let asked: [&(dyn ToSql + Sync); 5] =
        [&outlet.as_str(), &i64::from(epoch.0), &signer.as_str(), &after, &limit(most)];
    all(store, sql, &asked)
}

pub(super) fn newest_of(store: &mut impl Ask, chain: ChainId) -> Result<Option<Row>, StoreFault> {
    let sql = concat!(
        "SELECT ",
        row_columns!(),
        " FROM records r WHERE r.outlet = $1 AND r.epoch = $2 AND r.signer = $3 ORDER BY r.position DESC LIMIT 1"
    );
    let ChainId { outlet, epoch, signer } = &chain;
    one(store, sql, &[&outlet.as_str(), &i64::from(epoch.0), &signer.as_str()])
}

/// One step for each chain, over however many records.
pub(super) fn chains(store: &mut impl Ask, outlet: OutletId) -> Result<Vec<(ChainId, Position)>, StoreFault> {
    let sql = "WITH RECURSIVE chains AS ( \
           (SELECT epoch, signer FROM records WHERE outlet = $1 ORDER BY epoch, signer LIMIT 1) \
           UNION ALL \
           SELECT next.epoch, next.signer FROM chains c CROSS JOIN LATERAL ( \
             SELECT epoch, signer FROM records r WHERE r.outlet = $1 AND (r.epoch, r.signer) > (c.epoch, c.signer) \
             ORDER BY epoch, signer LIMIT 1) next) \
         SELECT c.epoch, c.signer, (SELECT r.position FROM records r WHERE r.outlet = $1 AND r.epoch = c.epoch \
             AND r.signer = c.signer ORDER BY r.position DESC LIMIT 1) \
         FROM chains c ORDER BY c.epoch, c.signer";
    let chain = |found: Found| -> Result<(i64, String, i64), Error> {
        Ok((found.try_get(0)?, found.try_get(1)?, found.try_get(2)?))
    };
    let ends = store.ask(sql, &[&outlet.as_str()])?.into_iter().map(|found| {
        let (epoch, signer, newest) = chain(found).map_err(misread)?;
        chain_end(outlet, epoch, &signer, newest)
    });
    ends.collect()
}

pub(super) fn invoices_between(
    store: &mut impl Ask,
    outlet: OutletId,
    (from, to): (Timestamp, Timestamp),
    after: Option<(Timestamp, Place)>,
    most: usize,
) -> Result<Vec<Row>, StoreFault> {
    let sql = concat!(
        "SELECT ",
        row_columns!(),
        " FROM records r WHERE r.outlet = $1 AND r.number IS NOT NULL AND r.time >= $2 AND r.time < $3 \
         AND (r.time, r.epoch, r.signer, r.position) > ($4, $5, $6, $7) \
         ORDER BY r.time, r.epoch, r.signer, r.position LIMIT $8"
    );
    let from = integer(from.unix());
    let (time, epoch, signer, position) = match &after {
        None => (from, -1, "", 0),
        Some((time, place)) => (
            integer(time.unix()),
            i64::from(place.chain.epoch.0),
            place.chain.signer.as_str(),
            integer(place.position.value()),
        ),
    };
    // The first bound is the index's: without it each page would begin at the period's start.
    let begin = time.max(from);
    let asked: [&(dyn ToSql + Sync); 8] =
        [&outlet.as_str(), &begin, &integer(to.unix()), &time, &epoch, &signer, &position, &limit(most)];
    all(store, sql, &asked)
}

pub(super) fn closure_before(
    store: &mut impl Ask,
    chain: ChainId,
    position: Position,
) -> Result<Option<Row>, StoreFault> {
    let sql = concat!(
        "SELECT ",
        row_columns!(),
        " FROM records r WHERE r.kind = 16 AND r.outlet = $1 AND r.epoch = $2 AND r.signer = $3 \
         AND r.position <= $4 ORDER BY r.position DESC LIMIT 1"
    );
    let ChainId { outlet, epoch, signer } = &chain;
    let asked: [&(dyn ToSql + Sync); 4] =
        [&outlet.as_str(), &i64::from(epoch.0), &signer.as_str(), &integer(position.value())];
    one(store, sql, &asked)
}

pub(super) fn newest_invoice(store: &mut impl Ask, chain: ChainId) -> Result<Option<Row>, StoreFault> {
    let sql = concat!(
        "SELECT ",
        row_columns!(),
        " FROM records r WHERE r.outlet = $1 AND r.epoch = $2 AND r.signer = $3 AND r.number IS NOT NULL \
         ORDER BY r.position DESC LIMIT 1"
    );
    let ChainId { outlet, epoch, signer } = &chain;
    one(store, sql, &[&outlet.as_str(), &i64::from(epoch.0), &signer.as_str()])
}

pub(super) fn line_ends(store: &mut impl Ask, chain: ChainId, most: usize) -> Result<Vec<Row>, StoreFault> {
    let sql = concat!(
        "SELECT ",
        row_columns!(),
        " FROM records r WHERE r.kind IN (18, 19) AND r.outlet = $1 AND r.epoch = $2 AND r.signer = $3 \
         ORDER BY r.position DESC LIMIT $4"
    );
    let ChainId { outlet, epoch, signer } = &chain;
    all(store, sql, &[&outlet.as_str(), &i64::from(epoch.0), &signer.as_str(), &limit(most)])
}

pub(super) fn flags(
    store: &mut impl Ask,
    outlet: OutletId,
    after: Option<Place>,
    most: usize,
) -> Result<Vec<Row>, StoreFault> {
    let sql = concat!(
        "SELECT ",
        row_columns!(),
        " FROM records r WHERE r.kind = 68 AND r.outlet = $1 AND (r.epoch, r.signer, r.position) > ($2, $3, $4) \
         ORDER BY r.epoch, r.signer, r.position LIMIT $5"
    );
    let (epoch, signer, position) = match &after {
        None => (-1, "", 0),
        Some(Place { chain, position }) => {
            (i64::from(chain.epoch.0), chain.signer.as_str(), integer(position.value()))
        }
    };
    all(store, sql, &[&outlet.as_str(), &epoch, &signer, &position, &limit(most)])
}

pub(super) fn unfit(
    store: &mut impl Ask,
    outlet: OutletId,
    after: Option<&Unfit>,
    most: usize,
) -> Result<Vec<Unfit>, StoreFault> {
    let sql = concat!(
        "SELECT ",
        unfit_columns!(),
        " FROM unfit u WHERE u.outlet = $1 AND (u.signer, u.epoch, u.position, u.digest) > ($2, $3, $4, $5) \
         ORDER BY u.signer, u.epoch, u.position, u.digest LIMIT $6"
    );
    let nothing: &[u8] = &[];
    let (signer, epoch, position, digest) = match after {
        None => ("", -1, 0, nothing),
        Some(unfit) => (
            unfit.signer.as_str(),
            i64::from(unfit.epoch.0),
            integer(unfit.position.value()),
            unfit.digest.as_slice(),
        ),
    };
    let asked: [&(dyn ToSql + Sync); 6] =
        [&outlet.as_str(), &signer, &epoch, &position, &digest, &limit(most)];
    store.ask(sql, &asked)?.iter().map(|found| unfit_at(found).map_err(misread)?.read()).collect()
}

pub(super) fn is_kept(store: &mut impl Ask, unfit: &Unfit) -> Result<bool, StoreFault> {
    let sql = "SELECT 1::bigint FROM unfit \
         WHERE outlet = $1 AND signer = $2 AND epoch = $3 AND position = $4 AND digest = $5";
    let (outlet, signer, epoch, position, digest) = unfit.key();
    let asked: [&(dyn ToSql + Sync); 5] = [
        &outlet.as_str(),
        &signer.as_str(),
        &i64::from(epoch.0),
        &integer(position.value()),
        &digest.as_slice(),
    ];
    Ok(!store.ask(sql, &asked)?.is_empty())
}

pub(super) fn unfit_since(
    store: &mut impl Ask,
    outlet: OutletId,
    since: Timestamp,
) -> Result<usize, StoreFault> {
    let sql = "SELECT count(*) FROM unfit WHERE outlet = $1 AND time >= $2";
    let found = store.ask(sql, &[&outlet.as_str(), &integer(since.unix())])?;
    let count = found.first().map(|row| row.try_get::<_, i64>(0)).transpose().map_err(misread)?;
    Ok(count.and_then(|count| usize::try_from(count).ok()).unwrap_or_default())
}

fn unfit_at(found: &Found) -> Result<UnfitColumns, Error> {
    Ok(UnfitColumns {
        outlet: found.try_get(0)?,
        signer: found.try_get(1)?,
        epoch: found.try_get(2)?,
        position: found.try_get(3)?,
        digest: found.try_get(4)?,
        record: found.try_get(5)?,
        body: found.try_get(6)?,
        reason: found.try_get(7)?,
        time: found.try_get(8)?,
    })
}

fn one(
    store: &mut impl Ask,
    sql: &'static str,
    asked: &[&(dyn ToSql + Sync)],
) -> Result<Option<Row>, StoreFault> {
    Ok(all(store, sql, asked)?.into_iter().next())
}

fn all(
    store: &mut impl Ask,
    sql: &'static str,
    asked: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Row>, StoreFault> {
    store.ask(sql, asked)?.iter().map(|found| row_at(found, 0).map_err(misread)?.read()).collect()
}

/// A column of another type than the ledger's.
pub(super) fn misread(error: Error) -> StoreFault {
    StoreFault::Corrupt(error.to_string())
}

fn row_at(found: &Found, first: usize) -> Result<RowColumns, Error> {
    Ok(RowColumns {
        outlet: found.try_get(first)?,
        epoch: found.try_get(first + 1)?,
        signer: found.try_get(first + 2)?,
        position: found.try_get(first + 3)?,
        number: found.try_get(first + 4)?,
        time: found.try_get(first + 5)?,
        stamped: found.try_get(first + 6)?,
        hash: found.try_get(first + 7)?,
        reference_epoch: found.try_get(first + 8)?,
        reference_number: found.try_get(first + 9)?,
        record: found.try_get(first + 10)?,
        body: found.try_get(first + 11)?,
    })
}

pub(super) fn head(found: &Found) -> Result<HeadColumns, Error> {
    Ok(HeadColumns {
        outlet: found.try_get(0)?,
        epoch: found.try_get(1)?,
        signer: found.try_get(2)?,
        position: found.try_get(3)?,
        number: found.try_get(4)?,
        hash: found.try_get(5)?,
        time: found.try_get(6)?,
        key: found.try_get(7)?,
        totals: found.try_get(8)?,
        generation: found.try_get(9)?,
        holder: found.try_get(10)?,
    })
}

pub(super) fn outlet(found: &Found) -> Result<OutletColumns, Error> {
    Ok(OutletColumns {
        id: found.try_get(0)?,
        nif: found.try_get(1)?,
        prefix: found.try_get(2)?,
        zone_minutes: found.try_get(3)?,
    })
}

pub(super) fn key(found: &Found) -> Result<KeyColumns, Error> {
    Ok(KeyColumns {
        point: found.try_get(0)?,
        signer: found.try_get(1)?,
        since: found.try_get(2)?,
        until: found.try_get(3)?,
    })
}
