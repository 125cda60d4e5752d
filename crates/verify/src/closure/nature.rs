use fiscal::{CreditNature, Invoice, Reference};

/// Why an invoice is credited, as a closure tells credit notes apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nature {
    Of(CreditNature),
    /// RRR: a rebate, which has no original.
    Rebate,
}

impl Nature {
    const REBATE: &str = "RRR";

    pub(super) fn of(invoice: &Invoice<'_>) -> Option<Self> {
        invoice.reference.as_ref().map(|reference| match reference {
            Reference::Rebate => Self::Rebate,
            Reference::Original(original) => Self::Of(original.nature),
        })
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        if text == Self::REBATE {
            return Some(Self::Rebate);
        }
        let natures = [CreditNature::Void, CreditNature::Return, CreditNature::Correction];
        natures.into_iter().find(|nature| nature.name() == text).map(Self::Of)
    }

    pub(super) const fn is_void(self) -> bool {
        matches!(self, Self::Of(CreditNature::Void))
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Of(nature) => nature.name(),
            Self::Rebate => Self::REBATE,
        }
    }
}
