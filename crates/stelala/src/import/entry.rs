use fiscal::{Amount, Currency};

use super::refusal::Refusal;

/// An invoice of the file and what became of it.
pub(super) struct Entry {
    /// The other system's number.
    pub(super) number: String,
    /// Its first line.
    pub(super) line: u64,
    pub(super) fate: Fate,
}

pub(super) enum Fate {
    /// It may be sealed, and was not sent.
    Unsent(Box<Good>),
    /// It is sealed.
    Sealed {
        seal: SealedAs,
        total: Amount,
        currency: Currency,
        /// Whether it was before it was sent.
        already: bool,
    },
    /// It is not, and will not be as it is.
    Refused(Refusal),
    /// It was sent, and there was no answer that says.
    Unknown(String),
}

/// A sale that may be sealed.
pub(super) struct Good {
    pub(super) key: String,
    /// The friendly form; of a credit note that names another system's number, without what it names.
    pub(super) body: String,
    pub(super) total: Amount,
    pub(super) currency: Currency,
    /// The other system's number of what is credited.
    pub(super) original: Option<String>,
    pub(super) nature: Option<String>,
}

/// How a receipt names a seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SealedAs {
    pub(super) fiscal_number: fiscal::FiscalNumber,
    pub(super) auth_code: String,
}

impl Fate {
    /// As the report has it.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Unsent(_) => "unsent",
            Self::Sealed { already: false, .. } => "sealed",
            Self::Sealed { already: true, .. } => "already",
            Self::Refused(_) => "refused",
            Self::Unknown(_) => "unknown",
        }
    }
}
