//! A device, files and folders that mean harm.

use std::{
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt, fs::symlink},
    process::Command,
};

use serde_json::{Value, json};

use super::{
    bench::{Bench, Said, examples},
    fake::liar,
};

/// What a terminal would obey, and a line that looks like ours.
const HARM: &str = "\u{1b}[31m\u{1b}]0;title\u{7}\u{9b}31m\u{202e}\u{2066}\u{61c}\u{2028}\r\nFORGED\u{7f}";

/// Nothing is obeyed, and nothing begins a line that is not ours.
fn is_harmless(said: &Said) {
    for text in [&said.out, &said.err] {
        let obeyed = |c: char| c.is_control() && c != '\n';
        let turns = |c: char| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        assert!(!text.contains(|c: char| obeyed(c) || turns(c)), "{text:?}");
        assert!(!text.lines().any(|line| line.starts_with("FORGED")), "{text}");
    }
}

fn ask(bench: &Bench, port: &str, command: &str, more: &[&str]) -> Said {
    bench.run(&[&["device", command, "--port", port], more].concat())
}

/// A bound device that sold the first example.
fn shop(test: &str) -> (Bench, super::bench::Simulator) {
    let (bench, simulator) = Bench::ready(test);
    fs::write(bench.folder.join("sale.json"), &examples()[0].1).unwrap();
    assert_eq!(bench.ask("seal", &["--till", "till", "--key", "device.pem", "sale.json"]).code, 0);
    (bench, simulator)
}

fn foreign(said: &Said) {
    assert_eq!((said.code, &said.objects()[0]["code"]), (2, &"foreign".into()), "{said:?}");
}

#[test]
fn nothing_that_a_device_says_is_obeyed_by_the_terminal() {
    let (bench, _simulator) = shop("harm");
    let port = liar(bench.folder.join("port"), |request, answer| {
        if request.starts_with("QRY|STATUS") {
            answer["firmware_version"] = HARM.into();
            answer["corrupt"] = json!({ "sector": 1, "position": null, "reason": HARM });
        } else if request.starts_with("QRY|LOG") {
            answer["log_entry"]["client_registration"] = HARM.into();
        } else if request.starts_with("RPT|A") {
            answer["articles"][0]["description"] = HARM.into();
            answer["articles"][0]["unit"] = HARM.into();
        } else {
            *answer = json!({ "status": "ERR", "code": format!("BAD{HARM}"), "detail": HARM });
        }
    });
    let days = ["--since", "2026-03-14", "--until", "2026-03-14"];
    let csv = [&days[..], &["--csv"]].concat();
    for (command, more, shown) in [
        ("status", &[][..], true),
        ("log", &["1"], true),
        ("a", &days, true),
        ("z", &["--date", "2026-03-14"], false),
        ("call", &["RPT|X {\"period\":\"day\"}"], false),
    ] {
        let said = ask(&bench, &port, command, more);
        assert!((said.code == 0) == shown && (said.out + &said.err).contains("FORGED"), "{command}");
        is_harmless(&ask(&bench, &port, command, more));
        let objects = ask(&bench, &port, command, &[more, &["--json"]].concat());
        is_harmless(&objects);
        assert!(objects.objects()[0].to_string().contains("FORGED"), "{objects:?}");
    }
    let raw = ask(&bench, &port, "call", &["QRY|STATUS"]);
    is_harmless(&raw);
    assert_eq!(raw.objects()[0]["firmware_version"], HARM, "the value is what the device said");
    let mut sheet = ask(&bench, &port, "a", &csv);
    sheet.out = sheet.out.replace("\r\n", "\n");
    is_harmless(&sheet);
    assert!(sheet.out.contains("FORGED"), "{sheet:?}");
}

#[test]
fn a_payload_that_is_none_is_not_printed_as_one() {
    let (bench, _simulator) = shop("no_payload");
    for payload in [HARM.to_owned(), examples()[1].1.clone()] {
        let port = liar(bench.folder.join("port"), move |request, answer| {
            if request.starts_with("QRY|LOG") {
                answer["log_entry"]["payload"] = payload.clone().into();
            }
        });
        foreign(&ask(&bench, &port, "log", &["1", "--payload", "--json"]));
    }
    assert_eq!(bench.ask("log", &["1", "--payload"]).out.trim_end(), examples()[0].1);
}

