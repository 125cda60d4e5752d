use fiscal::{DeviceId, OutletId};
use rusqlite::{Connection, params};

use super::{Shared, fault, is_constraint, write::transaction};
use crate::{
    Act, ActName, Append, AppendFault, Appended, ChainId, HeadRow, KeyRow, Row, StoreFault, Unfit, act,
    store::{
        columns::{integer, kind},
        is_own_sale,
        screen::screen,
    },
};

/// Why a transaction is undone.
enum Stop {
    /// This part has this answer: the others are appended without it.
    Answer(usize, Appended),
    Fault(StoreFault),
}

impl From<StoreFault> for Stop {
    fn from(fault: StoreFault) -> Self {
        Self::Fault(fault)
    }
}

/// Appends what can be. That a sale is there already is rare, because the writer has asked before, and that a place is
/// taken is more so: only then is the transaction undone and begun again without that part.
pub(super) fn append(
    shared: &Shared,
    connection: &mut Connection,
    parts: &[Append],
) -> Result<Vec<Appended>, AppendFault> {
    let mut answers = screen(parts)?;
    while answers.iter().any(Option::is_none) {
        let overtaken = transaction(shared, connection, |connection| store(connection, parts, &answers))?;
        match overtaken {
            Ok(overtaken) => {
                for part in overtaken {
                    answers[part] = Some(Appended::Overtaken);
                }
                break;
            }
            Err(Stop::Answer(part, answer)) => answers[part] = Some(answer),
            Err(Stop::Fault(fault)) => return Err(AppendFault::NotDone(fault)),
        }
    }
    Ok(answers.into_iter().map(|answer| answer.unwrap_or(Appended::Durable)).collect())
}

/// Stores the parts that have no answer yet, and says which of them were overtaken.
fn store(
    connection: &Connection,
    parts: &[Append],
    answers: &[Option<Appended>],
) -> Result<Vec<usize>, Stop> {
    let mut overtaken = Vec::new();
    for (index, (part, _)) in
        parts.iter().zip(answers).enumerate().filter(|(_, (_, answer))| answer.is_none())
    {
        if !move_head(connection, &part.head, part.done)? {
            overtaken.push(index);
            continue;
        }
        for row in &part.rows {
            if !insert_record(connection, row)? {
                return Err(Stop::Answer(index, Appended::Corrupt));
            }
            if row.is_invoice() && !insert_sale(connection, row)? && is_own_sale(part, row) {
                return Err(Stop::Answer(index, Appended::Known));
            }
        }
        for key in &part.keys {
            if !insert_key(connection, key)? {
                return Err(Stop::Answer(index, Appended::Known));
            }
        }
        for act in &part.acts {
            insert_act(connection, act)?;
        }
        for unfit in &part.unfit {
            insert_unfit(connection, unfit)?;
        }
    }
    Ok(overtaken)
}

/// False when the head is of another generation.
fn move_head(connection: &Connection, head: &HeadRow, done: bool) -> Result<bool, StoreFault> {
    let ChainId { outlet, epoch, signer } = &head.chain;
    let update = || {
        connection
            .prepare_cached(
                "UPDATE heads SET epoch = ?3, signer = ?4, position = ?5, number = ?6, hash = ?7, time = ?8, key = ?9, \
                 totals = ?10, turn_until = CASE WHEN ?11 THEN 0 ELSE turn_until END, holder = ?12 \
                 WHERE outlet = ?1 AND generation = ?2",
            )?
            .execute(params![
                outlet.as_str(),
                integer(head.generation),
                epoch.0,
                signer.as_str(),
                head.state.position.map(|position| integer(position.value())),
                head.state.number.map(|number| integer(number.value())),
                head.state.hash.0,
                integer(head.state.time.unix()),
                head.key.map(|key| key.0),
                head.totals,
                done,
                head.holder.as_ref().map(DeviceId::as_str),
            ])
    };
    Ok(update().map_err(fault)? == 1)
}

/// False when the place is taken.
fn insert_record(connection: &Connection, row: &Row) -> Result<bool, StoreFault> {
    let ChainId { outlet, epoch, signer } = &row.place.chain;
    let kind = kind(row)?;
    let insert = || {
        connection
            .prepare_cached(
                "INSERT INTO records (outlet, epoch, signer, position, number, kind, time, stamped, hash, \
                 reference_epoch, reference_number, record, body) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            )?
            .execute(params![
                outlet.as_str(),
                epoch.0,
                signer.as_str(),
                integer(row.place.position.value()),
                row.number.map(|number| integer(number.value())),
                kind,
                integer(row.time.unix()),
                integer(row.stamped.unix()),
                row.hash.0,
                row.reference.map(|original| original.epoch.0),
                row.reference.map(|original| integer(original.number.value())),
                row.record,
                row.body,
            ])
    };
    match insert() {
        Ok(_) => Ok(true),
        Err(error) if is_constraint(&error) => Ok(false),
        Err(error) => Err(fault(error)),
    }
}

/// False when the sale is there already.
fn insert_sale(connection: &Connection, row: &Row) -> Result<bool, StoreFault> {
    let ChainId { outlet, epoch, signer } = &row.place.chain;
    let insert = || {
        connection
            .prepare_cached(
                "INSERT INTO sales (outlet, stamped, hash, epoch, signer, position) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                outlet.as_str(),
                integer(row.stamped.unix()),
                row.hash.0,
                epoch.0,
                signer.as_str(),
                integer(row.place.position.value()),
            ])
    };
    // The trigger ignores a second seal.
    Ok(insert().map_err(fault)? == 1)
}

/// False when the key is there already.
fn insert_key(connection: &Connection, row: &KeyRow) -> Result<bool, StoreFault> {
    let ChainId { outlet, epoch, signer } = &row.place.chain;
    let insert = || {
        connection
            .prepare_cached(
                "INSERT INTO idempotency (outlet, key, epoch, signer, position, time) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                outlet.as_str(),
                row.key.as_str(),
                epoch.0,
                signer.as_str(),
                integer(row.place.position.value()),
                integer(row.time.unix()),
            ])
    };
    Ok(insert().map_err(fault)? == 1)
}

/// The trigger ignores what is kept already.
fn insert_unfit(connection: &Connection, unfit: &Unfit) -> Result<(), StoreFault> {
    let insert = || {
        connection
            .prepare_cached(
                "INSERT INTO unfit (outlet, signer, epoch, position, digest, record, body, reason, time) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                unfit.outlet.as_str(),
                unfit.signer.as_str(),
                unfit.epoch.0,
                integer(unfit.position.value()),
                unfit.digest,
                unfit.record,
                unfit.body,
                unfit.reason.name(),
                integer(unfit.time.unix()),
            ])
    };
    insert().map(|_| ()).map_err(fault)
}

fn insert_act(connection: &Connection, act: &Act) -> Result<(), StoreFault> {
    let insert = || {
        connection.prepare_cached(act::INSERT)?.execute(params![
            integer(act.time.unix()),
            act.by.actor.as_str(),
            act.action,
            act.by.tenant.as_ref().map(ActName::as_str),
            act.outlet.as_ref().map(OutletId::as_str),
            act.kept_subject(),
            act.by.request.as_str(),
        ])
    };
    insert().map(|_| ()).map_err(fault)
}
