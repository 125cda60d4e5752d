use fiscal::{DgiLetter, GroupCode, Overflow};

/// Why an invoice cannot be told to the authority. It is not sent; each needs a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MappingFault {
    /// The authority's code of the original is not known.
    #[error("the authority's code of the credited invoice is not known: send that invoice first")]
    OriginalMissing,
    /// A group has no letter on the invoice's day.
    #[error(
        "the tax group {group} has no letter of the authority on the invoice's day: correct the manifest"
    )]
    GroupUnknown {
        /// Which.
        group: GroupCode,
    },
    /// Two groups of one letter have different rates; the authority knows one rate of a letter.
    #[error("two tax groups of letter {} have different rates: correct the manifest", letter.as_char())]
    TwoRates {
        /// Which.
        letter: DgiLetter,
    },
    /// An article that is a tax stands in a group where the authority takes none.
    #[error("item {} is a tax and stands in group {}: taxes stand in L or N", item + 1, letter.as_char())]
    TaxItem {
        /// Which, from 0.
        item: usize,
        /// In which group.
        letter: DgiLetter,
    },
    /// An amount in CDF has more digits than an invoice may hold.
    #[error("an amount in CDF has more digits than an invoice may hold: split the sale")]
    TooLarge,
}

impl MappingFault {
    /// Its stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OriginalMissing => "MAPPING_ORIGINAL_MISSING",
            Self::GroupUnknown { .. } => "MAPPING_GROUP_UNKNOWN",
            Self::TwoRates { .. } => "MAPPING_TWO_RATES",
            Self::TaxItem { .. } => "MAPPING_TAX_ITEM",
            Self::TooLarge => "MAPPING_TOO_LARGE",
        }
    }
}

impl From<Overflow> for MappingFault {
    fn from(_: Overflow) -> Self {
        Self::TooLarge
    }
}
