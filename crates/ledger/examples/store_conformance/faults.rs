//! Two processes append to the same outlets while sessions are ended at random moments and the server is restarted as
//! by a crash. Whoever is left with an unknown outcome takes a new turn and reads the head: what the head then says has
//! to be true, and all that was answered has to be there.

use std::{
    collections::BTreeSet,
    process::Command,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use fiscal::OutletId;
use ledger::{Append, AppendFault, Appended, Database, HeadRow, LedgerStore, Row, Turn};

use crate::{
    subjects::Postgres,
    suite::{Shop, Subject},
};

const OUTLETS: usize = 4;

/// What became of the appends.
#[derive(Default)]
struct Counts {
    durable: AtomicU64,
    overtaken: AtomicU64,
    not_done: AtomicU64,
    unknown_stored: AtomicU64,
    unknown_lost: AtomicU64,
    ended: AtomicU64,
    restarts: AtomicU64,
}

struct Trial<'a> {
    subject: &'a Postgres,
    database: Box<dyn Database>,
    shops: Vec<Mutex<Shop>>,
    /// What was answered as stored.
    answered: Mutex<Vec<Row>>,
    over: AtomicBool,
    counts: Counts,
}

/// Runs for so long, and ends the program when something is wrong.
pub(crate) fn run(subject: &Postgres, lasts: Duration, restart: Option<&str>) {
    let shops = (0..OUTLETS).map(|_| Mutex::new(Shop::new(subject))).collect();
    let trial = Trial {
        subject,
        database: subject.open().unwrap(),
        shops,
        answered: Mutex::default(),
        over: AtomicBool::new(false),
        counts: Counts::default(),
    };
    thread::scope(|scope| {
        let trial = &trial;
        let workers = [1, 2].map(|process| scope.spawn(move || trial.append_until_over(process)));
        trial.disturb(lasts, restart);
        trial.over.store(true, Ordering::SeqCst);
        for worker in workers {
            worker.join().unwrap();
        }
    });
    trial.check();
    trial.say(restart.is_some());
}

