//! The cases, in the order of the document's sections.

mod dump;
mod faults;
mod firmware;
mod frames;
mod life;
mod lost;
mod notes;
mod orders;
mod payloads;
mod proof;
mod reports;
mod requests;
mod sealing;
mod setup;
mod standing;
mod status;
mod tokens;
mod values;

use crate::case::Case;

/// All of them.
pub fn all() -> Vec<Case> {
    [
        frames::CASES,
        requests::CASES,
        values::CASES,
        sealing::CASES,
        lost::CASES,
        payloads::CASES,
        notes::CASES,
        status::CASES,
        reports::CASES,
        dump::CASES,
        tokens::CASES,
        orders::CASES,
        setup::CASES,
        faults::CASES,
        firmware::CASES,
        proof::CASES,
        life::CASES,
        standing::CASES,
    ]
    .concat()
}
