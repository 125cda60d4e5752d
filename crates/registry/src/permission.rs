use std::{fmt, str::FromStr};

macro_rules! permissions {
    ($($(#[$doc:meta])* $variant:ident $name:literal;)*) => {
        /// One thing that somebody may do. Names are those of the scopes of an API key.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Permission { $($(#[$doc])* $variant),* }

        impl Permission {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }
    };
}

permissions! {
    /// Seal sales and advances.
    Seal "invoices:seal";
    /// Seal credit notes.
    Credit "invoices:credit";
    /// Read sealed invoices and their receipts.
    ReadInvoices "invoices:read";
    /// Close a business day (Z).
    Close "reports:close";
    /// Read reports.
    ReadReports "reports:read";
    /// Take an outlet's records away, signed, and read the log of acts.
    Audit "audit:read";
    /// Read outlets.
    ReadOutlets "outlets:read";
    /// Make outlets.
    WriteOutlets "outlets:write";
    /// Read who the merchant is.
    ReadMerchant "merchant:read";
    /// Change it.
    WriteMerchant "merchant:write";
    /// Make merchants and stop them.
    Platform "platform:write";
    /// Read who may sign in.
    ReadUsers "users:read";
    /// Invite people, change and stop them.
    WriteUsers "users:write";
    /// Read which API keys there are, without their secrets.
    ReadKeys "keys:read";
    /// Make and revoke API keys.
    WriteKeys "keys:write";
    /// Import tax manifests.
    WriteManifests "manifests:write";
    /// Read webhooks and their deliveries.
    ReadWebhooks "webhooks:read";
    /// Make, stop and resend webhooks.
    WriteWebhooks "webhooks:write";
    /// Read devices and who seals where.
    ReadDevices "devices:read";
    /// Register and activate devices, and switch an outlet between cloud and device.
    WriteDevices "devices:write";
    /// End a device's life: revoke it, call it lost, take it out of use; have the cloud seal without it.
    EndDevices "devices:end";
    /// Read how invoices stand with the tax authority, and by which of its machines they go there.
    ReadAuthority "authority:read";
    /// Enter machines of the authority and their tokens, send invoices again, take lists away and try an import.
    WriteAuthority "authority:write";
    /// Say what became of an invoice at the authority when no answer did, by hand or from its portal, and withdraw one.
    SettleAuthority "authority:settle";
}

/// The text names no permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such scope: the documentation of API keys lists them")]
pub struct PermissionFault;

impl FromStr for Permission {
    type Err = PermissionFault;

    fn from_str(text: &str) -> Result<Self, PermissionFault> {
        Self::ALL.iter().copied().find(|permission| permission.name() == text).ok_or(PermissionFault)
    }
}

/// A set of permissions.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Permissions(u32);

impl Permissions {
    /// Every one.
    pub const ALL: Self = Self((1 << Permission::ALL.len()) - 1);

    /// Of a list.
    pub const fn of(list: &[Permission]) -> Self {
        let (mut bits, mut at) = (0, 0);
        while at < list.len() {
            bits |= 1 << list[at] as u32;
            at += 1;
        }
        Self(bits)
    }

    /// Whether one is among them.
    pub const fn has(self, permission: Permission) -> bool {
        self.0 & 1 << permission as u32 != 0
    }

    /// Those that are in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Those of this one without those of the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether the other has all of these.
    pub const fn are_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// In their order.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.has(*permission))
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(all: I) -> Self {
        all.into_iter().fold(Self::default(), |set, one| Self(set.0 | Self::of(&[one]).0))
    }
}

impl fmt::Debug for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(Permission::name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_was_given_to_a_key_once_is_read_forever() {
        let first = "invoices:seal invoices:credit invoices:read reports:close reports:read audit:read outlets:read \
                     outlets:write merchant:read merchant:write platform:write users:read users:write keys:read \
                     keys:write manifests:write webhooks:read webhooks:write devices:read devices:write devices:end";
        let read: Permissions = first.split(' ').map(|name| name.parse::<Permission>().unwrap()).collect();
        assert_eq!(read.iter().count(), 21);
        assert!(read.iter().all(|permission| !permission.name().starts_with("authority:")));
    }

    #[test]
    fn every_permission_has_a_place_in_a_set() {
        let all: Permissions = Permission::ALL.iter().copied().collect();
        assert_eq!((all, all.iter().count()), (Permissions::ALL, Permission::ALL.len()));
    }
}
