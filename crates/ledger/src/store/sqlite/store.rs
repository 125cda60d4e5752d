use std::{sync::Arc, time::Duration};

use fiscal::{DeviceId, Epoch, InvoiceNumber, KeyId, OutletId, PayloadHash, Position, Prefix, Timestamp};
use rusqlite::{Connection, OptionalExtension, Params, params};

use super::{Shared, append, fault, is_constraint, read, statements, write::retriable};
use crate::{
    Append, AppendFault, Appended, ChainId, HeadRow, IdempotencyKey, Known, LedgerStore, Outlet, Place,
    Reference, Row, SealingKey, StoreFault, Turn, Unfit,
    store::{
        columns::{HeadColumns, KeyColumns, OutletColumns, head_columns, integer, limit},
        statements::StatementsWork,
    },
};

/// So many idempotency keys are forgotten in one transaction, for which an append may wait.
const FORGOTTEN_AT_ONCE: usize = 200;
const BETWEEN_PORTIONS: Duration = Duration::from_millis(5);

/// A connection to the file.
pub(super) struct SqliteStore {
    shared: Arc<Shared>,
    connection: Connection,
}

impl SqliteStore {
    pub(super) fn new(shared: Arc<Shared>) -> Result<Self, StoreFault> {
        let connection = shared.connect()?;
        Ok(Self { shared, connection })
    }

    fn write<T>(&mut self, work: impl FnOnce(&Connection) -> Result<T, StoreFault>) -> Result<T, StoreFault> {
        retriable(&self.shared, &mut self.connection, work)
    }

    fn outlets_by(&self, sql: &str, asked: impl Params) -> Result<Vec<Outlet>, StoreFault> {
        let mut statement = self.connection.prepare_cached(sql).map_err(fault)?;
        let outlets = statement
            .query_map(asked, |row| {
                Ok(OutletColumns {
                    id: row.get(0)?,
                    nif: row.get(1)?,
                    prefix: row.get(2)?,
                    zone_minutes: row.get(3)?,
                })
            })
            .map_err(fault)?;
        outlets.map(|outlet| outlet.map_err(fault)?.read()).collect()
    }
}

impl LedgerStore for SqliteStore {
    fn create_outlet(&mut self, outlet: &Outlet, head: &HeadRow) -> Result<(), StoreFault> {
        self.write(|connection| {
            insert_outlet(connection, outlet)?;
            insert_head(connection, outlet.id, head).map_err(fault)
        })
    }

    fn outlet(&mut self, id: OutletId) -> Result<Option<Outlet>, StoreFault> {
        let sql = "SELECT id, nif, prefix, zone_minutes FROM outlets WHERE id = ?1";
        Ok(self.outlets_by(sql, [id.as_str()])?.pop())
    }

    fn outlet_by_prefix(&mut self, prefix: Prefix) -> Result<Option<Outlet>, StoreFault> {
        let sql = "SELECT id, nif, prefix, zone_minutes FROM outlets WHERE prefix = ?1";
        Ok(self.outlets_by(sql, [prefix.as_str()])?.pop())
    }

    fn outlets(&mut self, after: Option<OutletId>, most: usize) -> Result<Vec<Outlet>, StoreFault> {
        let sql = "SELECT id, nif, prefix, zone_minutes FROM outlets WHERE id > ?1 ORDER BY id LIMIT ?2";
        let after = after.as_ref().map_or("", OutletId::as_str);
        self.outlets_by(sql, params![after, limit(most)])
    }

    fn take_turn(&mut self, outlet: OutletId, process: u64, lasts: Duration) -> Result<Turn, StoreFault> {
        let now = self.shared.now_milliseconds();
        let until = now.saturating_add(i64::try_from(lasts.as_millis()).unwrap_or(i64::MAX));
        self.write(|connection| {
            if let Some(head) = take(connection, outlet, process, now, until).map_err(fault)? {
                return Ok(Turn::Taken(head.read()?));
            }
            let held = held_until(connection, outlet).map_err(fault)?;
            Ok(held.map_or(Turn::NoOutlet, |until| {
                Turn::Held(Duration::from_millis(u64::try_from(until - now).unwrap_or(0).max(1)))
            }))
        })
    }

    fn head(&mut self, outlet: OutletId) -> Result<Option<HeadRow>, StoreFault> {
        let read = || {
            self.connection
                .prepare_cached(concat!("SELECT ", head_columns!(), " FROM heads h WHERE h.outlet = ?1"))?
                .query_row([outlet.as_str()], head)
                .optional()
        };
        read().map_err(fault)?.map(HeadColumns::read).transpose()
    }

