use def_protocol::token::{SignFault, TokenFault};
use signing::SignerFault;

/// Why nothing was signed or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PkiFault {
    /// `PKI_FORM`: bytes that are no such document, or one in a form that this program does not write.
    #[error("this is no {what} as this program makes them ({why}): take the file as it was made")]
    Form {
        /// Which document was expected.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// `PKI_SIGNATURE`: a signature that the named key did not make.
    #[error("the signature of this {0} is false: it was altered, or another signed it")]
    SignatureFalse(&'static str),
    /// `PKI_OTHER_KEY`: a certificate beside a key that is not its own.
    #[error(
        "the certificate is for the key {certificate} and the signer has {signer}: use the two that belong together"
    )]
    OtherKey {
        /// The certificate's.
        certificate: String,
        /// The signer's.
        signer: String,
    },
    /// `PKI_CHAIN`: one of [`crate::ChainFault`].
    #[error(transparent)]
    Chain(#[from] crate::ChainFault),
    /// `PKI_VALIDITY`: a time in which nothing would hold, or beyond the issuer's.
    #[error(
        "the certificate would not hold from its first to its last second, or longer than its issuer: choose another time"
    )]
    Validity,
    /// `PKI_TEXT`: a name or address that a certificate cannot carry.
    #[error(
        "the {0} is not one that a certificate can carry: 1 to 64 characters for a name, plain ASCII for an address"
    )]
    Text(&'static str),
    /// `PKI_TOKEN`: what no device could read.
    #[error(transparent)]
    Token(#[from] TokenFault),
    /// `PKI_SIGNER`: the store of keys did not sign.
    #[error(transparent)]
    Signer(#[from] SignerFault),
}

impl PkiFault {
    /// A stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Form { .. } => "PKI_FORM",
            Self::SignatureFalse(_) => "PKI_SIGNATURE",
            Self::OtherKey { .. } => "PKI_OTHER_KEY",
            Self::Chain(_) => "PKI_CHAIN",
            Self::Validity => "PKI_VALIDITY",
            Self::Text(_) => "PKI_TEXT",
            Self::Token(_) => "PKI_TOKEN",
            Self::Signer(_) => "PKI_SIGNER",
        }
    }

    pub(crate) fn form(what: &'static str, why: impl ToString) -> Self {
        Self::Form { what, why: why.to_string() }
    }
}

impl From<SignFault<SignerFault>> for PkiFault {
    fn from(fault: SignFault<SignerFault>) -> Self {
        match fault {
            SignFault::Token(fault) => Self::Token(fault),
            SignFault::Sign(fault) => Self::Signer(fault),
            SignFault::Form(fault) => Self::Signer(SignerFault::Permanent(fault.to_string())),
        }
    }
}
