use edef::ErrorCode;

use super::*;

fn answered(job: Job, fault: &CallFault) -> AfterRequest {
    after_request(job, Err(fault), |_| Agreement::Same, &machine(), NOW, 500)
}

fn requested() -> Job {
    intend_request(pending(1), &machine(), THEIRS, NOW).unwrap().job
}

#[test]
fn a_lost_request_is_harmless_and_made_again_later() {
    for fault in [CallFault::Timeout, CallFault::Broken, CallFault::Malformed] {
        let after = answered(requested(), &fault);
        assert_eq!((after.made.job.state, after.signal), (JobState::Retry, Signal::Fault));
        assert!(after.takes_a_place && after.made.job.due > NOW);
        assert!(may_request(&after.made.job));
    }
    assert!(!answered(requested(), &CallFault::Unreachable).takes_a_place);
}

#[test]
fn what_the_authority_refuses_for_good_is_failed() {
    for number in [3, 4, 5, 6, 7, 8, 9, 12] {
        let fault = CallFault::Refused { code: ErrorCode::new(number), text: "non".to_owned() };
        let job = answered(requested(), &fault).made.job;
        assert_eq!(job.state, JobState::Failed, "{number}");
        assert_eq!(job.error.unwrap().code, Some(number));
    }
}

#[test]
fn what_may_be_refused_for_now_is_tried_some_times() {
    for (number, most) in [(11, 5), (99, 40), (20, 8), (77, 8)] {
        let fault = CallFault::Refused { code: ErrorCode::new(number), text: String::new() };
        let error = Some(Problem { word: String::new(), code: Some(number), text: String::new() });
        let tried =
            |attempts| answered(Job { attempts, error: error.clone(), ..requested() }, &fault).made.job.state;
        assert_eq!((tried(most - 2), tried(most - 1)), (JobState::Retry, JobState::Failed), "{number}");
    }
    // Whatever failed before it: an outage says nothing of the invoice.
    let first = CallFault::Refused { code: ErrorCode::OriginalNotFound, text: String::new() };
    let error = Some(Problem { word: "timeout".to_owned(), code: None, text: String::new() });
    let after_outage = answered(Job { attempts: 100, error, ..requested() }, &first).made.job;
    assert_eq!((after_outage.state, after_outage.attempts), (JobState::Retry, 1));
    let not_now = CallFault::Refused { code: ErrorCode::OriginalNotNow, text: String::new() };
    assert_eq!(answered(Job { attempts: 100, ..requested() }, &not_now).made.job.state, JobState::Retry);
}

#[test]
fn an_authority_in_trouble_is_left_alone_before_its_trouble_fails_invoices() {
    let trouble = CallFault::Refused { code: ErrorCode::Processing, text: String::new() };
    assert_eq!(answered(requested(), &trouble).signal, Signal::Fault);
}

#[test]
fn too_many_pending_slow_the_machine_and_count_as_no_attempt() {
    let after =
        answered(requested(), &CallFault::Refused { code: ErrorCode::TooManyPending, text: String::new() });
    assert!(matches!(after.signal, Signal::Slow(_)));
    assert_eq!((after.made.job.state, after.made.job.attempts), (JobState::Retry, 0));
}

#[test]
fn without_a_good_token_the_invoice_stays_in_the_queue() {
    let after = answered(requested(), &CallFault::Unauthorized);
    assert_eq!((after.made.job.state, after.signal), (JobState::Pending, Signal::Unauthorized));
}

#[test]
fn retry_after_is_honoured_up_to_an_hour() {
    let asked = |seconds| CallFault::TooMany { retry_after: Some(seconds) };
    assert!(answered(requested(), &asked(60)).made.job.due >= after(60));
    assert!(answered(requested(), &asked(1_000_000)).made.job.due <= after(3_600));
}

#[test]
fn a_difference_within_the_tolerance_is_confirmed_and_shown() {
    let within = |_: &Requested| Agreement::Within("B vat: 16.00, authority 16.01".to_owned());
    let job = after_request(requested(), Ok(&uid_came()), within, &machine(), NOW, 0).made.job;
    assert_eq!(job.intent.as_ref().unwrap().step, Step::Confirm);
    assert!(job.difference.is_some());
}

#[test]
fn the_intent_names_the_machine_and_the_era_of_its_counters() {
    let intent = confirming(1).intent.unwrap();
    assert_eq!((Some(intent.nim), intent.url), (machine().nim, machine().url));
    assert_eq!((intent.era, intent.not_before), (Some(Era(1)), Some(THEIRS)));
    assert_eq!(intend_request(pending(1), &Machine { nim: None, ..machine() }, THEIRS, NOW), None);
}

#[test]
fn nothing_is_requested_that_may_be_finalised() {
    assert!(may_request(&pending(1)));
    for job in [confirming(1), doubted(1), gone_too_late(1)] {
        assert!(!may_request(&job));
        assert!(!may_request(&Job { state: JobState::Retry, ..job }));
    }
}
