//! Credit notes whose voucher the cloud adds by itself.

use std::sync::Arc;

use fiscal::{Invoice, OriginalReference, Reference as Named, Timestamp, VoucherToken};
use ledger::{By, ChainId, Holder, Reference, Row, VoucherOrder};
use registry::Place;

use crate::{app::App, problem::Problem};

/// How long a voucher holds behind the day of its note, in days: a note that is older than a week is for a person.
const DAYS: u64 = 8;
const DAY: u64 = 24 * 60 * 60;

/// A canonical payload, with a voucher where it needs one: it credits what the device that holds the line does not have.
///
/// The same note is the same bytes each time: its voucher ends by the note's own day, and a note that is in the ledger
/// already is found by what it says beside its voucher.
pub(crate) async fn with_voucher(
    app: &Arc<App>,
    place: &Place,
    canonical: String,
    by: By,
) -> Result<String, Problem> {
    if app.devices.is_none() {
        return Ok(canonical);
    }
    let Some((original, stamped)) = asks(&canonical) else { return Ok(canonical) };
    let outlet = place.outlet.id;
    let Some(original) = original else { return Ok(canonical) };
    let bare = canonical.clone();
    let found = app.consult(move |ledger| {
        let line = ledger.line(outlet)?;
        let Holder::Device(device) = line.holder else { return Ok(Found::Nothing) };
        let own = ChainId { outlet, epoch: line.epoch, signer: device };
        ledger.ask(|store| {
            let Some(sold) = store.by_number(outlet, original.epoch, original.number)? else {
                return Ok(Found::Nothing);
            };
            if sold.place.chain == own {
                return Ok(Found::Nothing);
            }
            let notes = store.notes_on(outlet, original)?;
            Ok(notes.iter().find_map(|row| same(row, &bare)).map_or(Found::Needed(device), Found::Sealed))
        })
    });
    let device = match found.await? {
        Found::Nothing => return Ok(canonical),
        Found::Sealed(payload) => return Ok(payload),
        Found::Needed(device) => device,
    };
    let days = stamped.unix() / DAY + DAYS;
    let expires = Timestamp::from_unix(days * DAY).unwrap_or(Timestamp::LATEST);
    let order = VoucherOrder { original, device, expires };
    let voucher = app.consult(move |ledger| ledger.vouch(outlet, order, Some(by))).await?;
    Ok(naming(&canonical, &voucher).unwrap_or(canonical))
}

enum Found {
    /// The note needs no voucher, or none helps.
    Nothing,
    /// This very note, as it was sealed.
    Sealed(String),
    Needed(fiscal::DeviceId),
}

/// What a note without a voucher credits, and when it was made; none if it is no such note.
fn asks(canonical: &str) -> Option<(Option<Reference>, Timestamp)> {
    let note = Invoice::read(canonical.as_bytes()).ok()?;
    match &note.reference {
        Some(Named::Original(named)) if named.voucher.is_none() => {
            let is_own = named.outlet_id == note.outlet_id;
            let original = Reference { epoch: named.epoch, number: named.invoice_seq };
            Some((is_own.then_some(original), note.timestamp))
        }
        _ => None,
    }
}

/// The payload of a note that was sealed, if without its voucher it says the same.
fn same(row: &Row, canonical: &str) -> Option<String> {
    let body = row.body.as_deref().filter(|_| row.is_invoice())?;
    let mut note = Invoice::read(body.as_bytes()).ok()?;
    if let Some(Named::Original(named)) = note.reference {
        note.reference = Some(Named::Original(OriginalReference { voucher: None, ..named }));
    }
    (written(&note) == canonical).then(|| body.to_owned())
}

fn naming(canonical: &str, voucher: &str) -> Option<String> {
    let mut note = Invoice::read(canonical.as_bytes()).ok()?;
    let Some(Named::Original(named)) = note.reference else { return None };
    let voucher = Some(VoucherToken::new(voucher).ok()?);
    note.reference = Some(Named::Original(OriginalReference { voucher, ..named }));
    Some(written(&note))
}

fn written(note: &Invoice<'_>) -> String {
    let mut canonical = String::new();
    // A string takes whatever is written.
    let _ = note.write(&mut canonical);
    canonical
}
