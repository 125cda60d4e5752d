//! The cases of webhooks over SQLite, and what is SQLite's alone.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod suite;
#[path = "../world/mod.rs"]
mod world;

use std::sync::Arc;

use ledger::{Cell, Database, StoreFault};
use suite::for_each_case;
use webhooks::{WebhookFault, Webhooks};
use world::TestClock;

macro_rules! over_sqlite {
    ($($case:ident,)*) => {$(
        #[test]
        fn $case() {
            let clock = TestClock::new();
            let (_directory, database) = world::sqlite(&clock);
            suite::$case(&suite::Trial::new(database, clock, 1));
        }
    )*};
}
for_each_case!(over_sqlite);

#[test]
fn tables_are_made_once_and_those_of_another_version_are_refused() {
    let clock = TestClock::new();
    let (_directory, database): (_, Arc<dyn Database>) = world::sqlite(&clock);
    let mut store = database.connect().unwrap();
    for _ in 0..2 {
        Webhooks::prepare(&mut *store).unwrap();
    }
    let newer = "UPDATE webhook_meta SET version = $1";
    store.change(&mut |statements| statements.execute(newer, &[Cell::Integer(2)]).map(|_| ())).unwrap();
    let refused = Webhooks::prepare(&mut *store).unwrap_err();
    assert!(
        matches!(refused, WebhookFault::Store(StoreFault::Version { found: 2, known: 1 })),
        "{refused:?}"
    );
}