#[test]
fn names_of_files_are_not_obeyed_either() {
    let (bench, _simulator) = Bench::ready("names");
    let name = "x\u{1b}[31m\nFORGED\u{9b}\u{202e}.json";
    fs::write(bench.folder.join(name), &examples()[0].1).unwrap();
    for _ in 0..2 {
        let said = bench.ask("seal", &["--till", "till", name]);
        assert!(said.code == 0 && said.out.contains("FORGED"), "{said:?}");
        is_harmless(&said);
    }
    fs::write(bench.folder.join(name), "no invoice").unwrap();
    let said = bench.ask("seal", &["--till", "till", name]);
    assert!(said.code == 2 && said.err.contains("FORGED"), "{said:?}");
    is_harmless(&said);
    let mut odd = bench.command(&["device", "seal", "--port", "port", "--till", "till"]);
    let said = Said::from(odd.arg(OsStr::from_bytes(b"missing\xff\x1b[2J")).output().unwrap());
    assert_eq!(said.code, 2);
    is_harmless(&said);
}

#[test]
fn a_report_that_comes_to_no_end_is_given_up() {
    let (bench, _simulator) = shop("endless_report");
    let pages = std::sync::atomic::AtomicU64::new(0);
    let port = liar(bench.folder.join("port"), move |request, answer| {
        if request.starts_with("RPT|A") {
            let page = pages.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let article = answer["articles"][0].clone();
            let code = format!("X{:06}", page % 3);
            let mut articles = vec![article; 50];
            articles.iter_mut().for_each(|article| article["code"] = code.clone().into());
            *answer = json!({
                "status": "OK", "articles": articles, "last": false, "next": format!("{code}:{page:016x}"),
            });
        }
    });
    foreign(&ask(&bench, &port, "a", &["--since", "2026-03-14", "--until", "2026-03-14", "--json"]));
}

#[test]
fn a_journal_that_comes_to_no_end_is_given_up_and_no_file_is_left() {
    let (bench, _simulator) = shop("endless_journal");
    for is_far in [false, true] {
        let port = liar(bench.folder.join("port"), move |request, answer| {
            if request.starts_with("ADM|DUMPLOG") {
                let asked: Value = serde_json::from_str(request.split_once(' ').unwrap().1).unwrap();
                let after = asked["after"].as_u64().unwrap_or_default();
                if is_far {
                    let position = after + 10_000;
                    answer["records"].as_array_mut().unwrap().truncate(1);
                    answer["records"][0]["position"] = position.into();
                    answer["chunk_index"] = position.into();
                } else {
                    answer["chunk_index"] = (after + 1).into();
                }
                answer["last"] = false.into();
            }
        });
        let format: &[&str] = if is_far { &["--format", "digest"] } else { &[] };
        foreign(&ask(&bench, &port, "dump", &[&["--out", "journal.jsonl", "--json"], format].concat()));
        assert!(!bench.folder.join("journal.jsonl").exists());
        fs::remove_file(bench.folder.join("journal.jsonl.part")).unwrap();
    }
}

#[test]
fn what_is_no_regular_file_is_refused_at_once() {
    let (bench, _simulator) = Bench::ready("special_files");
    assert!(Command::new("mkfifo").arg(bench.folder.join("pipe")).status().unwrap().success());
    fs::write(bench.folder.join("long"), vec![b' '; 65 * 1024]).unwrap();
    fs::write(bench.folder.join("sale.json"), &examples()[0].1).unwrap();
    for (special, words) in [
        ("pipe", "no regular file"),
        ("def", "no regular file"),
        ("/dev/zero", "no regular file"),
        ("long", "longer than"),
    ] {
        let code = format!("@{special}");
        for (command, more) in [
            ("seal", vec!["--till", "till", special]),
            ("seal", vec!["--till", "till", "--key", special, "sale.json"]),
            ("init", vec!["--code", &code, "--public-key", "def/authority/operator.pem"]),
            ("init", vec!["--code", "@code", "--public-key", special]),
            ("withdraw", vec!["--till", "till", "--why", "no", special]),
            ("call", vec![&code]),
        ] {
            let said = bench.ask(command, &more);
            assert!(said.code == 2 && said.err.contains(words), "{command} {special}: {said:?}");
        }
    }
    for (special, words) in [("pipe", "no regular file"), ("def", "Is a directory")] {
        fs::rename(bench.folder.join(special), bench.folder.join("j.part")).unwrap();
        let said = bench.ask("dump", &["--out", "j"]);
        assert!(said.code == 2 && said.err.contains(words), "{said:?}");
        fs::rename(bench.folder.join("j.part"), bench.folder.join(special)).unwrap();
    }
    symlink("sale.json", bench.folder.join("j.part")).unwrap();
    let said = bench.ask("dump", &["--out", "j"]);
    assert!(said.code == 2 && said.err.contains("this is a link"), "{said:?}");
    assert_eq!(bench.read("sale.json"), examples()[0].1);
    assert_eq!(bench.status()["next_invoice_seq"], 1, "nothing was sold");
}

