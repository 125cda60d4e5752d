//! The demonstration as a newcomer runs it.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use def_sim::StateDirectory;

fn place(test: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(test)
}

fn command(out: &Path, more: &[&str]) -> Command {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut command = Command::new(env!("CARGO_BIN_EXE_stelala"));
    command.arg("demo").args(more).arg("--out").arg(out).current_dir(repository);
    command
}

/// A folder with a day of one sale.
fn short_day(test: &str) -> PathBuf {
    let folder = place(&format!("{test}_day"));
    fs::create_dir_all(&folder).unwrap();
    let sale = include_str!("../../../examples/day/001-bread-and-eggs.json");
    fs::write(folder.join("1.json"), sale).unwrap();
    folder
}

/// What a demo says that refuses.
fn refused(out: &Path, more: &[&str]) -> String {
    let output = command(out, more).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8(output.stderr).unwrap()
}

fn demo(test: &str, more: &[&str]) -> (PathBuf, String) {
    let out = place(test);
    let output = command(&out, more).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (out, String::from_utf8(output.stdout).unwrap())
}

#[test]
fn a_day_is_sold_while_the_power_fails_and_all_that_is_left_is_true() {
    let (out, said) = demo("every_invoice", &[]);
    let lines = |name: &str| fs::read_to_string(out.join(name)).unwrap().lines().count();
    let rows = said.lines().filter(|line| line.starts_with("KINGOMBE01-0-")).collect::<Vec<_>>();
    assert!(rows.len() >= 25 && rows.iter().all(|row| row.ends_with(" TRUE")), "{said}");
    assert_eq!(lines("qr.txt"), rows.len());
    assert!(lines("journal.jsonl") > rows.len(), "events are in it too");
    for kind in ["FV", "FT", "FA", "EV", "ET", "EA"] {
        assert!(rows.iter().any(|row| row.contains(&format!(" {kind} "))), "no {kind} in the day");
    }
    // What the till did about the power, both times.
    let asides: Vec<&str> = said.split("┏").skip(1).filter_map(|rest| rest.split("┗").next()).collect();
    let [within, after] = asides[..] else { panic!("{} asides", asides.len()) };
    assert!(within.contains("INVALID_NONCE") && within.matches("TXN|PREPARE").count() == 3, "{within}");
    assert!(!after.contains("INVALID_NONCE") && after.matches("TXN|PREPARE").count() == 1, "{after}");
    assert!(after.contains("(the same bytes again)\n  ┃ device → OK KINGOMBE01-0-00000024"), "{after}");
    assert!(said.contains("Z No 1") && said.contains("Closures  1"), "{said}");
    assert!(
        said.contains("TRUE: this journal is intact") && said.contains("FALSE: do not rely on this seal")
    );
    assert!(out.join("def-port").symlink_metadata().is_err(), "a link to a port that is gone");
    for kind in ["txt", "png", "pdf"] {
        for number in 1..=rows.len() {
            let receipt = out.join(format!("receipts/KINGOMBE01-0-{number:08}.{kind}"));
            assert!(receipt.metadata().is_ok_and(|file| file.len() > 500), "{}", receipt.display());
        }
    }
}

#[test]
fn a_folder_that_is_no_demos_is_left_alone() {
    let out = place("no_demos");
    let _ = fs::remove_dir_all(&out);
    fs::create_dir_all(&out).unwrap();
    fs::write(out.join("mine"), "mine").unwrap();
    assert!(refused(&out, &[]).contains("is not empty and no demo's"));
    symlink(place("no_demos_mark"), out.join(".stelala-demo")).unwrap();
    fs::write(place("no_demos_mark"), "elsewhere").unwrap();
    assert!(refused(&out, &[]).contains("is not empty and no demo's"), "a link is no mark");
    assert_eq!(fs::read_to_string(out.join("mine")).unwrap(), "mine");
}

