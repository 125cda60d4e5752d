use std::{fs, path::PathBuf};

use cloud::{
    Cloud, Config, DatabaseConfig, StartFault, SystemClock,
    doctor::{Severity, examine},
};
use tempfile::TempDir;

use crate::{
    bench::{Bench, entropy, payload},
    patience::until,
};

fn sell(bench: &Bench, sales: std::ops::Range<u64>) {
    let mut client = bench.client();
    for sale in sales {
        assert_eq!(client.sell(1, None, &payload(sale)).status, 201);
    }
}

/// The database's file, once all of it is in the file: the ledger is let go on a thread of its own.
fn file(config: &Config) -> PathBuf {
    let DatabaseConfig::Sqlite(path) = &config.database else { panic!("SQLite") };
    let log = PathBuf::from(format!("{}-wal", path.display()));
    until("the log goes", || !log.exists());
    path.clone()
}

/// A cloud that stopped after five sales, with the database as it was after three.
fn gone_back() -> (TempDir, Config) {
    let bench = Bench::start();
    sell(&bench, 1..4);
    let (folder, config) = bench.stopped();
    let before = fs::read(file(&config)).unwrap();
    let bench = Bench::serve(folder, config);
    sell(&bench, 4..6);
    let (folder, mut config) = bench.stopped();
    fs::write(file(&config), before).unwrap();
    config.http.listen = "127.0.0.1:0".parse().unwrap();
    (folder, config)
}

fn refused(config: &Config) -> String {
    let Err(fault) = Cloud::start(config, entropy) else { panic!("it started") };
    assert!(matches!(fault, StartFault::WentBack { .. }) && fault.code() == "WENT_BACK", "{fault}");
    fault.to_string()
}

fn complaints(config: &Config) -> Vec<String> {
    let found = examine(config, &SystemClock, entropy);
    let bad = found.into_iter().filter(|finding| finding.severity == Severity::Bad);
    bad.map(|finding| finding.sentence).collect()
}

#[test]
fn a_database_that_went_back_behind_its_noted_heads_is_not_served_and_the_doctor_says_so() {
    let (folder, config) = gone_back();
    let said = refused(&config);
    assert!(
        said.contains("KIN-GOMBE-01 had come to epoch 0 position 6, and here is at epoch 0 position 4"),
        "{said}"
    );
    assert!(said.contains("stelala ledger new-epoch") && !said.contains("LIMETE"), "{said}");
    assert_eq!(complaints(&config), [said]);
    // What goes on behind it is found too: another record in the place, and an outlet that is gone.
    let heads = config.ledger.heads.clone();
    let noted = fs::read_to_string(&heads).unwrap();
    fs::remove_file(&heads).unwrap();
    let bench = Bench::serve(folder, config);
    sell(&bench, 7..9);
    let (folder, mut config) = bench.stopped();
    config.http.listen = "127.0.0.1:0".parse().unwrap();
    fs::write(&heads, &noted).unwrap();
    assert!(refused(&config).contains("another record is in that place"), "{}", refused(&config));
    config.database = DatabaseConfig::Sqlite(folder.path().join("empty.sqlite"));
    assert!(refused(&config).contains("here is not registered"), "{}", refused(&config));
}

#[test]
fn a_database_that_did_not_go_back_is_served_and_so_is_one_without_noted_heads() {
    let bench = Bench::start();
    sell(&bench, 1..4);
    let (_folder, mut config) = bench.stopped();
    config.http.listen = "127.0.0.1:0".parse().unwrap();
    assert!(fs::read_to_string(&config.ledger.heads).unwrap().contains("KIN-GOMBE-01"));
    assert_eq!(complaints(&config), Vec::<String>::new());
    assert!(Cloud::start(&config, entropy).is_ok());
    fs::remove_file(&config.ledger.heads).unwrap();
    assert!(Cloud::start(&config, entropy).is_ok());
}
