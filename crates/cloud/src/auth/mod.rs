//! Who asks, whether he may, and how often.

mod admit;
mod caller;
mod known;
mod who;

pub(crate) use admit::{Needs, admit, admit_address, admit_more, admit_sign_in};
pub(crate) use caller::Caller;
pub(crate) use known::{KnownPlaces, KnownPrincipals};
pub(crate) use who::{may_log_in, wrong_log_in};
