//! What to do with the end of the journal after the power failed: one pure function.

/// What the place of a record's commit mark shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Nobody began to program it.
    Blank,
    /// Someone did: the content before it is complete.
    Begun,
}

/// What stands after the newest record that is whole, or begins there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// Nothing was programmed there, as far as can be read.
    Blank,
    /// The beginning of a record can be read, its content is not whole.
    Partial(Mark),
    /// Something that is no beginning of a record, and nothing after it.
    TornHeader,
    /// Something that no interrupted program leaves: cells that were programmed after a beginning that is not there.
    Foreign,
}

/// What is known when the journal is mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The commit mark of the newest record that is whole; none when the sector holds no whole record.
    pub newest: Option<Mark>,
    /// What stands after it.
    pub beyond: Beyond,
    /// Whether the secure element has counted further than the newest record says: something was begun after it.
    pub counted_on: bool,
}

/// What is done about it, before anything is answered to anyone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing was interrupted: the next record follows in the same sector. The newest record's mark is programmed
    /// again, in case it is weak.
    GoOn,
    /// The newest record was complete but for its mark: all of it is programmed again, then its mark.
    RollForward,
    /// Something was begun and is not there: the next record begins in a new sector, whose header says for ever that
    /// the one before ends here.
    Retire,
    /// A record that was committed cannot be read: nothing is written any more.
    Corrupt,
}

/// How a device decides, and whether it makes the decision permanent.
#[derive(Clone, Copy, Debug)]
pub struct Recovery {
    /// The decision.
    pub decide: fn(Found) -> Decision,
    /// Whether what was found whole is programmed again before anyone may rely on it.
    pub strengthen: bool,
    /// Whether the device tests itself first. Trials that start one a million times do without.
    pub self_test: bool,
}

impl Recovery {
    /// As every device does. Others exist to show that the trials notice.
    pub const CAREFUL: Self = Self { decide, strengthen: true, self_test: true };
}

/// The decision. `docs/journal.md` argues why it suffices.
pub const fn decide(found: Found) -> Decision {
    match (found.beyond, found.newest, found.counted_on) {
        // Its mark says that it was whole once.
        (Beyond::Partial(Mark::Begun), ..) | (Beyond::Foreign, _, true) => Decision::Corrupt,
        // Nothing was begun after the newest record, so it is not a record that decayed there.
        (Beyond::Foreign, _, false) => Decision::Retire,
        (Beyond::Partial(Mark::Blank) | Beyond::TornHeader, ..) => Decision::Retire,
        // Nothing is begun after a record whose mark was not programmed, so what reads blank is blank.
        (Beyond::Blank, Some(Mark::Blank), _) => Decision::RollForward,
        // Weak cells may read as blank; that something was begun shows in the counter, which is raised before.
        (Beyond::Blank, _, true) => Decision::Retire,
        (Beyond::Blank, _, false) => Decision::GoOn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKS: [Option<Mark>; 3] = [None, Some(Mark::Blank), Some(Mark::Begun)];

    fn all(beyond: Beyond) -> impl Iterator<Item = (Found, Decision)> {
        MARKS.into_iter().flat_map(move |newest| {
            [false, true].map(|counted_on| {
                let found = Found { newest, beyond, counted_on };
                (found, decide(found))
            })
        })
    }

    #[test]
    fn a_committed_record_that_cannot_be_read_is_never_passed_over() {
        assert!(all(Beyond::Partial(Mark::Begun)).all(|(_, decision)| decision == Decision::Corrupt));
        for (found, decision) in all(Beyond::Foreign) {
            assert_eq!(decision == Decision::Corrupt, found.counted_on, "{found:?}");
        }
    }

    #[test]
    fn what_was_begun_and_is_not_whole_is_retired() {
        for beyond in [Beyond::Partial(Mark::Blank), Beyond::TornHeader] {
            assert!(all(beyond).all(|(_, decision)| decision == Decision::Retire));
        }
    }

    #[test]
    fn blank_cells_are_written_only_when_the_counter_says_that_nothing_was_begun_on_them() {
        for (found, decision) in all(Beyond::Blank) {
            let expected = match (found.newest, found.counted_on) {
                (Some(Mark::Blank), _) => Decision::RollForward,
                (_, true) => Decision::Retire,
                (_, false) => Decision::GoOn,
            };
            assert_eq!(decision, expected, "{found:?}");
        }
    }
}
