//! Z of the ledger: one for what was sold, said again for who asks again, whatever happens meanwhile.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    thread,
};

use def_protocol::SnapshotPeriod;
use def_trials::Sale;
use fiscal::{Timestamp, UtcOffset};
use serde_json::{Value, json};

use crate::{
    both::Both,
    cloud::{Cloud, outlet},
};

const KINSHASA: UtcOffset = UtcOffset::KINSHASA;

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn sale(now: Timestamp, seed: u32) -> String {
    Sale::of("CAISSE-1", now, 2, seed).payload()
}

fn number(closure: &Value, member: &str) -> u64 {
    closure[member].as_u64().unwrap_or_else(|| panic!("{member}: {closure}"))
}

/// A closure as it was when it was made.
fn as_made(mut closure: Value) -> Value {
    assert_eq!(closure["repeated"], true);
    closure["repeated"] = json!(false);
    closure
}

#[test]
fn a_day_in_the_middle_with_two_closures_repeats_its_last() {
    let mut both = Both::open(KINSHASA, at("2026-03-14T08:00:00"));
    let mut made = Vec::new();
    for (seed, time) in ["14T09", "15T09", "15T15", "16T09"].iter().enumerate() {
        let now = at(&format!("2026-03-{time}:00:00"));
        both.set(now);
        both.sell(&sale(now, seed as u32), None).unwrap();
        made.push(both.close(&format!("2026-03-{}", &time[..2])).unwrap());
    }
    for (day, closure) in [("15", &made[2]), ("14", &made[0]), ("16", &made[3])] {
        assert_eq!(&as_made(both.close(&format!("2026-03-{day}")).unwrap()), closure);
    }
    let numbers: Vec<_> = made.iter().map(|closure| number(closure, "closure")).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
    let follows = |pair: &[Value]| number(&pair[1], "position_start") == number(&pair[0], "position_end") + 2;
    assert!(made.windows(2).all(follows));
}

#[test]
fn a_day_without_sales_has_the_closure_that_went_over_it_or_none() {
    let mut both = Both::open(KINSHASA, at("2026-03-14T08:00:00"));
    assert_eq!(both.cloud.close("2026-03-14"), Err("NOT_FOUND".into()), "nothing was ever sealed");
    for (seed, day) in ["14", "16", "20"].iter().enumerate() {
        let now = at(&format!("2026-03-{day}T09:00:00"));
        both.set(now);
        both.sell(&sale(now, seed as u32), None).unwrap();
        if *day != "14" {
            both.close(&format!("2026-03-{day}")).unwrap();
        }
    }
    let none = |answer| assert_eq!(answer, Err("NOT_FOUND".into()));
    let over = both.close("2026-03-15").unwrap();
    assert_eq!((&over["first_day"], &over["last_day"]), (&json!("2026-03-14"), &json!("2026-03-16")));
    none(both.close("2026-03-18"));
    none(both.close("2026-03-13"));
    both.set(at("2026-03-21T09:00:00"));
    none(both.close("2026-03-21"));
    none(both.close("2026-03-22"));
}

#[test]
fn a_closure_of_yesterday_just_after_midnight_in_lubumbashi_leaves_today_open() {
    let mut both = Both::open(UtcOffset::LUBUMBASHI, at("2026-03-14T21:59:59"));
    both.sell(&sale(at("2026-03-14T21:59:59"), 1), None).unwrap();
    both.set(at("2026-03-14T22:00:00"));
    let closure = both.close("2026-03-14").unwrap();
    assert_eq!((&closure["last_day"], &closure["sequence_end"]), (&json!("2026-03-14"), &json!(1)));
    both.sell(&sale(at("2026-03-14T22:00:00"), 2), None).unwrap();
    assert_eq!(as_made(both.close("2026-03-14").unwrap()), closure);
    let next = both.close("2026-03-15").unwrap();
    assert_eq!((&next["first_day"], &next["sequence_start"]), (&json!("2026-03-15"), &json!(2)));
}

