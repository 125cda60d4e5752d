//! What the ledger holds, read without the program that is under trial.

use anyhow::Context;
use cloud_trials::{OUTLETS, page};
use fiscal::{Epoch, EventKind, FiscalNumber, InvoiceNumber, OutletId, Prefix, RecordHash, Subject};
use ledger::{Database, Nim, Row};
use serde::Deserialize;

use crate::{
    picture::{Named, Note, Sealed},
    spelled::spelled,
};

/// All invoices of all outlets, each with its outlet's machine, and all notes of the authority's elements.
pub(crate) fn held(database: &dyn Database, machines: &[Nim]) -> anyhow::Result<(Vec<Sealed>, Vec<Note>)> {
    let (mut invoices, mut notes) = (Vec::new(), Vec::new());
    let mut store = database.connect()?;
    for (outlet, nim) in machines.iter().enumerate() {
        let mut after = None;
        loop {
            let rows = page(store.as_mut(), outlet, after)?;
            let Some(last) = rows.last() else { break };
            after = Some(last.place.position);
            for row in &rows {
                let record = row.read().with_context(|| format!("{:?}", row.place))?;
                match record.header.subject {
                    Subject::Invoice(facts) => invoices.push(Sealed {
                        fiscal: number_of(outlet, row.place.chain.epoch, facts.number)?,
                        hash: record.hash(),
                        nim: nim.clone(),
                        original: original(row)?,
                    }),
                    Subject::Event(EventKind::Authority) => notes.push(note(row)?),
                    Subject::Event(_) => {}
                }
            }
        }
    }
    Ok((invoices, notes))
}

fn number_of(outlet: usize, epoch: Epoch, number: InvoiceNumber) -> anyhow::Result<FiscalNumber> {
    let prefix: Prefix = OUTLETS[outlet].1.parse()?;
    Ok(FiscalNumber { prefix, epoch, number })
}

/// As much of a payload as says what it takes back.
#[derive(Deserialize)]
struct Payload {
    #[serde(default)]
    reference: Option<Reference>,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(deserialize_with = "spelled")]
    outlet_id: OutletId,
    epoch: u32,
    invoice_seq: u64,
}

fn original(row: &Row) -> anyhow::Result<Option<FiscalNumber>> {
    let payload: Payload = serde_json::from_str(body(row)?)?;
    let Some(Reference { outlet_id, epoch, invoice_seq }) = payload.reference else { return Ok(None) };
    let outlet = OUTLETS.iter().position(|(id, _)| *id == outlet_id.as_str()).context("an outlet")?;
    let number = InvoiceNumber::new(invoice_seq).context("a number")?;
    number_of(outlet, Epoch(epoch), number).map(Some)
}

/// As much of a record of the authority's elements as is compared (section 14 of docs/formats.md).
#[derive(Deserialize)]
struct Noted {
    record_hash: String,
    #[serde(flatten)]
    named: Named,
}

fn note(row: &Row) -> anyhow::Result<Note> {
    let Noted { record_hash, named } = serde_json::from_str(body(row)?)?;
    Ok(Note { of: RecordHash::from_hex(&record_hash).context("the hash of a record")?, named })
}

fn body(row: &Row) -> anyhow::Result<&str> {
    row.body.as_deref().with_context(|| format!("{:?} has no body", row.place))
}
