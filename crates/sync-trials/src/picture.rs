use fiscal::{FiscalNumber, RecordHash};
use ledger::{AuthorityCode, Nim};
use serde::Deserialize;

use crate::spelled::{maybe, spelled};

/// All that is said of all invoices, by whom.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    /// By the ledger: its invoices.
    pub sealed: Vec<Sealed>,
    /// By the ledger: the authority's codes that it noted.
    pub notes: Vec<Note>,
    /// By the cloud, asked over its API.
    pub standings: Vec<Standing>,
    /// By the authority's own books.
    pub books: Vec<Booked>,
}

/// An invoice in the ledger.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// Its number, which the authority is told as `rn`.
    pub fiscal: FiscalNumber,
    /// The hash of its record, which the authority is told in a comment.
    pub hash: RecordHash,
    /// The machine of its outlet.
    pub nim: Nim,
    /// What a credit note takes back.
    pub original: Option<FiscalNumber>,
}

/// A record of the authority's elements in the ledger.
#[derive(Clone, Debug)]
pub struct Note {
    /// Of which invoice.
    pub of: RecordHash,
    /// What it notes.
    pub named: Named,
}

/// What the authority gave an invoice, as far as it is compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Named {
    /// By which machine.
    #[serde(deserialize_with = "spelled")]
    pub nim: Nim,
    /// The code.
    #[serde(deserialize_with = "spelled")]
    pub code: AuthorityCode,
}

/// How an invoice stands, as the cloud answers.
#[derive(Clone, Debug, Deserialize)]
pub struct Standing {
    /// Which.
    #[serde(rename = "fiscal_number", deserialize_with = "spelled")]
    pub fiscal: FiscalNumber,
    /// How far it is.
    pub state: State,
    /// Why.
    pub cause: String,
    /// What is not known.
    #[serde(default)]
    pub doubt: Option<Doubt>,
    /// The authority's elements.
    #[serde(default)]
    pub elements: Option<Named>,
}

/// What is not known of an invoice.
#[derive(Clone, Debug, Deserialize)]
pub struct Doubt {
    /// Why.
    pub cause: String,
}

/// How far an invoice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "docs/edef.md, section 1")]
pub enum State {
    Pending,
    Submitted,
    Synced,
    Retry,
    Ambiguous,
    Differs,
    SyncedWithoutCode,
    Failed,
    Withdrawn,
}

/// An invoice in the authority's books.
#[derive(Clone, Debug, Deserialize)]
pub struct Booked {
    /// By which machine, and under which code.
    #[serde(flatten)]
    pub named: Named,
    /// The number that it was told.
    pub rn: Option<String>,
    /// The code of the original, of a credit note.
    #[serde(deserialize_with = "maybe")]
    pub reference: Option<AuthorityCode>,
    /// The lines that it was told beside.
    pub comments: Vec<String>,
}
