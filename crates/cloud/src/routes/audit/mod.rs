//! Records for an auditor, signed.

mod chunks;
mod export;
mod exports;
mod made;
mod tarred;

pub(super) use export::*;
pub(crate) use exports::Exports;