    fn append(&mut self, parts: &[Append]) -> Result<Vec<Appended>, AppendFault> {
        append::append(&self.shared, &mut self.connection, parts)
    }

    fn at(&mut self, place: Place) -> Result<Option<Row>, StoreFault> {
        read::at(&self.connection, place)
    }

    fn known(
        &mut self,
        outlet: OutletId,
        sales: &[(Timestamp, PayloadHash)],
        keys: &[IdempotencyKey],
    ) -> Result<Known, StoreFault> {
        read::known(&self.connection, outlet, sales, keys)
    }

    fn by_number(
        &mut self,
        outlet: OutletId,
        epoch: Epoch,
        number: InvoiceNumber,
    ) -> Result<Option<Row>, StoreFault> {
        read::by_number(&self.connection, outlet, epoch, number)
    }

    fn notes_on(&mut self, outlet: OutletId, original: Reference) -> Result<Vec<Row>, StoreFault> {
        read::notes_on(&self.connection, outlet, original)
    }

    fn records(
        &mut self,
        chain: ChainId,
        after: Option<Position>,
        most: usize,
    ) -> Result<Vec<Row>, StoreFault> {
        read::records(&self.connection, chain, after, most)
    }

    fn newest_of(&mut self, chain: ChainId) -> Result<Option<Row>, StoreFault> {
        read::newest_of(&self.connection, chain)
    }

    fn chains(&mut self, outlet: OutletId) -> Result<Vec<(ChainId, Position)>, StoreFault> {
        read::chains(&self.connection, outlet)
    }

    fn invoices_between(
        &mut self,
        outlet: OutletId,
        times: (Timestamp, Timestamp),
        after: Option<(Timestamp, Place)>,
        most: usize,
    ) -> Result<Vec<Row>, StoreFault> {
        read::invoices_between(&self.connection, outlet, times, after, most)
    }

    fn closure_before(&mut self, chain: ChainId, position: Position) -> Result<Option<Row>, StoreFault> {
        read::closure_before(&self.connection, chain, position)
    }

    fn newest_invoice(&mut self, chain: ChainId) -> Result<Option<Row>, StoreFault> {
        read::newest_invoice(&self.connection, chain)
    }

    fn line_ends(&mut self, chain: ChainId, most: usize) -> Result<Vec<Row>, StoreFault> {
        read::line_ends(&self.connection, chain, most)
    }

    fn flags(&mut self, outlet: OutletId, after: Option<Place>, most: usize) -> Result<Vec<Row>, StoreFault> {
        read::flags(&self.connection, outlet, after, most)
    }

    fn unfit(
        &mut self,
        outlet: OutletId,
        after: Option<&Unfit>,
        most: usize,
    ) -> Result<Vec<Unfit>, StoreFault> {
        read::unfit(&self.connection, outlet, after, most)
    }

    fn unfit_since(&mut self, outlet: OutletId, since: Timestamp) -> Result<usize, StoreFault> {
        read::unfit_since(&self.connection, outlet, since)
    }

    fn is_kept(&mut self, unfit: &Unfit) -> Result<bool, StoreFault> {
        read::is_kept(&self.connection, unfit)
    }

    fn publish_key(&mut self, key: &SealingKey) -> Result<(), StoreFault> {
        self.write(|connection| match insert_sealing_key(connection, key) {
            Ok(()) => Ok(()),
            Err(error) if is_constraint(&error) => Err(StoreFault::Exists("the key")),
            Err(error) => Err(fault(error)),
        })
    }

    fn retire_key(&mut self, key: KeyId, at: Timestamp) -> Result<(), StoreFault> {
        self.write(|connection| {
            connection
                .execute(
                    "UPDATE sealing_keys SET until = ?2 WHERE id = ?1 AND until IS NULL",
                    params![key.0, integer(at.unix())],
                )
                .map_err(fault)?;
            Ok(())
        })
    }

    fn keys(&mut self) -> Result<Vec<SealingKey>, StoreFault> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT point, signer, since, until FROM sealing_keys ORDER BY since, id")
            .map_err(fault)?;
        let keys = statement
            .query_map([], |row| {
                Ok(KeyColumns {
                    point: row.get(0)?,
                    signer: row.get(1)?,
                    since: row.get(2)?,
                    until: row.get(3)?,
                })
            })
            .map_err(fault)?;
        keys.map(|key| key.map_err(fault)?.read()).collect()
    }

    fn forget_keys(&mut self, before: Timestamp, most: usize) -> Result<usize, StoreFault> {
        let mut forgotten = 0;
        loop {
            let portion = FORGOTTEN_AT_ONCE.min(most - forgotten);
            let count = self.write(|connection| forget(connection, before, portion))?;
            forgotten += count;
            if count < portion || forgotten == most {
                return Ok(forgotten);
            }
            // Who waits for the lock is only woken when it is free: without a pause this thread would have it again first.
            std::thread::sleep(BETWEEN_PORTIONS);
        }
    }

    fn look(&mut self, work: StatementsWork<'_>) -> Result<(), StoreFault> {
        statements::look(&self.connection, work)
    }

    fn change(&mut self, work: StatementsWork<'_>) -> Result<(), StoreFault> {
        statements::change(&self.shared, &mut self.connection, work)
    }
}