impl Trial<'_> {
    #[expect(clippy::disallowed_methods, reason = "a program for tests: it runs over real time")]
    fn disturb(&self, lasts: Duration, restart: Option<&str>) {
        let begin = Instant::now();
        let mut random: u64 = 0x9E37_79B9_7F4A_7C15 ^ self.subject.nonce();
        let mut nth = 0_u32;
        // On a busy machine not all has come by then.
        let at_last = lasts + Duration::from_secs(120);
        while begin.elapsed() < lasts || (self.lacks(restart.is_some()) && begin.elapsed() < at_last) {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            thread::sleep(Duration::from_micros(2_000 + (random >> 40) % 60_000));
            nth += 1;
            match restart {
                // About once in two seconds.
                Some(command) if nth.is_multiple_of(64) => {
                    assert!(
                        Command::new("sh").args(["-c", command]).status().unwrap().success(),
                        "{command}"
                    );
                    self.counts.restarts.fetch_add(1, Ordering::SeqCst);
                }
                _ => self.end_sessions(),
            }
        }
    }

    /// Whether something was not tried yet.
    fn lacks(&self, restarts: bool) -> bool {
        let counts = &self.counts;
        let some = |count: &AtomicU64| count.load(Ordering::SeqCst) > 0;
        let unknown = some(&counts.unknown_stored) || some(&counts.unknown_lost);
        !(unknown && some(&counts.ended) && some(&counts.durable) && (!restarts || some(&counts.restarts)))
    }

    /// Ends the sessions that are in the middle of something.
    fn end_sessions(&self) {
        let ended = self.subject.client().and_then(|mut client| {
            client.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                 WHERE application_name = 'stelala' AND state = 'active'",
                &[],
            )
        });
        self.counts.ended.fetch_add(ended.unwrap_or(0), Ordering::SeqCst);
    }

    fn append_until_over(&self, process: u64) {
        let mut store = loop {
            match self.database.connect() {
                Ok(store) => break store,
                Err(_) => thread::sleep(Duration::from_millis(20)),
            }
        };
        let mut round = process;
        while !self.over.load(Ordering::SeqCst) {
            round = round.wrapping_add(1);
            self.append_to_two(store.as_mut(), process, usize::try_from(round).unwrap());
        }
    }

    /// One call to two outlets, of which the other process may take either away.
    fn append_to_two(&self, store: &mut dyn LedgerStore, process: u64, round: usize) {
        let chosen = [&self.shops[round % OUTLETS], &self.shops[(round + 1) % OUTLETS]];
        let mut parts = Vec::new();
        for shop in chosen {
            let outlet = shop.lock().unwrap().outlet.id;
            let Some(head) = take_turn(store, outlet, process) else { return };
            let mut shop = shop.lock().unwrap();
            shop.head = head;
            let rows = shop.sell(2);
            parts.push(Append { done: true, ..shop.part(rows) });
        }
        match store.append(&parts) {
            Ok(answers) => {
                for (part, answer) in parts.into_iter().zip(answers) {
                    self.note(part, answer);
                }
            }
            Err(AppendFault::NotDone(_)) => {
                self.counts.not_done.fetch_add(1, Ordering::SeqCst);
                self.resolve(store, process, parts, false);
            }
            Err(AppendFault::Unknown(_)) => self.resolve(store, process, parts, true),
        }
    }

    fn note(&self, part: Append, answer: Appended) {
        match answer {
            Appended::Durable => {
                self.counts.durable.fetch_add(1, Ordering::SeqCst);
                self.answered.lock().unwrap().extend(part.rows);
            }
            Appended::Overtaken => {
                self.counts.overtaken.fetch_add(1, Ordering::SeqCst);
            }
            Appended::Known | Appended::Corrupt => {
                panic!("every sale is another and has its place: {answer:?}")
            }
        }
    }

    /// After a new turn nothing of the old transaction can still come, so that what is stored now is the outcome.
    fn resolve(&self, store: &mut dyn LedgerStore, process: u64, parts: Vec<Append>, unknown: bool) {
        let mut outcomes = BTreeSet::new();
        for part in parts {
            let outlet = part.head.chain.outlet;
            while take_turn(store, outlet, process).is_none() {}
            let first = part.rows[0].place;
            let stored = loop {
                match store.at(first) {
                    // Another process may have given the same place to another sale.
                    Ok(found) => break found.is_some_and(|row| row == part.rows[0]),
                    Err(_) => thread::sleep(Duration::from_millis(20)),
                }
            };
            assert!(unknown || !stored, "what is not done is not stored");
            outcomes.insert(stored);
            if stored {
                self.answered.lock().unwrap().extend(part.rows);
            }
        }
        if unknown {
            let stored = outcomes.contains(&true);
            let count = if stored { &self.counts.unknown_stored } else { &self.counts.unknown_lost };
            count.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn check(&self) {
        let mut store = loop {
            match self.database.connect() {
                Ok(store) => break store,
                Err(_) => thread::sleep(Duration::from_millis(20)),
            }
        };
        let mut stored: Vec<Row> = Vec::new();
        for shop in &self.shops {
            let chain = shop.lock().unwrap().head.chain;
            let rows = read_all(store.as_mut(), chain);
            for (number, row) in (1..).zip(&rows) {
                assert_eq!(row.number.unwrap().value(), number, "a number was skipped or given twice");
            }
            for pair in rows.windows(2) {
                assert_eq!(pair[1].read().unwrap().link.previous, pair[0].read().unwrap().hash());
            }
            let head = store.head(chain.outlet).unwrap().unwrap();
            assert_eq!(head.state.number, rows.last().and_then(|row| row.number));
            assert_eq!(
                rows.last().map(|row| row.read().unwrap().hash()).unwrap_or(fiscal::RecordHash::NONE),
                head.state.hash,
            );
            stored.extend(rows);
        }
        let places: BTreeSet<_> = stored.iter().map(|row| (row.place, row.hash)).collect();
        let answered = self.answered.lock().unwrap();
        for row in answered.iter() {
            assert!(places.contains(&(row.place, row.hash)), "an answered sale is missing: {:?}", row.place);
        }
        assert_eq!(stored.len(), answered.len(), "every stored sale was answered in the end");
    }

    fn say(&self, restarted: bool) {
        let Counts { durable, overtaken, not_done, unknown_stored, unknown_lost, ended, restarts } =
            &self.counts;
        let count = |count: &AtomicU64| count.load(Ordering::SeqCst);
        println!(
            "faults: {} sessions ended, {} restarts; {} parts durable, {} overtaken, {} appends not done, {} unknown and \
             stored, {} unknown and not stored; {} sales, none lost, doubled or skipped",
            count(ended),
            count(restarts),
            count(durable),
            count(overtaken),
            count(not_done),
            count(unknown_stored),
            count(unknown_lost),
            self.answered.lock().unwrap().len(),
        );
        assert!(count(ended) > 0 && count(durable) > 0, "nothing was tried");
        assert!(count(unknown_stored) + count(unknown_lost) > 0, "no outcome was unknown");
        assert!(!restarted || count(restarts) > 0, "the server was never restarted");
    }
}

fn read_all(store: &mut dyn LedgerStore, chain: ledger::ChainId) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    loop {
        let page = store.records(chain, rows.last().map(|row| row.place.position), 500).unwrap();
        if page.is_empty() {
            return rows;
        }
        rows.extend(page);
    }
}

/// Turns that last no time, so that each process takes the other's away.
fn take_turn(store: &mut dyn LedgerStore, outlet: OutletId, process: u64) -> Option<HeadRow> {
    match store.take_turn(outlet, process, Duration::ZERO) {
        Ok(Turn::Taken(head)) => Some(head),
        Ok(Turn::Held(_)) => None,
        Ok(Turn::NoOutlet) => panic!("the outlet is there"),
        Err(_) => {
            thread::sleep(Duration::from_millis(20));
            None
        }
    }
}
