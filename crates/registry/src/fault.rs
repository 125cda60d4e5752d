use ledger::{ManifestFault, StoreFault};

use crate::{DeviceFault, PeopleFault};

/// Why the registry did not do or answer something. Nothing was changed then.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RegistryFault {
    /// `STORE_UNAVAILABLE`: the database.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// `NOT_FOUND`: there is none, or it is not the caller's. Which of them is not told.
    #[error("there is no such {0}: look at the list")]
    NotFound(&'static str),
    /// `EXISTS`: another has it.
    #[error("{}", taken(.0))]
    Exists(&'static str),
    /// `PLATFORM_ONLY`
    #[error("only the operator of the platform may do this: ask him")]
    PlatformOnly,
    /// `WHOLE_MERCHANT`: who is limited to one outlet asked for what is the whole merchant's.
    #[error("this needs a key or a person of the whole merchant, and yours is of one outlet: ask the owner")]
    WholeMerchant,
    /// `BEYOND_MAKER`
    #[error(
        "this is more than you may yourself: choose a smaller role or fewer scopes, or ask who may as much"
    )]
    BeyondMaker,
    /// `ROLE_ELSEWHERE`: a role at a place where it means nothing.
    #[error(
        "the platform has operators and auditors, a merchant all roles but operator: choose another role"
    )]
    RoleElsewhere,
    /// `SCOPE_BEYOND_ROLE`
    #[error("the scopes are none, or more than the role has: choose among those of the role")]
    ScopeBeyondRole,
    /// `EXPIRED`: it would never have been good for anything.
    #[error("the expiry is not in the future: choose a later time or none")]
    Expired,
    /// `TOO_MANY_KEYS`
    #[error("there are {0} keys already: revoke those that nobody uses")]
    TooManyKeys(usize),
    /// `TOO_MANY_OUTLETS`
    #[error("there are {0} outlets already, and a merchant has no more: ask the operator of the platform")]
    TooManyOutlets(usize),
    /// `MERCHANT_STOPPED`
    #[error("this merchant is stopped: have the operator of the platform resume it")]
    MerchantStopped,
    /// `OUTLET_STOPPED`
    #[error("this outlet is stopped: resume it first")]
    OutletStopped,
    /// `NO_PREFIX`: every prefix that is like the outlet's id is taken.
    #[error("no prefix like this outlet's id is free: give one, 4 to 10 capital letters and digits")]
    NoPrefix,
    /// One of [`ManifestFault`].
    #[error(transparent)]
    Manifest(#[from] ManifestFault),
    /// One of [`PeopleFault`].
    #[error(transparent)]
    People(#[from] PeopleFault),
    /// One of [`DeviceFault`].
    #[error(transparent)]
    Device(#[from] DeviceFault),
}

fn taken(what: &str) -> String {
    match what {
        // A device that is expected already needs no other number.
        "serial number" => {
            "this serial number is registered already: `stelala cloud device code` makes another code"
                .to_owned()
        }
        _ => format!("this {what} is taken: choose another"),
    }
}

impl RegistryFault {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Store(StoreFault::Exists(_)) => "EXISTS",
            Self::Store(_) => "STORE_UNAVAILABLE",
            Self::NotFound(_) => "NOT_FOUND",
            Self::Exists(_) => "EXISTS",
            Self::PlatformOnly => "PLATFORM_ONLY",
            Self::WholeMerchant => "WHOLE_MERCHANT",
            Self::BeyondMaker => "BEYOND_MAKER",
            Self::RoleElsewhere => "ROLE_ELSEWHERE",
            Self::ScopeBeyondRole => "SCOPE_BEYOND_ROLE",
            Self::Expired => "EXPIRED",
            Self::TooManyKeys(_) => "TOO_MANY_KEYS",
            Self::TooManyOutlets(_) => "TOO_MANY_OUTLETS",
            Self::MerchantStopped => "MERCHANT_STOPPED",
            Self::OutletStopped => "OUTLET_STOPPED",
            Self::NoPrefix => "NO_PREFIX",
            Self::Manifest(fault) => fault.code(),
            Self::People(fault) => fault.code(),
            Self::Device(fault) => fault.code(),
        }
    }
}
