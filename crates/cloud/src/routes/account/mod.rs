//! What somebody who signed in does with his own account.

mod begin_totp;
mod change_password;
mod confirm_totp;

pub(super) use self::{begin_totp::*, change_password::*, confirm_totp::*};

use registry::RegistryFault;

use crate::problem::{Kind, Problem, words};

/// A session that ended after it was let in is one that is over.
fn of_session(fault: RegistryFault) -> Problem {
    match fault {
        RegistryFault::NotFound("session") => Problem::new(
            Kind::Unauthenticated,
            words(
                "cette session est finie : connectez-vous à nouveau",
                "this session is over: sign in again",
            ),
        ),
        fault => fault.into(),
    }
}