/// The till has another sale under the number that comes next.
fn take_number(bench: &Bench, number: u64) {
    let first = bench.names("till/sales").remove(0);
    let kept: Value = serde_json::from_str(&bench.read(&format!("till/sales/{first}"))).unwrap();
    let hash = first.trim_end_matches(".json");
    assert_eq!(kept["seal"]["invoice_seq"], number);
    fs::write(bench.folder.join(format!("till/numbers/KINGOMBE01-0-{number:08}")), hash).unwrap();
}

#[test]
fn one_odd_sale_is_said_loudly_and_the_others_are_sold() {
    let (bench, _simulator) = shop("odd_sale");
    take_number(&bench, 1);
    // A device that was made anew begins at 1 again.
    let other = Bench::ready("odd_sale_anew");
    for (name, example) in [("second.json", 1), ("third.json", 2)] {
        fs::write(bench.folder.join(name), &examples()[example].1).unwrap();
    }
    let port = other.0.folder.join("port");
    let seal = |files: &[&str]| {
        let key = other.0.folder.join("device.pem");
        let till = ["--till", "till", "--key", key.to_str().unwrap(), "--lang", "en"];
        ask(&bench, port.to_str().unwrap(), "seal", &[&till, files].concat())
    };
    for files in [&["second.json", "third.json"][..], &[], &["third.json"]] {
        let said = seal(files);
        assert!(
            said.code == 1 && said.out.contains("WRONG") && said.out.contains("KINGOMBE01-0-00000001"),
            "{said:?}"
        );
        assert!(said.out.contains("1 thing wrong: call a technician"), "{said:?}");
    }
    assert!(bench.folder.join("till/receipts/KINGOMBE01-0-00000002.txt").exists());
}

#[test]
fn a_damaged_sale_does_not_stop_the_till() {
    let (bench, _simulator) = shop("damaged_sale");
    for (name, example) in [("second.json", 1), ("third.json", 2)] {
        fs::write(bench.folder.join(name), &examples()[example].1).unwrap();
    }
    let sale = bench.names("till/sales").remove(0);
    let hash = sale.trim_end_matches(".json");
    fs::write(bench.folder.join("till/sales").join(&sale), "{").unwrap();
    let seal = |files: &[&str]| bench.ask("seal", &[&["--till", "till", "--lang", "en"], files].concat());
    let said = seal(&["sale.json", "second.json"]);
    assert!(said.code == 1 && said.out.contains("WRONG  sale.json"), "{said:?}");
    assert!(said.out.contains("is damaged") && said.out.contains("1 sale sealed"), "{said:?}");
    // Also when it is one that was to be finished.
    fs::write(bench.folder.join("till/open").join(hash), "").unwrap();
    let said = seal(&["third.json"]);
    assert!(said.code == 1 && said.out.contains("WRONG") && said.out.contains("1 sale sealed"), "{said:?}");
    let objects = bench.ask("seal", &["--till", "till", "--json", "sale.json"]).objects();
    assert!(
        objects.iter().all(|object| object["outcome"] == "odd" && object["code"] == "till_damaged"),
        "{objects:?}"
    );
    assert_eq!(bench.status()["next_invoice_seq"], 4);
}

#[test]
fn a_second_simulator_does_not_take_the_port_of_the_first() {
    let bench = Bench::new("same_link");
    let first = bench.simulate();
    let second = ["device", "simulate", "--state", "def2", "--link", "./port", "--flash-mib", "4"];
    let said = bench.run(&second);
    assert!(said.code == 2 && said.err.contains("in use by another simulator"), "{said:?}");
    assert_eq!(bench.status()["device_id"], "DEF-000001");
    first.kill();
    // What kill -9 leaves holds nothing.
    let _second = bench.simulate_with(&second);
    assert_eq!(bench.status()["lifecycle"], "factory");
}
