use super::*;
use crate::lane::NoSheet;

#[test]
fn a_credit_note_waits_for_its_original_and_is_told_once() {
    let Next::Put(first) = next(pending(1), OriginalStanding::Waits(JobState::Ambiguous), None, NOW) else {
        panic!()
    };
    assert_eq!((first.job.state, first.job.attempts), (JobState::Retry, 0));
    assert_eq!(first.transition.unwrap().cause, Cause::WaitsForOriginal);
    let Next::Put(second) = next(first.job, OriginalStanding::Unknown, None, after(60)) else { panic!() };
    assert_eq!(second.transition, None);
    assert!(second.job.due > after(60));
    let code = "ABCDABCDABCDABCDABCDABCD".parse().unwrap();
    assert_eq!(next(second.job, OriginalStanding::Synced(code), None, NOW), Next::Request(Some(code)));
}

#[test]
fn what_is_not_compliant_is_not_sent() {
    let Next::Put(made) = next(pending(1), OriginalStanding::None, Some("no elements"), NOW) else {
        panic!()
    };
    assert_eq!((made.job.state, made.transition.unwrap().cause), (JobState::Failed, Cause::NonCompliant));
}

#[test]
fn what_cannot_be_translated_yet_is_looked_at_again_for_an_hour_and_then_waits_for_a_person() {
    let (why, mut job, mut now) = (NoSheet::Yet("no letter".to_owned()), pending(1), NOW);
    loop {
        let made = without_sheet(job, &why, now);
        assert_eq!(made.transition.unwrap().cause, Cause::NotTranslated);
        job = made.job;
        if job.state == JobState::Failed {
            break;
        }
        assert!(job.state == JobState::Retry && job.due > now);
        now = job.due;
    }
    assert!(now.since(NOW) > Duration::from_secs(3_600), "{}", now.since(NOW).as_secs());
    let retried = retry_by_hand(job, "mended", now).unwrap().job;
    let again = without_sheet(retried, &why, now).job;
    assert_eq!((again.state, again.attempts), (JobState::Retry, 1));
    let never = NoSheet::Ever("too large".to_owned());
    assert_eq!(without_sheet(pending(1), &never, NOW).job.state, JobState::Failed);
}

#[test]
fn each_failure_waits_twice_as_long_up_to_ten_minutes() {
    let middle: Vec<u64> = (1..=9).map(|failures| backoff(failures, 500).as_secs()).collect();
    assert_eq!(middle, [5, 10, 20, 40, 80, 160, 320, 600, 600]);
    assert_eq!(backoff(1, 0), Duration::from_millis(2_500));
    assert_eq!(backoff(1, 1_000), Duration::from_millis(7_500));
    assert_eq!(backoff(u32::MAX, 1_000), Duration::from_secs(600));
}

#[test]
fn five_faults_in_a_row_open_the_breaker_and_one_success_closes_it() {
    let mut breaker = Breaker::default();
    for _ in 0..4 {
        breaker = after_fault(breaker, NOW);
        assert!(may_call(&breaker, NOW));
    }
    breaker = after_fault(breaker, NOW);
    assert!(!may_call(&breaker, after(29)) && may_call(&breaker, after(30)));
    // One probe that fails opens it for twice as long.
    breaker = after_fault(breaker, NOW);
    assert!(!may_call(&breaker, after(59)) && may_call(&breaker, after(60)));
    for _ in 0..10 {
        breaker = after_fault(breaker, NOW);
    }
    assert!(may_call(&breaker, after(600)));
    // A clock that was set back does not keep it shut.
    assert!(may_call(&breaker, At(0)));
    assert_eq!(after_success(breaker, NOW), Breaker::default());
}

#[test]
fn what_an_authority_asks_for_holds_for_as_long_whatever_is_answered_meanwhile() {
    let asked = after_slow(Breaker::default(), Duration::from_secs(3_600), NOW);
    let later = after_success(after_slow(asked, Duration::from_secs(5), NOW), after(60));
    assert!(!may_call(&later, after(3_599)) && may_call(&later, after(3_600)));
    assert_eq!(after_success(later, after(3_600)), Breaker::default());
    let long = after_slow(Breaker::default(), Duration::from_secs(86_400), NOW);
    assert!(may_call(&long, after(3_600)));
}

#[test]
fn a_credit_note_waits_as_long_again_as_it_has_waited() {
    let waits = |job, now| match next(job, OriginalStanding::Waits(JobState::Differs), None, now) {
        Next::Put(made) => made.job,
        other => panic!("{other:?}"),
    };
    let mut job = waits(pending(1), NOW);
    assert_eq!(job.due, after(60));
    for due in [120, 240, 480] {
        let now = job.due;
        job = waits(job, now);
        assert_eq!(job.due, after(due));
    }
    assert_eq!(waits(job, after(10 * 86_400)).due, after(11 * 86_400));
}
