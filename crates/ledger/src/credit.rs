//! What is left of an original: it, and the notes on it that the ledger holds (D5, L5).

use fiscal::{AuthCode, CreditAccount, CreditFault, OriginalIdentity, Validated};

use crate::{Outlet, Reference, Refusal, Row, StoreFault, store::LedgerStore, voucher::GivenLeave};

/// Opens the account of an original with every note on it.
pub(crate) fn open(
    store: &mut dyn LedgerStore,
    outlet: &Outlet,
    original: Reference,
) -> Result<CreditAccount, Refusal> {
    let row = store.by_number(outlet.id, original.epoch, original.number)?;
    let row = row.ok_or(CreditFault::OriginalNotFound)?;
    let identity = OriginalIdentity {
        nif: outlet.nif,
        outlet: outlet.id,
        epoch: original.epoch,
        number: original.number,
        auth_code: auth_code(&row)?,
    };
    let mut account = CreditAccount::open(identity, &payload(&row)?)?;
    for note in store.notes_on(outlet.id, original)? {
        if note.is_invoice() {
            account = account.admit(&payload(&note)?)?;
        } else {
            refuse_while_out(store, &note, original)?;
        }
    }
    Ok(account)
}

/// A voucher is out until the device to which it gave leave has delivered what it sealed in that time: only then is
/// known whether it was used.
fn refuse_while_out(store: &mut dyn LedgerStore, voucher: &Row, original: Reference) -> Result<(), Refusal> {
    let leave = GivenLeave::of(voucher)?;
    for (chain, _) in store.chains(voucher.place.chain.outlet)? {
        let is_its = chain.signer == leave.device && original.epoch <= chain.epoch;
        if is_its && store.newest_of(chain)?.is_some_and(|row| row.time > leave.expires) {
            return Ok(());
        }
    }
    Err(Refusal::VoucherOut { until: leave.expires })
}

fn auth_code(row: &Row) -> Result<AuthCode, StoreFault> {
    let record = row.read().map_err(|fault| corrupt(row, &fault))?;
    Ok(record.signature.auth_code())
}

fn payload(row: &Row) -> Result<Validated<'_>, Refusal> {
    let body = row.body.as_deref();
    let body =
        body.ok_or(Refusal::NotFound("the original's payload was erased after its legal retention"))?;
    Validated::read(body.as_bytes()).map_err(|fault| corrupt(row, &fault).into())
}

fn corrupt(row: &Row, fault: &dyn std::fmt::Display) -> StoreFault {
    StoreFault::Corrupt(format!("{:?}: {fault}", row.place))
}
