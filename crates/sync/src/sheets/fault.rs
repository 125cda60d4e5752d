use super::{MOST_BYTES, MOST_ROWS};

/// Why a file was not read. Nothing was changed then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SheetFault {
    /// `SHEET_TOO_LARGE`
    #[error(
        "the file is larger than {} MiB, or unpacks to too much: export fewer invoices at a time",
        MOST_BYTES >> 20
    )]
    TooLarge,
    /// `SHEET_TOO_LONG`
    #[error("the file has more than {MOST_ROWS} rows, or too many columns: export fewer invoices at a time")]
    TooLong,
    /// `SHEET_UNREADABLE`: neither CSV nor XLSX, or damaged.
    #[error(
        "the file is no CSV and no XLSX that can be read ({0}): save it again in one of these two forms, \
         without a password"
    )]
    Unreadable(&'static str),
    /// `SHEET_NO_COLUMN`: what the file must have and has not.
    #[error(
        "no sheet of the file has a column for {0}: its first row must name the columns, as our export does"
    )]
    NoColumn(&'static str),
    /// `SHEET_TWICE`: two columns mean the same.
    #[error("the columns “{0}” and “{1}” mean the same: delete one of them")]
    Twice(String, String),
}

impl SheetFault {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "SHEET_TOO_LARGE",
            Self::TooLong => "SHEET_TOO_LONG",
            Self::Unreadable(_) => "SHEET_UNREADABLE",
            Self::NoColumn(_) => "SHEET_NO_COLUMN",
            Self::Twice(..) => "SHEET_TWICE",
        }
    }
}
