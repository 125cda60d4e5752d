//! What the program says of itself: a page for each command, kept in `tests/help`.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// How the pages are made again.
const AGAIN: &str =
    "look at the difference, then: cargo run -p stelala -- help-pages crates/stelala/tests/help";

fn stelala(arguments: &[&str]) -> Output {
    // Clap breaks lines where a terminal, or this, says.
    Command::new(env!("CARGO_BIN_EXE_stelala")).args(arguments).env("COLUMNS", "100").output().unwrap()
}

fn said(arguments: &[&str]) -> String {
    let output = stelala(arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn folder(path: &Path) -> BTreeMap<String, String> {
    let files = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    files
        .map(|path| {
            (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap())
        })
        .collect()
}

fn kept() -> BTreeMap<String, String> {
    folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/help"))
}

/// `stelala_device_seal.txt` is of `stelala device seal`.
fn arguments(page: &str) -> Vec<&str> {
    page.strip_suffix(".txt").unwrap().split('_').skip(1).collect()
}

#[test]
fn every_command_has_its_page_and_every_page_its_command() {
    let out = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("help-pages");
    let _ = fs::remove_dir_all(&out);
    said(&["help-pages", out.to_str().unwrap()]);
    let (made, kept) = (folder(&out), kept());
    let names = |pages: &BTreeMap<String, String>| pages.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&made), names(&kept), "{AGAIN}");
    for (name, text) in &made {
        assert_eq!(text, &kept[name], "{name}: {AGAIN}");
    }
}

#[test]
fn a_page_is_what_help_prints() {
    for (name, text) in kept() {
        let mut asked = arguments(&name);
        asked.push("--help");
        assert_eq!(said(&asked).trim_end(), text.trim_end(), "{name}: {AGAIN}");
    }
}

#[test]
fn every_page_says_more_than_a_line_and_has_an_example_that_names_its_command() {
    for (name, text) in kept() {
        let command = arguments(&name);
        let (about, _) = text.split_once("\nUsage:").unwrap_or_else(|| panic!("{name}: {text}"));
        let lines: Vec<&str> = text.lines().collect();
        // Usage is never broken by clap.
        let fits = |line: &&str| line.starts_with("Usage:") || line.chars().count() <= 100;
        assert!(lines.iter().all(fits), "{name} has a line that is too long");
        if command.is_empty() {
            continue;
        }
        assert!(about.trim().contains("\n\n"), "{name} says one line only: {about}");
        let (_, example) = text.split_once("\nExample:\n").unwrap_or_else(|| panic!("{name} has no example"));
        assert!(example.contains(&format!("stelala {}", command.join(" "))), "{name}: {example}");
    }
}

#[test]
fn the_first_page_names_every_command_and_documents_that_exist() {
    let pages = kept();
    let first = &pages["stelala.txt"];
    let top = pages.keys().map(|name| arguments(name)).filter(|command| command.len() == 1);
    for command in top {
        assert!(first.contains(&format!("\n  {} ", command[0])), "{command:?} is not on the first page");
    }
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (_, documents) = first.split_once("Read more:\n").unwrap();
    let named: Vec<&str> = documents.lines().take_while(|line| !line.is_empty()).collect();
    assert!(named.len() >= 4, "{documents}");
    for line in named {
        let file = line.split_whitespace().next().unwrap();
        assert!(repository.join(file).exists(), "{file}");
    }
}

#[test]
fn each_shell_gets_completions_that_know_the_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = said(&["completions", shell]);
        for word in ["device", "seal", "reprint", "--till", "verify"] {
            assert!(script.contains(word.trim_start_matches('-')), "{shell}: {word}");
        }
    }
    assert_eq!(stelala(&["completions", "tcsh"]).status.code(), Some(2));
}

#[test]
fn a_line_of_arguments_that_makes_no_sense_ends_with_2_and_says_why() {
    for (wrong, word) in [
        (&["device", "status"][..], "--port"),
        (&["device", "status", "--port", "tcp://nowhere"], "tcp://HOST:PORT"),
        (&["device", "log", "--port", "p", "KING-0-1"], "KING-0-00000105"),
        (
            &["device", "time", "--port", "p", "--signature", "zz", "--timestamp", "2026-03-14T08:00:00"],
            "signature",
        ),
        (&["device", "time", "--port", "p", "--timestamp", "2026-03-14T08:00:00"], "--signature"),
        (&["device", "z", "--port", "p", "--date", "2026-02-30"], "--date"),
        (&["device", "sell"], "sell"),
    ] {
        let output = stelala(wrong);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && said.contains(word), "{wrong:?}: {said}");
    }
}
