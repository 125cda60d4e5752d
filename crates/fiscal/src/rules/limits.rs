//! The bounds of a payload, the same in device, cloud and browser (P8).

/// A whole payload, in bytes: 24 KiB.
pub const PAYLOAD_BYTES: usize = 24 * 1024;
/// Items of an invoice.
pub const ITEMS: usize = 150;
/// Tax groups of an invoice.
pub const GROUPS: usize = 16;
/// Payments of an invoice.
pub const PAYMENTS: usize = 16;
/// Amounts in `annex.tendered`, as many as payments.
pub const TENDERED: usize = 16;
/// Texts in `annex.comments`.
pub const COMMENTS: usize = 8;
/// Pairs in `annex.ext`.
pub const EXTENSIONS: usize = 16;
