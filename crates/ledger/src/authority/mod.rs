//! What the tax authority says of an invoice, sealed into the outlet's own chain (A1).

mod body;
mod found;
mod text;

pub use self::text::{
    AuthorityCode, AuthorityCounters, AuthorityHost, AuthorityQr, AuthorityTextFault, AuthorityTime,
    AuthorityUid, Nim,
};
pub(crate) use self::{
    body::{body, invoice_of},
    found::Known,
};

use fiscal::{Amount, RecordHash};

use crate::{Place, Row};

/// That the authority has an invoice: which one, and the elements that it gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityNote {
    /// Where the invoice stands, whoever sealed it.
    pub invoice: Place,
    /// The hash of its record.
    pub record_hash: RecordHash,
    /// What the authority says of it.
    pub elements: AuthorityElements,
}

/// The authority's elements of an invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityElements {
    /// Which e-MCF made them.
    pub nim: Nim,
    /// Under which id it was asked for, if that is known.
    pub uid: Option<AuthorityUid>,
    /// The code.
    pub code: AuthorityCode,
    /// When, as the authority wrote it. Who copied a code by hand may not have it.
    pub date_time: Option<AuthorityTime>,
    /// What its QR code says. Who copied a code by hand has none.
    pub qr: Option<AuthorityQr>,
    /// The e-MCF's counters after it.
    pub counters: Option<AuthorityCounters>,
    /// The total that the authority finalised.
    pub total: Option<Amount>,
    /// Its VAT.
    pub vtotal: Option<Amount>,
    /// How they came here.
    pub source: AuthoritySource,
    /// From which service.
    pub host: AuthorityHost,
    /// Whether that is a service for trials: such elements have no fiscal value.
    pub is_test: bool,
}

/// How the authority's elements came to the ledger; what is later here counts more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuthoritySource {
    /// Someone typed them.
    Hand,
    /// From a file that someone gave: the portal's export, as he says. Nobody can tell it from one that he wrote himself.
    Imported,
    /// The authority answered with them.
    Api,
}

impl AuthoritySource {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Hand, Self::Imported, Self::Api];

    /// As the record writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hand => "hand",
            Self::Imported => "imported",
            Self::Api => "api",
        }
    }

    /// The one of a name. Records of before call a file the portal's.
    pub fn from_name(name: &str) -> Option<Self> {
        let name = if name == "portal" { Self::Imported.name() } else { name };
        Self::ALL.into_iter().find(|source| source.name() == name)
    }
}

/// A record of the authority's elements, as it is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityRecord {
    /// The record in the ledger's own chain.
    pub row: Row,
    /// Which invoice it is of, and what it says.
    pub note: AuthorityNote,
}

/// Why the authority's elements are not noted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthorityFault {
    /// `NOT_FOUND`
    #[error(
        "the ledger holds no invoice with this hash in this place: name the invoice by its own place and record hash"
    )]
    NoSuchInvoice,
    /// `CONFLICT`
    #[error(
        "the authority's code of this invoice is {known} already: ask the authority which of the two is its own"
    )]
    TwoCodes {
        /// The one that the ledger holds.
        known: AuthorityCode,
    },
    /// `CONFLICT` (L6)
    #[error(
        "this invoice is flagged as not compliant and is not for the authority: reissue it, and send that"
    )]
    NonCompliant,
}

impl AuthorityFault {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoSuchInvoice => "NOT_FOUND",
            Self::TwoCodes { .. } | Self::NonCompliant => "CONFLICT",
        }
    }
}
