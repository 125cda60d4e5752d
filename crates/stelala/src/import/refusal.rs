use draft::DraftFault;
use fiscal::Fault;

/// Why an invoice is not sealed, as the report says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// A stable code: in capitals the cloud's, else one of this command or a rule of the payload.
    pub(super) code: String,
    /// The path of the member that is wrong, as the API names it, or a column.
    pub(super) member: String,
    /// What to do.
    pub(super) advice: String,
}

impl Refusal {
    pub(super) fn new(code: &str, member: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { code: code.to_owned(), member: member.into(), advice: advice.into() }
    }
}

impl From<DraftFault> for Refusal {
    fn from(fault: DraftFault) -> Self {
        Self::new(fault.code(), fault.member().unwrap_or_default(), fault.english())
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        DraftFault::from(fault).into()
    }
}
