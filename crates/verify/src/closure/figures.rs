use fiscal::{Amount, Invoice};

use super::{body::GroupKey, nature::Nature};

/// What an invoice adds to the sums of a closure, without the invoice's bytes.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    pub(super) nature: Option<Nature>,
    pub(super) groups: Vec<GroupFigures>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct GroupFigures {
    pub(super) key: GroupKey,
    pub(super) base: Amount,
    pub(super) tax: Amount,
}

impl Figures {
    pub(crate) fn of(invoice: &Invoice<'_>) -> Self {
        let nature = Nature::of(invoice);
        let (currency, invoice_type) = (invoice.totals.currency, invoice.invoice_type);
        let groups = invoice.tax_groups.iter().map(|group| GroupFigures {
            key: GroupKey { code: group.code, rate: group.rate, currency, invoice_type, nature },
            base: group.base_amount,
            tax: group.tax_amount,
        });
        Self { nature, groups: groups.collect() }
    }
}
