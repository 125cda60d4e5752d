//! The tax authority's API, e-DEF: its messages, the mapping of an invoice to them, and an HTTP client.
//!
//! A validated invoice becomes an [`InvoiceRequest`] by a [`Mapping`]. An [`Authority`] is one e-MCF, the authority's
//! machine for one shop: it is *requested* to normalise the invoice and answers what it computed ([`Requested`]), which is
//! compared with what we computed ([`compare`]), and then it is told to *confirm* or to *cancel*. Only a confirm finalises.
//!
//! Writing is strict: one JSON form. Reading is liberal, for the clients of the service that are public have met several
//! forms, but amounts are read from their digits and never pass through a float. [`Dialect`] holds the points on which
//! those clients disagree. Nothing here stores anything, and a [`Token`] is in no text that this crate makes.

mod answer;
mod authority;
mod compare;
mod dialect;
mod error_code;
mod fault;
mod figure;
mod guidance;
mod http;
mod ids;
mod info;
mod json;
mod letters;
mod map;
mod rates;
mod request;
#[cfg(test)]
mod tests;
mod time;
mod token;
mod url;
mod write;

pub use answer::{Confirmed, Finalising, Pending, PendingInvoice, Requested, Status};
pub use authority::Authority;
pub use compare::{Comparison, Difference, Part, Tolerance, compare};
pub use dialect::{ConfirmCase, DateForm, Dialect, PaymentNames, PriceForm, RateOverrides};
pub use error_code::ErrorCode;
pub use fault::{CallFault, Effect};
pub use figure::Figure;
pub use guidance::{Guidance, Words};
pub use http::{HttpAuthority, HttpClient, Patience};
pub use ids::{AuthorityCode, Counters, IdFault, Isf, Nim, Uid};
pub use info::{CurrencyRate, CurrencyRates, InfoStatus, MachineInfo, NamedCode, NamedCodes, TaxGroups};
pub use letters::PerLetter;
pub use map::{GroupFigures, GroupTotals, Mapping, MappingFault, OurSeal};
pub use rates::{RateDifference, compare_rates};
pub use request::{
    ClientPart, CurrencyPart, InvoiceRequest, ItemPart, OperatorPart, PaymentPart, ReferencePart,
};
pub use time::AuthorityTime;
pub use token::{Token, TokenFault};
pub use url::{ApiUrl, Hosts, UrlFault};
