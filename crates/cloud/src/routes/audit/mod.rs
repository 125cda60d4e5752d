//! Records for an auditor, signed.

mod chunks;
mod export;
mod made;
mod tarred;

pub(super) use export::*;
