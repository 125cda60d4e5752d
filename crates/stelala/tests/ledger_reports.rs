//! Reports of a cloud's ledger, by the commands.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

use std::{
    path::Path,
    process::{Command, Output},
};

use def_protocol::reply::{Article, Articles, ClosureGroup, ClosureReport, CurrencyTotals, Snapshot};
use fiscal::PublicKey;
use verify::SignedReport;

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_stelala")).args(arguments).current_dir(folder).output().unwrap()
}

fn report(folder: &Path, arguments: &[&str]) -> String {
    let common = ["--config", "cloud/cloud.toml", "--outlet", "KIN-GOMBE-01"];
    let output = run(folder, &[&["ledger"], arguments, &common].concat());
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

#[test]
fn a_day_that_was_sold_is_reported_closed_and_said_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    assert!(run(folder, &["up", "--dir", "cloud", "--port", "0", "--once"]).status.success());

    let session = report(folder, &["x"]);
    let read: Snapshot<Vec<CurrencyTotals>> = serde_json::from_str(&session).unwrap();
    assert_eq!((read.transaction_count, read.sequence_end), (38, Some(38)));

    type Closure = ClosureReport<Vec<ClosureGroup>, Vec<CurrencyTotals>>;
    let [made, mut again]: [Closure; 2] =
        [report(folder, &["z"]), report(folder, &["z"])].map(|json| serde_json::from_str(&json).unwrap());
    assert_eq!((made.repeated, again.repeated, made.currencies == read.currencies), (false, true, true));
    again.repeated = false;
    assert_eq!(again, made);
    let after: Snapshot<Vec<CurrencyTotals>> = serde_json::from_str(&report(folder, &["x"])).unwrap();
    assert_eq!(after.transaction_count, 0);

    let day = made.period.to_string();
    let articles = ["a", "--since", &made.first_day.to_string(), "--until", &day];
    let json = report(folder, &articles);
    let read: Articles<Vec<Article<String>>, String> = serde_json::from_str(&json).unwrap();
    assert!(read.last && read.articles.len() > 64, "all on one page");
    let jws = report(folder, &[&articles[..], &["--signed"]].concat());
    report(folder, &["export", "--out", "export"]);
    let pem = std::fs::read_to_string(folder.join("export/attester.pem")).unwrap();
    let signed = SignedReport::read(&jws, &PublicKey::from_pem(&pem).unwrap()).unwrap();
    assert_eq!(signed.json, json);
}

#[test]
fn a_report_that_cannot_be_made_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    assert!(run(folder, &["up", "--dir", "cloud", "--port", "0", "--once"]).status.success());
    for (arguments, why) in [
        (&["a", "--since", "2026-03-02", "--until", "2026-03-01"][..], "before the first"),
        (&["z", "--date", "2020-01-01"], "no closure covers this day"),
    ] {
        let common = ["--config", "cloud/cloud.toml", "--outlet", "KIN-GOMBE-01"];
        let output = run(folder, &[&["ledger"], arguments, &common].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(why), "{said}");
    }
    for name in ["x", "z"] {
        let output = run(folder, &["ledger", name, "--config", "cloud/cloud.toml", "--outlet", "NOPE"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains("outlet"), "{said}");
    }
}
