//! The bounds of a payload (P8) and of its time (D4), the same in device, cloud and browser.

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
/// How far a payload's time may be ahead of its seal's, in seconds (D4). Who looks for a sale need not look among what was
/// sealed earlier than that.
pub const AHEAD_SECONDS: u64 = 600;
