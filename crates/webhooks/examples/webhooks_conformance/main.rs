//! Runs the cases of webhooks over PostgreSQL.
//!
//! ```sh
//! crates/ledger/tests/with_postgres cargo run --package webhooks --example webhooks_conformance
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
use suite::{Trial, for_each_case};
use world::TestClock;

macro_rules! names_and_cases {
    ($($case:ident,)*) => {
        const CASES: &[(&str, fn(&Trial))] = &[$((stringify!($case), suite::$case)),*];
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
    let mut failed = Vec::new();
    for (number, (name, case)) in (1..).zip(CASES) {
        let trial = Trial::new(database.clone(), TestClock::new(), number);
        if catch_unwind(AssertUnwindSafe(|| case(&trial))).is_err() {
            failed.push(*name);
        }
        trial.world.ledger.stop();
    }
    for name in &failed {
        println!("FAILED {}", name.replace('_', " "));
    }
    println!("{} of {} cases", CASES.len() - failed.len(), CASES.len());
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