#[test]
fn closures_have_each_sale_once_while_others_sell() {
    let now = at("2026-03-14T09:00:00");
    let cloud = Cloud::open(KINSHASA, now);
    cloud.sell(&sale(now, 0)).unwrap();
    let (seeds, done) = (AtomicU32::new(1), AtomicBool::new(false));
    let mut closures = Vec::new();
    thread::scope(|scope| {
        let sellers: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..40 {
                        cloud.sell(&sale(now, seeds.fetch_add(1, Ordering::SeqCst))).unwrap();
                    }
                })
            })
            .collect();
        let closing = scope.spawn(|| {
            let mut made = Vec::new();
            while !done.load(Ordering::SeqCst) {
                made.push(cloud.close("2026-03-14").unwrap());
            }
            made
        });
        sellers.into_iter().for_each(|seller| seller.join().unwrap());
        done.store(true, Ordering::SeqCst);
        closures = closing.join().unwrap();
    });
    closures.push(cloud.close("2026-03-14").unwrap());
    closures.retain(|closure| closure["repeated"] == false);
    assert!(closures.len() > 2, "there was nothing to close meanwhile");
    let mut next = (1, 1);
    for closure in &closures {
        let count = number(&closure["currencies"][0], "count");
        assert_eq!((number(closure, "position_start"), number(closure, "sequence_start")), next);
        assert_eq!(number(closure, "sequence_end") + 1, next.1 + count);
        next = (number(closure, "position_end") + 2, next.1 + count);
    }
    assert_eq!(next.1 - 1, 121);
}

#[test]
fn after_a_restart_reports_are_as_they_were() {
    let now = at("2026-03-14T09:00:00");
    let first = Cloud::open(KINSHASA, now);
    first.sell(&sale(now, 1)).unwrap();
    let closure = first.close("2026-03-14").unwrap();
    first.sell(&sale(now, 2)).unwrap();
    let snapshots = |cloud: &Cloud| {
        [SnapshotPeriod::Session, SnapshotPeriod::Day]
            .map(|period| cloud.ledger.snapshot(outlet(), period).unwrap().json)
    };
    let before = snapshots(&first);
    first.ledger.stop();
    let second = first.another(2);
    assert_eq!(snapshots(&second), before);
    let next = second.close("2026-03-14").unwrap();
    assert_eq!((number(&next, "closure"), number(&next, "sequence_start")), (2, 2));
    assert_eq!(number(&next, "position_start"), number(&closure, "position_end") + 2);
    assert_eq!(as_made(second.close("2026-03-14").unwrap()), next);
}

#[test]
fn of_two_ledgers_over_one_database_one_closes_and_the_other_repeats() {
    let now = at("2026-03-14T09:00:00");
    let one = Cloud::open(KINSHASA, now);
    let other = one.another(2);
    one.sell(&sale(now, 1)).unwrap();
    other.sell(&sale(now, 2)).unwrap();
    let closure = one.close("2026-03-14").unwrap();
    assert_eq!((&closure["sequence_end"], &closure["repeated"]), (&json!(2), &json!(false)));
    assert_eq!(as_made(other.close("2026-03-14").unwrap()), closure);

    other.sell(&sale(now, 3)).unwrap();
    let answers: Vec<Value> = thread::scope(|scope| {
        let closing: Vec<_> = [&one, &other, &one, &other]
            .map(|cloud| scope.spawn(|| cloud.close("2026-03-14").unwrap()))
            .into_iter()
            .collect();
        closing.into_iter().map(|closing| closing.join().unwrap()).collect()
    });
    let records: BTreeSet<_> = answers.iter().map(|answer| answer["record"].to_string()).collect();
    assert_eq!(records.len(), 1, "one closure");
    assert_eq!(answers.iter().filter(|answer| answer["repeated"] == false).count(), 1, "made once");
    assert_eq!(number(&answers[0], "sequence_start"), 3);
}

#[test]
fn a_closure_has_what_another_ledger_sealed_before_it_was_asked_for() {
    let now = at("2026-03-14T09:00:00");
    let one = Cloud::open(KINSHASA, now);
    let other = one.another(2);
    one.sell(&sale(now, 1)).unwrap();
    one.close("2026-03-14").unwrap();
    other.sell(&sale(now, 2)).unwrap();
    let closure = one.close("2026-03-14").unwrap();
    assert_eq!((&closure["sequence_start"], &closure["repeated"]), (&json!(2), &json!(false)));
}

#[test]
fn room_that_another_ledger_made_by_a_closure_is_used() {
    let large = |now: Timestamp| {
        let lines = vec![("B".into(), 4_000_000_000, 2_000)];
        Sale { lines, ..Sale::of("CAISSE-1", now, 1, 1) }.payload()
    };
    let now = at("2026-03-14T09:00:00");
    let one = Cloud::open(KINSHASA, now);
    let other = one.another(2);
    one.sell(&large(now)).unwrap();
    let next = at("2026-03-15T09:00:00");
    one.set(next);
    assert_eq!(one.sell(&large(next)), Err("CLOSURE_REQUIRED".into()));
    other.close("2026-03-14").unwrap();
    one.sell(&large(next)).unwrap();
}
