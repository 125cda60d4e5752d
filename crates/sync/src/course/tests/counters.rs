use proptest::prelude::*;

use super::*;

fn known(total: u64, seconds: u64) -> Known {
    Known { job: pending(99).id, total, sent: Some(THEIRS.plus(Duration::from_secs(seconds))) }
}

fn states(judgement: &Judgement) -> Vec<JobState> {
    judgement.moves.iter().map(|made| made.job.state).collect()
}

fn judged(machine: Machine, known: Known, open: &[Job]) -> Judgement {
    judge(machine, known, open, true, Rules::default(), NOW)
}

#[test]
fn counters_without_a_gap_release_what_is_doubted_once_no_packet_can_be_late() {
    let job = gone_too_late(1);
    assert!(states(&judged(machine(), known(11, 799), std::slice::from_ref(&job))).is_empty());
    let judgement = judged(machine(), known(11, 800), &[job]);
    assert_eq!(states(&judgement), [JobState::Retry]);
    assert!(may_request(&judgement.moves[0].job));
}

#[test]
fn a_gap_in_the_counters_releases_nothing_then_or_later() {
    let shared = Machine { exclusive: false, ..machine() };
    let first = judged(shared, known(12, 900), &[gone_too_late(1)]);
    assert_eq!(states(&first), [JobState::Ambiguous]);
    assert!(first.moves[0].job.doubt.as_ref().unwrap().probably_finalised);
    let second = judged(first.machine, known(13, 950), &[first.moves[0].job.clone()]);
    assert!(second.moves.is_empty());
}

#[test]
fn a_gap_alone_never_says_that_an_invoice_was_finalised() {
    let judgement = judged(machine(), known(12, 900), &[gone_too_late(1)]);
    assert_eq!(states(&judgement), [JobState::Ambiguous]);
}

#[test]
fn a_gap_that_is_what_the_list_said_is_explained_by_it() {
    let job = noted(read_after(doubted(1), &status(0, &[]), 10));
    let listed = noted(read_after(job, &status(0, &[]), 20));
    let judgement = judged(machine(), known(12, 900), &[listed]);
    assert_eq!(states(&judgement), [JobState::SyncedWithoutCode]);
    assert_eq!(judgement.moves[0].job.doubt.as_ref().unwrap().era, None);
    assert_eq!(
        judgement.machine.baseline.unwrap(),
        Baseline { total: 12, unexplained: 0, era: Era(2), at: NOW }
    );
    // Not with another doubt beside it, which may be what explains it.
    let job = noted(read_after(doubted(1), &status(0, &[]), 10));
    let listed = noted(read_after(job, &status(0, &[]), 20));
    let judgement = judged(machine(), known(12, 900), &[listed, confirming(2)]);
    assert_eq!(judgement.machine.baseline.unwrap().unexplained, 1);
}

#[test]
fn counters_say_nothing_of_doubts_from_before_the_machine_changed() {
    let changed = machine_changed(machine());
    assert_eq!(changed.baseline, None);
    let begun = judged(changed, known(11, 900), &[gone_too_late(1)]);
    assert!(begun.moves.is_empty());
    let later = judged(begun.machine, known(12, 900), &[gone_too_late(1)]);
    assert!(later.moves.is_empty());
}

#[test]
fn counters_that_do_not_rise_begin_again() {
    for total in [10, 3] {
        let judgement = judged(machine(), known(total, 900), &[gone_too_late(1)]);
        assert!(judgement.moves.is_empty());
        assert_eq!(judgement.machine.baseline.unwrap().era, Era(2));
    }
}

#[test]
fn a_list_that_the_counters_contradict_is_left_to_a_person() {
    let job = noted(read_after(doubted(1), &status(0, &[]), 10));
    let listed = noted(read_after(job, &status(0, &[]), 20));
    let judgement = judged(machine(), known(11, 900), &[listed]);
    assert_eq!(states(&judgement), [JobState::Ambiguous]);
    let job = judgement.moves[0].job.clone();
    assert_eq!(job.doubt.as_ref().unwrap().cause, DoubtCause::Contradicted);
    assert!(judged(judgement.machine, known(12, 2_000), &[job]).moves.is_empty());
}

#[test]
fn counters_say_nothing_of_what_a_restored_backup_may_have_forgotten() {
    // Since the backup it may have been finalised by another e-MCF.
    for job in [pending(1), confirming(1), doubted(1)] {
        let made = restored(job, NOW).unwrap();
        assert_eq!(made.job.state, JobState::Ambiguous);
        let job = noted(read_after(made.job, &status(0, &[]), 10));
        for (total, sent) in [(11, 600), (11, 6_000), (12, 6_000)] {
            assert!(judged(machine(), known(total, sent), std::slice::from_ref(&job)).moves.is_empty());
        }
    }
}

#[test]
fn a_uid_of_before_a_restored_backup_is_not_confirmed_again() {
    let made = restored(confirming(1), NOW).unwrap();
    assert_eq!(made.job.intent, None);
    assert!(!matches!(read_after(made.job, &status(1, &["uid-1"]), 5), Heard::ConfirmAgain(_)));
}

proptest! {
    /// However known confirms and ours that were lost follow each other, a finalised job is never released.
    #[test]
    fn counters_never_release_what_was_finalised(steps in proptest::collection::vec(0_u8..4, 1..40)) {
        let mut machine = machine();
        let mut total = 10;
        let mut open: Vec<Job> = Vec::new();
        let mut finalised: Vec<JobId> = Vec::new();
        for (index, step) in steps.into_iter().enumerate() {
            let number = u8::try_from(index + 1).unwrap();
            match step {
                // A confirm whose answer is lost, with and without effect.
                0 | 1 => {
                    let mut job = gone_too_late(number);
                    job.doubt.as_mut().unwrap().era = machine.baseline.map(|baseline| baseline.era);
                    if step == 0 {
                        total += 1;
                        finalised.push(job.id);
                    }
                    open.push(job);
                }
                2 => {
                    total += 1;
                    let judgement = judged(machine, known(total, 5_000), &open);
                    for made in judgement.moves {
                        prop_assert!(!(made.job.state == JobState::Retry && finalised.contains(&made.job.id)));
                        open.retain(|job| job.id != made.job.id);
                        if made.job.state != JobState::Retry {
                            open.push(made.job);
                        }
                    }
                    machine = judgement.machine;
                }
                _ => machine = machine_changed(machine),
            }
        }
    }
}
