use std::{sync::Arc, time::Duration};

use ::postgres::{Row as Found, error::SqlState, types::ToSql};
use fiscal::{DeviceId, Epoch, InvoiceNumber, KeyId, OutletId, PayloadHash, Position, Prefix, Timestamp};

use super::{
    Settings, append,
    read::{self, Ask, misread},
    session::{Session, WriteFault, fault},
    statements::{self, Ended},
};
use crate::{
    Append, AppendFault, Appended, ChainId, HeadRow, IdempotencyKey, Known, LedgerStore, Outlet, Place,
    Reference, Row, SealingKey, StoreFault, Turn, Unfit,
    store::{
        columns::{head_columns, integer, limit},
        statements::StatementsWork,
        tables::HELD_UNTIL_DONE,
    },
};

/// Milliseconds since 1970 by the server's clock, at this moment and not at the transaction's start.
macro_rules! now {
    () => {
        "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
    };
}

/// A turn that ends later than any does is of a clock that was set back, and counts no more; but that of a restore does.
const TAKE_TURN: &str = concat!(
    "UPDATE heads h SET generation = h.generation + 1, turn_process = $2, turn_until = ",
    now!(),
    " + $3 WHERE h.outlet = $1 AND (h.turn_process = $2 OR h.turn_until <= ",
    now!(),
    " OR (h.turn_until <> $5 AND h.turn_until > ",
    now!(),
    " + $4)) RETURNING ",
    head_columns!()
);
/// No turn of another process is believed to last longer, unless the one that is asked for does, in milliseconds.
const LONGEST_TURN: i64 = 60_000;

/// A connection, or the place of one that broke.
pub(super) struct PostgresStore {
    settings: Arc<Settings>,
    session: Option<Session>,
}

impl PostgresStore {
    pub(super) fn connect(settings: Arc<Settings>) -> Result<Self, StoreFault> {
        let mut store = Self { settings, session: None };
        store.session()?;
        Ok(store)
    }

    fn session(&mut self) -> Result<&mut Session, StoreFault> {
        let session = match self.session.take().filter(|session| !session.is_closed()) {
            Some(session) => session,
            None => {
                let mut session = Session::open(&self.settings)?;
                session.refuse_other_versions()?;
                session
            }
        };
        Ok(self.session.insert(session))
    }

    /// For what may be asked again when its outcome is unknown.
    fn write(
        &mut self,
        sql: &'static str,
        asked: &[&(dyn ToSql + Sync)],
        exists: impl FnOnce(Option<&str>) -> &'static str,
    ) -> Result<Vec<Found>, StoreFault> {
        let session = self.session()?;
        let statement = session.prepare(sql).map_err(|error| fault(&error))?;
        match session.write(&statement, asked) {
            Ok(rows) => Ok(rows),
            Err(WriteFault::NotDone(error)) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
                Err(StoreFault::Exists(exists(error.as_db_error().and_then(|said| said.constraint()))))
            }
            Err(WriteFault::NotDone(error)) => Err(fault(&error)),
            Err(WriteFault::Unknown(said)) => {
                self.session = None;
                Err(StoreFault::Unavailable(said))
            }
        }
    }

    /// After a fault of the session the next question has a new connection. A reason of the work's own, as that somebody
    /// asks for what is not there, leaves it: else anybody could have connections opened as fast as he may ask.
    fn with_session(
        &mut self,
        work: impl FnOnce(&mut Session) -> Result<Ended, StoreFault>,
    ) -> Result<(), StoreFault> {
        let done = work(self.session()?);
        if done.is_err() {
            self.session = None;
        }
        done.flatten()
    }

    fn outlets_by(
        &mut self,
        sql: &'static str,
        asked: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Outlet>, StoreFault> {
        self.ask(sql, asked)?.iter().map(|found| read::outlet(found).map_err(misread)?.read()).collect()
    }
}

impl Ask for PostgresStore {
    fn ask(&mut self, sql: &'static str, asked: &[&(dyn ToSql + Sync)]) -> Result<Vec<Found>, StoreFault> {
        self.session()?.query(sql, asked).map_err(|error| {
            // Whatever is wrong with it, the next question has a new connection.
            self.session = None;
            fault(&error)
        })
    }
}

