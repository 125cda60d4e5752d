//! Runs the cases of the sync over PostgreSQL.
//!
//! ```sh
//! crates/ledger/tests/with_postgres cargo run --package sync --example sync_conformance
//! ```

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a program for tests: what is wrong ends it")]

#[path = "../../tests/store/suite/mod.rs"]
mod suite;
#[path = "../../tests/world/mod.rs"]
mod world;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
    sync::Arc,
};

use ledger::{PostgresDatabase, PostgresOptions};
use suite::for_each_case;
use world::{TestClock, World};

macro_rules! names_and_cases {
    ($($case:ident,)*) => {
        const CASES: &[(&str, fn(&World))] = &[$((stringify!($case), suite::$case)),*];
    };
}
for_each_case!(names_and_cases);

#[expect(
    clippy::disallowed_methods,
    reason = "a program for tests: the script that starts PostgreSQL says where it is"
)]
fn main() -> ExitCode {
    let Ok(url) = std::env::var("STELALA_TEST_POSTGRES") else {
        println!("STELALA_TEST_POSTGRES is not set: run this under crates/ledger/tests/with_postgres");
        return ExitCode::FAILURE;
    };
    let options = PostgresOptions { url, allow_single_server: true, insecure_network: false };
    let database = Arc::new(PostgresDatabase::open(&options).unwrap());
    let only = std::env::args().nth(1);
    let (mut failed, mut run) = (Vec::new(), 0);
    for (number, (name, case)) in (1..).zip(CASES) {
        if only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
            continue;
        }
        run += 1;
        println!("{}", name.replace('_', " "));
        let world = World::new(database.clone(), TestClock::new(), number);
        if catch_unwind(AssertUnwindSafe(|| case(&world))).is_err() {
            failed.push(*name);
        }
        world.ledger.stop();
    }
    for name in &failed {
        println!("FAILED {}", name.replace('_', " "));
    }
    println!("{} of {run} cases", run - failed.len());
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
