//! What is left of an original: it, and the notes on it that the ledger holds (D5, L5).

use fiscal::{AuthCode, CreditAccount, CreditFault, OriginalIdentity, Validated};

use crate::{
    ChainId, Outlet, Reference, Refusal, Row, StoreFault, VoucherOrder, store::LedgerStore,
    voucher::GivenLeave,
};

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
            let note = payload(&note)?;
            // One that names another signer's invoice of this number takes nothing of this one.
            if names(&note, identity.auth_code) {
                account = account.admit(&note)?;
            }
        } else {
            refuse_while_out(store, &note)?;
        }
    }
    Ok(account)
}

/// The voucher that was given for this very order, for who lost the answer.
pub(crate) fn given(
    store: &mut dyn LedgerStore,
    outlet: &Outlet,
    order: &VoucherOrder,
) -> Result<Option<Row>, StoreFault> {
    for row in store.notes_on(outlet.id, order.original)? {
        if !row.is_invoice() && GivenLeave::of(&row)?.is_of(order) {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

fn names(note: &Validated<'_>, original: AuthCode) -> bool {
    matches!(&note.invoice().reference, Some(fiscal::Reference::Original(named)) if named.auth_code == original)
}

/// A voucher is out until the device to which it gave leave has delivered what it sealed in that time: only then is
/// known whether it was used. Its chain in the epoch of the voucher says so: in a later epoch it seals later.
fn refuse_while_out(store: &mut dyn LedgerStore, voucher: &Row) -> Result<(), Refusal> {
    let leave = GivenLeave::of(voucher)?;
    let chain = ChainId { signer: leave.device, ..voucher.place.chain };
    let newest = store.newest_of(chain)?;
    if newest.is_some_and(|row| row.time > leave.expires) {
        Ok(())
    } else {
        Err(Refusal::VoucherOut { until: leave.expires })
    }
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
