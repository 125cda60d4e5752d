use super::Nature;
use crate::invoice::{Invoice, InvoiceType};

/// What kind of business an invoice is: its type and, for a credit note, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The type.
    pub invoice_type: InvoiceType,
    /// Of which nature, on credit notes only.
    pub nature: Option<Nature>,
}

impl Kind {
    /// Of an invoice.
    pub fn of(invoice: &Invoice<'_>) -> Self {
        Self { invoice_type: invoice.invoice_type, nature: invoice.reference.as_ref().map(Nature::from) }
    }

    /// Whether it voids an original, and is told apart from a return.
    pub fn is_void(self) -> bool {
        self.nature == Some(Nature::Void)
    }
}
