//! What of a device's state can be seen from across the counter.

use def_protocol::{ErrorCode, Remedy};

use crate::{board::Board, vault::Vault};

/// Whether the device would seal a sale now, as far as that does not depend on the sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It would.
    Ready,
    /// Not before the host has activated it, set its clock, or synchronised it.
    NeedsHost,
    /// Not before someone has serviced or replaced it.
    DoesNotSeal,
}

impl Condition {
    pub(crate) fn of<B: Board>(vault: &mut Vault<'_, B>) -> Self {
        match vault.may_seal().map_err(|refusal| refusal.code) {
            Ok(_) => Self::Ready,
            Err(ErrorCode::NotProvisioned) => Self::NeedsHost,
            Err(code) if code.remedy() == Remedy::Synchronise => Self::NeedsHost,
            Err(_) => Self::DoesNotSeal,
        }
    }
}
