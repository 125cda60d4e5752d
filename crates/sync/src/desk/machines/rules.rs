//! Which machine a merchant may have.

use edef::Token;
use fiscal::OutletId;
use ledger::{Statements, StoreFault};

use crate::{
    Machine,
    alerts::{About, AlertKind, raise_alert},
    desk::{Asked, DeskFault, Owner},
    store::{
        is_anothers,
        rows::{cell, maybe, number},
    },
};

pub(super) fn check_token(token: &Token, asked: Asked<'_>) -> Result<(), DeskFault> {
    let expired = token.expires().is_some_and(|expires| expires <= asked.time());
    if expired { Err(DeskFault::TokenExpired) } else { Ok(()) }
}

pub(super) fn check_outlets(outlets: &[OutletId], owner: Owner<'_>) -> Result<(), DeskFault> {
    let are_known = outlets.iter().all(|outlet| owner.outlets.contains(outlet));
    if are_known { Ok(()) } else { Err(DeskFault::NotFound("outlet")) }
}

/// Whether another row of the merchant has this address and NIM.
///
/// Who enters a number that is another merchant's learns nothing of that here: his machine is blocked should the authority
/// answer to his token, too. Only who has proven a number once is told that it is another's now.
pub(super) fn is_taken(statements: &mut dyn Statements, machine: &Machine) -> Result<bool, StoreFault> {
    let sql = "SELECT 1 FROM sync_machines WHERE url = $1 AND nim = $2 AND id <> $3 AND merchant = $4";
    let values =
        [cell(&machine.url), maybe(machine.nim.as_ref(), cell), cell(&machine.id), cell(&machine.merchant)];
    let is_his = !statements.query(sql, &values)?.is_empty();
    Ok(is_his || (machine.has_answered() && is_anothers(statements, machine)?))
}

/// A test service takes no invoices of a merchant who has a real one, unless the platform has it so: what a test finalises
/// counts as sent, and is declared to nobody. What he removed counts, too.
pub(super) fn check_kind(
    statements: &mut dyn Statements,
    machine: &Machine,
    owner: Owner<'_>,
) -> Result<(), DeskFault> {
    if owner.is_platform {
        return Ok(());
    }
    let sql = "SELECT 1 FROM sync_machines WHERE merchant = $1 AND id <> $2 AND is_test <> $3 LIMIT 1";
    let values = [cell(&machine.merchant), cell(&machine.id), number(machine.is_test.into())];
    if statements.query(sql, &values)?.is_empty() { Ok(()) } else { Err(DeskFault::OtherKind) }
}

/// The platform looks whether a test is one that it knows of.
pub(super) fn tell_test(
    statements: &mut dyn Statements,
    machine: &Machine,
    asked: Asked<'_>,
) -> Result<(), StoreFault> {
    if !machine.is_test {
        return Ok(());
    }
    let about =
        About { about: machine.id.to_string(), merchant: Some(machine.merchant.clone()), outlet: None };
    let outlets: Vec<_> = machine.outlets.iter().map(ToString::to_string).collect();
    let detail = format!("{} {}", machine.url.host(), outlets.join(", "));
    raise_alert(statements, AlertKind::TestMachine, &about, detail.trim_end(), asked.now)
}
