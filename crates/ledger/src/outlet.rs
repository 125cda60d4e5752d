use fiscal::{Nif, OutletId, Prefix, UtcOffset};

/// An outlet as the ledger knows it. What it says is also in the first record of each of its epochs, so that a ledger
/// speaks for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlet {
    /// Its id, which payloads name.
    pub id: OutletId,
    /// The merchant.
    pub nif: Nif,
    /// What its fiscal numbers begin with; no other outlet in the country has it (S8).
    pub prefix: Prefix,
    /// Its zone, which makes its business days (S7).
    pub zone: UtcOffset,
}
