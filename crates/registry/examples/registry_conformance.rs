//! Runs the conformance suite of the registry over a real PostgreSQL, whose ledger is dropped before each case.
//!
//! ```sh
//! crates/ledger/tests/with_postgres cargo run --package registry --example registry_conformance
//! ```

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a program for tests: what is wrong ends it")]

#[path = "../tests/registry/suite/mod.rs"]
mod suite;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
};

use ledger::{Database, PostgresDatabase, PostgresOptions};
use postgres::{Client, NoTls};
use suite::{Subject, for_each_case};

macro_rules! names_and_cases {
    ($($case:ident,)*) => {
        const CASES: &[(&str, fn(&dyn Subject))] = &[$((stringify!($case), suite::$case)),*];
    };
}
for_each_case!(names_and_cases);

/// One database for all cases.
struct Postgres(String);

impl Postgres {
    fn client(&self) -> Client {
        Client::connect(&self.0, NoTls).unwrap()
    }
}

impl Subject for Postgres {
    fn open(&self) -> Box<dyn Database> {
        let options =
            PostgresOptions { url: self.0.clone(), allow_single_server: true, insecure_network: false };
        Box::new(PostgresDatabase::open(&options).unwrap())
    }

    fn raw(&self, sql: &str) -> Result<u64, String> {
        let mut client = self.client();
        client.batch_execute("SET search_path = stelala_ledger").unwrap();
        client.execute(sql, &[]).map_err(|error| error.to_string())
    }
}

fn main() -> ExitCode {
    let Some(url) = url() else {
        println!("STELALA_TEST_POSTGRES is not set: run this under crates/ledger/tests/with_postgres");
        return ExitCode::FAILURE;
    };
    let subject = Postgres(url);
    let passes = |case: &fn(&dyn Subject)| {
        subject.client().batch_execute("DROP SCHEMA IF EXISTS stelala_ledger CASCADE").unwrap();
        catch_unwind(AssertUnwindSafe(|| case(&subject))).is_ok()
    };
    let failed: Vec<&str> = CASES.iter().filter(|(_, case)| !passes(case)).map(|(name, _)| *name).collect();
    for name in &failed {
        println!("FAILED {}", name.replace('_', " "));
    }
    println!("{} of {} cases", CASES.len() - failed.len(), CASES.len());
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a program for tests: the script that starts PostgreSQL says where it is"
)]
fn url() -> Option<String> {
    std::env::var("STELALA_TEST_POSTGRES").ok()
}
