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
use registry::{NewMerchant, Reach};
use suite::{Subject, for_each_case, world::*};

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
    let own: (&str, fn(&dyn Subject)) = ("refusals_keep_their_session", refusals_keep_their_session);
    let cases: Vec<_> = CASES.iter().chain([&own]).collect();
    let failed: Vec<&str> = cases.iter().filter(|(_, case)| !passes(case)).map(|(name, _)| *name).collect();
    for name in &failed {
        println!("FAILED {}", name.replace('_', " "));
    }
    println!("{} of {} cases", cases.len() - failed.len(), cases.len());
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whoever asks for what is not there, or for what he may not, costs the server no new session; nothing of what was refused
/// is done by the next change.
fn refusals_keep_their_session(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let backend = |world: &mut World| -> Vec<ledger::Cells> {
        let asked =
            ledger::look(&mut *world.store, |statements| statements.query("SELECT pg_backend_pid()", &[]));
        asked.unwrap_or_else(|fault: ledger::StoreFault| panic!("{fault}"))
    };
    let first = backend(&mut world);
    let merchant = world.merchant("A1234567X").id;
    for number in 0..100 {
        let reach = Reach::Merchant(merchant.clone());
        assert_eq!(code(world.registry().place(&reach, outlet("NOPE"))), "NOT_FOUND");
        let nif = NewMerchant { name: label("a"), nif: "A1234567X".parse().unwrap() };
        let (mut registry, mut random) = world.both();
        assert_eq!(
            code(registry.create_merchant(&Reach::Platform, &nif, &by("a"), at(1), &mut random)),
            "EXISTS"
        );
        let undone = world.store.change(&mut |statements| {
            statements.execute("UPDATE merchants SET name = 'undone'", &[])?;
            Err(ledger::StoreFault::Exists("a reason"))
        });
        assert!(undone.is_err());
        let renamed = label(&format!("m{number}"));
        let now = world.registry().rename_merchant(&reach, &merchant, &renamed, &by("a"), at(1)).unwrap();
        assert_eq!(now.name, renamed);
    }
    assert_eq!(backend(&mut world), first);
    // After a statement that fails the session is another.
    let failed = world.store.look(&mut |statements| statements.query("SELECT 1 / 0", &[]).map(drop));
    assert!(failed.is_err());
    assert_ne!(backend(&mut world), first);
}

#[expect(
    clippy::disallowed_methods,
    reason = "a program for tests: the script that starts PostgreSQL says where it is"
)]
fn url() -> Option<String> {
    std::env::var("STELALA_TEST_POSTGRES").ok()
}
