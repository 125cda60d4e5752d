use std::str::FromStr;

use crate::{
    Reach,
    permission::{
        Permission::{self, *},
        Permissions,
    },
};

/// What somebody is to a merchant, or to the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The merchant, who may do everything with what is his.
    Owner,
    /// Runs outlets, their people and their tills.
    Manager,
    /// Answers for a shop floor: also takes back and closes the day.
    Supervisor,
    /// Sells.
    Cashier,
    /// Reads and verifies, and changes nothing.
    Auditor,
    /// Runs the platform: makes merchants, sees all, sells for nobody.
    Operator,
}

const CASHIER: &[Permission] = &[Seal, ReadInvoices, ReadOutlets, ReadMerchant, ReadAuthority];
const SUPERVISOR: &[Permission] =
    &[Seal, Credit, ReadInvoices, Close, ReadReports, ReadOutlets, ReadMerchant, ReadDevices, ReadAuthority];
const MANAGER: &[Permission] = &[
    Seal,
    Credit,
    ReadInvoices,
    Close,
    ReadReports,
    Audit,
    ReadOutlets,
    ReadMerchant,
    ReadUsers,
    WriteUsers,
    ReadKeys,
    WriteKeys,
    ReadWebhooks,
    WriteWebhooks,
    ReadDevices,
    WriteDevices,
    ReadAuthority,
    WriteAuthority,
];
const AUDITOR: &[Permission] = &[
    ReadInvoices,
    ReadReports,
    Audit,
    ReadOutlets,
    ReadMerchant,
    ReadUsers,
    ReadKeys,
    ReadWebhooks,
    ReadDevices,
    ReadAuthority,
];

impl Role {
    /// All of them.
    pub const ALL: &'static [Self] =
        &[Self::Owner, Self::Manager, Self::Supervisor, Self::Cashier, Self::Auditor, Self::Operator];

    /// What it may do. Nobody who reads tax files may also write them, and who runs the platform sells for nobody.
    pub const fn may(self) -> Permissions {
        match self {
            Self::Owner => Permissions::ALL.without(Permissions::of(&[Platform, WriteManifests])),
            Self::Manager => Permissions::of(MANAGER),
            Self::Supervisor => Permissions::of(SUPERVISOR),
            Self::Cashier => Permissions::of(CASHIER),
            Self::Auditor => Permissions::of(AUDITOR),
            Self::Operator => Permissions::ALL.without(Permissions::of(&[Seal, Credit, Close])),
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Manager => "manager",
            Self::Supervisor => "supervisor",
            Self::Cashier => "cashier",
            Self::Auditor => "auditor",
            Self::Operator => "operator",
        }
    }

    /// Whether it is the platform's and no merchant's.
    pub const fn is_of_platform(self) -> bool {
        matches!(self, Self::Operator)
    }

    /// Whether who has it there signs in with a second factor only: who may do everything with what a merchant has, and
    /// whoever sees what all merchants have.
    pub const fn needs_second_factor(self, reach: &Reach) -> bool {
        matches!(self, Self::Owner | Self::Operator) || matches!(reach, Reach::Platform)
    }
}

/// The text names no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a role is owner, manager, supervisor, cashier, auditor or operator")]
pub struct RoleFault;

impl FromStr for Role {
    type Err = RoleFault;

    fn from_str(text: &str) -> Result<Self, RoleFault> {
        Self::ALL.iter().copied().find(|role| role.name() == text).ok_or(RoleFault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_auditor_changes_nothing() {
        let writes = [
            Seal,
            Credit,
            Close,
            WriteOutlets,
            WriteMerchant,
            Platform,
            WriteUsers,
            WriteKeys,
            WriteManifests,
            WriteWebhooks,
            WriteDevices,
            EndDevices,
            WriteAuthority,
            SettleAuthority,
        ];
        assert_eq!(Role::Auditor.may().and(Permissions::of(&writes)), Permissions::default());
    }

    #[test]
    fn roles_of_a_merchant_widen_from_cashier_to_owner_and_none_runs_the_platform() {
        let ladder = [Role::Cashier, Role::Supervisor, Role::Manager, Role::Owner];
        assert!(ladder.windows(2).all(|pair| pair[0].may().are_within(pair[1].may())));
        assert!(Role::ALL.iter().all(|role| role.may().has(Platform) == role.is_of_platform()));
    }

    #[test]
    fn only_an_owner_and_the_platform_end_a_device() {
        let end = |role: &&Role| role.may().has(EndDevices);
        assert!(Role::ALL.iter().filter(end).eq([&Role::Owner, &Role::Operator]));
    }

    #[test]
    fn who_reads_invoices_reads_how_they_stand_with_the_authority() {
        assert!(Role::ALL.iter().all(|role| role.may().has(ReadAuthority) == role.may().has(ReadInvoices)));
    }

    #[test]
    fn only_an_owner_and_the_platform_say_what_became_of_an_invoice_at_the_authority() {
        let settle = |role: &&Role| role.may().has(SettleAuthority);
        assert!(Role::ALL.iter().filter(settle).eq([&Role::Owner, &Role::Operator]));
    }

    #[test]
    fn who_runs_the_platform_sells_for_nobody() {
        assert!([Seal, Credit, Close].into_iter().all(|selling| !Role::Operator.may().has(selling)));
    }
}
