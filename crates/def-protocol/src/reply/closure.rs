use fiscal::{
    Amount, CivilDate, Currency, GroupCode, InvoiceType, Rate, Record, RecordHash, Timestamp,
    totals::{self, Nature},
};
use serde::{Deserialize, Serialize};

use super::Accepted;
use crate::{request::SnapshotPeriod, with};

/// The answer to `RPT|Z`. `G` is a list of [`ClosureGroup`], `C` one of [`CurrencyTotals`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosureReport<G, C> {
    /// OK.
    pub status: Accepted,
    /// The business day that was asked for.
    #[serde(with = "with::text")]
    pub period: CivilDate,
    /// The first invoice in it, null when it has none.
    pub sequence_start: Option<u64>,
    /// The last invoice in it, null when it has none.
    pub sequence_end: Option<u64>,
    /// By tax group, currency, invoice type and nature.
    pub totals: G,
    /// By currency.
    pub currencies: C,
    /// The closure's own number, from 1.
    pub closure: u64,
    /// Whether it was made before and is only said again.
    pub repeated: bool,
    /// The earliest business day of its invoices; its own where it has none.
    #[serde(with = "with::text")]
    pub first_day: CivilDate,
    /// The latest.
    #[serde(with = "with::text")]
    pub last_day: CivilDate,
    /// The first record that it covers.
    pub position_start: u64,
    /// The last record that it covers.
    pub position_end: u64,
    /// What the first record names as the one before.
    #[serde(with = "with::form")]
    pub previous_hash: RecordHash,
    /// The last record's hash.
    #[serde(with = "with::form")]
    pub last_hash: RecordHash,
    /// By how much the secure element's counter rose without a seal (D11).
    pub counter_skipped: u64,
    /// The closure itself, sealed.
    #[serde(with = "with::form")]
    pub record: Record,
}

/// What one tax group comes to in a closure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosureGroup {
    /// Its code.
    #[serde(with = "with::text")]
    pub tax_group: GroupCode,
    /// What is taxed; below zero on credit notes.
    #[serde(with = "with::text")]
    pub base: Amount,
    /// The tax.
    #[serde(with = "with::text")]
    pub vat: Amount,
    /// Its rate.
    #[serde(with = "with::text")]
    pub rate: Rate,
    /// In which currency.
    #[serde(with = "with::text")]
    pub currency: Currency,
    /// On which kind of invoices.
    #[serde(with = "with::form")]
    pub invoice_type: InvoiceType,
    /// Of which nature, on credit notes only.
    #[serde(with = "with::text_option")]
    pub nature: Option<Nature>,
    /// On how many invoices.
    pub count: u64,
}

/// What was sold and taken back in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrencyTotals {
    /// Which.
    #[serde(with = "with::text")]
    pub currency: Currency,
    /// Sold, tax included.
    #[serde(with = "with::text")]
    pub sales: Amount,
    /// Taken back, tax included: zero or below.
    #[serde(with = "with::text")]
    pub returns: Amount,
    /// Voided in full, tax included: zero or below.
    #[serde(with = "with::text")]
    pub voids: Amount,
    /// All three.
    #[serde(with = "with::text")]
    pub net: Amount,
    /// The tax in `net`.
    #[serde(with = "with::text")]
    pub vat: Amount,
    /// How many invoices, notes included.
    pub count: u64,
}

impl From<totals::CurrencyTotals> for CurrencyTotals {
    fn from(counted: totals::CurrencyTotals) -> Self {
        let totals::CurrencyTotals { currency, sales, returns, voids, net, vat, count } = counted;
        Self { currency, sales, returns, voids, net, vat, count }
    }
}

/// The answer to `RPT|X`. `C` is a list of [`CurrencyTotals`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot<C> {
    /// OK.
    pub status: Accepted,
    /// Over what.
    pub period: SnapshotPeriod,
    /// How many invoices, notes included.
    pub transaction_count: u64,
    /// What they come to in CDF.
    pub totals: SnapshotTotals,
    /// Since when, null where nothing was sealed.
    #[serde(with = "with::text_option")]
    pub since: Option<Timestamp>,
    /// The first invoice, null when there is none.
    pub sequence_start: Option<u64>,
    /// The last invoice.
    pub sequence_end: Option<u64>,
    /// By currency.
    pub currencies: C,
}

/// Net sums in CDF.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotTotals {
    /// Tax included.
    #[serde(with = "with::text")]
    pub total: Amount,
    /// The tax in it.
    #[serde(with = "with::text")]
    pub vat: Amount,
}
