use super::{PasswordFault, VaultFault};
use crate::RegistryFault;

/// Why something about people was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeopleFault {
    /// `INVITATION_OVER`
    #[error("this invitation was used, replaced, or is over: ask for a new one")]
    InvitationOver,
    /// `LAST_OWNER`
    #[error(
        "nobody else could do what this person may: invite another with this role first, and have him sign in"
    )]
    LastOwner,
    /// `OWNER_OF_OUTLET`
    #[error("an owner has the whole merchant and no single outlet: choose manager, or no outlet")]
    OwnerOfOutlet,
    /// `ONESELF`
    #[error("nobody invites himself anew: change your password, or ask another")]
    Oneself,
    /// `PERSON_NEEDED`: an API key asked for what needs somebody with a second factor.
    #[error(
        "no API key takes the password and the second factor of an owner or an operator: sign in, or ask the operator \
         of the platform"
    )]
    PersonNeeded,
    /// `TOO_MANY_PEOPLE`
    #[error("there are {0} people already who may sign in: stop those who left")]
    TooMany(usize),
    /// `PERSON_STOPPED`
    #[error("this person is stopped: resume him first")]
    Stopped,
    /// `TOTP_ACTIVE`
    #[error("there is a second factor already: to replace it ask for a new invitation")]
    HasSecondFactor,
    /// `TOTP_NOT_BEGUN`
    #[error("no second factor was begun: begin one and show its code to an app")]
    NotBegun,
    /// `TOTP_WRONG`
    #[error(
        "this is not the code that the app shows now: wait for the next one, and set the telephone's clock"
    )]
    WrongCode,
    /// One of [`PasswordFault`].
    #[error(transparent)]
    Password(#[from] PasswordFault),
    /// One of [`VaultFault`].
    #[error(transparent)]
    Vault(#[from] VaultFault),
}

impl PeopleFault {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvitationOver => "INVITATION_OVER",
            Self::LastOwner => "LAST_OWNER",
            Self::OwnerOfOutlet => "OWNER_OF_OUTLET",
            Self::Oneself => "ONESELF",
            Self::PersonNeeded => "PERSON_NEEDED",
            Self::TooMany(_) => "TOO_MANY_PEOPLE",
            Self::Stopped => "PERSON_STOPPED",
            Self::HasSecondFactor => "TOTP_ACTIVE",
            Self::NotBegun => "TOTP_NOT_BEGUN",
            Self::WrongCode => "TOTP_WRONG",
            Self::Password(fault) => fault.code(),
            Self::Vault(fault) => fault.code(),
        }
    }
}

/// Why somebody is not signed in.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SignInFault {
    /// `SIGN_IN_WRONG`: he is not known, or his password or his code is not right or missing. Which of them is not told.
    #[error("this is not a known person with this password and code: try again, or ask for a new invitation")]
    Wrong,
    /// `SIGN_IN_WAIT`: it was wrong too often. It is said of names that nobody has, too.
    #[error("this was wrong too often: try again in {retry_after} seconds")]
    TooMany {
        /// In seconds.
        retry_after: u64,
    },
    /// Whatever else.
    #[error(transparent)]
    Registry(RegistryFault),
}

impl SignInFault {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Wrong => "SIGN_IN_WRONG",
            Self::TooMany { .. } => "SIGN_IN_WAIT",
            Self::Registry(fault) => fault.code(),
        }
    }
}

impl<T: Into<RegistryFault>> From<T> for SignInFault {
    fn from(fault: T) -> Self {
        Self::Registry(fault.into())
    }
}

impl From<PasswordFault> for RegistryFault {
    fn from(fault: PasswordFault) -> Self {
        PeopleFault::Password(fault).into()
    }
}

impl From<VaultFault> for RegistryFault {
    fn from(fault: VaultFault) -> Self {
        PeopleFault::Vault(fault).into()
    }
}
