use std::fmt;

/// The authority's number for why it refused. Those of the parent system are known by name; another one is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorCode {
    /// 1: ten requests of the e-MCF wait already.
    TooManyPending,
    /// 3: no such invoice type.
    InvoiceType,
    /// 4: the original's reference is missing.
    ReferenceMissing,
    /// 5: the original's reference has not 24 characters.
    ReferenceLength,
    /// 6: the advance on income tax.
    Aib,
    /// 7: no such means of payment.
    PaymentType,
    /// 8: no items.
    NoItems,
    /// 9: no such tax group.
    TaxGroup,
    /// 10: the original cannot be validated now.
    OriginalNotNow,
    /// 11: the original was not found.
    OriginalNotFound,
    /// 12: more is credited than the original came to.
    CreditExceeds,
    /// 20: unknown, or finalised already.
    UnknownOrFinalised,
    /// 99: an error at the authority.
    Processing,
    /// Another number.
    Other(u32),
}

impl ErrorCode {
    /// Those that have a meaning here.
    pub const KNOWN: [Self; 13] = [
        Self::TooManyPending,
        Self::InvoiceType,
        Self::ReferenceMissing,
        Self::ReferenceLength,
        Self::Aib,
        Self::PaymentType,
        Self::NoItems,
        Self::TaxGroup,
        Self::OriginalNotNow,
        Self::OriginalNotFound,
        Self::CreditExceeds,
        Self::UnknownOrFinalised,
        Self::Processing,
    ];

    /// The code of a number.
    pub fn new(number: u32) -> Self {
        Self::KNOWN.into_iter().find(|code| code.number() == number).unwrap_or(Self::Other(number))
    }

    /// As the authority writes it.
    pub const fn number(self) -> u32 {
        match self {
            Self::TooManyPending => 1,
            Self::InvoiceType => 3,
            Self::ReferenceMissing => 4,
            Self::ReferenceLength => 5,
            Self::Aib => 6,
            Self::PaymentType => 7,
            Self::NoItems => 8,
            Self::TaxGroup => 9,
            Self::OriginalNotNow => 10,
            Self::OriginalNotFound => 11,
            Self::CreditExceeds => 12,
            Self::UnknownOrFinalised => 20,
            Self::Processing => 99,
            Self::Other(number) => number,
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number())
    }
}
