use super::*;

fn elements() -> Elements {
    let after = after_confirm(confirming(1), Ok(&confirmed()), Rules::default(), NOW);
    let AfterConfirm::Finalised { elements, .. } = after else { panic!("{after:?}") };
    Elements { source: Source::Imported, ..elements }
}

#[test]
fn a_person_settles_only_what_is_not_known() {
    for state in JobState::ALL.iter().copied() {
        let job = Job { state, ..gone_too_late(1) };
        let may = matches!(state, JobState::Ambiguous | JobState::SyncedWithoutCode);
        assert_eq!(settle_finalised(job.clone(), elements(), "Ada", NOW).is_ok(), may, "{state}");
        assert_eq!(settle_not_there(job, "Ada", after(3_000)).is_ok(), may, "{state}");
    }
}

#[test]
fn nobody_says_that_it_is_not_there_while_it_may_still_arrive() {
    // Its uid was seen to be gone, at 200 s.
    assert!(settle_not_there(gone_too_late(1), "Ada", after(799)).is_err());
    let made = settle_not_there(gone_too_late(1), "Ada", after(800)).unwrap();
    assert_eq!(made.job.state, JobState::Retry);
    assert!(may_request(&made.job));
    // Nobody could read the list.
    assert_eq!(settle_not_there(doubted(1), "Ada", after(600)), Err(SettleFault::TooSoon(50)));
    assert!(settle_not_there(doubted(1), "Ada", after(3_600)).is_ok());
}

#[test]
fn only_what_is_certainly_not_finalised_is_retried_by_hand() {
    for state in JobState::ALL.iter().copied() {
        let may = matches!(state, JobState::Retry | JobState::Failed | JobState::Differs);
        assert_eq!(retry_by_hand(Job { state, ..pending(1) }, "Ada", NOW).is_ok(), may, "{state}");
        assert!(retry_by_hand(Job { state, ..doubted(1) }, "Ada", NOW).is_err(), "{state}");
    }
}

#[test]
fn an_original_that_is_not_sent_is_withdrawn_with_its_cancellation() {
    let original = Job { state: JobState::Failed, ..pending(1) };
    let reference = ledger::Reference { epoch: Epoch(0), number: original.fiscal.number };
    let named = Some(Original { outlet: original.place.chain.outlet, reference });
    let credit = Job { state: JobState::Retry, original: named, ..pending(2) };
    let both = withdraw(original.clone(), credit.clone(), "not compliant", NOW).unwrap();
    assert!(both.iter().all(|made| made.job.state == JobState::Withdrawn));
    let synced = Job { state: JobState::Synced, ..original.clone() };
    assert!(withdraw(synced, credit, "not compliant", NOW).is_err());
    assert_eq!(withdraw(original, pending(3), "not compliant", NOW), Err(SettleFault::NotACancellation));
}
