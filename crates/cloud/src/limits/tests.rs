use std::time::Duration;

use governor::clock::FakeRelativeClock;
use proptest::prelude::*;

use super::*;

fn allowance(limit_per_second: u32, burst: u32) -> Allowance {
    let number = |number| NonZeroU32::new(number).unwrap();
    Allowance { limit_per_second: number(limit_per_second), burst: number(burst) }
}

/// 100 and 200 for a key, 5 and 20 for an address, room for three of each.
fn limiters() -> (Limiters<FakeRelativeClock>, FakeRelativeClock) {
    let clock = FakeRelativeClock::default();
    let config = LimitsConfig { key: allowance(100, 200), public: allowance(5, 20) };
    (Limiters::with_clock(config, clock.clone(), Room { keys: 3, addresses: 3 }), clock)
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// How many of them pass, one after the other at the same moment.
fn passing(times: u32, ask: impl Fn() -> Passed) -> u32 {
    (0..times).map(|_| u32::from(matches!(ask(), Passed::Yes(_)))).sum()
}

#[test]
fn a_key_that_was_idle_asks_200_times_at_once_and_not_once_more() {
    let (limiters, clock) = limiters();
    clock.advance(Duration::from_secs(3_600));
    assert_eq!(passing(199, || limiters.key("a", None)), 199);
    let Passed::Yes(last) = limiters.key("a", None) else { panic!("the 200th") };
    assert_eq!(last, Standing { limit: 200, per_second: 100, remaining: 0, reset_seconds: 2 });
    let Passed::No { standing, retry_after } = limiters.key("a", None) else { panic!("the 201st") };
    assert_eq!((standing, retry_after), (last, Duration::from_millis(10)));
    assert_eq!(passing(200, || limiters.key("b", None)), 200, "another key has its own");
}

#[test]
fn all_keys_of_a_merchant_together_ask_ten_times_as_often_as_one() {
    let (limiters, clock) = limiters();
    assert_eq!(passing(2_001, || limiters.merchant("m")), 2_000);
    assert_eq!(passing(1, || limiters.merchant("n")), 1, "a neighbour has his own");
    clock.advance(Duration::from_secs(1));
    assert_eq!(passing(1_001, || limiters.merchant("m")), 1_000);
}

#[test]
fn a_key_asks_100_times_each_second_for_ever() {
    let (limiters, clock) = limiters();
    assert_eq!(passing(201, || limiters.key("a", None)), 200);
    for _ in 0..1_000 {
        clock.advance(Duration::from_millis(10) - Duration::from_nanos(1));
        assert!(matches!(limiters.key("a", None), Passed::No { .. }), "a moment too early");
        clock.advance(Duration::from_nanos(1));
        assert_eq!(passing(2, || limiters.key("a", None)), 1);
    }
    clock.advance(Duration::from_secs(1));
    assert_eq!(passing(101, || limiters.key("a", None)), 100);
    clock.advance(Duration::from_secs(60));
    assert_eq!(passing(201, || limiters.key("a", None)), 200, "never more than a burst");
}

#[test]
fn a_key_with_an_allowance_of_its_own_has_that_one() {
    let (limiters, clock) = limiters();
    let own = Some(allowance(1_000, 3));
    assert_eq!(passing(4, || limiters.key("a", own)), 3);
    let Passed::No { retry_after, .. } = limiters.key("a", own) else { panic!() };
    assert_eq!(retry_after, Duration::from_millis(1));
    clock.advance(retry_after);
    assert_eq!(passing(2, || limiters.key("a", own)), 1);
    assert_eq!(passing(4, || limiters.key("b", own)), 3, "each key has its own bucket");
    assert_eq!(passing(201, || limiters.key("c", Some(allowance(100, 200)))), 200, "the one of all keys");
    assert_eq!(passing(1, || limiters.key("c", None)), 0);
}

#[test]
fn an_address_has_one_bucket_for_pages_and_one_for_failures() {
    let (limiters, clock) = limiters();
    let here = address("192.0.2.7");
    assert_eq!(passing(21, || limiters.address(here)), 20);
    assert_eq!(passing(21, || limiters.failed_login(here)), 20);
    assert_eq!(passing(20, || limiters.address(address("192.0.2.8"))), 20);
    clock.advance(Duration::from_millis(199));
    assert_eq!(passing(1, || limiters.address(here)), 0);
    clock.advance(Duration::from_millis(1));
    assert_eq!(passing(2, || limiters.address(here)), 1);
    assert_eq!(passing(1, || limiters.address(address("::ffff:192.0.2.7"))), 0, "it is the same address");
}

#[test]
fn asking_whether_one_may_log_in_costs_nothing_and_says_when_failures_are_too_many() {
    let (limiters, clock) = limiters();
    let here = address("2001:db8::1");
    assert_eq!(passing(1_000, || limiters.may_log_in(here)), 1_000);
    assert_eq!(passing(19, || limiters.failed_login(here)), 19);
    let Passed::Yes(standing) = limiters.may_log_in(here) else { panic!() };
    assert_eq!(standing.remaining, 1);
    assert_eq!(passing(1, || limiters.failed_login(here)), 1);
    for neighbour in ["2001:db8::1", "2001:db8::2"] {
        assert_eq!(passing(2, || limiters.may_log_in(address(neighbour))), 0);
    }
    assert_eq!(passing(1, || limiters.may_log_in(address("2001:db8:0:1::1"))), 1);
    clock.advance(Duration::from_millis(200));
    assert_eq!(passing(2, || limiters.may_log_in(here)), 2);
}

#[test]
fn one_request_may_count_as_several_up_to_a_burst() {
    let (limiters, clock) = limiters();
    let number = |number| NonZeroU32::new(number).unwrap();
    for (own, more, left) in
        [(None, 99, 100), (Some(allowance(1, 10)), 9, 0), (Some(allowance(1, 10)), 99, 0)]
    {
        clock.advance(Duration::from_secs(60));
        assert_eq!(passing(1, || limiters.key("a", own)), 1);
        let Passed::Yes(standing) = limiters.key_more("a", own, number(more)) else { panic!("{more}") };
        assert_eq!(standing.remaining, left);
        assert_eq!(passing(300, || limiters.key("a", own)), left, "all of them are taken");
    }
    assert_eq!(passing(1, || limiters.key("b", Some(allowance(1, 1)))), 1);
    assert!(matches!(limiters.key_more("b", Some(allowance(1, 1)), number(99)), Passed::Yes(_)));
}

#[test]
fn what_is_not_there_is_not_taken_and_all_is_there_when_it_is_said_to_be() {
    let (limiters, clock) = limiters();
    let (own, nine) = (Some(allowance(2, 10)), NonZeroU32::new(9).unwrap());
    assert_eq!(passing(2, || limiters.key("a", own)), 2);
    let Passed::No { retry_after, .. } = limiters.key_more("a", own, nine) else { panic!("8 are left") };
    assert_eq!(retry_after, Duration::from_secs(1), "two more, with the one that each attempt takes first");
    clock.advance(retry_after);
    assert_eq!(passing(1, || limiters.key("a", own)), 1);
    assert!(matches!(limiters.key_more("a", own, nine), Passed::Yes(_)));
}

#[test]
fn where_nobody_was_right_within_a_minute_nobody_guesses_for_ever() {
    let (limiters, clock) = limiters();
    let here = address("192.0.2.7");
    assert_eq!(passing(20, || limiters.may_guess(here)), 20, "asking costs nothing");
    let exhaust = || assert_eq!(passing(21, || limiters.failed_login(here)), 20);
    exhaust();
    assert!(matches!(limiters.may_guess(here), Passed::No { .. }));
    limiters.let_in(here);
    assert_eq!(passing(100, || limiters.may_guess(here)), 100);
    assert!(matches!(limiters.may_log_in(here), Passed::No { .. }), "passwords are not guessed");
    clock.advance(Duration::from_secs(60) - Duration::from_nanos(1));
    exhaust();
    limiters.forget_idle();
    assert_eq!(passing(1, || limiters.may_guess(here)), 1);
    clock.advance(Duration::from_nanos(1));
    assert_eq!(passing(1, || limiters.may_guess(here)), 0);
    for number in 1..=4 {
        limiters.let_in(IpAddr::from([198, 51, 100, number]));
        passing(20, || limiters.failed_login(IpAddr::from([198, 51, 100, number])));
    }
    assert_eq!(passing(1, || limiters.may_guess(address("198.51.100.1"))), 1);
}

#[test]
fn neither_public_pages_nor_wrong_keys_keep_anybody_from_signing_in() {
    let (limiters, _) = limiters();
    let here = address("192.0.2.7");
    assert_eq!(passing(21, || limiters.address(here)), 20);
    assert_eq!(passing(21, || limiters.failed_login(here)), 20);
    assert_eq!(passing(1, || limiters.may_try_password(here)), 1);
    assert_eq!(passing(21, || limiters.sign_in(here)), 20);
    assert_eq!(passing(21, || limiters.wrong_password(here)), 20);
    assert_eq!(passing(1, || limiters.may_try_password(here)), 0);
}

#[test]
fn who_comes_when_there_is_no_room_shares_one_bucket_until_others_were_idle() {
    let (limiters, clock) = limiters();
    let known: Vec<IpAddr> = (1..=3).map(|number| IpAddr::from([192, 0, 2, number])).collect();
    let unknown = |number: u8| IpAddr::from([198, 51, 100, number]);
    for address in &known {
        assert_eq!(passing(1, || limiters.address(*address)), 1);
    }
    let passed: u32 = (0..=255).map(|number| passing(1, || limiters.address(unknown(number)))).sum();
    assert_eq!(passed, 20, "of 256 strangers");
    assert_eq!(passing(20, || limiters.address(known[0])), 19, "who was there before does not feel them");
    limiters.forget_idle();
    assert_eq!(passing(1, || limiters.address(unknown(0))), 0, "nobody was idle");
    clock.advance(Duration::from_secs(1));
    limiters.forget_idle();
    assert_eq!(passing(21, || limiters.address(unknown(0))), 20, "there is room again");
}

#[test]
fn who_was_idle_is_forgotten_and_who_was_not_stays_as_it_was() {
    let (limiters, clock) = limiters();
    let own = Some(allowance(1, 2));
    passing(200, || limiters.key("busy", None));
    passing(1, || limiters.key("idle", None));
    passing(2, || limiters.key("slow", own));
    clock.advance(Duration::from_secs(1));
    limiters.forget_idle();
    assert!(limiters.own().contains_key(&allowance(1, 2)));
    assert_eq!(passing(200, || limiters.key("busy", None)), 100);
    assert_eq!(passing(3, || limiters.key("slow", own)), 1);
    clock.advance(Duration::from_secs(4));
    limiters.forget_idle();
    assert!(limiters.keys.is_empty() && limiters.own().is_empty());
}

#[test]
fn the_headers_say_how_it_stands() {
    let standing = Standing::new(allowance(100, 200), 7);
    let headers = standing.headers().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()));
    assert_eq!(
        headers,
        [
            "ratelimit-limit: 200",
            "ratelimit-remaining: 7",
            "ratelimit-reset: 2",
            "ratelimit-policy: 100;w=1;burst=200"
        ]
    );
}

proptest! {
    /// Whatever the steps of time are: no more than the burst and what came back since.
    #[test]
    fn nobody_gets_more_than_burst_and_time_allow(
        per_second in 1_u32..2_000,
        burst in 1_u32..300,
        steps in prop::collection::vec((0_u64..50_000_000, 0_u32..50), 1..60),
    ) {
        let (limiters, clock) = limiters();
        let own = Some(allowance(per_second, burst));
        let (mut passed, mut nanos) = (0_u64, 0_u64);
        for (pause, asked) in steps {
            clock.advance(Duration::from_nanos(pause));
            nanos += pause;
            passed += u64::from(passing(asked, || limiters.key("a", own)));
            // One more each `period`, which GCRA keeps in whole nanoseconds.
            let period = 1_000_000_000 / u64::from(per_second);
            prop_assert!(passed <= u64::from(burst) + nanos / period);
        }
        match limiters.key("a", own) {
            Passed::Yes(standing) => prop_assert!(standing.remaining < burst),
            Passed::No { retry_after, .. } => {
                clock.advance(retry_after);
                prop_assert!(matches!(limiters.key("a", own), Passed::Yes(_)));
            }
        }
    }
}
