//! Who asks, whether he may, and how often.

mod admit;
mod caller;
mod known;

pub(crate) use admit::{Needs, admit, admit_address, may_log_in, wrong_log_in};
pub(crate) use caller::Caller;
pub(crate) use known::{KnownPlaces, KnownPrincipals};
