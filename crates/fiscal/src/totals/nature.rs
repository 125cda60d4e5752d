use core::{fmt, str::FromStr};

use crate::invoice::{CreditNature, Reference};

/// Why an invoice was credited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nature {
    /// RAN: it is void, all of it.
    Void,
    /// RAM: goods come back.
    Return,
    /// COR: it was wrong.
    Correction,
    /// RRR: a rebate on the business of a period.
    Rebate,
}

impl Nature {
    /// Every one.
    pub const ALL: &'static [Self] = &[Self::Void, Self::Return, Self::Correction, Self::Rebate];

    /// As the DGI writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Void => "RAN",
            Self::Return => "RAM",
            Self::Correction => "COR",
            Self::Rebate => "RRR",
        }
    }
}

impl From<&Reference<'_>> for Nature {
    fn from(reference: &Reference<'_>) -> Self {
        match reference {
            Reference::Rebate => Self::Rebate,
            Reference::Original(original) => match original.nature {
                CreditNature::Void => Self::Void,
                CreditNature::Return => Self::Return,
                CreditNature::Correction => Self::Correction,
            },
        }
    }
}

impl fmt::Display for Nature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Nature {
    type Err = UnknownNature;

    fn from_str(text: &str) -> Result<Self, UnknownNature> {
        Self::ALL.iter().copied().find(|nature| nature.as_str() == text).ok_or(UnknownNature)
    }
}

/// A word that is no nature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a nature is one of RAN, RAM, COR and RRR")]
pub struct UnknownNature;