fn forget(connection: &Connection, before: Timestamp, most: usize) -> Result<usize, StoreFault> {
    connection
        .prepare_cached(
            "DELETE FROM idempotency WHERE (outlet, key) IN \
             (SELECT outlet, key FROM idempotency WHERE time < ?1 ORDER BY time LIMIT ?2)",
        )
        .and_then(|mut delete| delete.execute(params![integer(before.unix()), limit(most)]))
        .map_err(fault)
}

fn insert_outlet(connection: &Connection, outlet: &Outlet) -> Result<(), StoreFault> {
    let inserted = connection.execute(
        "INSERT INTO outlets (id, nif, prefix, zone_minutes) VALUES (?1, ?2, ?3, ?4)",
        params![outlet.id.as_str(), outlet.nif.as_str(), outlet.prefix.as_str(), outlet.zone.minutes()],
    );
    match inserted {
        Ok(_) => Ok(()),
        Err(error) if is_constraint(&error) && error.to_string().contains("outlets.prefix") => {
            Err(StoreFault::Exists("the prefix"))
        }
        Err(error) if is_constraint(&error) => Err(StoreFault::Exists("the outlet")),
        Err(error) => Err(fault(error)),
    }
}

fn insert_head(connection: &Connection, outlet: OutletId, head: &HeadRow) -> Result<(), rusqlite::Error> {
    connection
        .prepare_cached(
            "INSERT INTO heads (outlet, epoch, signer, position, number, hash, time, key, totals, generation, holder) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            outlet.as_str(),
            head.chain.epoch.0,
            head.chain.signer.as_str(),
            head.state.position.map(|position| integer(position.value())),
            head.state.number.map(|number| integer(number.value())),
            head.state.hash.0,
            integer(head.state.time.unix()),
            head.key.map(|key| key.0),
            head.totals,
            integer(head.generation),
            head.holder.as_ref().map(DeviceId::as_str),
        ])
        .map(|_| ())
}

/// The head under its next generation, unless another process has its turn. A turn that began later than now is of a
/// clock that was set back, and counts no more.
fn take(
    connection: &Connection,
    outlet: OutletId,
    process: u64,
    now: i64,
    until: i64,
) -> Result<Option<HeadColumns>, rusqlite::Error> {
    connection
        .prepare_cached(concat!(
            "UPDATE heads AS h SET generation = h.generation + 1, turn_process = ?2, turn_from = ?3, turn_until = ?4 \
             WHERE h.outlet = ?1 AND (h.turn_process = ?2 OR h.turn_until <= ?3 OR h.turn_from > ?3) RETURNING ",
            "outlet, epoch, signer, position, number, hash, time, key, totals, generation, holder"
        ))?
        .query_row(params![outlet.as_str(), process.cast_signed(), now, until], head)
        .optional()
}

fn held_until(connection: &Connection, outlet: OutletId) -> Result<Option<i64>, rusqlite::Error> {
    connection
        .prepare_cached("SELECT turn_until FROM heads WHERE outlet = ?1")?
        .query_row([outlet.as_str()], |row| row.get(0))
        .optional()
}

fn insert_sealing_key(connection: &Connection, key: &SealingKey) -> Result<(), rusqlite::Error> {
    connection
        .execute(
            "INSERT INTO sealing_keys (id, point, signer, since, until) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                key.key.id().0,
                key.key.to_compressed(),
                key.signer.as_str(),
                integer(key.since.unix()),
                key.until.map(|until| integer(until.unix())),
            ],
        )
        .map(|_| ())
}

fn head(row: &rusqlite::Row<'_>) -> Result<HeadColumns, rusqlite::Error> {
    Ok(HeadColumns {
        outlet: row.get(0)?,
        epoch: row.get(1)?,
        signer: row.get(2)?,
        position: row.get(3)?,
        number: row.get(4)?,
        hash: row.get(5)?,
        time: row.get(6)?,
        key: row.get(7)?,
        totals: row.get(8)?,
        generation: row.get(9)?,
        holder: row.get(10)?,
    })
}
