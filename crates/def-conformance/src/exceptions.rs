//! What cannot be shown on a board, and why. Nothing else is left out, and what is seen all the same fails.

use crate::board::Board;

/// One thing that is not shown on some boards.
#[derive(Clone, Copy, Debug)]
pub struct Exception {
    /// What it is.
    pub what: What,
    /// On which boards.
    pub boards: &'static [Board],
    /// Why it cannot be had there.
    pub why: &'static str,
}

/// What is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A case, by its sentence: it is not run.
    Case(&'static str),
    /// A code of the document: no reply has it.
    Code(&'static str),
}

/// The case of a whole update.
pub(crate) const UPDATE: What =
    What::Case("pieces come in their order, may be repeated, and make what was ordered or nothing");

/// All of them.
pub const EXCEPTIONS: &[Exception] = &[
    Exception {
        what: UPDATE,
        boards: &[Board::Simulate, Board::Qemu],
        why: "these boards have no second place for a firmware; they refuse each order, as another case shows",
    },
    Exception {
        what: What::Code("SELF_TEST_FAILED"),
        boards: &[Board::Simulate, Board::Qemu],
        why: "nobody outside can have a processor compute wrongly",
    },
];

/// The exception for this on a board, if there is one.
pub fn find(board: Board, what: What) -> Option<&'static Exception> {
    EXCEPTIONS.iter().find(|exception| exception.what == what && exception.boards.contains(&board))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cases, document};

    #[test]
    fn each_names_a_case_that_there_is_or_a_code_of_the_document() {
        for exception in EXCEPTIONS {
            let known = match exception.what {
                What::Case(name) => cases::all().iter().any(|case| case.name == name),
                What::Code(name) => document::codes().iter().any(|code| code.name == name),
            };
            assert!(known, "{:?}", exception.what);
        }
    }

    #[test]
    fn sentences_of_cases_are_different() {
        let mut names: Vec<&str> = cases::all().iter().map(|case| case.name).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
