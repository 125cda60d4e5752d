//! What is left of an original: it, and the notes on it that the ledger holds (D5, L5).

use fiscal::{
    AuthCode, CreditAccount, CreditFault, DeviceId, Epoch, EventKind, FiscalNumber, OriginalIdentity,
    Subject, Timestamp, Validated,
};

use crate::{
    ChainId, Outlet, Reference, Refusal, Row, StoreFault, VoucherOrder, found_by, irregular,
    line::{newest_close, record},
    store::LedgerStore,
    voucher::GivenLeave,
};

/// What is asked of the vouchers over an original.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vouchers {
    pub(crate) now: Timestamp,
    /// The outlet's line of numbers.
    pub(crate) epoch: Epoch,
    /// Whose do not matter: what they let it seal is its own to seal.
    pub(crate) exempt: Option<DeviceId>,
}

/// Opens the account of an original with every note on it, for a note that may repeat one of them (L6).
pub(crate) fn open(
    store: &mut dyn LedgerStore,
    outlet: &Outlet,
    original: Reference,
    repeats: Option<FiscalNumber>,
    vouchers: Vouchers,
) -> Result<CreditAccount, Refusal> {
    let row = store.by_number(outlet.id, original.epoch, original.number)?;
    let row = row.ok_or(CreditFault::OriginalNotFound)?;
    let notes = store.notes_on(outlet.id, original)?;
    let account = account(store, outlet, &row, &notes, repeats)?;
    for note in notes.iter().filter(|note| !note.is_invoice()) {
        if is_voucher(note)? {
            refuse_while_out(store, note, vouchers)?;
        }
    }
    Ok(account)
}

/// The account of an original, whatever vouchers are out.
pub(crate) fn account(
    store: &mut dyn LedgerStore,
    outlet: &Outlet,
    original: &Row,
    notes: &[Row],
    repeats: Option<FiscalNumber>,
) -> Result<CreditAccount, Refusal> {
    let identity = OriginalIdentity {
        nif: outlet.nif,
        outlet: outlet.id,
        epoch: original.place.chain.epoch,
        number: original.number.ok_or(CreditFault::OriginalNotFound)?,
        auth_code: auth_code(original)?,
    };
    let mut account = CreditAccount::open(identity, &payload(original)?)?;
    let notes: Vec<&Row> = notes.iter().filter(|note| note.is_invoice()).collect();
    let mut repeated: Vec<FiscalNumber> = repeats.into_iter().collect();
    for note in &notes {
        repeated.extend(found_by::reissued_by(payload(note)?.invoice()));
    }
    for row in notes {
        let note = payload(row)?;
        // One that names another signer's invoice of this number takes nothing of this one. One that is repeated because
        // it is not compliant takes nothing beside its repetition (L6).
        if names(&note, identity.auth_code) && !is_excused(store, outlet, row, &repeated)? {
            account = account.admit(&note)?;
        }
    }
    Ok(account)
}

/// Whether a note is repeated, and flagged as not compliant: a compliant one takes what it takes, whoever names it.
fn is_excused(
    store: &mut dyn LedgerStore,
    outlet: &Outlet,
    note: &Row,
    repeated: &[FiscalNumber],
) -> Result<bool, StoreFault> {
    let Some(number) = note.number else { return Ok(false) };
    let number = FiscalNumber { prefix: outlet.prefix, epoch: note.place.chain.epoch, number };
    if !repeated.contains(&number) {
        return Ok(false);
    }
    let flags = store.notes_on(outlet.id, Reference { epoch: number.epoch, number: number.number })?;
    Ok(flags.iter().filter_map(irregular::read_flag).any(|flagged| flagged.place == note.place))
}

/// The voucher that was given for this very order, for who lost the answer.
pub(crate) fn given(
    store: &mut dyn LedgerStore,
    outlet: &Outlet,
    order: &VoucherOrder,
) -> Result<Option<Row>, StoreFault> {
    for row in store.notes_on(outlet.id, order.original)? {
        if is_voucher(&row)? && GivenLeave::of(&row)?.is_of(order) {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

fn is_voucher(row: &Row) -> Result<bool, StoreFault> {
    Ok(record(row)?.header.subject == Subject::Event(EventKind::Voucher))
}

pub(crate) fn names(note: &Validated<'_>, original: AuthCode) -> bool {
    matches!(&note.invoice().reference, Some(fiscal::Reference::Original(named)) if named.auth_code == original)
}

/// A voucher is out until it is over and the device to which it gave leave has delivered what it sealed in that time:
/// only then is known whether it was used. Its chain in the epoch of the voucher says so, either by a later record or
/// by its close: who enters again seals nothing earlier than this moment. In a later epoch the device seals later, and
/// an epoch that was given up waits for nobody: what it delivers still is flagged.
fn refuse_while_out(store: &mut dyn LedgerStore, voucher: &Row, asked: Vouchers) -> Result<(), Refusal> {
    let leave = GivenLeave::of(voucher)?;
    if asked.exempt == Some(leave.device) {
        return Ok(());
    }
    let chain = ChainId { signer: leave.device, ..voucher.place.chain };
    let is_delivered = store.newest_of(chain)?.is_some_and(|row| row.time > leave.expires);
    let is_over = asked.now > leave.expires
        && (asked.epoch > voucher.place.chain.epoch || newest_close(store, chain)?.is_some());
    if is_delivered || is_over { Ok(()) } else { Err(Refusal::VoucherOut { until: leave.expires }) }
}

fn auth_code(row: &Row) -> Result<AuthCode, StoreFault> {
    Ok(record(row)?.signature.auth_code())
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
