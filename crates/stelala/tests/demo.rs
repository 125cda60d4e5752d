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
fn every_invoice_of_the_day_is_sealed_and_true() {
    let (out, said) = demo("every_invoice", &[]);
    let lines = |name: &str| fs::read_to_string(out.join(name)).unwrap().lines().count();
    let rows = said.lines().filter(|line| line.starts_with("KINGOMBE01-0-")).collect::<Vec<_>>();
    assert!(rows.len() >= 25 && rows.iter().all(|row| row.ends_with(" TRUE")), "{said}");
    assert_eq!((lines("journal.jsonl"), lines("qr.txt")), (rows.len(), rows.len()));
    for kind in ["FV", "FT", "FA", "EV", "ET", "EA"] {
        assert!(rows.iter().any(|row| row.contains(&format!(" {kind} "))), "no {kind} in the day");
    }
    assert!(
        said.contains("TRUE: this journal is intact") && said.contains("FALSE: do not rely on this seal")
    );
}

#[test]
fn the_demonstration_speaks_french() {
    let (_, said) = demo("french", &["--lang", "fr"]);
    assert!(
        said.contains("VRAI : ce journal est intact") && said.contains("FAUX : ne vous fiez pas à ce sceau")
    );
}
