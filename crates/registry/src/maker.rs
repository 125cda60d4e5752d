use crate::{Permission, Permissions, Principal, Reach, Role, Who};

/// Who hands out a key or a role: nobody hands out more than he has himself, but that who runs the platform hands out to
/// merchants' people and keys what he does not do himself, such as selling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maker {
    /// What he may do.
    pub permissions: Permissions,
    /// Whose things.
    pub reach: Reach,
    /// By what he acts.
    pub hand: Hand,
}

/// By what somebody acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hand {
    /// The machine that the cloud runs on.
    Machine,
    /// A person who is signed in; if his role needs a second factor and he may anything at all, with one.
    Person,
    /// An API key, which whoever found it has.
    Key,
}

impl Maker {
    /// Who has the machine that the cloud runs on, and needs no leave.
    pub const MACHINE: Self =
        Self { permissions: Permissions::ALL, reach: Reach::Platform, hand: Hand::Machine };

    /// Whether he may let somebody do these with things that he reaches.
    pub fn may_hand_out(&self, permissions: Permissions, to: &Reach) -> bool {
        let runs_merchants = self.permissions.has(Permission::Platform) && self.reach == Reach::Platform;
        let of_a_merchant = match to {
            Reach::Merchant(_) | Reach::Outlet(..) if runs_merchants => Role::Owner.may(),
            _ => Permissions::default(),
        };
        to.is_within(&self.reach) && permissions.without(of_a_merchant).are_within(self.permissions)
    }
}

impl From<&Principal> for Maker {
    fn from(principal: &Principal) -> Self {
        let hand = match principal.who {
            Who::Key(_) => Hand::Key,
            Who::Person(..) => Hand::Person,
        };
        Self { permissions: principal.permissions, reach: principal.reach.clone(), hand }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MerchantId;

    fn whole(number: u8) -> Reach {
        Reach::Merchant(MerchantId::new([number; 20]))
    }

    fn shop(number: u8) -> Reach {
        Reach::Outlet(MerchantId::new([number; 20]), "KIN-GOMBE-01".parse().unwrap())
    }

    #[test]
    fn who_runs_the_platform_hands_out_every_role_of_a_merchant_and_sells_for_nobody_himself() {
        let operator = Maker { permissions: Role::Operator.may(), ..Maker::MACHINE };
        for role in Role::ALL {
            for to in [whole(1), shop(1), whole(2)] {
                assert!(operator.may_hand_out(role.may(), &to), "{role:?}");
            }
        }
        assert!(operator.may_hand_out(Role::Operator.may(), &Reach::Platform));
        assert!(operator.may_hand_out(Role::Auditor.may(), &Reach::Platform));
        for role in [Role::Owner, Role::Manager, Role::Supervisor, Role::Cashier] {
            assert!(!operator.may_hand_out(role.may(), &Reach::Platform), "{role:?} of the platform sells");
        }
    }

    #[test]
    fn who_asks_with_a_key_is_no_person_whoever_made_it() {
        let asks = |who| Principal {
            who,
            role: Role::Owner,
            permissions: Role::Owner.may(),
            reach: whole(1),
            rate: None,
            until: None,
        };
        let key = asks(Who::Key(crate::ApiKeyId::new([1; 20])));
        let person = asks(Who::Person(crate::UserId::new([1; 20]), crate::SessionId::new([1; 20])));
        assert_eq!([key, person].map(|asks| Maker::from(&asks).hand), [Hand::Key, Hand::Person]);
    }

    #[test]
    fn a_part_of_an_operator_hands_out_no_more_than_its_parts() {
        let part = |scopes: &[Permission]| Maker { permissions: Permissions::of(scopes), ..Maker::MACHINE };
        let keys = part(&[Permission::WriteKeys]);
        assert!(!keys.may_hand_out(Role::Cashier.may(), &whole(1)));
        let merchants = part(&[Permission::WriteKeys, Permission::Platform]);
        assert!(merchants.may_hand_out(Role::Owner.may(), &whole(1)));
        // Tax manifests are nothing of a merchant's.
        assert!(!merchants.may_hand_out(Permissions::of(&[Permission::WriteManifests]), &whole(1)));
        assert!(!merchants.may_hand_out(Role::Auditor.may(), &Reach::Platform));
    }

    #[test]
    fn a_merchants_people_hand_out_what_they_have_where_they_reach() {
        let role = |role: Role, reach| Maker { permissions: role.may(), reach, hand: Hand::Person };
        for maker in Role::ALL.iter().filter(|role| !role.is_of_platform()) {
            for given in Role::ALL {
                let may = given.may().are_within(maker.may());
                assert_eq!(role(*maker, whole(1)).may_hand_out(given.may(), &whole(1)), may);
                assert_eq!(role(*maker, whole(1)).may_hand_out(given.may(), &shop(1)), may);
                assert_eq!(role(*maker, shop(1)).may_hand_out(given.may(), &shop(1)), may);
                for (own, to) in [
                    (whole(1), whole(2)),
                    (whole(1), Reach::Platform),
                    (shop(1), whole(1)),
                    (shop(1), shop(2)),
                ] {
                    assert!(!role(*maker, own).may_hand_out(given.may(), &to), "{maker:?} {given:?} {to:?}");
                }
            }
        }
    }
}
