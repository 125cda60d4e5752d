use edef::ErrorCode;

use super::*;

#[test]
fn only_a_confirm_that_was_not_sent_is_without_effect() {
    let refused = |code| CallFault::Refused { code, text: String::new() };
    let faults = [
        CallFault::Timeout,
        CallFault::Broken,
        CallFault::Unauthorized,
        CallFault::Forbidden,
        CallFault::TooMany { retry_after: None },
        CallFault::Server { status: 503, retry_after: None },
        CallFault::Malformed,
        CallFault::WrongStatus { status: 404 },
        refused(ErrorCode::UnknownOrFinalised),
        refused(ErrorCode::Processing),
    ];
    for fault in faults {
        let job = lost(confirming(1), &fault);
        assert_eq!(job.state, JobState::Ambiguous, "{fault:?}");
        assert!(!may_request(&job), "{fault:?}");
        assert_eq!(job.doubt.unwrap().cause, DoubtCause::ConfirmLost);
    }
    let unreachable = after_confirm(confirming(1), Err(&CallFault::Unreachable), Rules::default(), NOW);
    assert_eq!(unreachable, AfterConfirm::NotSent);
}

#[test]
fn a_second_confirm_that_was_not_sent_leaves_the_doubt_of_the_first() {
    let again = confirm_again(doubted(1), NOW).job;
    assert_eq!(again.state, JobState::Submitted);
    let job = lost(again, &CallFault::Unreachable);
    assert_eq!(job.state, JobState::Ambiguous);
    assert!(job.doubt.is_some());
}

#[test]
fn a_code_makes_an_invoice_synced_whatever_was_doubted() {
    let again = confirm_again(doubted(1), NOW).job;
    let after = after_confirm(again, Ok(&confirmed()), Rules::default(), NOW);
    let AfterConfirm::Finalised { made, elements } = after else { panic!("{after:?}") };
    assert_eq!((made.job.state, made.job.doubt), (JobState::Synced, None));
    assert_eq!(elements.source, Source::Api);
    assert_eq!(made.job.elements, Some(elements));
}

#[test]
fn a_bare_code_is_of_the_machine_that_was_asked() {
    let bare = Confirmed::read(r#"{"codeDEFDGI":"ABCDABCDABCDABCDABCDABCD"}"#).unwrap();
    let job = confirming(1);
    let asked = job.intent.as_ref().unwrap().nim.clone();
    let after = after_confirm(job, Ok(&bare), Rules::default(), NOW);
    let AfterConfirm::Finalised { made, elements } = after else { panic!("{after:?}") };
    assert_eq!((made.job.state, &elements.nim), (JobState::Synced, &asked));
    assert_eq!((elements.qr.as_str(), elements.date_time.as_str(), elements.counters), ("", "", None));
}

#[test]
fn a_uid_older_than_ninety_seconds_is_not_confirmed_for_the_first_time() {
    assert_eq!(not_sent(confirming(1), after(90)), None);
    let made = not_sent(confirming(1), after(91)).unwrap();
    assert_eq!((made.job.state, made.job.intent), (JobState::Retry, None));
    // Nor when the clock was set back, for its age is not known then.
    assert!(not_sent(confirming(1), At(NOW.0 - 1)).is_some());
    // What may have had effect is never left like that.
    assert_eq!(not_sent(confirm_again(doubted(1), NOW).job, after(500)), None);
}

#[test]
fn what_a_dead_agent_left_is_doubted_only_if_it_may_have_been_confirmed() {
    let requested = intend_request(pending(1), &machine(), THEIRS, NOW).unwrap().job;
    assert_eq!(orphan(requested, Rules::default(), NOW).unwrap().job.state, JobState::Retry);
    let confirming = orphan(confirming(1), Rules::default(), NOW).unwrap().job;
    assert_eq!(confirming.state, JobState::Ambiguous);
    assert_eq!(confirming.doubt.unwrap().cause, DoubtCause::AgentLost);
    assert_eq!(orphan(pending(1), Rules::default(), NOW), None);
}

#[test]
fn a_cancelled_uid_is_never_confirmed_whether_or_not_the_cancel_was_heard() {
    let requested = intend_request(pending(1), &machine(), THEIRS, NOW).unwrap().job;
    let differs = |_: &Requested| Agreement::Differs("total: 116.00, authority 117".to_owned());
    let job = after_request(requested, Ok(&uid_came()), differs, &machine(), NOW, 0).made.job;
    assert_eq!(job.intent.as_ref().unwrap().step, Step::Cancel);
    for answered in [true, false] {
        let made = after_cancel(job.clone(), answered, NOW);
        assert_eq!((made.job.state, &made.job.intent), (JobState::Differs, &None));
        assert!(made.job.difference.is_some());
    }
}
