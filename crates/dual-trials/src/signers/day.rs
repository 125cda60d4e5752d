//! The sales of `examples/day`, as a terminal offers them.

use std::{fs, path::Path};

use anyhow::Context;
use def_protocol::reply::Seal;
use fiscal::{Invoice, Reference, Timestamp};

/// Their texts in their order.
pub(super) fn texts() -> anyhow::Result<Vec<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/day");
    let mut paths: Vec<_> = fs::read_dir(&folder)
        .with_context(|| folder.display().to_string())?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    paths.iter().map(|path| Ok(fs::read_to_string(path)?)).collect()
}

/// One of them at a time; a credit note names its original by the seal that it really got.
pub(super) fn payload(text: &str, time: Timestamp, seals: &[Seal]) -> anyhow::Result<String> {
    let mut invoice = Invoice::read(text.as_bytes())?;
    invoice.timestamp = time;
    if let Some(Reference::Original(reference)) = &mut invoice.reference {
        let place = usize::try_from(reference.invoice_seq.value())?.checked_sub(1);
        let original = place.and_then(|place| seals.get(place)).context("its original was not sold")?;
        let number = &original.fiscal_number;
        (reference.epoch, reference.invoice_seq) = (number.epoch, number.number);
        reference.auth_code = original.auth_code;
    }
    let mut payload = String::new();
    invoice.write(&mut payload)?;
    Ok(payload)
}
