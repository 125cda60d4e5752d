use edef::{AuthorityCode, Comparison, GroupTotals, InvoiceRequest, Mapping, OurSeal};
use fiscal::{Manifest, UtcOffset, Validated};

use crate::{Job, Machine, Paper, course::Agreement};

/// An invoice as the authority is to get it, and what it has to come to.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The request.
    pub request: InvoiceRequest,
    /// What the authority has to answer.
    pub expected: GroupTotals,
}

/// Turns invoices into requests. It knows the manifests and the outlets' zones, which a lane does not.
pub trait Translate: Send + Sync {
    /// The request of a job's invoice, or why there is none: a person reads it.
    fn sheet(
        &self,
        job: &Job,
        paper: &Paper,
        machine: &Machine,
        original: Option<AuthorityCode>,
    ) -> Result<Sheet, String>;
}

/// The request of an invoice by a manifest, in the zone of its outlet.
pub fn translate(
    job: &Job,
    paper: &Paper,
    machine: &Machine,
    original: Option<AuthorityCode>,
    (manifest, zone): (&Manifest<'_>, UtcOffset),
) -> Result<Sheet, String> {
    let sale = Validated::read(paper.payload.as_bytes()).map_err(|fault| fault.to_string())?;
    let seal = OurSeal { fiscal: paper.fiscal, record: paper.record, device: job.place.chain.signer };
    let day = sale.invoice().timestamp.date_at(zone);
    let mapping = Mapping { seal, isf: &machine.isf, manifest, day, original };
    let request = mapping.request(&sale).map_err(|fault| fault.to_string())?;
    let expected = mapping.expected(&sale).map_err(|fault| fault.to_string())?;
    Ok(Sheet { request, expected })
}

/// How a comparison is followed.
pub(super) fn agreement(comparison: &Comparison) -> Agreement {
    let text = || {
        let all: Vec<_> = comparison.differences().iter().map(ToString::to_string).collect();
        all.join("; ")
    };
    match comparison {
        Comparison::Same => Agreement::Same,
        Comparison::Within(_) => Agreement::Within(text()),
        Comparison::Beyond(_) => Agreement::Differs(text()),
    }
}
