//! What a credit note may take back of its original (D5), over what the caller knows of it.

mod account;
mod bytes;
mod fingerprint;

pub use account::{CreditAccount, CreditTerms, GroupBalance};
pub use fingerprint::{ClientHash, LinesHash};

use crate::{
    auth_code::AuthCode,
    fault::Fault,
    ids::{Epoch, InvoiceNumber, Nif, OutletId},
    invoice::Reference,
    rules::Validated,
};

/// Where the original of a credit note is, as far as the caller knows.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "made once for each note and at once used")]
pub enum Original {
    /// In this journal or ledger.
    Here(CreditAccount),
    /// Kept by another signer or of another epoch; the account is what a voucher states, if the note has one and the
    /// caller found it valid and not consumed.
    Elsewhere(Option<CreditAccount>),
    /// Nobody sealed such a number.
    Nowhere,
}

impl Original {
    /// Whether the note may be sealed; the account afterwards.
    pub fn admit(&self, note: &Validated<'_>) -> Result<CreditAccount, CreditFault> {
        match self {
            Self::Here(account) => account.admit(note),
            Self::Elsewhere(Some(account)) if has_voucher(note) => account.admit(note),
            Self::Elsewhere(_) => Err(CreditFault::OriginalElsewhere),
            Self::Nowhere => Err(CreditFault::OriginalNotFound),
        }
    }
}

fn has_voucher(note: &Validated<'_>) -> bool {
    matches!(&note.invoice().reference, Some(Reference::Original(reference)) if reference.voucher.is_some())
}

/// Which sealed invoice an account is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OriginalIdentity {
    /// Who sold.
    pub nif: Nif,
    /// Where.
    pub outlet: OutletId,
    /// In which line of numbers.
    pub epoch: Epoch,
    /// With which number.
    pub number: InvoiceNumber,
    /// With which authentication code.
    pub auth_code: AuthCode,
}

/// Why bytes are not an account, or not what is left of this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountFault {
    /// Of another version.
    #[error("an account of version {0}: read it with a program that knows that version")]
    Version(u8),
    /// The bytes end too early.
    #[error("the account ends before it is complete: copy all of it")]
    Truncated,
    /// The bytes end too late.
    #[error("something follows the account: copy one account only")]
    TrailingBytes,
    /// A field that cannot be.
    #[error("the account's {0} is not one that can be: the bytes were damaged or invented")]
    Field(&'static str),
    /// Balances that no notes could have left.
    #[error(
        "no notes could leave these balances of this original: open the account of the one that they belong to"
    )]
    OtherOriginal,
}

/// Why a credit note may not be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CreditFault {
    /// `ORIGINAL_NOT_FOUND`
    #[error(
        "no invoice with this number and authentication code was sealed here: read them from the receipt again"
    )]
    OriginalNotFound,
    /// `ORIGINAL_ELSEWHERE`
    #[error(
        "the original is kept by another signer: ask the ledger for a voucher and add it to the reference"
    )]
    OriginalElsewhere,
    /// `ALREADY_VOIDED`
    #[error("the original was already voided: nothing is left to credit")]
    AlreadyVoided,
    /// `CREDIT_EXCEEDS_ORIGINAL`
    #[error("tax_groups[{group}]: all notes together exceed what the original sold in this group")]
    ExceedsOriginal {
        /// Which group of the note.
        group: usize,
    },
    /// `SCHEMA_INVALID`
    #[error(transparent)]
    Payload(#[from] Fault),
}

impl CreditFault {
    /// The protocol's error code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OriginalNotFound => "ORIGINAL_NOT_FOUND",
            Self::OriginalElsewhere => "ORIGINAL_ELSEWHERE",
            Self::AlreadyVoided => "ALREADY_VOIDED",
            Self::ExceedsOriginal { .. } => "CREDIT_EXCEEDS_ORIGINAL",
            Self::Payload(_) => "SCHEMA_INVALID",
        }
    }
}
