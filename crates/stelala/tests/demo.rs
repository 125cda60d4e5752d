//! The demonstration as a newcomer runs it.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

fn demo(test: &str, more: &[&str]) -> (PathBuf, String) {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let output = Command::new(env!("CARGO_BIN_EXE_stelala"))
        .arg("demo")
        .args(more)
        .arg("--out")
        .arg(&out)
        .current_dir(repository)
        .output()
        .unwrap();
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
    for kind in ["txt", "png", "pdf"] {
        for number in 1..=rows.len() {
            let receipt = out.join(format!("receipts/KINGOMBE01-0-{number:08}.{kind}"));
            assert!(receipt.metadata().is_ok_and(|file| file.len() > 500), "{}", receipt.display());
        }
    }
}

#[test]
fn a_folder_that_is_no_demos_is_left_alone() {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no_demos");
    fs::create_dir_all(&out).unwrap();
    fs::write(out.join("mine"), "mine").unwrap();
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut command = Command::new(env!("CARGO_BIN_EXE_stelala"));
    let output = command.arg("demo").arg("--out").arg(&out).current_dir(repository).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("is not empty and no demo's"));
    assert_eq!(fs::read_to_string(out.join("mine")).unwrap(), "mine");
}

#[test]
fn the_demonstration_speaks_french() {
    let (_, said) = demo("french", &["--lang", "fr"]);
    assert!(
        said.contains("VRAI : ce journal est intact") && said.contains("FAUX : ne vous fiez pas à ce sceau")
    );
}
