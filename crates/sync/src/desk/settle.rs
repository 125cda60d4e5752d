//! What a person says of an invoice of which it is not known whether it was finalised.

use edef::{AuthorityCode, AuthorityTime, Nim};
use fiscal::Nif;
use ledger::{AuthorityQr, Cell, Statements, StoreFault};
use registry::{Label, MerchantId};

use super::{
    Asked, Desk, DeskFault, Finalised, Settlement, Sight,
    finaliser::{SKEW, finalisers},
    machines::{find_machine, machine_of_outlet},
    write::{seen, write_move},
};
use crate::{
    Job, JobId, JobState, Machine,
    alerts::{About, AlertKind, Tell},
    course::{Move, settle_finalised, settle_not_there},
    store::rows::cell,
};

impl Desk<'_> {
    /// Settles an invoice, for a reason that is kept. With the same elements a second time it changes nothing.
    pub fn settle(
        &mut self,
        sight: Sight<'_>,
        id: JobId,
        settlement: &Settlement,
        reason: &Label,
        asked: Asked<'_>,
    ) -> Result<Job, DeskFault> {
        let settled = self.change(|statements| {
            let job = seen(statements, sight, id)?.job;
            check_form(settlement)?;
            let (job, tells) = settle(statements, job, settlement, reason, asked)?;
            for tell in tells {
                tell.alone(statements, asked.now)?;
            }
            Ok(job)
        });
        if let (Err(DeskFault::OtherCode), Settlement::Finalised(said)) = (&settled, settlement) {
            self.change(|statements| {
                let tell = two_codes(statements, sight, id, &said.code, asked)?;
                Ok(tell.alone(statements, asked.now)?)
            })?;
        }
        settled
    }
}

/// Somebody says that the authority has an invoice by another code than the one that we know: it may be there twice.
pub(crate) fn two_codes(
    statements: &mut dyn Statements,
    sight: Sight<'_>,
    id: JobId,
    code: &AuthorityCode,
    asked: Asked<'_>,
) -> Result<Tell, DeskFault> {
    let job = seen(statements, sight, id)?.job;
    let machine = match &job.machine {
        Some(id) => find_machine(statements, id)?,
        None => None,
    };
    let detail = format!("{code}, {}", asked.by.actor);
    Ok(of_codes(&job, machine.map(|machine| machine.merchant), detail))
}

fn of_codes(job: &Job, merchant: Option<MerchantId>, detail: String) -> Tell {
    let about = About { about: job.fiscal.to_string(), merchant, outlet: Some(job.place.chain.outlet) };
    Tell { kind: AlertKind::TwoCodes, fiscal: job.fiscal, about, detail }
}

/// The same within a transaction, so that an import of many is few, and with what is to be told of it. Whatever is refused
/// has written nothing.
pub(crate) fn settle(
    statements: &mut dyn Statements,
    job: Job,
    settlement: &Settlement,
    reason: &Label,
    asked: Asked<'_>,
) -> Result<(Job, Vec<Tell>), DeskFault> {
    let detail = match settlement {
        Settlement::Finalised(said) => {
            format!("{}: {} ({}) {reason}", asked.by.actor, said.code, said.source)
        }
        Settlement::NotThere => format!("{}: {reason}", asked.by.actor),
    };
    let Some((made, machine)) = judge(statements, job.clone(), settlement, &detail, asked)? else {
        return Ok((job, Vec::new()));
    };
    let job = write_move(statements, made, asked)?;
    if let (Settlement::Finalised(_), Some(machine)) = (settlement, &machine) {
        forget_baseline(statements, machine)?;
    }
    let (merchant, outlet) = (machine.map(|machine| machine.merchant), job.place.chain.outlet);
    let subject = format!("{} {detail}", job.fiscal);
    asked.note(statements, "sync.settle", (merchant.as_ref(), Some(outlet)), subject)?;
    let mut tells = Vec::new();
    if let (Settlement::Finalised(said), Some(merchant)) = (settlement, &merchant)
        && others_with(statements, &job, &said.code, merchant)? == Others::Anothers
    {
        let told = format!("{detail} (another merchant's invoice has this code)");
        tells.push(of_codes(&job, Some(merchant.clone()), told));
    }
    let about = About { about: job.id.to_string(), merchant, outlet: Some(outlet) };
    tells.push(Tell { kind: AlertKind::SettledByPerson, fiscal: job.fiscal, about, detail });
    Ok((job, tells))
}

