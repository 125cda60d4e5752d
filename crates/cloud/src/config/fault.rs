/// Why a configuration cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigFault {
    /// `CONFIG_SYNTAX`: the message names line and column.
    #[error("{0}`stelala cloud config` prints a file that is right")]
    Syntax(String),
    /// `CONFIG_MEMBER`
    #[error("{member}: {problem}")]
    Member {
        /// Which member, or the variable that sets it.
        member: String,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// `CONFIG_SECRET`
    #[error(
        "{member}: a secret does not belong into the configuration, which is copied and shown: {instead}"
    )]
    Secret {
        /// Which member.
        member: &'static str,
        /// Where it belongs.
        instead: &'static str,
    },
    /// `CONFIG_VARIABLE`
    #[error(
        "{0}: no setting has this name: `stelala cloud config` shows them all, each as STELALA_SECTION_MEMBER"
    )]
    Variable(String),
}

impl ConfigFault {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Syntax(_) => "CONFIG_SYNTAX",
            Self::Member { .. } => "CONFIG_MEMBER",
            Self::Secret { .. } => "CONFIG_SECRET",
            Self::Variable(_) => "CONFIG_VARIABLE",
        }
    }

    pub(crate) fn member(member: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Member { member: member.into(), problem: problem.into() }
    }
}