impl LedgerStore for PostgresStore {
    fn create_outlet(&mut self, outlet: &Outlet, head: &HeadRow) -> Result<(), StoreFault> {
        let sql = "WITH made AS ( \
               INSERT INTO outlets (id, nif, prefix, zone_minutes) VALUES ($1, $2, $3, $4) RETURNING id) \
             INSERT INTO heads (outlet, epoch, signer, position, number, hash, time, key, totals, generation, \
               holder) \
             SELECT id, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14 FROM made";
        let asked: [&(dyn ToSql + Sync); 14] = [
            &outlet.id.as_str(),
            &outlet.nif.as_str(),
            &outlet.prefix.as_str(),
            &i64::from(outlet.zone.minutes()),
            &i64::from(head.chain.epoch.0),
            &head.chain.signer.as_str(),
            &head.state.position.map(|position| integer(position.value())),
            &head.state.number.map(|number| integer(number.value())),
            &head.state.hash.0.as_slice(),
            &integer(head.state.time.unix()),
            &head.key.as_ref().map(|key| key.0.as_slice()),
            &head.totals,
            &integer(head.generation),
            &head.holder.as_ref().map(DeviceId::as_str),
        ];
        let exists = |constraint: Option<&str>| match constraint {
            Some("outlets_prefix") => "the prefix",
            _ => "the outlet",
        };
        self.write(sql, &asked, exists).map(|_| ())
    }

    fn outlet(&mut self, id: OutletId) -> Result<Option<Outlet>, StoreFault> {
        let sql = "SELECT id, nif, prefix, zone_minutes FROM outlets WHERE id = $1";
        Ok(self.outlets_by(sql, &[&id.as_str()])?.pop())
    }

    fn outlet_by_prefix(&mut self, prefix: Prefix) -> Result<Option<Outlet>, StoreFault> {
        let sql = "SELECT id, nif, prefix, zone_minutes FROM outlets WHERE prefix = $1";
        Ok(self.outlets_by(sql, &[&prefix.as_str()])?.pop())
    }

    fn outlets(&mut self, after: Option<OutletId>, most: usize) -> Result<Vec<Outlet>, StoreFault> {
        let sql = "SELECT id, nif, prefix, zone_minutes FROM outlets WHERE id > $1 ORDER BY id LIMIT $2";
        let after = after.as_ref().map_or("", OutletId::as_str);
        self.outlets_by(sql, &[&after, &limit(most)])
    }

    fn take_turn(&mut self, outlet: OutletId, process: u64, lasts: Duration) -> Result<Turn, StoreFault> {
        let lasts = i64::try_from(lasts.as_millis()).unwrap_or(i64::MAX / 2).min(i64::MAX / 2);
        let asked: [&(dyn ToSql + Sync); 5] =
            [&outlet.as_str(), &process.cast_signed(), &lasts, &lasts.max(LONGEST_TURN), &HELD_UNTIL_DONE];
        let taken = self.write(TAKE_TURN, &asked, |_| "the head")?;
        if let Some(found) = taken.first() {
            return Ok(Turn::Taken(read::head(found).map_err(misread)?.read()?));
        }
        let left = concat!("SELECT turn_until - ", now!(), " FROM heads WHERE outlet = $1");
        match self.ask(left, &[&outlet.as_str()])?.first() {
            None => Ok(Turn::NoOutlet),
            Some(found) => {
                let left: i64 = found.try_get(0).map_err(misread)?;
                Ok(Turn::Held(Duration::from_millis(u64::try_from(left).unwrap_or(0).max(1))))
            }
        }
    }

    fn head(&mut self, outlet: OutletId) -> Result<Option<HeadRow>, StoreFault> {
        let sql = concat!("SELECT ", head_columns!(), " FROM heads h WHERE h.outlet = $1");
        let found = self.ask(sql, &[&outlet.as_str()])?;
        found.first().map(|found| read::head(found).map_err(misread)?.read()).transpose()
    }

    fn append(&mut self, parts: &[Append]) -> Result<Vec<Appended>, AppendFault> {
        let session = self.session().map_err(AppendFault::NotDone)?;
        let appended = append::append(session, parts);
        if matches!(appended, Err(AppendFault::Unknown(_))) {
            self.session = None;
        }
        appended
    }

    fn at(&mut self, place: Place) -> Result<Option<Row>, StoreFault> {
        read::at(self, place)
    }

    fn known(
        &mut self,
        outlet: OutletId,
        sales: &[(Timestamp, PayloadHash)],
        keys: &[IdempotencyKey],
    ) -> Result<Known, StoreFault> {
        read::known(self, outlet, sales, keys)
    }

    fn by_number(
        &mut self,
        outlet: OutletId,
        epoch: Epoch,
        number: InvoiceNumber,
    ) -> Result<Option<Row>, StoreFault> {
        read::by_number(self, outlet, epoch, number)
    }

