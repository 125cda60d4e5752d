//! The invoice of a job, as the ledger holds it.

use fiscal::{EventKind, Subject};
use ledger::{LedgerStore, Place, StoreFault};
use serde::Deserialize;

use super::{facts::read, writing::find};
use crate::{Job, JobId, OriginalStanding, Paper};

/// The invoice of a job, and whether it may be sent. None when the ledger does not hold it.
pub(crate) fn paper(store: &mut dyn LedgerStore, job: &Job) -> Result<Option<Paper>, StoreFault> {
    let Some(row) = store.at(job.place)? else { return Ok(None) };
    let record = read(&row)?.hash();
    if JobId(record) != job.id {
        return Err(StoreFault::Corrupt(format!("{:?} is not the record of its job", job.place)));
    }
    let withheld = match &row.body {
        None => Some("erased".to_owned()),
        Some(_) => flag(store, job)?,
    };
    let original = original(store, job)?;
    let payload = row.body.unwrap_or_default();
    Ok(Some(Paper { payload, fiscal: job.fiscal, record, original, withheld }))
}

/// What is read of a flag's body.
#[derive(Deserialize)]
struct Flagged {
    reason: String,
    signer: String,
    position: u64,
    #[serde(default)]
    causes: Vec<String>,
}

/// What a flag says against it (L6), when the ledger's own signer has flagged it.
fn flag(store: &mut dyn LedgerStore, job: &Job) -> Result<Option<String>, StoreFault> {
    let Place { chain, position } = job.place;
    let Some(head) = store.head(chain.outlet)? else { return Ok(None) };
    // Its own invoices keep the rules, or were not sealed.
    if head.chain.signer == chain.signer {
        return Ok(None);
    }
    let reference = ledger::Reference { epoch: chain.epoch, number: job.fiscal.number };
    for row in store.notes_on(chain.outlet, reference)? {
        let is_flag = row.place.chain.signer == head.chain.signer
            && read(&row)?.header.subject == Subject::Event(EventKind::Flag);
        let flag = row
            .body
            .as_deref()
            .filter(|_| is_flag)
            .and_then(|body| serde_json::from_str::<Flagged>(body).ok());
        let is_its = |flag: &Flagged| {
            flag.reason == "non_compliant"
                && flag.signer == chain.signer.as_str()
                && flag.position == position.value()
        };
        if let Some(flag) = flag.filter(is_its) {
            return Ok(Some(flag.causes.join(" ")));
        }
    }
    Ok(None)
}

fn original(store: &mut dyn LedgerStore, job: &Job) -> Result<OriginalStanding, StoreFault> {
    let Some(original) = job.original else { return Ok(OriginalStanding::None) };
    let reference = original.reference;
    let Some(row) = store.by_number(original.outlet, reference.epoch, reference.number)? else {
        return Ok(OriginalStanding::Unknown);
    };
    let id = JobId(read(&row)?.hash());
    let mut found = None;
    store.look(&mut |statements| {
        found = find(statements, id)?;
        Ok(())
    })?;
    Ok(match found {
        None => OriginalStanding::Unknown,
        Some(Job { elements: Some(elements), .. }) => OriginalStanding::Synced(elements.code),
        Some(Job { state, .. }) => OriginalStanding::Waits(state),
    })
}
