use super::*;

#[test]
fn a_uid_that_is_pending_still_is_confirmed_again() {
    let heard = read_after(doubted(1), &status(1, &["uid-1"]), 5);
    let Heard::ConfirmAgain(made) = heard else { panic!("{heard:?}") };
    assert_eq!(made.job.state, JobState::Submitted);
    assert_eq!(made.job.uid().unwrap().as_str(), "uid-1");
}

#[test]
fn a_list_that_is_not_whole_says_nothing_about_what_is_not_in_it() {
    assert_eq!(read_after(doubted(1), &status(2, &["uid-9"]), 5), Heard::Nothing);
    // What is in it is in it.
    assert!(matches!(read_after(doubted(1), &status(2, &["uid-1"]), 5), Heard::ConfirmAgain(_)));
}

#[test]
fn one_reading_concludes_nothing() {
    let job = noted(read_after(doubted(1), &status(0, &[]), 5));
    assert_eq!(job.state, JobState::Ambiguous);
    // Nor does a second that is too near.
    assert_eq!(read_after(job, &status(0, &[]), 6), Heard::Nothing);
}

#[test]
fn gone_before_it_expired_by_two_readings_is_finalised() {
    let job = noted(read_after(doubted(1), &status(0, &[]), 112));
    let job = noted(read_after(job, &status(0, &[]), 114));
    assert_eq!(job.state, JobState::SyncedWithoutCode);
    assert!(!may_request(&job));
}

#[test]
fn a_second_reading_that_comes_too_late_says_nothing_of_the_first() {
    // The first may have been of a list from before the uid, as a second in time would have shown.
    let job = noted(read_after(doubted(1), &status(0, &[]), 1));
    let job = noted(read_after(job, &status(0, &[]), 115));
    assert_eq!(job.state, JobState::Ambiguous);
    assert_eq!(job.doubt.as_ref().unwrap().cause, DoubtCause::GoneTooLate);
    assert!(!may_request(&job));
}

#[test]
fn gone_when_it_may_have_expired_stays_unknown() {
    let job = noted(read_after(doubted(1), &status(0, &[]), 115));
    let job = noted(read_after(job, &status(0, &[]), 120));
    assert_eq!(job.state, JobState::Ambiguous);
    assert_eq!(job.doubt.as_ref().unwrap().cause, DoubtCause::GoneTooLate);
    assert!(!may_request(&job));
}

#[test]
fn the_list_of_another_machine_says_nothing() {
    let machine = machine();
    let other = "CD01000002-1".parse().unwrap();
    let status = status(0, &[]);
    let reading = Reading { status: &status, nim: &other, url: &machine.url, theirs: THEIRS };
    assert_eq!(read(doubted(1), &reading, Rules::default(), NOW), Heard::Nothing);
    let elsewhere = "https://other.example".parse().unwrap();
    let nim = machine.nim.as_ref().unwrap();
    let reading = Reading { status: &status, nim, url: &elsewhere, theirs: THEIRS };
    assert_eq!(read(doubted(1), &reading, Rules::default(), NOW), Heard::Nothing);
}

#[test]
fn a_uid_that_comes_back_into_the_list_was_not_gone() {
    let job = noted(read_after(doubted(1), &status(0, &[]), 5));
    let Heard::ConfirmAgain(made) = read_after(job, &status(1, &["uid-1"]), 9) else { panic!() };
    assert_eq!(made.job.doubt.unwrap().gone, None);
}
