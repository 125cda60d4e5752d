//! The static referee as a person runs it, on the examples of `docs/formats.md`.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

const DOCUMENT: &str = include_str!("../../../docs/formats.md");

fn example(name: &str) -> &'static str {
    let (_, rest) = DOCUMENT.split_once(&format!("<!-- example: {name} -->\n```text\n")).unwrap();
    rest.split_once("\n```").unwrap().0
}

/// The files that a person would have, in a folder of the test's own.
struct Desk(PathBuf);

impl Desk {
    fn new(test: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        // What an earlier run left there is not this one's.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        for (file, name) in [
            ("key.pem", "public-key"),
            ("issuer.pem", "issuer-key"),
            ("root.pem", "root-key"),
            ("trust.jws", "bundle"),
            ("journal.jsonl", "journal-line"),
            ("payload.json", "payload"),
            ("heads.jsonl", "head"),
            ("attester.pem", "attester-key"),
        ] {
            fs::write(folder.join(file), example(name)).unwrap();
        }
        Self(folder)
    }

    /// The export of `docs/formats.md`: one part of two lines.
    fn with_export(self) -> Self {
        let folder = self.0.join("export");
        fs::create_dir_all(&folder).unwrap();
        let part = format!("{}\n{}\n", example("journal-line"), example("closure-line"));
        fs::write(folder.join("part-000001.jsonl"), part).unwrap();
        fs::write(folder.join("manifest.jws"), example("manifest")).unwrap();
        self
    }

    fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_stelala-verify"))
            .args(arguments)
            .current_dir(&self.0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// Exit code, and what was printed.
    fn ask(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.run(arguments, "");
        let text = if output.stdout.is_empty() { output.stderr } else { output.stdout };
        (output.status.code().unwrap(), String::from_utf8(text).unwrap())
    }
}

#[test]
fn a_receipt_is_true_in_french_unless_english_is_asked_for() {
    let desk = Desk::new("languages");
    let (code, french) = desk.ask(&["qr", example("qr"), "--key", "key.pem"]);
    assert_eq!((code, french.lines().next().unwrap()), (0, "VRAI : ce sceau est valide"));
    let (code, english) = desk.ask(&["qr", example("qr"), "--key", "key.pem", "--lang", "en"]);
    assert_eq!((code, english.lines().next().unwrap()), (0, "TRUE: this seal is valid"));
    assert!(english.contains("116.00 CDF") && english.contains("OUTLET-001"));
}

#[test]
fn a_receipt_is_read_from_standard_input_and_checked_by_a_bundle() {
    let desk = Desk::new("bundle");
    for name in ["qr", "delegated-qr"] {
        let arguments = ["qr", "-", "--bundle", "trust.jws", "--root", "root.pem"];
        let output = desk.run(&arguments, &format!("{}\n", example(name)));
        assert_eq!(output.status.code(), Some(0), "{name}");
    }
    let (code, text) = desk.ask(&["qr", example("qr"), "--bundle", "trust.jws", "--root", "key.pem"]);
    assert_eq!(code, 2);
    assert!(text.contains("root key did not sign"), "{text}");
}

#[test]
fn a_forged_receipt_is_false_with_a_stable_code() {
    let desk = Desk::new("forged");
    let forged = example("qr").replacen("|116.00|", "|11.60|", 1);
    let (code, json) = desk.ask(&["qr", &forged, "--key", "key.pem", "--json"]);
    assert_eq!(code, 1);
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["valid"], false);
    assert_eq!(report["findings"][0]["code"], "signature_false");
}

#[test]
fn a_payload_gets_its_fault_with_the_member() {
    let desk = Desk::new("payload");
    assert_eq!(desk.ask(&["payload", "payload.json"]).0, 0);
    let wrong = example("payload").replacen("\"total\":\"116.00\"", "\"total\":\"117.00\"", 1);
    fs::write(desk.0.join("wrong.json"), wrong).unwrap();
    let (code, text) = desk.ask(&["payload", "wrong.json", "--lang", "en"]);
    assert_eq!(code, 1);
    assert!(text.contains("totals.total: the total is not subtotal + total_vat [total_mismatch]"), "{text}");
}

#[test]
fn a_journal_is_held_against_a_head_that_was_kept_elsewhere() {
    let desk = Desk::new("journal");
    let head = example("record-hash");
    assert_eq!(desk.ask(&["journal", "journal.jsonl", "--key", "key.pem", "--head", head]).0, 0);
    let other = "0".repeat(64);
    let (code, text) =
        desk.ask(&["journal", "journal.jsonl", "--key", "key.pem", "--head", &other, "--lang", "en"]);
    assert_eq!(code, 1);
    assert!(text.contains("[head_missing]"), "{text}");
}

