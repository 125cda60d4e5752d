//! A cloud's ledger from the command line: verified, exported, backed up, restored.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    process::{Command, Output},
    sync::Arc,
    time::Duration,
};

use ledger::{Database, SqliteDatabase, acts_of};
use tempfile::TempDir;

fn run(folder: &Path, line: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stelala"));
    command.args(line.split(' ')).current_dir(folder).output().unwrap()
}

/// What it says, and with which code it ends.
fn said(folder: &Path, line: &str) -> (String, i32) {
    let output = run(folder, line);
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (text, output.status.code().unwrap())
}

#[track_caller]
fn good(folder: &Path, line: &str) -> String {
    let (text, code) = said(folder, line);
    assert_eq!(code, 0, "{line}: {text}");
    text
}

/// A cloud in `c` that has sold the day of examples/day.
fn cloud() -> TempDir {
    let folder = TempDir::new().unwrap();
    good(folder.path(), "up --dir c --port 0 --once");
    folder
}

/// A folder with the same signer and no database.
fn another(folder: &Path, name: &str) {
    fs::create_dir(folder.join(name)).unwrap();
    for file in ["keys.json", "passphrase", "cloud.toml"] {
        fs::copy(folder.join("c").join(file), folder.join(name).join(file)).unwrap();
    }
}

#[test]
fn a_ledger_is_verified_exported_and_its_export_is_true() {
    let temporary = cloud();
    let folder = temporary.path();
    let text = good(folder, "verify ledger --config c/cloud.toml");
    assert!(text.starts_with("VRAI : ") && text.contains("Factures") && text.contains("38"), "{text}");
    let heads = good(folder, "ledger heads --config c/cloud.toml");
    fs::write(folder.join("heads"), &heads).unwrap();
    let text = good(folder, "verify ledger --config c/cloud.toml --heads heads --lang en");
    assert!(text.contains("Heads kept elsewhere      2") && !text.contains("--heads"), "{text}");
    good(folder, "ledger export --config c/cloud.toml --outlet KIN-GOMBE-01 --out e");
    let text =
        good(folder, "verify export e --trust e/keys.pem --attester e/attester.pem --heads heads --lang en");
    assert!(text.starts_with("TRUE: this export is intact"), "{text}");
    let (text, code) = said(folder, "ledger export --config c/cloud.toml --outlet NOWHERE --out f");
    assert!(code == 2 && text.contains("NOWHERE"), "{text}");
    let (text, code) = said(folder, "ledger export --config c/cloud.toml --outlet KIN-GOMBE-01 --out e");
    assert!(code == 2 && text.contains("another folder"), "{text}");
}

#[test]
fn what_the_machine_closes_is_in_the_merchants_log_of_acts() {
    let temporary = cloud();
    let folder = temporary.path();
    good(folder, "ledger z --config c/cloud.toml --outlet KIN-GOMBE-01");
    good(folder, "ledger z --config c/cloud.toml --outlet KIN-GOMBE-01");
    good(folder, "ledger new-epoch --config c/cloud.toml --outlet KIN-GOMBE-01 --yes");
    let database = SqliteDatabase::open(folder.join("c/ledger.sqlite"), Arc::new(|| Duration::ZERO)).unwrap();
    let mut acts = Vec::new();
    let mut store = database.connect().unwrap();
    store
        .look(&mut |statements| {
            acts = acts_of(statements, None, None, 2)?;
            Ok(())
        })
        .unwrap();
    let seen: Vec<_> =
        acts.iter().map(|act| (act.action.as_str(), act.actor.as_str(), act.tenant.is_some())).collect();
    assert_eq!(seen, [("epoch.open", "machine", true), ("closure.seal", "machine", true)]);
}