#[test]
fn a_demo_replaces_what_an_earlier_one_left_and_nothing_else() {
    let (out, elsewhere) = (place("replaces"), place("replaces_elsewhere"));
    let _ = (fs::remove_dir_all(&out), fs::remove_dir_all(&elsewhere));
    let day = short_day("replaces");
    let day = ["--day", day.to_str().unwrap()];
    demo("replaces", &day);
    let old_key = fs::read(out.join("key.pem")).unwrap();

    fs::create_dir_all(elsewhere.join("receipts")).unwrap();
    for file in ["qr.txt", "receipts/mine.txt"] {
        fs::write(elsewhere.join(file), "mine").unwrap();
    }
    fs::create_dir(out.join("notes")).unwrap();
    for file in ["mine", "notes/mine", "def.txt"] {
        fs::write(out.join(file), "mine").unwrap();
    }
    for leftover in ["journal.jsonl.part", "key.pem.unfinished"] {
        fs::write(out.join(leftover), "half").unwrap();
    }
    fs::remove_file(out.join("qr.txt")).unwrap();
    symlink(elsewhere.join("qr.txt"), out.join("qr.txt")).unwrap();
    fs::remove_dir_all(out.join("receipts")).unwrap();
    symlink(elsewhere.join("receipts"), out.join("receipts")).unwrap();

    demo("replaces", &day);
    for file in ["mine", "notes/mine", "def.txt"] {
        assert_eq!(fs::read_to_string(out.join(file)).unwrap(), "mine", "{file}");
    }
    for file in ["qr.txt", "receipts/mine.txt"] {
        assert_eq!(fs::read_to_string(elsewhere.join(file)).unwrap(), "mine", "{file}");
    }
    assert_eq!(fs::read_dir(elsewhere.join("receipts")).unwrap().count(), 1, "nothing is printed there");
    assert!(!out.join("journal.jsonl.part").exists() && !out.join("key.pem.unfinished").exists());
    assert!(out.join("receipts/KINGOMBE01-0-00000001.txt").exists());
    assert_ne!(fs::read(out.join("key.pem")).unwrap(), old_key, "another device");
}

#[test]
fn a_device_or_a_till_that_is_in_use_is_not_taken_away() {
    let out = place("in_use");
    let _ = fs::remove_dir_all(&out);
    let day = short_day("in_use");
    let day = ["--day", day.to_str().unwrap()];
    demo("in_use", &day);
    let key = fs::read(out.join("key.pem")).unwrap();
    let device = StateDirectory::open(out.join("def")).unwrap();
    let says = refused(&out, &day);
    let expected = format!("def is in use by process {}: end that one, or name another", std::process::id());
    assert!(says.contains(&expected), "{says}");
    drop(device);
    let till = fs::File::open(out.join("till/lock")).unwrap();
    till.lock().unwrap();
    assert!(refused(&out, &day).contains("till is in use by another program"));
    assert_eq!(fs::read(out.join("key.pem")).unwrap(), key);
    assert!(out.join("def/flash").exists() && out.join("receipts").exists());
    drop(till);
    demo("in_use", &day);
}

#[test]
fn a_demo_that_is_killed_leaves_no_simulator_behind() {
    let out = place("killed");
    let _ = fs::remove_dir_all(&out);
    let mut process = command(&out, &[]).stdout(Stdio::null()).spawn().unwrap();
    let wait = || std::thread::sleep(Duration::from_millis(20));
    while !out.join("till").exists() {
        assert!(process.try_wait().unwrap().is_none(), "it ended");
        wait();
    }
    assert!(StateDirectory::open(out.join("def")).is_err(), "its simulator runs");
    process.kill().unwrap();
    process.wait().unwrap();
    let ended = (0..6_000).any(|_| {
        wait();
        StateDirectory::open(out.join("def")).is_ok()
    });
    assert!(ended, "its simulator runs after two minutes");
}

#[test]
fn the_demonstration_speaks_french() {
    let (_, said) = demo("french", &["--lang", "fr"]);
    assert!(
        said.contains("VRAI : ce journal est intact") && said.contains("FAUX : ne vous fiez pas à ce sceau")
    );
}