#[test]
fn a_file_of_16_mib_is_read_and_a_longer_one_or_a_longer_line_is_not() {
    let desk = Desk::new("long");
    let longest = 16 * 1024 * 1024;
    for (length, payload, journal) in [(longest, 1, 1), (longest + 1, 2, 2)] {
        fs::write(desk.0.join("long"), vec![b'x'; length]).unwrap();
        assert_eq!(desk.ask(&["payload", "long"]).0, payload, "{length}");
        assert_eq!(desk.ask(&["journal", "long", "--key", "key.pem"]).0, journal, "{length}");
    }
}

#[test]
fn trust_is_a_file_of_keys_or_a_signed_list_with_its_root() {
    let desk = Desk::new("trust");
    let key = |name| example(name).to_owned();
    fs::write(desk.0.join("both.pem"), format!("{}\r\n\n{}\n", key("issuer-key"), key("public-key")))
        .unwrap();
    for (file, root) in [("key.pem", None), ("both.pem", None), ("trust.jws", Some("root.pem"))] {
        let mut trust = vec!["--trust", file];
        trust.extend(root.iter().flat_map(|root| ["--root", root]));
        assert_eq!(desk.ask(&[&["qr", example("qr")], &trust[..]].concat()).0, 0, "qr, {file}");
        assert_eq!(desk.ask(&[&["journal", "journal.jsonl"], &trust[..]].concat()).0, 0, "journal, {file}");
        // The second key of a file counts as the first does, and a file without the key does not do.
        let delegated = desk.ask(&[&["qr", example("delegated-qr")], &trust[..]].concat()).0;
        assert_eq!(delegated, i32::from(file == "key.pem"), "delegated, {file}");
    }
    let (code, text) = desk.ask(&["journal", "journal.jsonl", "--trust", "issuer.pem", "--lang", "en"]);
    assert_eq!(code, 1);
    assert!(text.contains("#1 (position 212, invoice 0/105): "), "{text}");
    assert!(text.contains("[key_unknown]"), "{text}");
}

#[test]
fn a_trust_file_that_cannot_be_used_says_why_and_ends_with_two() {
    let desk = Desk::new("trust-unusable");
    let pem = example("public-key");
    for (file, content) in [
        ("empty", String::new()),
        ("junk", "no key at all".to_owned()),
        ("private", pem.replace("PUBLIC", "PRIVATE")),
        ("second-cut", format!("{pem}\n{}", &pem[..60])),
        ("between", format!("{pem}\nmine\n{pem}\n")),
        ("list-cut", example("bundle").rsplit_once('.').unwrap().0.to_owned()),
    ] {
        fs::write(desk.0.join(file), content).unwrap();
    }
    for (trust, says) in [
        (vec!["absent"], "absent"),
        (vec!["empty"], "neither public keys in PEM nor a signed list"),
        (vec!["junk"], "neither public keys in PEM nor a signed list"),
        (vec!["list-cut", "--root", "root.pem"], "neither public keys in PEM nor a signed list"),
        (vec!["private"], "key 1 in this file"),
        (vec!["second-cut"], "key 2 in this file"),
        (vec!["between"], "key 1 in this file"),
        (vec!["trust.jws"], "name the public key that signed it with --root"),
        (vec!["trust.jws", "--root", "key.pem"], "root key did not sign"),
        (vec!["key.pem", "--root", "root.pem"], "leave --root away"),
        (vec!["key.pem", "--key", "key.pem"], "cannot be used with"),
        (vec!["key.pem", "--bundle", "trust.jws", "--root", "root.pem"], "cannot be used with"),
    ] {
        for question in [["qr", example("qr")], ["journal", "journal.jsonl"]] {
            let (code, text) = desk.ask(&[&question[..], &["--trust"], &trust[..]].concat());
            assert_eq!(code, 2, "{trust:?}");
            assert!(text.contains(says), "{trust:?}: {text}");
        }
    }
    let (code, text) = desk.ask(&["qr", example("qr"), "--root", "root.pem"]);
    assert_eq!(code, 2);
    assert!(text.contains("--trust FILE"), "{text}");
}

#[test]
fn a_question_that_cannot_be_asked_says_why_and_ends_with_two() {
    let desk = Desk::new("unusable");
    for (arguments, says) in [
        (vec!["qr", "x"], "--key"),
        (vec!["qr", "x", "--key", "absent.pem"], "absent.pem"),
        (vec!["qr", "x", "--key", "payload.json"], "not a PEM public key"),
        (
            vec!["qr", "x", "--key", "key.pem", "--bundle", "trust.jws", "--root", "root.pem"],
            "cannot be used with",
        ),
        (vec!["qr", "x", "--bundle", "trust.jws"], "--root"),
        (vec!["journal", "journal.jsonl", "--key", "key.pem", "--head", "abc"], "64 hexadecimal digits"),
        (vec!["payload", "absent.json"], "absent.json"),
    ] {
        let (code, text) = desk.ask(&arguments);
        assert_eq!(code, 2, "{arguments:?}");
        assert!(text.contains(says), "{arguments:?}: {text}");
    }
}

