//! Who seals at an outlet: the cloud's own signer, or a device.

mod change;
mod show;
mod view;

pub(super) use self::{change::*, show::*, view::ModeName};
