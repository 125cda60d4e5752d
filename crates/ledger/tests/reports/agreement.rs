//! The same invoices, sealed by the simulated device and by the ledger: each seal, each X, each A and each Z is the same.

use fiscal::{Timestamp, UtcOffset};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    both::{Both, PAGE, articles_of},
    day,
    wish::{Back, Wish, wishes},
};

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn stamp_of(payload: &str) -> Timestamp {
    let payload: Value = serde_json::from_str(payload).unwrap();
    at(payload["timestamp"].as_str().unwrap())
}

/// The number of a note's original.
fn original_of(payload: &str) -> Option<u64> {
    let payload: Value = serde_json::from_str(payload).unwrap();
    payload["reference"]["invoice_seq"].as_u64()
}

#[test]
fn the_day_of_the_examples_is_the_same_at_both() {
    let mut both = Both::open(UtcOffset::KINSHASA, at("2026-03-14T07:00:00"));
    for (index, payload) in day().iter().enumerate() {
        both.set(stamp_of(payload));
        assert_eq!(both.sell(payload, original_of(payload)), Ok(index as u64 + 1));
        both.compare_snapshots();
    }
    assert_eq!(both.compare_snapshots()["transaction_count"], 38);
    let articles = both.compare_articles("2026-03-14", "2026-03-14");
    assert!(articles.len() > PAGE, "{} articles are one page", articles.len());
    let closure = both.close("2026-03-14").unwrap();
    assert_eq!((&closure["sequence_end"], &closure["repeated"]), (&json!(38), &json!(false)));
    assert_eq!(both.compare_snapshots()["transaction_count"], 0);
    assert_eq!(both.close("2026-03-14").unwrap()["repeated"], true);
    assert_eq!(both.compare_articles("2026-03-13", "2026-03-15"), articles, "a closure takes nothing away");
    assert_eq!(both.compare_articles("2026-03-13", "2026-03-13"), [] as [Value; 0]);
}

