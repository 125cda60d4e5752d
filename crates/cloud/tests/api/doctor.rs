use std::{fs, os::unix::fs::PermissionsExt};

use cloud::{
    Config, SystemClock,
    doctor::{Finding, Severity, examine},
};
use fiscal::Timestamp;
use ledger::Clock;
use tempfile::TempDir;

use crate::bench::{Bench, config, entropy, payload};

fn found(config: &Config) -> Vec<Finding> {
    examine(config, &SystemClock, entropy)
}

/// Everything that is not as it should be, in sentences.
fn complaints(config: &Config) -> String {
    let found = found(config);
    let bad = found.iter().filter(|finding| finding.severity == Severity::Bad);
    bad.map(|finding| format!("{}: {}\n", finding.about, finding.sentence)).collect()
}

/// A folder with all that a cloud needs, on a port that the system chooses.
fn sound() -> (TempDir, Config) {
    let (folder, mut config) = Bench::start().stopped();
    config.http.listen = "127.0.0.1:0".parse().unwrap();
    (folder, config)
}

#[test]
fn a_sound_cloud_has_no_complaints() {
    let (_folder, config) = sound();
    assert_eq!(complaints(&config), "");
    let found = found(&config);
    let about = |about: &str| found.iter().find(|finding| finding.about == about).unwrap();
    assert!(about("signer").sentence.contains("seals with key"));
    assert!(about("outlets").sentence.contains("2 registered"));
    assert_eq!(about("heads").severity, Severity::Warning, "on the database's disk");
}

#[test]
fn an_empty_folder_is_told_what_to_make() {
    let folder = TempDir::new().unwrap();
    let mut config = config(&folder, "");
    config.http.listen = "127.0.0.1:0".parse().unwrap();
    let said = complaints(&config);
    assert!(said.contains("signer: ") && said.contains("stelala cloud rotate-key"), "{said}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "it made nothing");
}

#[test]
fn a_wrong_or_absent_passphrase_is_told_from_a_file_that_others_may_read() {
    let (folder, mut config) = sound();
    config.secrets.passphrase = signing::Passphrase::new("wrong".into());
    assert!(complaints(&config).contains("passphrase is not the key file's"), "{}", complaints(&config));
    config.secrets.passphrase = None;
    assert!(complaints(&config).contains("STELALA_PASSPHRASE"), "{}", complaints(&config));
    let path = folder.path().join("passphrase");
    fs::write(&path, "correct horse\n").unwrap();
    let text = "[signer]\npassphrase_file = \"passphrase\"";
    config.signer = Config::read(text, folder.path(), &[]).unwrap().signer;
    for (mode, word) in [(0o644, "chmod 600"), (0o600, "")] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let said = complaints(&config);
        assert!(if word.is_empty() { said.is_empty() } else { said.contains(word) }, "{said}");
    }
    fs::write(&path, "\n").unwrap();
    assert!(complaints(&config).contains("nothing in this file"), "{}", complaints(&config));
}

#[test]
fn a_database_that_is_none_or_in_no_folder_is_named() {
    let (folder, mut config) = sound();
    for (name, word) in [("text.sqlite", "text.sqlite"), ("nowhere/ledger.sqlite", "does not exist")] {
        fs::write(folder.path().join("text.sqlite"), "this is a letter to a friend, and no database at all")
            .unwrap();
        config.database = cloud::DatabaseConfig::Sqlite(folder.path().join(name));
        let said = complaints(&config);
        assert!(said.contains("database: ") && said.contains(word), "{said}");
    }
}

#[test]
fn a_port_in_use_is_told_from_a_cloud_that_serves_there() {
    let bench = Bench::start();
    let mut config = bench.config.clone();
    config.http.listen = bench.address;
    assert_eq!(complaints(&config), "");
    let address = found(&config).into_iter().find(|finding| finding.about == "address").unwrap();
    assert!(address.severity == Severity::Good && address.sentence.starts_with("this cloud"), "{address:?}");
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    config.http.listen = other.local_addr().unwrap();
    assert!(complaints(&config).contains("another program listens"), "{}", complaints(&config));
}

#[test]
fn another_cloud_at_the_configured_port_is_told_from_this_one() {
    let bench = Bench::start();
    let (_folder, mut with_keys) = sound();
    let empty = TempDir::new().unwrap();
    let mut without_database = config(&empty, "");
    for config in [&mut with_keys, &mut without_database] {
        config.http.listen = bench.address;
        let said = complaints(config);
        assert!(said.contains("address: another cloud is serving at"), "{said}");
    }
    with_keys.database = cloud::DatabaseConfig::Sqlite(empty.path().into());
    let found = found(&with_keys);
    let address = found.iter().find(|finding| finding.about == "address").unwrap();
    assert_eq!(address.severity, Severity::Warning, "a database that cannot be asked: {address:?}");
}

#[test]
fn a_clock_behind_the_newest_record_is_told() {
    struct Behind(u64);
    impl Clock for Behind {
        fn now(&self) -> Timestamp {
            Timestamp::from_unix(self.0).unwrap()
        }
    }
    let bench = Bench::start();
    bench.client().sell(1, None, &payload(1));
    let (_folder, mut config) = bench.stopped();
    config.http.listen = "127.0.0.1:0".parse().unwrap();
    let at = |seconds| {
        let found = examine(&config, &Behind(seconds), entropy);
        found.into_iter().find(|finding| finding.about == "clock").unwrap()
    };
    let now = SystemClock.now().unix();
    assert_eq!(at(now).severity, Severity::Good);
    let behind = at(now - 3_600);
    assert!(behind.severity == Severity::Bad && behind.sentence.contains("newest record"), "{behind:?}");
    assert!(at(0).sentence.contains("1970-01-01"), "a board without a battery");
}

#[test]
fn a_token_without_its_library_or_a_heads_file_without_its_folder_is_named() {
    let (folder, mut config) = sound();
    let text = "[signer]\nkind = \"pkcs11\"\nmodule = \"nowhere.so\"\ntoken = \"t\"\n[ledger]\nheads = \"nowhere/heads\"";
    let other = Config::read(text, folder.path(), &[]).unwrap();
    (config.signer, config.ledger) = (other.signer, other.ledger);
    let said = complaints(&config);
    assert!(said.contains("nowhere.so is no file") && said.contains("ledger.heads"), "{said}");
}
