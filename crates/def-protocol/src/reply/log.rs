use fiscal::{Amount, Currency, GroupCode, InvoiceType, Nif, Rate, RecordHash, Signature, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Accepted, Seal};
use crate::with;

/// The answer to `QRY|LOG`. `T` and `P` are texts, `G` is a list of [`TaxLine`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logged<T, G, P = T> {
    /// OK.
    pub status: Accepted,
    /// The invoice.
    pub log_entry: LogEntry<T, G, P>,
}

/// A sealed invoice as an auditor reads it, with all that a reprint needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry<T, G, P = T> {
    /// What kind of invoice.
    #[serde(with = "with::form")]
    pub record_type: InvoiceType,
    /// Its number.
    pub sequence: u64,
    /// When it was sealed.
    #[serde(with = "with::text")]
    pub timestamp: Timestamp,
    /// Who sold.
    #[serde(with = "with::text")]
    pub merchant_nif: Nif,
    /// Who bought, empty where the payload has it empty.
    pub client_registration: T,
    /// The same.
    pub buyer_id: T,
    /// What it comes to.
    #[serde(with = "with::text")]
    pub total: Amount,
    /// The tax in it.
    #[serde(with = "with::text")]
    pub vat_total: Amount,
    /// The payload's totals.
    pub totals: LogTotals,
    /// The payload's groups.
    pub tax_breakdown: G,
    /// The hash of the record before.
    #[serde(with = "with::form")]
    pub prev_hash: RecordHash,
    /// r‖s
    #[serde(with = "with::form")]
    pub signature: Signature,
    /// What COMMIT answered.
    pub sealed: Seal,
    /// The canonical payload.
    pub payload: P,
}

/// What an invoice comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogTotals {
    /// Without tax.
    #[serde(with = "with::text")]
    pub subtotal: Amount,
    /// The tax.
    #[serde(with = "with::text")]
    pub total_vat: Amount,
    /// Both.
    #[serde(with = "with::text")]
    pub total: Amount,
    /// In which currency.
    #[serde(with = "with::text")]
    pub currency: Currency,
}

impl From<fiscal::Totals> for LogTotals {
    fn from(fiscal::Totals { subtotal, total_vat, total, currency }: fiscal::Totals) -> Self {
        Self { subtotal, total_vat, total, currency }
    }
}

/// One tax group of an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxLine {
    /// Its code.
    #[serde(with = "with::text")]
    pub tax_group: GroupCode,
    /// Its rate.
    #[serde(with = "with::text")]
    pub rate: Rate,
    /// What is taxed.
    #[serde(with = "with::text")]
    pub base: Amount,
    /// The tax.
    #[serde(with = "with::text")]
    pub vat: Amount,
}

impl From<fiscal::TaxGroup<'_>> for TaxLine {
    fn from(group: fiscal::TaxGroup<'_>) -> Self {
        Self { tax_group: group.code, rate: group.rate, base: group.base_amount, vat: group.tax_amount }
    }
}
