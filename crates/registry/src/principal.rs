use std::num::NonZeroU32;

use fiscal::{OutletId, Timestamp};

use crate::{ApiKeyId, MerchantId, Permission, Permissions, Role, SessionId, UserId};

/// Who asks, and what he may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Who.
    pub who: Who,
    /// His role.
    pub role: Role,
    /// What he may do: of his role, what his key's scopes leave.
    pub permissions: Permissions,
    /// Whose things.
    pub reach: Reach,
    /// How often he may ask, unless it is as often as everybody.
    pub rate: Option<Rate>,
    /// From this second on he is nobody: his key expires, or his session is over.
    pub until: Option<Timestamp>,
}

/// A key, or a person in a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// A till, an ERP, a script.
    Key(ApiKeyId),
    /// A person.
    Person(UserId, SessionId),
}

/// Whose things somebody reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// One outlet of a merchant.
    Outlet(MerchantId, OutletId),
    /// A merchant and all its outlets.
    Merchant(MerchantId),
    /// All.
    Platform,
}

/// How often one key may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Steadily.
    pub per_second: NonZeroU32,
    /// At once, after a pause.
    pub burst: NonZeroU32,
}

impl Principal {
    /// Whether he may do something, to things that he reaches.
    pub const fn permits(&self, permission: Permission) -> bool {
        self.permissions.has(permission)
    }

    /// Whether he is still who he was when he was looked up.
    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    /// His name in the log of acts.
    pub fn actor(&self) -> &str {
        match &self.who {
            Who::Key(key) => key.as_str(),
            Who::Person(user, _) => user.as_str(),
        }
    }
}

impl Reach {
    /// The merchant, if it is one's.
    pub const fn merchant(&self) -> Option<&MerchantId> {
        match self {
            Self::Outlet(merchant, _) | Self::Merchant(merchant) => Some(merchant),
            Self::Platform => None,
        }
    }

    /// The outlet, if it is one's.
    pub const fn outlet(&self) -> Option<OutletId> {
        match self {
            Self::Outlet(_, outlet) => Some(*outlet),
            Self::Merchant(_) | Self::Platform => None,
        }
    }

    /// Whether all that it reaches is within another.
    pub fn is_within(&self, other: &Self) -> bool {
        match self {
            Self::Outlet(merchant, outlet) => other.covers(merchant, *outlet),
            Self::Merchant(merchant) => !matches!(other, Self::Outlet(..)) && other.covers_merchant(merchant),
            Self::Platform => matches!(other, Self::Platform),
        }
    }

    /// Whether something of a merchant is within it.
    pub fn covers_merchant(&self, other: &MerchantId) -> bool {
        self.merchant().is_none_or(|own| own == other)
    }

    /// Whether an outlet of a merchant is within it.
    pub fn covers(&self, merchant: &MerchantId, outlet: OutletId) -> bool {
        match self {
            Self::Outlet(own, only) => own == merchant && *only == outlet,
            Self::Merchant(own) => own == merchant,
            Self::Platform => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_reaches_another_merchant_or_more_outlets_than_his_own() {
        let [own, other] = [MerchantId::new([1; 20]), MerchantId::new([2; 20])];
        let [here, there]: [OutletId; 2] = ["A".parse().unwrap(), "B".parse().unwrap()];
        let outlet = Reach::Outlet(own.clone(), here);
        assert!(outlet.covers(&own, here) && !outlet.covers(&own, there) && !outlet.covers(&other, here));
        let merchant = Reach::Merchant(own.clone());
        assert!(merchant.covers(&own, there) && !merchant.covers(&other, here));
        assert!(Reach::Platform.covers(&other, there) && Reach::Platform.covers_merchant(&own));
        assert!(!merchant.covers_merchant(&other));
        for (small, large) in
            [(&outlet, &merchant), (&merchant, &Reach::Platform), (&outlet, &Reach::Platform)]
        {
            assert!(small.is_within(large) && !large.is_within(small), "{small:?} {large:?}");
        }
        assert!(
            !outlet.is_within(&Reach::Outlet(own, there)) && !merchant.is_within(&Reach::Merchant(other))
        );
    }
}
