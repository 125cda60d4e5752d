//! A whole day at one device.

use std::{collections::BTreeMap, fs, io::Read, process::Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::Value;

use super::bench::{Bench, examples};

/// Sells the day of the examples; credit notes get the code of their original, as a till would write it. The seals.
fn sell_the_day(bench: &Bench) -> Vec<Value> {
    let mut seals: Vec<Value> = Vec::new();
    for (name, text) in examples() {
        let payload: Value = serde_json::from_str(&text).unwrap();
        let text = match payload["reference"]["invoice_seq"].as_u64() {
            Some(number) => {
                let code = seals[number as usize - 1]["auth_code"].as_str().unwrap();
                text.replace("\"auth_code\":\"0000000000000000\"", &format!("\"auth_code\":\"{code}\""))
            }
            None => text,
        };
        fs::write(bench.folder.join(&name), text).unwrap();
        let sold = bench.object("seal", &["--till", "till", "--key", "device.pem", &name]);
        assert_eq!((&sold["outcome"], &sold["copies"]), (&"sealed".into(), &1.into()), "{name}: {sold}");
        seals.push(sold["sealed"].clone());
    }
    seals
}

#[test]
fn a_day_is_sold_reported_closed_saved_and_true() {
    let (bench, simulator) = Bench::ready("day");
    let seals = sell_the_day(&bench);
    assert_eq!(seals.len(), 38);
    let receipts = bench.names("till/receipts");
    let expected: Vec<String> = (1..=38).map(|number| format!("KINGOMBE01-0-{number:08}.txt")).collect();
    assert_eq!(receipts, expected);
    for seal in &seals {
        let text = bench.read(&format!("till/receipts/{}.txt", seal["fiscal_number"].as_str().unwrap()));
        let code = seal["auth_code"].as_str().unwrap();
        assert!(
            text.contains(&format!("{} {}", &code[..4], &code[4..8])) && text.contains("DEF-000001"),
            "{text}"
        );
    }
    look_up(&bench, &seals);
    report(&bench);
    save(&bench);
    drop(simulator);
    let mut duplicate = bench.run(&["device", "reprint", "KINGOMBE01-0-00000002", "--till", "till"]);
    assert_eq!(duplicate.code, 0, "without the device: {duplicate:?}");
    assert!(bench.read("till/receipts/KINGOMBE01-0-00000002-duplicata-1.txt").contains("DUPLICATA"));
    duplicate = bench.run(&["device", "reprint", "KINGOMBE01-0-00000002", "--till", "till", "--json"]);
    assert_eq!(duplicate.objects()[0]["copies"], 3);
    let unknown =
        bench.run(&["device", "reprint", "KINGOMBE01-0-00000099", "--till", "till", "--lang", "en"]);
    assert!(unknown.code == 2 && unknown.err.contains("did not sell"), "{unknown:?}");
}

fn look_up(bench: &Bench, seals: &[Value]) {
    for number in ["3", "0/3", "KINGOMBE01-0-00000003"] {
        let entry = bench.object("log", &[number]);
        assert_eq!(entry["log_entry"]["sealed"], seals[2], "{number}");
    }
    let said = bench.ask("log", &["3", "--lang", "en"]);
    for part in ["KINGOMBE01-0-00000003 FV", "1,550,000.14 CDF", "standard_vat, 16%: base 1,336,207.02 CDF"] {
        assert!(said.out.contains(part), "{part}: {said:?}");
    }
    assert!(said.out.contains(seals[2]["qr_payload"].as_str().unwrap()));
    let payload = bench.ask("log", &["3", "--payload"]);
    assert_eq!(payload.out.trim_end(), bench.read("003-cement-and-nails-company.json"));
    let unknown = bench.ask("log", &["99"]);
    assert!(unknown.code == 1 && unknown.err.contains("NOT_FOUND"), "{unknown:?}");
    let foreign = bench.ask("log", &["OTHER-0-00000003"]);
    assert!(foreign.code == 2 && foreign.err.contains("KINGOMBE01-0-00000003"), "{foreign:?}");
}

fn report(bench: &Bench) {
    let session = bench.object("x", &[]);
    assert_eq!((&session["transaction_count"], &session["period"]), (&38.into(), &"session".into()));
    let day = bench.ask("x", &["--period", "day", "--lang", "en"]);
    let net = session["currencies"][0]["net"].as_str().unwrap();
    assert!(day.out.contains("closes nothing") && day.out.contains("1-38"), "{day:?}");

    let closed = bench.ask("z", &["--lang", "en"]);
    assert_eq!(closed.code, 0, "{closed:?}");
    assert!(closed.out.contains("Z No 1") && !closed.out.contains("REPEATED"), "{closed:?}");
    assert!(closed.out.lines().all(|line| line.chars().count() <= 48), "{closed:?}");
    assert!(closed.out.replace(',', "").contains(&format!("{net} CDF")), "{net}: {closed:?}");
    for part in ["B VAT 16%", "FA RAN", "FA RAM", "FA COR", "FA RRR", "USD"] {
        assert!(closed.out.contains(part), "{part}: {closed:?}");
    }
    let again = bench.ask("z", &["--date", "2026-03-14"]);
    assert!(again.out.contains("RÉPÉTITION"), "{again:?}");
    assert_eq!(bench.object("z", &[])["repeated"], true);
    assert_eq!(bench.ask("z", &["--date", "2026-03-10"]).code, 1);

    let days = ["--since", "2026-03-14", "--until", "2026-03-14"];
    let all = bench.object("a", &days);
    let articles = all["articles"].as_array().unwrap();
    assert_eq!(all["last"], true);
    assert!(articles.len() > 16, "more than one page: {}", articles.len());
    let table = bench.ask("a", &days).out;
    let sheet = bench.ask("a", &[&days[..], &["--csv"]].concat()).out;
    assert_eq!((table.lines().count(), sheet.lines().count()), (articles.len() + 1, articles.len() + 1));
    for article in articles {
        let code = article["code"].as_str().unwrap();
        assert!(table.contains(code) && sheet.contains(&format!("{code},")), "{code}");
    }
    let none = bench.ask("a", &["--since", "2026-03-01", "--until", "2026-03-02"]);
    assert!(none.out.contains("rien n'a été vendu"), "{none:?}");
    let backwards = bench.ask("a", &["--since", "2026-03-02", "--until", "2026-03-01"]);
    assert_eq!(backwards.code, 2, "{backwards:?}");
}

fn save(bench: &Bench) {
    let whole = bench.ask("dump", &["--out", "whole.jsonl", "--lang", "en"]);
    assert!(whole.code == 0 && whole.out.contains("stelala verify journal whole.jsonl"), "{whole:?}");
    let text = bench.read("whole.jsonl");
    let verdict = bench.run(&["verify", "journal", "whole.jsonl", "--key", "device.pem", "--lang", "en"]);
    assert!(verdict.code == 0 && verdict.out.starts_with("TRUE"), "{verdict:?}");
    let again = bench.ask("dump", &["--out", "whole.jsonl"]);
    assert!(again.code == 2 && again.err.contains("nommez un autre fichier"), "{again:?}");
    assert!(bench.read("whole.jsonl") == text, "a dump that is there stays as it is");

    // Interrupted in the middle of a line.
    let half = &text[..text.len() / 2];
    fs::write(bench.folder.join("part.jsonl.part"), half).unwrap();
    let resumed = bench.object("dump", &["--out", "part.jsonl"]);
    assert_eq!(resumed["resumed_after"], half.matches('\n').count());
    assert_eq!(resumed["records"].as_u64(), Some(text.lines().count() as u64));
    assert!(bench.read("part.jsonl") == text);
    assert!(!bench.folder.join("part.jsonl.part").exists());

    // Of another device, of another format, of nothing.
    let other = text.replace("\\\"CAISSE-1\\\"", "\\\"CAISSE-9\\\"");
    for left in [&other[..half.len()], "{\"position\":3}\n", "nothing\n"] {
        fs::write(bench.folder.join("other.jsonl.part"), left).unwrap();
        let refused = bench.ask("dump", &["--out", "other.jsonl", "--json"]);
        assert_eq!((refused.code, &refused.objects()[0]["code"]), (2, &"other_dump".into()), "{refused:?}");
        assert!(bench.read("other.jsonl.part") == left, "what is there stays");
    }

    assert_eq!(bench.ask("dump", &["--out", "digest.jsonl", "--format", "digest"]).code, 0);
    let digest = bench.read("digest.jsonl");
    let kinds: BTreeMap<String, usize> = digest.lines().fold(BTreeMap::new(), |mut kinds, line| {
        let line: Value = serde_json::from_str(line).unwrap();
        *kinds.entry(line["kind"].as_str().unwrap().to_owned()).or_default() += 1;
        kinds
    });
    assert_eq!((kinds["invoice"], kinds["closure"]), (38, 1), "{kinds:?}");
}

#[test]
fn long_work_shows_at_a_terminal_how_far_it_is() {
    let (bench, _simulator) = Bench::ready("progress");
    let files: Vec<String> = examples()
        .into_iter()
        .filter(|(_, text)| !text.contains("\"reference\""))
        .map(|(name, text)| {
            fs::write(bench.folder.join(&name), text).unwrap();
            name
        })
        .collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    assert_eq!(bench.ask("seal", &[&["--till", "till"], &files[..]].concat()).code, 0);
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let theirs = ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
    let theirs = fs::File::options().read(true).write(true).open(theirs).unwrap();
    let mut dump = bench.command(&["device", "dump", "--port", "port", "--out", "shown.jsonl"]);
    assert!(dump.stderr(theirs.try_clone().unwrap()).stdout(Stdio::null()).status().unwrap().success());
    let mut shown = [0; 4096];
    let length = fs::File::from(terminal).read(&mut shown).unwrap();
    let shown = String::from_utf8_lossy(&shown[..length]);
    assert!(shown.contains("\r\u{1b}[K[") && shown.contains(" %  ") && shown.contains('#'), "{shown:?}");
}