    fn notes_on(&mut self, outlet: OutletId, original: Reference) -> Result<Vec<Row>, StoreFault> {
        read::notes_on(self, outlet, original)
    }

    fn records(
        &mut self,
        chain: ChainId,
        after: Option<Position>,
        most: usize,
    ) -> Result<Vec<Row>, StoreFault> {
        read::records(self, chain, after, most)
    }

    fn newest_of(&mut self, chain: ChainId) -> Result<Option<Row>, StoreFault> {
        read::newest_of(self, chain)
    }

    fn chains(&mut self, outlet: OutletId) -> Result<Vec<(ChainId, Position)>, StoreFault> {
        read::chains(self, outlet)
    }

    fn invoices_between(
        &mut self,
        outlet: OutletId,
        times: (Timestamp, Timestamp),
        after: Option<(Timestamp, Place)>,
        most: usize,
    ) -> Result<Vec<Row>, StoreFault> {
        read::invoices_between(self, outlet, times, after, most)
    }

    fn closure_before(&mut self, chain: ChainId, position: Position) -> Result<Option<Row>, StoreFault> {
        read::closure_before(self, chain, position)
    }

    fn newest_invoice(&mut self, chain: ChainId) -> Result<Option<Row>, StoreFault> {
        read::newest_invoice(self, chain)
    }

    fn line_ends(&mut self, chain: ChainId, most: usize) -> Result<Vec<Row>, StoreFault> {
        read::line_ends(self, chain, most)
    }

    fn flags(&mut self, outlet: OutletId, after: Option<Place>, most: usize) -> Result<Vec<Row>, StoreFault> {
        read::flags(self, outlet, after, most)
    }

    fn unfit(
        &mut self,
        outlet: OutletId,
        after: Option<&Unfit>,
        most: usize,
    ) -> Result<Vec<Unfit>, StoreFault> {
        read::unfit(self, outlet, after, most)
    }

    fn unfit_since(&mut self, outlet: OutletId, since: Timestamp) -> Result<usize, StoreFault> {
        read::unfit_since(self, outlet, since)
    }

    fn is_kept(&mut self, unfit: &Unfit) -> Result<bool, StoreFault> {
        read::is_kept(self, unfit)
    }

    fn publish_key(&mut self, key: &SealingKey) -> Result<(), StoreFault> {
        let sql = "INSERT INTO sealing_keys (id, point, signer, since, until) VALUES ($1, $2, $3, $4, $5)";
        let (id, point) = (key.key.id().0, key.key.to_compressed());
        let asked: [&(dyn ToSql + Sync); 5] = [
            &id.as_slice(),
            &point.as_slice(),
            &key.signer.as_str(),
            &integer(key.since.unix()),
            &key.until.map(|until| integer(until.unix())),
        ];
        self.write(sql, &asked, |_| "the key").map(|_| ())
    }

    fn retire_key(&mut self, key: KeyId, at: Timestamp) -> Result<(), StoreFault> {
        let sql = "UPDATE sealing_keys SET until = $2 WHERE id = $1 AND until IS NULL";
        self.write(sql, &[&key.0.as_slice(), &integer(at.unix())], |_| "the key").map(|_| ())
    }

    fn keys(&mut self) -> Result<Vec<SealingKey>, StoreFault> {
        let sql = "SELECT point, signer, since, until FROM sealing_keys ORDER BY since, id";
        self.ask(sql, &[])?.iter().map(|found| read::key(found).map_err(misread)?.read()).collect()
    }

    fn forget_keys(&mut self, before: Timestamp, most: usize) -> Result<usize, StoreFault> {
        let sql = "WITH old AS (SELECT outlet, key FROM idempotency WHERE time < $1 LIMIT $2), \
             gone AS (DELETE FROM idempotency i USING old WHERE i.outlet = old.outlet AND i.key = old.key RETURNING 1) \
             SELECT count(*) FROM gone";
        let found = self.write(sql, &[&integer(before.unix()), &limit(most)], |_| "the key")?;
        let gone: i64 = found.first().map_or(Ok(0), |found| found.try_get(0)).map_err(misread)?;
        Ok(usize::try_from(gone).unwrap_or(0))
    }

    fn look(&mut self, work: StatementsWork<'_>) -> Result<(), StoreFault> {
        self.with_session(|session| statements::look(session, work))
    }

    fn change(&mut self, work: StatementsWork<'_>) -> Result<(), StoreFault> {
        self.with_session(|session| statements::change(session, work))
    }
}
