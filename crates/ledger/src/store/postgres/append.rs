use std::collections::BTreeSet;

use ::postgres::{error::SqlState, types::ToSql};
use fiscal::{DeviceId, OutletId};

use super::session::{Session, WriteFault, fault, keeps_promises};
use crate::{
    Act, ActName, Append, AppendFault, Appended, ChainId, KeyRow, Row, StoreFault, Unfit,
    store::{
        columns::{integer, kind, wrong},
        is_own_sale,
        screen::screen,
    },
};

/// Answers NULL, and appends nothing, when the server's settings are no longer those that were there on connecting.
const APPEND: &str = concat!(
    "SELECT CASE WHEN ",
    keeps_promises!(),
    " THEN append($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, \
     $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, \
     $45, $46, $47, $48, $49) END"
);

/// The outlets of which one of these places is taken, under the generations that are still the newest: where another
/// process has appended meanwhile, it is no fault that they are.
const TAKEN: &str = "SELECT DISTINCT p.outlet FROM unnest($1::text[], $2::bigint[]) AS p (outlet, generation) \
     JOIN heads h ON h.outlet = p.outlet AND h.generation = p.generation \
     JOIN unnest($3::text[], $4::bigint[], $5::text[], $6::bigint[]) AS q (outlet, epoch, signer, position) \
       ON q.outlet = p.outlet \
     JOIN records r ON r.outlet = q.outlet AND r.epoch = q.epoch AND r.signer = q.signer AND r.position = q.position";

/// Appends in one statement, which is one message to the server and one back. A taken place undoes all of it: only then
/// is it asked whose that is, and the others are appended without.
pub(super) fn append(session: &mut Session, parts: &[Append]) -> Result<Vec<Appended>, AppendFault> {
    let mut answers = screen(parts)?;
    // Each round answers a part or ends; one more for each is left for turns that others take between the questions.
    for _ in 0..=2 * parts.len() {
        let open: Vec<&Append> =
            parts.iter().zip(&answers).filter(|(_, answer)| answer.is_none()).map(|(part, _)| part).collect();
        if open.is_empty() {
            break;
        }
        let columns = Columns::of(&open).map_err(AppendFault::NotDone)?;
        let slots = answers.iter_mut().filter(|answer| answer.is_none());
        match ask(session, &columns)? {
            Outcome::Answered(given) => {
                for (slot, given) in slots.zip(given) {
                    *slot = Some(given);
                }
                return answers.into_iter().collect::<Option<_>>().ok_or_else(|| {
                    AppendFault::Unknown("PostgreSQL answered for fewer outlets than were asked".to_owned())
                });
            }
            Outcome::PlaceTaken => {
                let taken = taken(session, &columns).map_err(AppendFault::NotDone)?;
                for (slot, part) in slots.zip(open) {
                    if taken.contains(part.head.chain.outlet.as_str()) {
                        *slot = Some(Appended::Corrupt);
                    }
                }
            }
        }
    }
    answers.into_iter().collect::<Option<_>>().ok_or_else(|| {
        AppendFault::NotDone(StoreFault::Unavailable("other programs write records of the ledger".to_owned()))
    })
}

/// What the server made of the statement.
enum Outcome {
    Answered(Vec<Appended>),
    /// One of the places is taken: all was undone.
    PlaceTaken,
}

fn ask(session: &mut Session, columns: &Columns<'_>) -> Result<Outcome, AppendFault> {
    let statement = session.prepare(APPEND).map_err(|error| AppendFault::NotDone(fault(&error)))?;
    let allow_single_server = session.allows_single_server();
    let mut asked: Vec<&(dyn ToSql + Sync)> = vec![&allow_single_server];
    asked.extend(columns.asked());
    let rows = match session.write(&statement, &asked) {
        Ok(rows) => rows,
        Err(WriteFault::NotDone(error)) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
            return Ok(Outcome::PlaceTaken);
        }
        Err(WriteFault::NotDone(error)) => return Err(AppendFault::NotDone(fault(&error))),
        Err(WriteFault::Unknown(said)) => return Err(AppendFault::Unknown(said)),
    };
    let foreign = || AppendFault::Unknown("the function append is not the ledger's".to_owned());
    let said: Option<Vec<i64>> = rows.first().ok_or_else(foreign)?.try_get(0).map_err(|_| foreign())?;
    let Some(said) = said else {
        session.refuse_unsafe().map_err(AppendFault::NotDone)?;
        let said = "a setting of PostgreSQL was changed and changed back".to_owned();
        return Err(AppendFault::NotDone(StoreFault::Unavailable(said)));
    };
    let answers = said.into_iter().map(|code| match code {
        0 => Ok(Appended::Durable),
        1 => Ok(Appended::Overtaken),
        2 => Ok(Appended::Known),
        _ => Err(foreign()),
    });
    answers.collect::<Result<_, _>>().map(Outcome::Answered)
}

