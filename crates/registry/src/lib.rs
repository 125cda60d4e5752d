//! Who may do what: merchants and their outlets, people, API keys, tax manifests; and the fiscal devices of outlets.
//!
//! [`Registry`] stands in the same database as the ledger. Each change is one transaction that also writes what was done
//! and by whom ([`ledger::Act`]). What a role may do is one table ([`Role::may`]); a [`Principal`] is who asks, and
//! [`Principal::permits`] the one question that every route asks.

mod acts;
mod count;
mod devices;
mod fault;
mod id;
mod keys;
mod label;
mod maker;
mod manifests;
mod merchants;
mod people;
mod permission;
mod places;
mod principal;
mod registry;
mod role;
mod rows;
mod secret;
mod tables;

pub use devices::*;
pub use fault::RegistryFault;
pub use id::{ApiKeyId, IdFault, MerchantId, SessionId, UserId};
#[doc(hidden)]
pub use id::{read_id, write_id};
pub use keys::{KeyRecord, NewKey};
pub use label::Label;
pub use maker::{Hand, Maker};
pub use manifests::ManifestRecord;
pub use merchants::{Merchant, MerchantChange, NewMerchant};
pub use people::*;
pub use permission::{Permission, PermissionFault, Permissions};
pub use places::{NewPlace, Place, PlaceChange};
pub use principal::{Principal, Rate, Reach, Who};
pub use registry::{Random, Registry};
pub use role::{Role, RoleFault};
pub use secret::{ApiKey, InvitationToken, KeyFault, KeyHash, KeyHashFault, SessionToken};
pub use tables::TABLES;
