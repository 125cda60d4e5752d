//! Runs the conformance suite of the ledger's stores over a real database, and breaks the database under load.
//!
//! ```sh
//! cargo run --example store_conformance sqlite:/tmp/ledger.sqlite
//! crates/ledger/tests/with_postgres cargo run --example store_conformance postgres --faults 20
//! ```
//!
//! `postgres` takes the URL from `STELALA_TEST_POSTGRES`; a URL can be given in its place. `--faults SECONDS` is for
//! PostgreSQL: sessions are ended and the server is restarted, with the command in `STELALA_TEST_POSTGRES_RESTART` or
//! after `--restart`, while two processes append.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a program for tests: what is wrong ends it")]

mod faults;
mod subjects;
#[path = "../../tests/store/suite/mod.rs"]
mod suite;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
    time::Duration,
};

use subjects::{Postgres, Sqlite};
use suite::{Subject, for_each_case};

macro_rules! names_and_cases {
    ($($case:ident,)*) => {
        const CASES: &[(&str, fn(&dyn Subject))] = &[$((stringify!($case), suite::$case)),*];
    };
}
for_each_case!(names_and_cases);

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(database) = arguments.next() else { return usage() };
    let (mut seconds, mut restart) = (None, from_environment("STELALA_TEST_POSTGRES_RESTART"));
    while let Some(option) = arguments.next() {
        match (option.as_str(), arguments.next()) {
            ("--faults", Some(number)) => seconds = number.parse().ok().map(Duration::from_secs),
            ("--restart", Some(command)) => restart = Some(command),
            _ => return usage(),
        }
    }
    if let Some(path) = database.strip_prefix("sqlite:") {
        return conform(&Sqlite(path.into()));
    }
    let url = if database == "postgres" { from_environment("STELALA_TEST_POSTGRES") } else { Some(database) };
    let Some(url) = url else {
        println!("STELALA_TEST_POSTGRES is not set: run this under crates/ledger/tests/with_postgres");
        return ExitCode::FAILURE;
    };
    let subject = Postgres(url);
    subjects::refuses_what_is_unsafe(&subject);
    subjects::notices_what_becomes_unsafe(&subject);
    let code = conform(&subject);
    if let Some(lasts) = seconds {
        faults::run(&subject, lasts, restart.as_deref());
    }
    code
}

fn usage() -> ExitCode {
    println!("usage: store_conformance sqlite:PATH|postgres|URL [--faults SECONDS] [--restart COMMAND]");
    ExitCode::FAILURE
}

#[expect(
    clippy::disallowed_methods,
    reason = "a program for tests: the script that starts PostgreSQL says where it is"
)]
fn from_environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn conform(subject: &dyn Subject) -> ExitCode {
    let failed: Vec<&str> = CASES
        .iter()
        .filter(|(_, case)| catch_unwind(AssertUnwindSafe(|| case(subject))).is_err())
        .map(|(name, _)| *name)
        .collect();
    for name in &failed {
        println!("FAILED {}", name.replace('_', " "));
    }
    println!("{} of {} cases", CASES.len() - failed.len(), CASES.len());
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
