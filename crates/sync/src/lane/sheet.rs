use edef::{AuthorityCode, Comparison, GroupTotals, InvoiceRequest, Mapping, MappingFault, OurSeal};
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

/// Why there is no request of an invoice: a person reads it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSheet {
    /// Not by what is known just now; it is looked at again.
    #[error("{0}")]
    Yet(String),
    /// Nor will there be one.
    #[error("{0}")]
    Ever(String),
}

/// Turns invoices into requests. It knows the manifests and the outlets' zones, which a lane does not.
pub trait Translate: Send + Sync {
    /// The request of a job's invoice, or why there is none.
    fn sheet(
        &self,
        job: &Job,
        paper: &Paper,
        machine: &Machine,
        original: Option<AuthorityCode>,
    ) -> Result<Sheet, NoSheet>;
}

/// The request of an invoice by a manifest, in the zone of its outlet.
pub fn translate(
    job: &Job,
    paper: &Paper,
    machine: &Machine,
    original: Option<AuthorityCode>,
    (manifest, zone): (&Manifest<'_>, UtcOffset),
) -> Result<Sheet, NoSheet> {
    let sale = Validated::read(paper.payload.as_bytes()).map_err(|fault| NoSheet::Ever(fault.to_string()))?;
    let seal = OurSeal { fiscal: paper.fiscal, record: paper.record, device: job.place.chain.signer };
    let day = sale.invoice().timestamp.date_at(zone);
    let mapping = Mapping { seal, isf: &machine.isf, manifest, day, original };
    let request = mapping.request(&sale)?;
    let expected = mapping.expected(&sale)?;
    Ok(Sheet { request, expected })
}

impl From<MappingFault> for NoSheet {
    fn from(fault: MappingFault) -> Self {
        let text = fault.to_string();
        match fault {
            MappingFault::TaxItem { .. } | MappingFault::TooLarge => Self::Ever(text),
            // A manifest that another process holds already, or that is to be corrected.
            MappingFault::GroupUnknown { .. }
            | MappingFault::TwoRates { .. }
            | MappingFault::OriginalMissing => Self::Yet(text),
        }
    }
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
