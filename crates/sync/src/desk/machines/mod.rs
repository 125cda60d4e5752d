//! The e-MCFs of a merchant.

mod change;
mod enter;
mod find;
mod keep;
mod remove;
mod rules;

pub(crate) use self::find::find_machine;
pub(super) use self::find::{machine_of_outlet, machines_of_merchant};
