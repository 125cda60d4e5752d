//! What an invoice is, byte for byte, and when its seal is valid.
//!
//! The device, the cloud and the browser apply one sealing rule, and this crate is that rule. It does no I/O, knows
//! no clock and allocates nothing; whoever uses it brings a store, a clock and a key.
//!
//! The way of an invoice through the crate is a sequence of types, of which none can be skipped:
//!
//! 1. [`Validated::read`] takes canonical bytes that are well-formed and add up ([`Invoice`], decisions P1–P8);
//! 2. [`Head::link`] gives their [`Sale`] the next number and a time and ties them to the record before ([`Linked`], S1–S3);
//! 3. [`Linked::seal`] makes a [`Sealed`] record of it by a signature that it verifies, [`Linked::sign`] by a key of
//!    this process that has proven itself (S2);
//! 4. [`Sealed::elements`] are the five security elements that a receipt carries (S4, S5, S8).
//!
//! A record that was sealed before becomes [`Sealed`] again by [`Record::verify`] alone.
//!
//! Between the steps the caller does what only it can: keep the payload, ask a secure element, write a journal.
//! `docs/formats.md` gives every byte.

#![no_std]

#[cfg(test)]
extern crate std;

mod auth_code;
mod canonical;
pub mod compact;
mod credit;
mod decimal;
mod fault;
mod ids;
mod invoice;
mod manifest;
mod rules;
mod seal;
mod text;
mod time;
pub mod totals;

#[cfg(doctest)]
#[doc = include_str!("steps.md")]
mod steps {}

pub use auth_code::AuthCode;
pub use canonical::{List, ListIter};
pub use credit::{
    AccountFault, ClientHash, CreditAccount, CreditFault, CreditTerms, GroupBalance, LinesHash, Original,
    OriginalIdentity,
};
pub use decimal::{Amount, ExchangeRate, Overflow, Quantity, Rate, UnitPrice};
pub use fault::{Fault, Member, Path, Reason};
pub use ids::{
    CashierId, Currency, DeviceId, Epoch, GroupCode, InvoiceNumber, ItemCode, Nif, OutletId, Position,
    Prefix, TerminalId, VoucherToken,
};
pub use invoice::{
    Annex, AnnexItem, Classification, Client, CreditNature, Exchange, Extension, Invoice, InvoiceType, Item,
    ItemType, OriginalReference, Payment, PaymentMethod, PriceMode, Reference, TaxGroup, Tendered, Totals,
};
pub use manifest::{DEFAULT_MANIFEST, DgiLetter, Manifest, ManifestGroup};
pub use rules::{GroupAmounts, Sale, Tally, Validated, limits};
pub use seal::*;
pub use text::{Text, Unit};
pub use time::{CivilDate, Timestamp, UtcOffset};