#[test]
fn the_day_of_the_examples_backwards_is_the_same_at_both() {
    let mut both = Both::open(UtcOffset::LUBUMBASHI, at("2026-03-14T19:00:00"));
    let files = day();
    let (notes, sales): (Vec<_>, Vec<_>) = files.iter().partition(|file| original_of(file).is_some());
    // The number that a file's invoice got.
    let mut numbers = vec![0; files.len()];
    for payload in sales.iter().rev() {
        let file = files.iter().position(|file| file == *payload).unwrap();
        numbers[file] = both.sell(payload, None).unwrap();
    }
    for payload in notes {
        let file = original_of(payload).unwrap();
        let number = numbers[file as usize - 1];
        let of = |number: u64| format!(r#""invoice_seq":{number},"#);
        both.sell(&payload.replace(&of(file), &of(number)), Some(number)).unwrap();
    }
    assert_eq!(both.compare_snapshots()["transaction_count"], 38);
    both.compare_articles("2026-03-14", "2026-03-14");
    assert_eq!(both.close("2026-03-14").unwrap()["sequence_end"], 38);
}

/// Something that happens at an outlet.
#[derive(Clone, Debug)]
enum Event {
    Sale(Wish),
    /// Of one of the sales before.
    Note(Back, prop::sample::Index, usize),
    Passes(u64),
    /// Just before midnight in the outlet's zone, by so many seconds.
    Evening(u64),
    /// Of the day that was so many days before.
    Close(u32),
}

fn events() -> impl Strategy<Value = Event> {
    let back = prop_oneof![Just(Back::Void), Just(Back::Return), Just(Back::Correction), Just(Back::Rebate)];
    prop_oneof![
        6 => wishes().prop_map(Event::Sale),
        4 => (back, any::<prop::sample::Index>(), 1..4_usize)
            .prop_map(|(back, of, lines)| Event::Note(back, of, lines)),
        2 => (1..40_000_u64).prop_map(Event::Passes),
        1 => (0..3_u64).prop_map(Event::Evening),
        2 => (0..3_u32).prop_map(Event::Close),
    ]
}

/// What happened so far.
struct Trial {
    both: Both,
    zone: UtcOffset,
    now: Timestamp,
    /// Each with its number.
    sales: Vec<(Wish, u64)>,
    offered: usize,
}

impl Trial {
    fn begin(zone: UtcOffset, first: Wish) -> Self {
        let now = at("2026-03-14T09:00:00");
        let mut trial = Self { both: Both::open(zone, now), zone, now, sales: Vec::new(), offered: 0 };
        trial.sell(first);
        trial
    }

    fn turn(&mut self, now: u64) {
        self.now = Timestamp::from_unix(now).unwrap();
        self.both.set(self.now);
    }

    fn day(&self, before: u32) -> String {
        fiscal::CivilDate::from_days(self.now.date_at(self.zone).days() - before).unwrap().to_string()
    }

    fn sell(&mut self, wish: Wish) {
        self.offered += 1;
        let number = self.both.sell(&wish.payload(self.now, self.offered, None), None).unwrap();
        self.sales.push((wish, number));
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Sale(wish) => self.sell(wish),
            Event::Note(back, of, lines) => {
                let (mut wish, number) = self.sales[of.index(self.sales.len())].clone();
                if back != Back::Void {
                    wish.lines.truncate(lines);
                }
                self.offered += 1;
                let original = (back != Back::Rebate).then_some(number);
                // Some are refused, by both in the same words.
                let _ = self.both.sell(&wish.payload(self.now, self.offered, Some((back, number))), original);
            }
            Event::Passes(seconds) => self.turn(self.now.unix() + seconds),
            Event::Evening(before) => {
                let minutes = u64::from(self.zone.minutes().unsigned_abs());
                let midnight = u64::from(self.now.date_at(self.zone).days() + 1) * 86_400 - minutes * 60;
                self.turn((midnight - before).max(self.now.unix()));
            }
            Event::Close(before) => {
                let _ = self.both.close(&self.day(before));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 48,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_happens_is_the_same_at_both(
        zone in prop_oneof![Just(UtcOffset::KINSHASA), Just(UtcOffset::LUBUMBASHI)],
        first in wishes(),
        happens in prop::collection::vec(events(), 1..24),
    ) {
        let mut trial = Trial::begin(zone, first);
        for event in happens {
            trial.happens(event);
            trial.both.compare_snapshots();
        }
        let (first, today, yesterday) = ("2026-03-14", trial.day(0), trial.day(1));
        let all = trial.both.compare_articles(first, &today);
        trial.both.compare_articles(&today, &today);
        trial.both.compare_articles(&yesterday, &yesterday);
        // Pages of any length are the same report.
        let (mut one_by_one, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = articles_of(&trial.both.cloud, first, &today, after.as_deref(), 2);
            let page: Value = serde_json::from_str(&page).unwrap();
            one_by_one.extend(page["articles"].as_array().unwrap().iter().cloned());
            let Some(next) = page["next"].as_str() else { break };
            after = Some(next.to_owned());
        }
        prop_assert_eq!(one_by_one, all);
        let _ = trial.both.close(&today);
        let _ = trial.both.close(first);
    }
}

#[test]
fn days_turn_at_the_outlet_s_midnight_at_both() {
    for (zone, midnight) in
        [(UtcOffset::KINSHASA, "2026-03-14T23:00:00"), (UtcOffset::LUBUMBASHI, "2026-03-14T22:00:00")]
    {
        let (midnight, files) = (at(midnight), day());
        let before = Timestamp::from_unix(midnight.unix() - 1).unwrap();
        let mut both = Both::open(zone, before);
        both.sell(&files[0], None).unwrap();
        both.set(midnight);
        assert_eq!(both.compare_snapshots()["transaction_count"], 1);
        both.sell(&files[1], None).unwrap();
        both.compare_snapshots();
        let [one, other] = ["2026-03-14", "2026-03-15"].map(|day| both.compare_articles(day, day));
        assert!(!one.is_empty() && !other.is_empty() && one != other);
        let days = |closure: &Value| [&closure["first_day"], &closure["last_day"]].map(Value::to_string);
        let closure = both.close("2026-03-14").unwrap();
        assert_eq!(days(&closure), [r#""2026-03-14""#, r#""2026-03-15""#], "what was open goes with it");
        assert_eq!(both.close("2026-03-15").unwrap()["repeated"], true);
    }
}