#[test]
fn a_journal_is_held_against_a_file_of_heads() {
    let desk = Desk::new("heads");
    let ask = |file: &str| {
        desk.ask(&["journal", "journal.jsonl", "--key", "key.pem", "--heads", file, "--lang", "en"])
    };
    let (code, text) = ask("heads.jsonl");
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("The heads kept elsewhere are in this journal: 1."), "{text}");
    let head = example("head");
    for (from, to, code, says) in [
        ("\"position\":212", "\"position\":213", 1, "[head_missing]"),
        (example("record-hash"), &"0".repeat(64), 1, "#1 (position 212, invoice 0/105): "),
        (example("record-hash"), &"0".repeat(64), 1, "[head_differs]"),
        ("OUTLET-001", "OUTLET-002", 0, "TRUE IN PART"),
        ("\"epoch\"", "\"epock\"", 2, "line 1 is no head"),
    ] {
        assert!(head.contains(from));
        fs::write(desk.0.join("other.jsonl"), head.replacen(from, to, 1) + "\n").unwrap();
        let (found, text) = ask("other.jsonl");
        assert_eq!(found, code, "{text}");
        assert!(text.contains(says), "{says}: {text}");
    }
    assert_eq!(ask("absent").0, 2);
    // From standard input the outlet is known late, and compared all the same.
    let arguments = ["journal", "-", "--key", "key.pem", "--heads", "heads.jsonl"];
    let output = desk.run(&arguments, &format!("{}\n", example("journal-line")));
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty(), "no bar where no terminal is");
}

#[test]
fn an_export_is_judged_with_its_list_and_a_part_alone() {
    let desk = Desk::new("export").with_export();
    let ask = |more: &[&str]| {
        desk.ask(&[&["export", "export", "--trust", "key.pem", "--lang", "en"], more].concat())
    };
    let (code, text) = ask(&["--attester", "attester.pem"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("The list of parts is signed by the given key"), "{text}");
    let (code, text) = ask(&[]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("the signature of the list was not checked"), "{text}");
    assert_eq!(ask(&["--attester", "attester.pem", "--part", "part-000001.jsonl", "--threads", "1"]).0, 0);
    let heads = ["--attester", "attester.pem", "--heads", "heads.jsonl", "--head", example("record-hash")];
    assert!(ask(&heads).1.contains("The heads kept elsewhere are in this journal: 2."));
    for (more, code, says) in [
        (["--attester", "key.pem"], 1, "[manifest_signature]"),
        (["--attester", "absent.pem"], 2, "absent.pem"),
        (["--part", "part-2"], 2, "--part: a part is named"),
        (["--part", "part-000002.jsonl"], 2, "the list has no part part-000002.jsonl"),
        (["--threads", "0"], 2, "--threads"),
    ] {
        let (found, text) = ask(&more);
        assert_eq!(found, code, "{more:?}: {text}");
        assert!(text.contains(says), "{more:?}: {text}");
    }
    let part = desk.0.join("export/part-000001.jsonl");
    fs::write(&part, fs::read_to_string(&part).unwrap() + "\n").unwrap();
    let (code, text) = ask(&["--attester", "attester.pem"]);
    assert_eq!(code, 1);
    assert!(text.contains("part-000001.jsonl: ") && text.contains("[part_changed]"), "{text}");
    fs::remove_file(&part).unwrap();
    let (code, text) = ask(&["--attester", "attester.pem"]);
    assert_eq!(code, 1);
    assert!(text.contains("[part_missing]"), "{text}");
    fs::write(desk.0.join("export/manifest.jws"), example("bundle")).unwrap();
    let (code, text) = ask(&["--attester", "attester.pem"]);
    assert_eq!(code, 2);
    assert!(text.contains("not a list of an export's parts"), "{text}");
    let (code, text) = desk.ask(&["export", "absent", "--trust", "key.pem"]);
    assert_eq!(code, 2);
    assert!(text.contains("manifest.jws"), "{text}");
}

#[test]
fn folders_of_other_signers_are_judged_with_the_export_that_they_are_in() {
    let desk = Desk::new("folders").with_export();
    let ask = || {
        desk.ask(&["export", "export", "--trust", "key.pem", "--attester", "attester.pem", "--lang", "en"])
    };
    let other = desk.0.join("export/DEF-000009");
    fs::create_dir_all(&other).unwrap();
    assert_eq!(ask().0, 0, "a folder without a list is nobody's chain");
    for file in ["manifest.jws", "part-000001.jsonl"] {
        fs::copy(desk.0.join("export").join(file), other.join(file)).unwrap();
    }
    let (code, text) = ask();
    assert_eq!(code, 1);
    assert!(text.contains("DEF-000009: ") && text.contains("[folder_signer]"), "{text}");
    assert!(text.contains("DEF-000009/part-000001.jsonl#1 ") && text.contains("[sale_twice]"), "{text}");
    let list = example("manifest").replace(".eyJ2", ".eyJ3");
    fs::write(other.join("manifest.jws"), list).unwrap();
    assert_ne!(ask().0, 0, "a list that was changed");
}
