//! What the document says of reports, whose members are those of a device's answers.
#![allow(dead_code, reason = "they are only described; the crate ledger writes them")]

use utoipa::ToSchema;

/// What closed a business day (Z), with the members of the device's answer to `RPT|Z`.
#[derive(ToSchema)]
#[schema(as = ClosureReport)]
pub(super) struct ClosureDocument {
    /// Always `OK`.
    #[schema(example = "OK")]
    status: String,
    /// The business day that was asked for, in the outlet's zone.
    #[schema(example = "2026-03-14")]
    period: String,
    /// The first invoice in it, null when it has none.
    #[schema(required = true, minimum = 1)]
    sequence_start: Option<u64>,
    /// The last invoice in it, null when it has none.
    #[schema(required = true, minimum = 1)]
    sequence_end: Option<u64>,
    /// By tax group, currency, invoice type and nature.
    totals: Vec<ClosureGroupDocument>,
    /// By currency.
    currencies: Vec<CurrencyTotalsDocument>,
    /// The closure's own number, from 1.
    #[schema(minimum = 1)]
    closure: u64,
    /// The earliest business day of its invoices; its own where it has none.
    first_day: String,
    /// The latest.
    last_day: String,
    /// The first record that it covers.
    #[schema(minimum = 1)]
    position_start: u64,
    /// The last record that it covers.
    #[schema(minimum = 1)]
    position_end: u64,
    /// What the first record names as the one before.
    previous_hash: String,
    /// The last record's hash.
    last_hash: String,
    /// By how much the secure element's counter rose without a seal; 0 in the cloud.
    counter_skipped: u64,
    /// Whether it was made before and is only said again.
    repeated: bool,
    /// The closure itself, sealed, in base64url.
    record: String,
}

/// What one tax group comes to.
#[derive(ToSchema)]
#[schema(as = ClosureGroup)]
pub(super) struct ClosureGroupDocument {
    /// Its code.
    #[schema(example = "standard_vat")]
    tax_group: String,
    /// What is taxed; below zero on credit notes.
    #[schema(example = "3000.00")]
    base: String,
    /// The tax.
    #[schema(example = "480.00")]
    vat: String,
    /// Its rate.
    #[schema(example = "0.16")]
    rate: String,
    /// In which currency.
    #[schema(example = "CDF")]
    currency: String,
    /// On which kind of invoices.
    #[schema(example = "sale")]
    invoice_type: String,
    /// Of which nature, on credit notes only.
    #[schema(required = true)]
    nature: Option<String>,
    /// On how many invoices.
    count: u64,
}

/// What was sold and taken back in one currency.
#[derive(ToSchema)]
#[schema(as = CurrencyTotals)]
pub(super) struct CurrencyTotalsDocument {
    /// Which.
    #[schema(example = "CDF")]
    currency: String,
    /// Sold, tax included.
    #[schema(example = "3480.00")]
    sales: String,
    /// Taken back, tax included: zero or below.
    #[schema(example = "0.00")]
    returns: String,
    /// Voided in full, tax included: zero or below.
    #[schema(example = "0.00")]
    voids: String,
    /// All three.
    #[schema(example = "3480.00")]
    net: String,
    /// The tax in `net`.
    #[schema(example = "480.00")]
    vat: String,
    /// How many invoices, notes included.
    count: u64,
}

/// What is sold so far (X), with the members of the device's answer to `RPT|X`.
#[derive(ToSchema)]
#[schema(as = SnapshotReport)]
pub(super) struct SnapshotDocument {
    /// Always `OK`.
    #[schema(example = "OK")]
    status: String,
    /// Over what: `session` or `day`.
    #[schema(example = "session")]
    period: String,
    /// How many invoices, notes included.
    transaction_count: u64,
    /// What they come to in CDF.
    totals: SnapshotTotalsDocument,
    /// Since when, in UTC; null where nothing was sealed.
    #[schema(required = true, example = "2026-03-14T07:32:11")]
    since: Option<String>,
    /// The first invoice, null when there is none.
    #[schema(required = true, minimum = 1)]
    sequence_start: Option<u64>,
    /// The last invoice.
    #[schema(required = true, minimum = 1)]
    sequence_end: Option<u64>,
    /// By currency.
    currencies: Vec<CurrencyTotalsDocument>,
}

/// Net sums in CDF.
#[derive(ToSchema)]
#[schema(as = SnapshotTotals)]
pub(super) struct SnapshotTotalsDocument {
    /// Tax included.
    #[schema(example = "3480.00")]
    total: String,
    /// The tax in it.
    #[schema(example = "480.00")]
    vat: String,
}

/// What was sold article by article (A), with the members of the device's answer to `RPT|A`.
#[derive(ToSchema)]
#[schema(as = ArticlesReport)]
pub(super) struct ArticlesDocument {
    /// Always `OK`.
    #[schema(example = "OK")]
    status: String,
    /// What was sold and taken back, in the order of codes.
    articles: Vec<ArticleDocument>,
    /// Whether this is the end of the report.
    last: bool,
    /// Where it goes on, if it does: the next request's `after`.
    #[schema(required = false)]
    next: Option<String>,
}

/// What was sold of one article at one description, group, unit, currency and price mode.
#[derive(ToSchema)]
#[schema(as = Article)]
pub(super) struct ArticleDocument {
    /// Its code.
    #[schema(example = "BREAD")]
    code: String,
    /// Its name.
    #[schema(example = "Pain")]
    description: String,
    /// How much, with at most three decimals; below zero where more came back.
    #[schema(example = 2)]
    quantity: f64,
    /// Which group taxes it.
    #[schema(example = "standard_vat")]
    tax_group: String,
    /// What its lines come to, with or without tax as `price_mode` says.
    #[schema(example = "3000.00")]
    amount: String,
    /// In which currency.
    #[schema(example = "CDF")]
    currency: String,
    /// What `quantity` counts.
    #[schema(example = "piece")]
    unit: String,
    /// Whether `amount` is without tax (`ht`) or includes it (`ttc`).
    #[schema(example = "ht")]
    price_mode: String,
}
