/// Why there is no report of what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportFault {
    /// The days are backwards.
    #[error("the last day is before the first: exchange them")]
    Days,
    /// A cursor that no answer had.
    #[error("after: send the `next` of the answer before, as it was")]
    Cursor,
    /// More than an amount holds.
    #[error("a sum is longer than an amount may be: ask for fewer days")]
    Sum,
    /// What was sold is not there any more (L9).
    #[error("payloads of these days were erased after their legal retention: ask for later days")]
    Erased,
}

impl ReportFault {
    /// The code of the device's protocol.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Days | Self::Cursor | Self::Sum => "SCHEMA_INVALID",
            Self::Erased => "NOT_FOUND",
        }
    }
}
