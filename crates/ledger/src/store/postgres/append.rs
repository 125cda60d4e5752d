use ::postgres::{error::SqlState, types::ToSql};

use super::session::{Session, WriteFault, fault};
use crate::{
    Append, AppendFault, Appended, ChainId, KeyRow, Row, StoreFault,
    store::{
        columns::{integer, kind, wrong},
        screen::{is_own_sale, screen},
    },
};

const APPEND: &str = "SELECT append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, \
     $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31)";

/// Appends in one statement, which is one message to the server and one back.
pub(super) fn append(session: &mut Session, parts: &[Append]) -> Result<Vec<Appended>, AppendFault> {
    let mut answers = screen(parts)?;
    let open: Vec<&Append> =
        parts.iter().zip(&answers).filter(|(_, answer)| answer.is_none()).map(|(part, _)| part).collect();
    if !open.is_empty() {
        let columns = Columns::of(&open).map_err(AppendFault::NotDone)?;
        let given = ask(session, &columns)?;
        let slots = answers.iter_mut().filter(|answer| answer.is_none());
        for (slot, given) in slots.zip(given) {
            *slot = Some(given);
        }
    }
    answers.into_iter().collect::<Option<_>>().ok_or_else(|| {
        AppendFault::Unknown("PostgreSQL answered for fewer outlets than were asked".to_owned())
    })
}

fn ask(session: &mut Session, columns: &Columns<'_>) -> Result<Vec<Appended>, AppendFault> {
    let statement = session.prepare(APPEND).map_err(|error| AppendFault::NotDone(fault(&error)))?;
    let rows = session.write(&statement, &columns.asked()).map_err(|error| match error {
        WriteFault::NotDone(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
            AppendFault::NotDone(StoreFault::Exists("a record in this place"))
        }
        WriteFault::NotDone(error) => AppendFault::NotDone(fault(&error)),
        WriteFault::Unknown(said) => AppendFault::Unknown(said),
    })?;
    let said: Option<Vec<i64>> = rows.first().and_then(|row| row.try_get(0).ok());
    let answers = said.unwrap_or_default().into_iter().map(|code| match code {
        0 => Ok(Appended::Durable),
        1 => Ok(Appended::Overtaken),
        2 => Ok(Appended::Known),
        _ => Err(AppendFault::Unknown("the function append is not the ledger's".to_owned())),
    });
    answers.collect()
}

/// The arrays that the function takes.
#[derive(Default)]
struct Columns<'a> {
    heads: Heads<'a>,
    records: Records<'a>,
    keys: Keys<'a>,
}

#[derive(Default)]
struct Heads<'a> {
    outlet: Vec<&'a str>,
    generation: Vec<i64>,
    epoch: Vec<i64>,
    signer: Vec<&'a str>,
    position: Vec<Option<i64>>,
    number: Vec<Option<i64>>,
    hash: Vec<&'a [u8]>,
    time: Vec<i64>,
    key: Vec<Option<&'a [u8]>>,
    totals: Vec<&'a [u8]>,
    done: Vec<bool>,
}

#[derive(Default)]
struct Records<'a> {
    outlet: Vec<&'a str>,
    epoch: Vec<i64>,
    signer: Vec<&'a str>,
    position: Vec<i64>,
    number: Vec<Option<i64>>,
    kind: Vec<i64>,
    time: Vec<i64>,
    stamped: Vec<i64>,
    hash: Vec<&'a [u8]>,
    reference_epoch: Vec<Option<i64>>,
    reference_number: Vec<Option<i64>>,
    record: Vec<&'a [u8]>,
    body: Vec<Option<&'a str>>,
    own_sale: Vec<bool>,
}

#[derive(Default)]
struct Keys<'a> {
    outlet: Vec<&'a str>,
    key: Vec<&'a str>,
    epoch: Vec<i64>,
    signer: Vec<&'a str>,
    position: Vec<i64>,
    time: Vec<i64>,
}

impl<'a> Columns<'a> {
    fn of(parts: &[&'a Append]) -> Result<Self, StoreFault> {
        let mut columns = Self::default();
        for part in parts {
            columns.heads.push(part);
            for row in &part.rows {
                columns.records.push(row, is_own_sale(part, row))?;
            }
            for key in &part.keys {
                columns.keys.push(key);
            }
        }
        Ok(columns)
    }

    /// In the order of the function's arguments.
    fn asked(&self) -> [&(dyn ToSql + Sync); 31] {
        let Self { heads: p, records: r, keys: k } = self;
        [
            &p.outlet,
            &p.generation,
            &p.epoch,
            &p.signer,
            &p.position,
            &p.number,
            &p.hash,
            &p.time,
            &p.key,
            &p.totals,
            &p.done,
            &r.outlet,
            &r.epoch,
            &r.signer,
            &r.position,
            &r.number,
            &r.kind,
            &r.time,
            &r.stamped,
            &r.hash,
            &r.reference_epoch,
            &r.reference_number,
            &r.record,
            &r.body,
            &r.own_sale,
            &k.outlet,
            &k.key,
            &k.epoch,
            &k.signer,
            &k.position,
            &k.time,
        ]
    }
}

impl<'a> Heads<'a> {
    fn push(&mut self, part: &'a Append) {
        let head = &part.head;
        let ChainId { outlet, epoch, signer } = &head.chain;
        self.outlet.push(outlet.as_str());
        self.generation.push(integer(head.generation));
        self.epoch.push(i64::from(epoch.0));
        self.signer.push(signer.as_str());
        self.position.push(head.state.position.map(|position| integer(position.value())));
        self.number.push(head.state.number.map(|number| integer(number.value())));
        self.hash.push(&head.state.hash.0);
        self.time.push(integer(head.state.time.unix()));
        self.key.push(head.key.as_ref().map(|key| key.0.as_slice()));
        self.totals.push(&head.totals);
        self.done.push(part.done);
    }
}

impl<'a> Records<'a> {
    fn push(&mut self, row: &'a Row, own_sale: bool) -> Result<(), StoreFault> {
        let ChainId { outlet, epoch, signer } = &row.place.chain;
        // PostgreSQL's text cannot hold it, and no canonical payload does.
        if row.body.as_deref().is_some_and(|body| body.contains('\0')) {
            return Err(wrong("body"));
        }
        self.outlet.push(outlet.as_str());
        self.epoch.push(i64::from(epoch.0));
        self.signer.push(signer.as_str());
        self.position.push(integer(row.place.position.value()));
        self.number.push(row.number.map(|number| integer(number.value())));
        self.kind.push(kind(row)?);
        self.time.push(integer(row.time.unix()));
        self.stamped.push(integer(row.stamped.unix()));
        self.hash.push(&row.hash.0);
        self.reference_epoch.push(row.reference.map(|original| i64::from(original.epoch.0)));
        self.reference_number.push(row.reference.map(|original| integer(original.number.value())));
        self.record.push(&row.record);
        self.body.push(row.body.as_deref());
        self.own_sale.push(own_sale);
        Ok(())
    }
}

impl<'a> Keys<'a> {
    fn push(&mut self, row: &'a KeyRow) {
        let ChainId { outlet, epoch, signer } = &row.place.chain;
        self.outlet.push(outlet.as_str());
        self.key.push(row.key.as_str());
        self.epoch.push(i64::from(epoch.0));
        self.signer.push(signer.as_str());
        self.position.push(integer(row.place.position.value()));
        self.time.push(integer(row.time.unix()));
    }
}