#[test]
fn a_backup_is_restored_once_into_an_empty_database_and_a_new_epoch_begins() {
    let temporary = cloud();
    let folder = temporary.path();
    good(folder, "ledger backup --config c/cloud.toml --out b");
    assert_eq!(fs::metadata(folder.join("b")).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!folder.join("b.unfinished").exists());
    assert_eq!(said(folder, "ledger backup --config c/cloud.toml --out b").1, 2, "it is there already");
    another(folder, "d");
    let bytes = fs::read(folder.join("b")).unwrap();
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 2] ^= 1;
    for (name, bytes) in [("cut", &bytes[..bytes.len() - 9]), ("flipped", &flipped[..]), ("other", b"{}")] {
        fs::write(folder.join(name), bytes).unwrap();
        let (text, code) =
            said(folder, &format!("ledger restore --config d/cloud.toml --from {name} --without-heads"));
        assert!(code == 2 && text.contains(name), "{name}: {text}");
        assert!(!folder.join("d/ledger.sqlite").exists(), "{name} touched the database");
    }
    let (text, code) = said(folder, "ledger restore --config d/cloud.toml --from b");
    assert!(code == 2 && text.contains("--without-heads"), "{text}");
    let text = good(folder, "ledger restore --config d/cloud.toml --from b --without-heads");
    assert!(text.contains("KIN-GOMBE-01: goes on in epoch 1, from number 1"), "{text}");
    assert!(
        text.contains("\nAPI keys that work again: 3. Revoke again those that were revoked after"),
        "{text}"
    );
    let keys = good(folder, "cloud key list --config d/cloud.toml");
    assert!(keys.contains("KIN-GOMBE-01") && keys.trim_end().ends_with("stelala up"), "{keys}");
    let text = good(folder, "verify ledger --config d/cloud.toml --lang en --json");
    assert!(text.contains("\"records\": ") && text.contains("\"invoices\": 38"), "{text}");
    let (text, code) = said(folder, "ledger restore --config d/cloud.toml --from b --without-heads");
    assert!(code == 2 && text.contains("already"), "{text}");
}

#[test]
fn a_backup_never_follows_a_link_nor_keeps_what_another_left() {
    let temporary = cloud();
    let folder = temporary.path();
    fs::write(folder.join("other"), "other").unwrap();
    symlink("other", folder.join("b.unfinished")).unwrap();
    good(folder, "ledger backup --config c/cloud.toml --out b");
    fs::write(folder.join("d.unfinished"), "left by a crash").unwrap();
    fs::set_permissions(folder.join("d.unfinished"), fs::Permissions::from_mode(0o644)).unwrap();
    good(folder, "ledger backup --config c/cloud.toml --out d");
    for name in ["b", "d"] {
        let metadata = fs::symlink_metadata(folder.join(name)).unwrap();
        assert!(metadata.is_file() && metadata.permissions().mode() & 0o777 == 0o600, "{name}");
        assert!(!folder.join(format!("{name}.unfinished")).exists());
    }
    symlink("nothing", folder.join("link")).unwrap();
    assert_eq!(said(folder, "ledger backup --config c/cloud.toml --out link").1, 2);
    assert!(!folder.join("nothing").exists() && folder.join("link").is_symlink());
    assert_eq!(fs::read_to_string(folder.join("other")).unwrap(), "other");
}

#[test]
fn what_was_sealed_after_a_backup_shows_in_the_heads_and_its_numbers_are_never_given_again() {
    let temporary = cloud();
    let folder = temporary.path();
    good(folder, "ledger backup --config c/cloud.toml --out b");
    let head = good(folder, "ledger heads --config c/cloud.toml");
    // The day's 38 invoices, the authority's answer to each, and the first record.
    let later = head.replace("\"position\":77", "\"position\":95");
    assert_ne!(head, later);
    fs::write(folder.join("heads"), later).unwrap();
    another(folder, "d");
    good(folder, "ledger restore --config d/cloud.toml --from b --heads heads");
    let text = good(folder, "verify ledger --config d/cloud.toml --heads heads --lang en");
    assert!(text.contains("did not hold: 1"), "{text}");
    good(folder, "ledger export --config d/cloud.toml --outlet KIN-GOMBE-01 --out e");
    let lines = fs::read_to_string(folder.join("e/part-000002.jsonl")).unwrap();
    let flag = r#"{\"reason\":\"unreported\",\"epoch\":0,\"last_position\":77,\"last_number\":38}"#;
    assert!(lines.contains(flag), "{lines}");
    good(folder, "verify export e --trust e/keys.pem --attester e/attester.pem");
}

#[test]
fn a_question_about_a_database_that_is_not_there_makes_none() {
    let temporary = cloud();
    let folder = temporary.path();
    another(folder, "d");
    for line in [
        "verify ledger",
        "ledger heads",
        "ledger backup --out x",
        "ledger export --outlet KIN-GOMBE-01 --out e",
    ] {
        let (text, code) = said(folder, &format!("{line} --config d/cloud.toml"));
        assert!(code == 2 && text.contains("ledger.sqlite"), "{line}: {text}");
    }
    assert!(!folder.join("d/ledger.sqlite").exists());
}
