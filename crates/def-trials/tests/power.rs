//! The power campaign, in small, and that it notices: weaker protocols and false claims are violations.

use std::collections::BTreeMap;

use def_engine::recovery::{Beyond, Decision, Found, Mark, Recovery};
use def_sim::Operation;
use def_trials::power::{Campaign, Flight, Pairs, PathFault, PathId, Scenario, Tally};

/// What is whole counts; marks and counts say nothing, and nothing is programmed again.
const CHECK_SUM_ONLY: Recovery = Recovery { decide: check_sum_only, strengthen: false, self_test: false };

fn check_sum_only(found: Found) -> Decision {
    match found.beyond {
        Beyond::Blank => Decision::GoOn,
        _ => Decision::Retire,
    }
}

/// A record without its mark does not count, as if nothing stood there; nothing is programmed again.
const MARK_ONLY: Recovery = Recovery { decide: mark_only, strengthen: false, self_test: false };

fn mark_only(found: Found) -> Decision {
    match (found.beyond, found.newest) {
        (Beyond::Partial(Mark::Begun), _) => Decision::Corrupt,
        (Beyond::Blank, Some(Mark::Blank)) => Decision::Retire,
        (Beyond::Blank, _) => Decision::GoOn,
        _ => Decision::Retire,
    }
}

/// One operation of so many, spread over the scenario.
fn some(scenario: &Scenario, step: usize) -> Vec<usize> {
    (0..scenario.forks.len()).step_by(step).collect()
}

fn run(recovery: Recovery, step: usize) -> Tally {
    let scenario = Scenario::record(1, recovery);
    let campaign = Campaign { recovery, seeds: 1, pairs: Pairs::OneOf(8), threads: 2, ..Campaign::default() };
    campaign.run(&scenario, &some(&scenario, step))
}

#[test]
fn nothing_is_lost_doubled_or_skipped_when_power_fails() {
    let tally = run(Recovery::CAREFUL, STEP);
    assert!(tally.paths > 100 && tally.pairs > 10, "{tally:?}");
    assert_eq!(tally.broken, 0, "{:#?}", tally.violations);
}

#[test]
fn a_scenario_goes_round_the_ring_and_changes_its_epoch() {
    for seed in 0..3 {
        let scenario = Scenario::record(seed, Recovery::CAREFUL);
        let mut erased = BTreeMap::new();
        for (_, fork) in &scenario.forks {
            if let Operation::Erase { sector } = fork.operation {
                *erased.entry(sector).or_insert(0) += 1;
            }
        }
        assert!(erased.values().filter(|times| **times > 1).count() > 4, "{erased:?}");
        assert_eq!(scenario.lines.last().unwrap().record.header.epoch.0, 1);
        let mut recoveries =
            scenario.lines.iter().filter(|line| line.payload.contains(r#""event":"recovery""#));
        assert!(recoveries.next().is_some());
    }
}

#[test]
fn a_check_sum_alone_loses_records_on_a_path_that_can_be_replayed() {
    let tally = run(CHECK_SUM_ONLY, STEP);
    let violation = tally.violations.first().expect("a violation");
    let path: PathId = violation.path.to_string().parse().unwrap();
    assert_eq!(path, violation.path);
    let campaign = Campaign { recovery: CHECK_SUM_ONLY, ..Campaign::default() };
    assert!(campaign.replay(&path).unwrap().is_some(), "a path is found again by its id: {violation}");
}

#[test]
fn a_mark_without_a_recovery_that_lasts_loses_records() {
    assert_ne!(run(MARK_ONLY, STEP).broken, 0);
}

#[test]
fn what_is_no_path_says_so() {
    for text in ["", "1", "1/2", "1/2/scattered", "1/2/scattered/x", "1/2/scattered/3/4", "1/2/scattered/3+4"]
    {
        assert_eq!(text.parse::<PathId>(), Err(PathFault::Form), "{text}");
    }
    let path: PathId = "1/999999/scattered/3".parse().unwrap();
    assert_eq!(Campaign::default().replay(&path).err(), Some(PathFault::NoSuchOperation));
}

#[test]
fn a_claim_that_is_not_so_is_a_violation() {
    let campaign = Campaign { seeds: 1, pairs: Pairs::None, threads: 2, ..Campaign::default() };
    let scenario = || Scenario::record(1, Recovery::CAREFUL);
    let count = |scenario: &Scenario| {
        let after = scenario.forks.iter().position(|(step, _)| *step == scenario.steps.len() - 2).unwrap();
        campaign.run(scenario, &[after]).broken
    };
    assert_eq!(count(&scenario()), 0);

    let mut other_payload = scenario();
    let last = other_payload.steps.last().unwrap().before - 1;
    other_payload.lines[last].payload.push(' ');
    assert_ne!(count(&other_payload), 0);

    let mut one_more = scenario();
    let line = one_more.lines[last].clone();
    one_more.lines.insert(last, line);
    for step in &mut one_more.steps {
        step.before += usize::from(step.before > last);
        step.after += usize::from(step.after > last);
    }
    assert_ne!(count(&one_more), 0);
}

#[test]
fn a_repeated_commit_that_gets_another_answer_is_a_violation() {
    let campaign = Campaign { seeds: 1, thorough: 1, pairs: Pairs::None, ..Campaign::default() };
    let mut scenario = Scenario::record(1, Recovery::CAREFUL);
    let (index, _) = scenario
        .steps
        .iter()
        .enumerate()
        .find(|(_, step)| matches!(step.flight, Flight::Sale { answer: Some(_), .. }))
        .unwrap();
    let fork = scenario.forks.iter().rposition(|(step, _)| *step == index).unwrap();
    assert_eq!(campaign.run(&scenario, &[fork]).broken, 0);
    if let Flight::Sale { answer: Some(answer), .. } = &mut scenario.steps[index].flight {
        answer["auth_code"] = "0000000000000000".into();
    }
    assert_ne!(campaign.run(&scenario, &[fork]).broken, 0);
}

/// A debug build walks some 50 paths in a second.
const STEP: usize = 29;