/// What a settlement makes of a job and by which machine, if it has one, or why it is refused; nothing when it is settled so already.
pub(crate) fn judge(
    statements: &mut dyn Statements,
    job: Job,
    settlement: &Settlement,
    detail: &str,
    asked: Asked<'_>,
) -> Result<Option<(Move, Option<Machine>)>, DeskFault> {
    let said = match settlement {
        Settlement::NotThere => {
            // Who sold before he had an e-MCF, and restored a backup, says so, too.
            let machine = match job.machine.clone() {
                Some(id) => find_machine(statements, &id)?,
                None => machine_of_outlet(statements, job.place.chain.outlet)?,
            };
            return Ok(Some((settle_not_there(job, detail, asked.now)?, machine)));
        }
        Settlement::Finalised(said) => said,
    };
    match &job.elements {
        Some(known) if known.code == said.code => return Ok(None),
        Some(_) => return Err(DeskFault::OtherCode),
        None => {}
    }
    if job.state == JobState::Submitted {
        return Err(DeskFault::InFlight);
    }
    if !matches!(job.state, JobState::Ambiguous | JobState::SyncedWithoutCode) {
        return Err(DeskFault::NotSettled(job.state));
    }
    if let Some(intent) = job.intent.as_ref().filter(|intent| intent.nim != said.nim) {
        return Err(DeskFault::OtherMachine(vec![intent.nim.clone()]));
    }
    let machine = finalisers(statements, &job)?.of_nim(&said.nim).map_err(DeskFault::not_its)?;
    check_time(&job, said, asked)?;
    if said.qr.as_ref().is_some_and(|qr| !is_of(qr, &said.code, &said.nim, machine.nif)) {
        return Err(DeskFault::QrDiffers);
    }
    if others_with(statements, &job, &said.code, &machine.merchant)? == Others::His {
        return Err(DeskFault::CodeReused);
    }
    let elements = said.elements(machine.url.host(), machine.is_test);
    // The ledger's record is written by the lane of a machine, so it names the one that finalised.
    let job = Job { machine: Some(machine.id.clone()), ..job };
    Ok(Some((settle_finalised(job, elements, detail, asked.now)?, Some(machine))))
}

/// Who types a time can type it so that it is read.
fn check_form(settlement: &Settlement) -> Result<(), DeskFault> {
    let Settlement::Finalised(said) = settlement else { return Ok(()) };
    let is_read = said.date_time.as_ref().is_none_or(|time| time.timestamp().is_some());
    if is_read { Ok(()) } else { Err(DeskFault::TimeForm) }
}

/// What stands on the receipt as the authority's time cannot be before there was an invoice. A day without a time is its
/// beginning; a file's time in a form that nobody knows says nothing.
fn check_time(job: &Job, said: &Finalised, asked: Asked<'_>) -> Result<(), DeskFault> {
    let Some(time) = said.date_time.as_ref().and_then(AuthorityTime::timestamp) else { return Ok(()) };
    let (first, last) = (job.sealed.unix().saturating_sub(SKEW), asked.time().unix() + SKEW);
    if (first..=last).contains(&time.unix()) { Ok(()) } else { Err(DeskFault::TimeOutside(job.sealed)) }
}

/// Whether the text of a QR code is of elements: it holds their code, their NIM and the seller's NIF, however it is written.
pub(crate) fn is_of(qr: &AuthorityQr, code: &AuthorityCode, nim: &Nim, nif: Nif) -> bool {
    let plain = |text: &str| -> String {
        let letters = text.chars().filter(char::is_ascii_alphanumeric);
        letters.map(|letter| letter.to_ascii_uppercase()).collect()
    };
    let qr = plain(qr.as_str());
    let holds = |part: String| qr.contains(&plain(&part));
    holds(code.to_string()) && holds(nim.to_string()) && holds(nif.to_string())
}

/// The counters have counted what was settled, and no answer of ours explains it: they decide nothing until they have a new
/// beginning, or they would take it for another invoice in doubt.
fn forget_baseline(statements: &mut dyn Statements, machine: &Machine) -> Result<(), StoreFault> {
    let sql =
        "UPDATE sync_machines SET baseline = NULL, version = version + 1, written_by = '' WHERE id = $1";
    statements.execute(sql, &[cell(&machine.id)]).map(|_| ())
}

/// Which other invoices have a code.
#[derive(PartialEq, Eq)]
enum Others {
    None,
    /// One of the same merchant: it was copied wrongly.
    His,
    /// One of another merchant, who may have said so first to keep this one from it: the platform compares both.
    Anothers,
}

fn others_with(
    statements: &mut dyn Statements,
    job: &Job,
    code: &AuthorityCode,
    merchant: &MerchantId,
) -> Result<Others, StoreFault> {
    let sql = "SELECT m.merchant FROM sync_jobs j LEFT JOIN sync_machines m ON m.id = j.machine \
         WHERE j.code = $1 AND j.id <> $2";
    let rows = statements.query(sql, &[cell(code), cell(&job.id)])?;
    let is_anothers =
        |row: &Vec<Cell>| row.first().and_then(Cell::text).is_some_and(|id| id != merchant.as_str());
    Ok(match rows.as_slice() {
        [] => Others::None,
        rows if rows.iter().all(is_anothers) => Others::Anothers,
        _ => Others::His,
    })
}
