//! An invoice as an integrator writes it, made canonical (L8).
//!
//! [`Draft::read`] takes JSON with its members in any order and its decimals as numbers or strings;
//! [`Draft::canonical`] writes the bytes that are sealed, and computes tax groups and sums that were left out when the
//! caller asks for it ([`Complete`]). What a draft states is never changed: it has to add up, like everything that is
//! sealed. Nothing here reads a file, a clock or a network.
//!
//! ```
//! use draft::{Complete, Defaults, Draft};
//!
//! let draft = Draft::read(br#"{
//!     "pos_terminal_id": "POS-01", "cashier_id": "C-07",
//!     "invoice_type": "sale", "timestamp": "2026-02-04T11:15:30+01:00",
//!     "items": [{"code": "BREAD", "description": "Bread", "quantity": 2, "unit_price": 50, "tax_group": "exempt"}],
//!     "payments": [{"method": "cash"}]
//! }"#)?;
//! let defaults = Defaults {
//!     nif: Some("A1234567Z".parse()?),
//!     outlet: Some("OUTLET-001".parse()?),
//!     ..Defaults::default()
//! };
//! let complete = Complete { manifest: &fiscal::DEFAULT_MANIFEST, day: "2026-02-04".parse()? };
//! let canonical = draft.canonical(&defaults, Some(complete))?;
//! assert!(canonical.contains(r#""total":"100.00","currency":"CDF""#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod canonical;
mod complete;
mod decimal;
mod fault;
mod form;
mod groups;
mod json;
mod read;
mod time;

pub use canonical::Defaults;
pub use complete::Complete;
pub use fault::DraftFault;
pub use form::Draft;
