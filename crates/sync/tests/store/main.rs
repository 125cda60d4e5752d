//! The cases of the sync over SQLite, and what is SQLite's alone.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod suite;
#[path = "../world/mod.rs"]
mod world;

use ledger::{Cell, StoreFault};
use suite::{change, follow, for_each_case};
use sync::{Follower, Sync};
use world::{TestClock, World};

macro_rules! over_sqlite {
    ($($case:ident,)*) => {$(
        #[test]
        fn $case() {
            let clock = TestClock::new();
            let (_directory, database) = world::sqlite(&clock);
            let world = World::new(database, clock, 1);
            suite::$case(&world);
            world.ledger.stop();
        }
    )*};
}
for_each_case!(over_sqlite);

#[test]
fn tables_are_made_once_and_those_of_another_version_are_refused() {
    let clock = TestClock::new();
    let (_directory, database) = world::sqlite(&clock);
    let mut store = database.connect().unwrap();
    for _ in 0..2 {
        Sync::prepare(&mut *store).unwrap();
    }
    let newer = "UPDATE sync_meta SET version = $1";
    store.change(&mut |statements| statements.execute(newer, &[Cell::Integer(2)]).map(|_| ())).unwrap();
    let refused = Sync::prepare(&mut *store).unwrap_err();
    assert!(matches!(refused, StoreFault::Version { found: 2, known: 1 }), "{refused:?}");
}

/// SQLite's guards are taken away here, as someone with full access to the database can.
#[test]
fn a_corrupt_record_stops_its_own_chain_and_is_alerted_once() {
    let clock = TestClock::new();
    let (_directory, database) = world::sqlite(&clock);
    let world = World::new(database, clock, 1);
    let [here, there] = [world.outlets[0], world.outlets[1]];
    for outlet in [here, here, here, there] {
        world.sell(outlet);
    }
    let place = [Cell::Text(here.to_string()), Cell::Integer(3)];
    let mut kept = Cell::Null;
    change(&world, |statements| {
        let sql = "SELECT record FROM records WHERE outlet = $1 AND position = $2";
        kept = statements.query(sql, &place)?.remove(0).remove(0);
        statements.script("DROP TRIGGER records_stay_on_update;")?;
        let sql = "UPDATE records SET record = zeroblob(length(record)) WHERE outlet = $1 AND position = $2";
        statements.execute(sql, &place).map(|_| ())
    });
    let mut follower = Follower::default();
    let of = |outlet| world.jobs().iter().filter(|job| job.place.chain.outlet == outlet).count();
    for _ in 0..2 {
        follow(&world, &mut follower);
        assert_eq!((of(here), of(there)), (1, 1));
    }
    change(&world, |statements| {
        let sql = "SELECT since FROM sync_alerts WHERE kind = 'corrupt_row' AND ended IS NULL";
        assert_eq!(statements.query(sql, &[])?.len(), 1);
        let sql = "UPDATE records SET record = $1 WHERE outlet = $2 AND position = $3";
        let mended = [kept.clone(), place[0].clone(), place[1].clone()];
        statements.execute(sql, &mended).map(|_| ())
    });
    follow(&world, &mut follower);
    assert_eq!(of(here), 3);
    world.ledger.stop();
}

/// However many wait, each question of a lane and of the follower is answered by an index.
#[test]
fn nothing_that_is_asked_again_and_again_reads_a_whole_table() {
    let clock = TestClock::new();
    let (_directory, database) = world::sqlite(&clock);
    let mut store = database.connect().unwrap();
    Sync::prepare(&mut *store).unwrap();
    let questions: [&'static str; 9] = [
        "EXPLAIN QUERY PLAN SELECT j.id FROM sync_jobs j WHERE j.state = 'AMBIGUOUS' AND j.doubt_cause = 'handed_out' \
         AND j.since = 9 AND (j.sealed > 9 OR (j.sealed = 9 AND j.id > 'A')) ORDER BY j.sealed, j.id LIMIT 8",
        "EXPLAIN QUERY PLAN SELECT j.outlet, count(*), MIN(j.sealed) FROM sync_jobs j WHERE j.outlet = 'A' \
         AND j.doubt_cause = 'handed_out' AND j.state || '' = 'AMBIGUOUS' GROUP BY j.outlet",
        "EXPLAIN QUERY PLAN SELECT j.id FROM sync_jobs j WHERE j.outlet = 'A' AND j.state IN ('PENDING', 'RETRY') \
         AND j.due <= 9 ORDER BY j.due, j.sealed, j.id LIMIT 8",
        "EXPLAIN QUERY PLAN SELECT j.id FROM sync_jobs j JOIN sync_outlets s ON s.outlet = j.outlet \
         JOIN heads h ON h.outlet = j.outlet WHERE j.machine = 'm' \
         AND j.state IN ('SUBMITTED', 'AMBIGUOUS', 'SYNCED_WITHOUT_CODE') \
         AND s.sweeping = 0 AND s.epoch >= h.epoch ORDER BY j.since, j.id LIMIT 8",
        "EXPLAIN QUERY PLAN SELECT j.id FROM sync_jobs j WHERE j.state = 'SYNCED' AND j.recorded = 0 \
         ORDER BY j.since, j.id LIMIT 8",
        "EXPLAIN QUERY PLAN SELECT outlet, epoch, signer, position FROM heads WHERE outlet > 'A' ORDER BY outlet LIMIT 8",
        "EXPLAIN QUERY PLAN SELECT id FROM sync_jobs WHERE outlet = 'A' AND state = 'PENDING' AND epoch < 2 LIMIT 8",
        "EXPLAIN QUERY PLAN SELECT m.id FROM sync_machines m WHERE \
         EXISTS (SELECT 1 FROM sync_jobs j WHERE j.machine = m.id AND j.due <= 9 \
           AND j.state IN ('SUBMITTED', 'AMBIGUOUS', 'SYNCED_WITHOUT_CODE')) \
         OR EXISTS (SELECT 1 FROM sync_machine_outlets o JOIN sync_jobs j ON j.outlet = o.outlet \
           WHERE o.machine = m.id AND j.state IN ('PENDING', 'RETRY') AND j.due <= 9)",
        "EXPLAIN QUERY PLAN SELECT j.fiscal FROM sync_jobs j LEFT JOIN sync_machines m ON m.id = j.machine \
         WHERE j.code = 'A' AND j.id <> 'B' AND (m.nif IS NULL \
         OR m.nif = COALESCE((SELECT o.nif FROM sync_machines o WHERE o.id = 'm'), m.nif)) LIMIT 3",
    ];
    for question in questions {
        store
            .look(&mut |statements| {
                for row in statements.query(question, &[])? {
                    let plan = row[3].text().unwrap().to_owned();
                    let is_bad = plan.starts_with("SCAN j") && !plan.contains("sync_jobs_unrecorded");
                    assert!(!is_bad && !plan.contains("TEMP B-TREE"), "{question}: {plan}");
                }
                Ok(())
            })
            .unwrap();
    }
}