fn taken(session: &mut Session, columns: &Columns<'_>) -> Result<BTreeSet<String>, StoreFault> {
    let Columns { heads, records, .. } = columns;
    let asked: [&(dyn ToSql + Sync); 6] = [
        &heads.outlet,
        &heads.generation,
        &records.outlet,
        &records.epoch,
        &records.signer,
        &records.position,
    ];
    let found = session.query(TAKEN, &asked).map_err(|error| fault(&error))?;
    found.iter().map(|row| row.try_get(0).map_err(|error| fault(&error))).collect()
}

/// The arrays that the function takes.
#[derive(Default)]
struct Columns<'a> {
    heads: Heads<'a>,
    records: Records<'a>,
    keys: Keys<'a>,
    acts: Acts<'a>,
    unfit: Unfits<'a>,
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
    holder: Vec<Option<&'a str>>,
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

#[derive(Default)]
struct Acts<'a> {
    time: Vec<i64>,
    actor: Vec<&'a str>,
    action: Vec<&'a str>,
    tenant: Vec<Option<&'a str>>,
    outlet: Vec<Option<&'a str>>,
    subject: Vec<String>,
    request: Vec<&'a str>,
}

#[derive(Default)]
struct Unfits<'a> {
    outlet: Vec<&'a str>,
    signer: Vec<&'a str>,
    epoch: Vec<i64>,
    position: Vec<i64>,
    digest: Vec<&'a [u8]>,
    record: Vec<&'a [u8]>,
    body: Vec<&'a [u8]>,
    reason: Vec<&'static str>,
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
            for act in &part.acts {
                columns.acts.push(act);
            }
            for unfit in &part.unfit {
                columns.unfit.push(unfit);
            }
        }
        Ok(columns)
    }

    /// In the order of the function's arguments.
    fn asked(&self) -> [&(dyn ToSql + Sync); 48] {
        let Self { heads: p, records: r, keys: k, acts: a, unfit: u } = self;
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
            &p.holder,
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
            &a.time,
            &a.actor,
            &a.action,
            &a.tenant,
            &a.outlet,
            &a.subject,
            &a.request,
            &u.outlet,
            &u.signer,
            &u.epoch,
            &u.position,
            &u.digest,
            &u.record,
            &u.body,
            &u.reason,
            &u.time,
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
        self.holder.push(head.holder.as_ref().map(DeviceId::as_str));
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

impl<'a> Unfits<'a> {
    fn push(&mut self, unfit: &'a Unfit) {
        self.outlet.push(unfit.outlet.as_str());
        self.signer.push(unfit.signer.as_str());
        self.epoch.push(i64::from(unfit.epoch.0));
        self.position.push(integer(unfit.position.value()));
        self.digest.push(&unfit.digest);
        self.record.push(&unfit.record);
        self.body.push(&unfit.body);
        self.reason.push(unfit.reason.name());
        self.time.push(integer(unfit.time.unix()));
    }
}

impl<'a> Acts<'a> {
    fn push(&mut self, act: &'a Act) {
        self.time.push(integer(act.time.unix()));
        self.actor.push(act.by.actor.as_str());
        self.action.push(act.action);
        self.tenant.push(act.by.tenant.as_ref().map(ActName::as_str));
        self.outlet.push(act.outlet.as_ref().map(OutletId::as_str));
        self.subject.push(act.kept_subject());
        self.request.push(act.by.request.as_str());
    }
}
